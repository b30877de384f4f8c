"""Starting from the network: sites, machines seen, sessions, PINs. Deployments with their steps, output and secrets."""

import secrets

import sqlalchemy as sa
from alembic import op

from deployflow.platform import clock
from deployflow.platform.ids import new_id
from deployflow.platform.tables import Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('boot_sites',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('unknown_machines', sa.String(length=16), nullable=False),
    sa.Column('environment', sa.String(length=16), nullable=False),
    sa.Column('default_profile_id', sa.Uuid(), nullable=True),
    sa.Column('profile_ids', Json, nullable=False),
    sa.Column('menu_timeout_s', sa.Integer(), nullable=False),
    sa.Column('networks', Json, nullable=False),
    sa.Column('trusted_network', sa.Boolean(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_boot_sites_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_boot_sites')),
    sa.UniqueConstraint('key', name=op.f('uq_boot_sites_key')),
    sa.UniqueConstraint('tenant_id', 'code', name=op.f('uq_boot_sites_tenant_id_code')),
    sa.UniqueConstraint('tenant_id', 'name', name=op.f('uq_boot_sites_tenant_id_name'))
    )
    op.create_table('deployments',
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=True),
    sa.Column('changes', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('computer_name', sa.String(length=63), nullable=True),
    sa.Column('wanted_name', sa.String(length=63), nullable=True),
    sa.Column('profile_id', sa.Uuid(), nullable=False),
    sa.Column('profile_name', sa.String(length=200), nullable=False),
    sa.Column('profile_version', sa.Integer(), nullable=True),
    sa.Column('site_id', sa.Uuid(), nullable=True),
    sa.Column('site_name', sa.String(length=200), nullable=True),
    sa.Column('site_code', sa.String(length=16), nullable=True),
    sa.Column('machine', Json, nullable=False),
    sa.Column('machine_uuid', sa.String(length=36), nullable=True),
    sa.Column('machine_serial', sa.String(length=511), nullable=True),
    sa.Column('mac', sa.String(length=17), nullable=True),
    sa.Column('search_text', sa.String(length=1400), nullable=False),
    sa.Column('match', Json, nullable=False),
    sa.Column('armed_until', UtcDateTime(), nullable=True),
    sa.Column('networks', Json, nullable=False),
    sa.Column('frozen', Json, nullable=True),
    sa.Column('variables', Json, nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=True),
    sa.Column('approved_how', sa.String(length=16), nullable=True),
    sa.Column('approved_by', sa.String(length=255), nullable=True),
    sa.Column('approved_at', UtcDateTime(), nullable=True),
    sa.Column('starts', sa.Integer(), nullable=False),
    sa.Column('resume_at', sa.Integer(), nullable=False),
    sa.Column('started_at', UtcDateTime(), nullable=True),
    sa.Column('consumed_at', UtcDateTime(), nullable=True),
    sa.Column('enrolled_at', UtcDateTime(), nullable=True),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.Column('last_report_at', UtcDateTime(), nullable=True),
    sa.Column('abort_requested_by', sa.String(length=255), nullable=True),
    sa.Column('position', sa.Integer(), nullable=True),
    sa.Column('percent', sa.Float(), nullable=True),
    sa.Column('bytes_done', sa.BigInteger(), nullable=True),
    sa.Column('bytes_total', sa.BigInteger(), nullable=True),
    sa.Column('bytes_per_s', sa.BigInteger(), nullable=True),
    sa.Column('progress_text', sa.String(length=500), nullable=True),
    sa.Column('error_code', sa.String(length=64), nullable=True),
    sa.Column('error_message', sa.String(length=2000), nullable=True),
    sa.Column('os_seq', sa.Integer(), nullable=False),
    sa.Column('log_number', sa.Integer(), nullable=False),
    sa.Column('log_bytes', sa.Integer(), nullable=False),
    sa.Column('action_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_type', sa.String(length=16), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=255), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_deployments_device_id_devices'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_deployments_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deployments'))
    )
    op.create_index('ix_deployments_device_id_created_at', 'deployments', ['device_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_deployments_live', 'deployments', ['state'], unique=False, postgresql_where=sa.text("state IN ('armed', 'awaiting_first_boot', 'finishing', 'running', 'waiting_for_approval')"), sqlite_where=sa.text("state IN ('armed', 'awaiting_first_boot', 'finishing', 'running', 'waiting_for_approval')"))
    op.create_index('ix_deployments_tenant_id_created_at_id', 'deployments', ['tenant_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_deployments_tenant_id_mac', 'deployments', ['tenant_id', 'mac', 'created_at'], unique=False)
    op.create_index('ix_deployments_tenant_id_machine_serial', 'deployments', ['tenant_id', 'machine_serial', 'created_at'], unique=False)
    op.create_index('ix_deployments_tenant_id_machine_uuid', 'deployments', ['tenant_id', 'machine_uuid', 'created_at'], unique=False)
    op.create_index('ix_deployments_tenant_id_profile_id', 'deployments', ['tenant_id', 'profile_id', 'created_at'], unique=False)
    op.create_index('ix_deployments_tenant_id_state_created_at', 'deployments', ['tenant_id', 'state', 'created_at', 'id'], unique=False)
    op.create_table('discovered_machines',
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('mac', sa.String(length=17), nullable=False),
    sa.Column('machine_uuid', sa.String(length=36), nullable=True),
    sa.Column('machine_serial', sa.String(length=511), nullable=True),
    sa.Column('smbios_uuid', sa.String(length=64), nullable=True),
    sa.Column('serial', sa.String(length=255), nullable=False),
    sa.Column('manufacturer', sa.String(length=255), nullable=False),
    sa.Column('model', sa.String(length=255), nullable=False),
    sa.Column('asset', sa.String(length=255), nullable=False),
    sa.Column('platform', sa.String(length=16), nullable=False),
    sa.Column('ip', sa.String(length=45), nullable=True),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('last_seen_at', UtcDateTime(), nullable=False),
    sa.Column('last_answer', sa.String(length=16), nullable=False),
    sa.Column('times_seen', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_discovered_machines_device_id_devices'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['site_id'], ['boot_sites.id'], name=op.f('fk_discovered_machines_site_id_boot_sites'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_discovered_machines_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_discovered_machines')),
    sa.UniqueConstraint('site_id', 'mac', name=op.f('uq_discovered_machines_site_id_mac'))
    )
    op.create_index(op.f('ix_discovered_machines_tenant_id_last_seen_at_id'), 'discovered_machines', ['tenant_id', 'last_seen_at', 'id'], unique=False)
    op.create_index(op.f('ix_discovered_machines_tenant_id_machine_uuid'), 'discovered_machines', ['tenant_id', 'machine_uuid'], unique=False)
    op.create_table('technician_pins',
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.Column('uses', sa.Integer(), nullable=False),
    sa.Column('last_used_at', UtcDateTime(), nullable=True),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=255), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['boot_sites.id'], name=op.f('fk_technician_pins_site_id_boot_sites'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_technician_pins_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_technician_pins'))
    )
    op.create_index(op.f('ix_technician_pins_site_id'), 'technician_pins', ['site_id'], unique=False)
    op.create_index(op.f('ix_technician_pins_tenant_id_created_at_id'), 'technician_pins', ['tenant_id', 'created_at', 'id'], unique=False)
    op.create_table('wrong_pins',
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['boot_sites.id'], name=op.f('fk_wrong_pins_site_id_boot_sites'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wrong_pins'))
    )
    op.create_index(op.f('ix_wrong_pins_site_id_created_at'), 'wrong_pins', ['site_id', 'created_at'], unique=False)
    op.create_table('boot_sessions',
    sa.Column('thumbprint', sa.String(length=43), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('nonce', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=True),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('profile_id', sa.Uuid(), nullable=True),
    sa.Column('environment', sa.String(length=16), nullable=False),
    sa.Column('agent_version', sa.String(length=64), nullable=False),
    sa.Column('ip', sa.String(length=45), nullable=True),
    sa.Column('facts', Json, nullable=False),
    sa.Column('machine_uuid', sa.String(length=36), nullable=True),
    sa.Column('machine_serial', sa.String(length=511), nullable=True),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('deployment_id', sa.Uuid(), nullable=True),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('last_seen_at', UtcDateTime(), nullable=False),
    sa.Column('wrong_pins', sa.Integer(), nullable=False),
    sa.Column('wrong_codes', sa.Integer(), nullable=False),
    sa.Column('approved_how', sa.String(length=16), nullable=True),
    sa.Column('approved_by', sa.String(length=255), nullable=True),
    sa.Column('approved_at', UtcDateTime(), nullable=True),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('plan', sa.LargeBinary(), nullable=True),
    sa.Column('signature', sa.LargeBinary(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployments.id'], name=op.f('fk_boot_sessions_deployment_id_deployments'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_boot_sessions_device_id_devices'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['site_id'], ['boot_sites.id'], name=op.f('fk_boot_sessions_site_id_boot_sites'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_boot_sessions_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_boot_sessions')),
    sa.UniqueConstraint('thumbprint', name=op.f('uq_boot_sessions_thumbprint'))
    )
    op.create_index(op.f('ix_boot_sessions_deployment_id'), 'boot_sessions', ['deployment_id'], unique=False)
    op.create_index(op.f('ix_boot_sessions_tenant_id_created_at_id'), 'boot_sessions', ['tenant_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_boot_sessions_waiting', 'boot_sessions', ['expires_at'], unique=False, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.create_table('deployment_logs',
    sa.Column('deployment_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('position', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=100), nullable=True),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('stream', sa.String(length=8), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployments.id'], name=op.f('fk_deployment_logs_deployment_id_deployments'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_deployment_logs_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('deployment_id', 'number', name=op.f('pk_deployment_logs'))
    )
    op.create_table('deployment_secrets',
    sa.Column('deployment_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('start', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('taken_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployments.id'], name=op.f('fk_deployment_secrets_deployment_id_deployments'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_deployment_secrets_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('deployment_id', 'position', 'start', 'name', name=op.f('pk_deployment_secrets'))
    )
    op.create_table('deployment_steps',
    sa.Column('deployment_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('type', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('phase', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('starts', sa.Integer(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('started_at', UtcDateTime(), nullable=True),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.Column('error_code', sa.String(length=64), nullable=True),
    sa.Column('error_message', sa.String(length=2000), nullable=True),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployments.id'], name=op.f('fk_deployment_steps_deployment_id_deployments'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_deployment_steps_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('deployment_id', 'position', name=op.f('pk_deployment_steps'))
    )
    op.create_table('device_passwords',
    sa.Column('device_id', sa.Uuid(), nullable=False),
    sa.Column('deployment_id', sa.Uuid(), nullable=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployments.id'], name=op.f('fk_device_passwords_deployment_id_deployments'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_device_passwords_device_id_devices'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_device_passwords_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device_passwords'))
    )
    op.create_index(op.f('ix_device_passwords_device_id_created_at'), 'device_passwords', ['device_id', 'created_at'], unique=False)
    op.add_column('enrollment_tokens', sa.Column('bound_device_id', sa.Uuid(), nullable=True))
    op.add_column('enrollment_tokens', sa.Column('bound_machine_uuid', sa.String(length=36), nullable=True))
    op.add_column('enrollment_tokens', sa.Column('bound_deployment_id', sa.Uuid(), nullable=True))
    _one_site_for_each_tenant()


def _one_site_for_each_tenant() -> None:
    tenants = sa.table("tenants", sa.column("id", sa.Uuid()))
    sites = sa.table(
        "boot_sites",
        sa.column("id", sa.Uuid()),
        sa.column("created_at", UtcDateTime()),
        sa.column("tenant_id", sa.Uuid()),
        sa.column("version", sa.Integer()),
        sa.column("name", sa.String()),
        sa.column("code", sa.String()),
        sa.column("key", sa.String()),
        sa.column("unknown_machines", sa.String()),
        sa.column("environment", sa.String()),
        sa.column("profile_ids", Json),
        sa.column("menu_timeout_s", sa.Integer()),
        sa.column("networks", Json),
        sa.column("trusted_network", sa.Boolean()),
    )
    found = op.get_bind().execute(sa.select(tenants.c.id)).scalars().all()
    rows = [
        {
            "id": new_id(),
            "created_at": clock.now(),
            "tenant_id": tenant_id,
            "version": 1,
            "name": "Main site",
            "code": "HQ",
            "key": secrets.token_urlsafe(12),
            "unknown_machines": "menu",
            "environment": "linux",
            "profile_ids": [],
            "menu_timeout_s": 30,
            "networks": [],
            "trusted_network": False,
        }
        for tenant_id in found
    ]
    if rows:
        op.bulk_insert(sites, rows)
