-- An audit event may be added, and get its seq and hash once. Nothing else, whoever asks.
CREATE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_events is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
-- next statement
CREATE TRIGGER audit_events_no_change BEFORE UPDATE ON audit_events FOR EACH ROW
WHEN (
  OLD.seq IS NOT NULL
  OR NEW.seq IS NULL
  OR NEW.hash IS NULL
  OR (NEW.id, NEW.tenant_id, NEW.at, NEW.actor_type, NEW.actor_id, NEW.actor_name, NEW.verb, NEW.target_type,
      NEW.target_id, NEW.target_name, NEW.changes, NEW.ip, NEW.request_id)
     IS DISTINCT FROM
     (OLD.id, OLD.tenant_id, OLD.at, OLD.actor_type, OLD.actor_id, OLD.actor_name, OLD.verb, OLD.target_type,
      OLD.target_id, OLD.target_name, OLD.changes, OLD.ip, OLD.request_id)
)
EXECUTE FUNCTION audit_events_refuse();
-- next statement
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events FOR EACH ROW
EXECUTE FUNCTION audit_events_refuse();
-- next statement
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT
EXECUTE FUNCTION audit_events_refuse();
