"""The fleet: devices, their keys and inventories, and the tokens they enroll with."""

import sqlalchemy as sa
from alembic import op

from deployflow.platform.tables import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('request_nonces',
    sa.Column('thumbprint', sa.String(length=43), nullable=False),
    sa.Column('nonce', sa.String(length=22), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('thumbprint', 'nonce', name=op.f('pk_request_nonces'))
    )
    op.create_index(op.f('ix_request_nonces_expires_at'), 'request_nonces', ['expires_at'], unique=False)
    op.create_table('device_samples',
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('online', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_device_samples_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('tenant_id', 'at', name=op.f('pk_device_samples'))
    )
    op.create_table('devices',
    sa.Column('hostname', sa.String(length=255), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('state_reason', sa.String(length=500), nullable=True),
    sa.Column('pending_key', sa.Boolean(), nullable=False),
    sa.Column('enrolled_at', UtcDateTime(), nullable=False),
    sa.Column('key_protection', sa.String(length=20), nullable=False),
    sa.Column('online', sa.Boolean(), nullable=False),
    sa.Column('last_check_in', UtcDateTime(), nullable=False),
    sa.Column('agent_version', sa.String(length=64), nullable=False),
    sa.Column('os_family', sa.String(length=20), nullable=False),
    sa.Column('os_name', sa.String(length=255), nullable=False),
    sa.Column('os_version', sa.String(length=255), nullable=False),
    sa.Column('os_build', sa.String(length=255), nullable=True),
    sa.Column('architecture', sa.String(length=20), nullable=False),
    sa.Column('manufacturer', sa.String(length=255), nullable=False),
    sa.Column('model', sa.String(length=255), nullable=False),
    sa.Column('sku', sa.String(length=255), nullable=True),
    sa.Column('serial', sa.String(length=255), nullable=False),
    sa.Column('smbios_uuid', sa.String(length=64), nullable=True),
    sa.Column('cpu_name', sa.String(length=255), nullable=True),
    sa.Column('cpu_cores', sa.Integer(), nullable=True),
    sa.Column('memory_bytes', sa.BigInteger(), nullable=True),
    sa.Column('disk_bytes', sa.BigInteger(), nullable=True),
    sa.Column('logged_on_user', sa.String(length=255), nullable=False),
    sa.Column('boot_time', UtcDateTime(), nullable=True),
    sa.Column('machine_uuid', sa.String(length=36), nullable=True),
    sa.Column('machine_serial', sa.String(length=511), nullable=True),
    sa.Column('inventory_hash', sa.String(length=64), nullable=True),
    sa.Column('search_text', sa.String(length=1400), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_devices_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_devices')),
    sa.UniqueConstraint('tenant_id', 'machine_serial', name=op.f('uq_devices_tenant_id_machine_serial')),
    sa.UniqueConstraint('tenant_id', 'machine_uuid', name=op.f('uq_devices_tenant_id_machine_uuid'))
    )
    op.create_index(op.f('ix_devices_tenant_id_hostname_id'), 'devices', ['tenant_id', 'hostname', 'id'], unique=False)
    op.create_index(op.f('ix_devices_tenant_id_last_check_in_id'), 'devices', ['tenant_id', 'last_check_in', 'id'], unique=False)
    op.create_index(op.f('ix_devices_tenant_id_model_id'), 'devices', ['tenant_id', 'model', 'id'], unique=False)
    op.create_index(op.f('ix_devices_tenant_id_os_name_id'), 'devices', ['tenant_id', 'os_name', 'id'], unique=False)
    op.create_index(op.f('ix_devices_tenant_id_state_id'), 'devices', ['tenant_id', 'state', 'id'], unique=False)
    op.create_index('ix_devices_online_last_check_in', 'devices', ['last_check_in'], unique=False, sqlite_where=sa.text('online = 1'), postgresql_where=sa.text('online'))
    _index_for_search()
    op.create_table('enrollment_tokens',
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('prefix', sa.String(length=20), nullable=False),
    sa.Column('secret_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('created_by_type', sa.String(length=20), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=255), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('max_uses', sa.Integer(), nullable=False),
    sa.Column('uses', sa.Integer(), nullable=False),
    sa.Column('auto_approve', sa.Boolean(), nullable=False),
    sa.Column('allowed_networks', Json, nullable=False),
    sa.Column('scopes', Json, nullable=False),
    sa.Column('allowed_profiles', Json, nullable=False),
    sa.Column('tags', Json, nullable=False),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_enrollment_tokens_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrollment_tokens')),
    sa.UniqueConstraint('prefix', name=op.f('uq_enrollment_tokens_prefix'))
    )
    op.create_index(op.f('ix_enrollment_tokens_tenant_id_created_at_id'), 'enrollment_tokens', ['tenant_id', 'created_at', 'id'], unique=False)
    op.create_table('device_inventories',
    sa.Column('device_id', sa.Uuid(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('received_at', UtcDateTime(), nullable=False),
    sa.Column('inventory', Json, nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_device_inventories_device_id_devices'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_device_inventories_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('device_id', name=op.f('pk_device_inventories'))
    )
    op.create_table('device_keys',
    sa.Column('device_id', sa.Uuid(), nullable=False),
    sa.Column('thumbprint', sa.String(length=43), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('protection', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('claims', Json, nullable=False),
    sa.Column('ip', sa.String(length=45), nullable=True),
    sa.Column('run_id', sa.Uuid(), nullable=True),
    sa.Column('run_before', sa.Uuid(), nullable=True),
    sa.Column('receipt', sa.String(length=64), nullable=True),
    sa.Column('receipt_before', sa.String(length=64), nullable=True),
    sa.Column('receipt_shown', sa.Boolean(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_device_keys_device_id_devices'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_device_keys_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device_keys')),
    sa.UniqueConstraint('thumbprint', name=op.f('uq_device_keys_thumbprint'))
    )
    op.create_index(op.f('ix_device_keys_device_id'), 'device_keys', ['device_id'], unique=False)
    op.create_table('device_tags',
    sa.Column('device_id', sa.Uuid(), nullable=False),
    sa.Column('tag', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_device_tags_device_id_devices'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_device_tags_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('tenant_id', 'device_id', 'tag', name=op.f('pk_device_tags'))
    )
    op.create_index(op.f('ix_device_tags_tenant_id_tag_device_id'), 'device_tags', ['tenant_id', 'tag', 'device_id'], unique=False)
    op.create_table('enrollment_uses',
    sa.Column('token_id', sa.Uuid(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=False),
    sa.Column('key_id', sa.Uuid(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('ip', sa.String(length=45), nullable=True),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_enrollment_uses_device_id_devices'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['key_id'], ['device_keys.id'], name=op.f('fk_enrollment_uses_key_id_device_keys'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_enrollment_uses_tenant_id_tenants'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['token_id'], ['enrollment_tokens.id'], name=op.f('fk_enrollment_uses_token_id_enrollment_tokens'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrollment_uses')),
    sa.UniqueConstraint('token_id', 'key_id', name=op.f('uq_enrollment_uses_token_id_key_id'))
    )
    op.create_index(op.f('ix_enrollment_uses_device_id'), 'enrollment_uses', ['device_id'], unique=False)
    op.create_index(op.f('ix_enrollment_uses_key_id'), 'enrollment_uses', ['key_id'], unique=False)
    op.create_index(op.f('ix_enrollment_uses_tenant_id_token_id_at'), 'enrollment_uses', ['tenant_id', 'token_id', 'at'], unique=False)


def _index_for_search() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        fields = (
            "tenant_id", "hostname", "online", "state", "last_check_in", "os_family", "os_name", "manufacturer",
            "model", "agent_version", "search_text", "id",
        )
        op.create_index("ix_devices_list", "devices", fields)
        return
    # An ordinary user may install it since PostgreSQL 13, unless an administrator forbids that; then a search
    # reads all rows of the tenant, which is slower and as right.
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            connection.exec_driver_sql(
                "CREATE INDEX ix_devices_search_text ON devices USING gin (search_text gin_trgm_ops)"
            )
    except sa.exc.DBAPIError:
        return
