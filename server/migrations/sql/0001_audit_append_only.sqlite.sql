-- An audit event may be added, and get its seq and hash once. Nothing else, whoever asks.
CREATE TRIGGER audit_events_no_change BEFORE UPDATE ON audit_events
WHEN OLD.seq IS NOT NULL
  OR NEW.seq IS NULL
  OR NEW.hash IS NULL
  OR NEW.id IS NOT OLD.id
  OR NEW.tenant_id IS NOT OLD.tenant_id
  OR NEW.at IS NOT OLD.at
  OR NEW.actor_type IS NOT OLD.actor_type
  OR NEW.actor_id IS NOT OLD.actor_id
  OR NEW.actor_name IS NOT OLD.actor_name
  OR NEW.verb IS NOT OLD.verb
  OR NEW.target_type IS NOT OLD.target_type
  OR NEW.target_id IS NOT OLD.target_id
  OR NEW.target_name IS NOT OLD.target_name
  OR NEW.changes IS NOT OLD.changes
  OR NEW.ip IS NOT OLD.ip
  OR NEW.request_id IS NOT OLD.request_id
BEGIN
  SELECT RAISE(ABORT, 'audit_events is append-only');
END;
-- next statement
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
BEGIN
  SELECT RAISE(ABORT, 'audit_events is append-only');
END;
