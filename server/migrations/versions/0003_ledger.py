"""The ledger: orders, actions and their output; the script library; the answers kept under Idempotency-Keys."""

import sqlalchemy as sa
from alembic import op

from deployflow.platform.tables import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('action_batches',
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('payload', Json, nullable=False),
    sa.Column('parameters', Json, nullable=False),
    sa.Column('language', sa.String(length=16), nullable=True),
    sa.Column('source_id', sa.Uuid(), nullable=True),
    sa.Column('source_name', sa.String(length=200), nullable=True),
    sa.Column('source_version_id', sa.Uuid(), nullable=True),
    sa.Column('source_version_number', sa.Integer(), nullable=True),
    sa.Column('timeout_s', sa.Integer(), nullable=False),
    sa.Column('log_limit_bytes', sa.Integer(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('created_by_type', sa.String(length=16), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=200), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_action_batches_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_action_batches'))
    )
    op.create_table('idempotency_keys',
    sa.Column('actor', sa.String(length=60), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('headers', Json, nullable=False),
    sa.Column('sealed_body', sa.LargeBinary(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_idempotency_keys_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_idempotency_keys')),
    sa.UniqueConstraint('tenant_id', 'actor', 'key', name=op.f('uq_idempotency_keys_tenant_id_actor_key'))
    )
    op.create_table('scripts',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.String(length=2000), nullable=False),
    sa.Column('language', sa.String(length=16), nullable=False),
    sa.Column('timeout_s', sa.Integer(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('current_number', sa.Integer(), nullable=False),
    sa.Column('deleted_at', UtcDateTime(), nullable=True),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_scripts_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scripts'))
    )
    op.create_index(op.f('ix_scripts_tenant_id_updated_at_id'), 'scripts', ['tenant_id', 'updated_at', 'id'], unique=False)
    op.create_index('uq_scripts_tenant_id_name', 'scripts', ['tenant_id', 'name'], unique=True, postgresql_where=sa.text('deleted_at IS NULL'), sqlite_where=sa.text('deleted_at IS NULL'))
    op.create_table('actions',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('source_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('presumed', sa.Boolean(), nullable=False),
    sa.Column('changes', sa.Integer(), nullable=False),
    sa.Column('timeline', Json, nullable=False),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.Column('fence_floor', sa.Integer(), nullable=False),
    sa.Column('lease_until', UtcDateTime(), nullable=True),
    sa.Column('lease_run_id', sa.Uuid(), nullable=True),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('timeout_s', sa.Integer(), nullable=False),
    sa.Column('log_limit_bytes', sa.Integer(), nullable=False),
    sa.Column('overdue_at', UtcDateTime(), nullable=True),
    sa.Column('cancel_requested_at', UtcDateTime(), nullable=True),
    sa.Column('cancel_requested_by', sa.String(length=200), nullable=True),
    sa.Column('leased_at', UtcDateTime(), nullable=True),
    sa.Column('started_at', UtcDateTime(), nullable=True),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.Column('exit_code', sa.BigInteger(), nullable=True),
    sa.Column('error_code', sa.String(length=64), nullable=True),
    sa.Column('error_message', sa.String(length=2000), nullable=True),
    sa.Column('result', Json, nullable=True),
    sa.Column('log_bytes', sa.Integer(), nullable=False),
    sa.Column('log_chunks', sa.Integer(), nullable=True),
    sa.Column('log_truncated', sa.Boolean(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['action_batches.id'], name=op.f('fk_actions_batch_id_action_batches'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_actions_device_id_devices'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_actions_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_actions'))
    )
    op.create_index('ix_actions_device_id_created_at', 'actions', ['device_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_actions_leases', 'actions', ['lease_until'], unique=False, postgresql_where=sa.text("status IN ('leased', 'running')"), sqlite_where=sa.text("status IN ('leased', 'running')"))
    op.create_index('ix_actions_live', 'actions', ['device_id', 'id'], unique=False, postgresql_where=sa.text("status IN ('pending', 'leased', 'running')"), sqlite_where=sa.text("status IN ('pending', 'leased', 'running')"))
    op.create_index('ix_actions_overdue', 'actions', ['overdue_at'], unique=False, postgresql_where=sa.text("status IN ('running')"), sqlite_where=sa.text("status IN ('running')"))
    op.create_index('ix_actions_tenant_id_batch_id', 'actions', ['tenant_id', 'batch_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_actions_tenant_id_created_at_id', 'actions', ['tenant_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_actions_tenant_id_finished_at', 'actions', ['tenant_id', 'finished_at', 'status'], unique=False)
    op.create_index('ix_actions_tenant_id_source_id_created_at', 'actions', ['tenant_id', 'source_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_actions_tenant_id_status_created_at', 'actions', ['tenant_id', 'status', 'created_at', 'id'], unique=False)
    op.create_index('ix_actions_waiting', 'actions', ['expires_at'], unique=False, postgresql_where=sa.text("status IN ('pending')"), sqlite_where=sa.text("status IN ('pending')"))
    op.create_table('script_tags',
    sa.Column('script_id', sa.Uuid(), nullable=False),
    sa.Column('tag', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['script_id'], ['scripts.id'], name=op.f('fk_script_tags_script_id_scripts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_script_tags_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('script_id', 'tag', name=op.f('pk_script_tags'))
    )
    op.create_index(op.f('ix_script_tags_tenant_id_tag_script_id'), 'script_tags', ['tenant_id', 'tag', 'script_id'], unique=False)
    op.create_table('script_versions',
    sa.Column('script_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('parameters', Json, nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=254), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['script_id'], ['scripts.id'], name=op.f('fk_script_versions_script_id_scripts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_script_versions_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_script_versions')),
    sa.UniqueConstraint('tenant_id', 'script_id', 'number', name=op.f('uq_script_versions_tenant_id_script_id_number'))
    )
    op.create_index(op.f('ix_script_versions_script_id'), 'script_versions', ['script_id'], unique=False)
    op.create_table('action_logs',
    sa.Column('action_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('stream', sa.String(length=8), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['action_id'], ['actions.id'], name=op.f('fk_action_logs_action_id_actions'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_action_logs_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('action_id', 'seq', name=op.f('pk_action_logs'))
    )
