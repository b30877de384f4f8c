"""The software library: items with versions, installers, bundles, and what of them is on which device."""

import sqlalchemy as sa
from alembic import op

from deployflow.platform.tables import Json, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('software',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.String(length=2000), nullable=False),
    sa.Column('publisher', sa.String(length=200), nullable=False),
    sa.Column('icon', sa.Text(), nullable=True),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('current_number', sa.Integer(), nullable=False),
    sa.Column('deleted_at', UtcDateTime(), nullable=True),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_software_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_software'))
    )
    op.create_index(op.f('ix_software_tenant_id_updated_at_id'), 'software', ['tenant_id', 'updated_at', 'id'], unique=False)
    op.create_index('uq_software_tenant_id_name', 'software', ['tenant_id', 'name'], unique=True, postgresql_where=sa.text('deleted_at IS NULL'), sqlite_where=sa.text('deleted_at IS NULL'))
    op.create_table('software_bundles',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.String(length=2000), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_software_bundles_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_software_bundles')),
    sa.UniqueConstraint('tenant_id', 'name', name=op.f('uq_software_bundles_tenant_id_name'))
    )
    op.create_index(op.f('ix_software_bundles_tenant_id_updated_at_id'), 'software_bundles', ['tenant_id', 'updated_at', 'id'], unique=False)
    op.create_table('device_software',
    sa.Column('software_id', sa.Uuid(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('found_version', sa.String(length=255), nullable=True),
    sa.Column('seen_by', sa.String(length=16), nullable=False),
    sa.Column('seen_at', UtcDateTime(), nullable=False),
    sa.Column('action_id', sa.Uuid(), nullable=True),
    sa.Column('error_code', sa.String(length=64), nullable=True),
    sa.Column('error_message', sa.String(length=2000), nullable=True),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['devices.id'], name=op.f('fk_device_software_device_id_devices'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['software_id'], ['software.id'], name=op.f('fk_device_software_software_id_software'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_device_software_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('software_id', 'device_id', name=op.f('pk_device_software'))
    )
    op.create_index(op.f('ix_device_software_device_id'), 'device_software', ['device_id'], unique=False)
    op.create_index(op.f('ix_device_software_tenant_id_software_id_state'), 'device_software', ['tenant_id', 'software_id', 'state'], unique=False)
    op.create_table('software_bundle_items',
    sa.Column('bundle_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('software_id', sa.Uuid(), nullable=False),
    sa.Column('continue_on_error', sa.Boolean(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['bundle_id'], ['software_bundles.id'], name=op.f('fk_software_bundle_items_bundle_id_software_bundles'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['software_id'], ['software.id'], name=op.f('fk_software_bundle_items_software_id_software'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_software_bundle_items_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('bundle_id', 'position', name=op.f('pk_software_bundle_items'))
    )
    op.create_index(op.f('ix_software_bundle_items_software_id'), 'software_bundle_items', ['software_id'], unique=False)
    op.create_table('software_installers',
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('error_code', sa.String(length=64), nullable=True),
    sa.Column('error_message', sa.String(length=2000), nullable=True),
    sa.Column('source', sa.String(length=16), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('url', sa.String(length=2000), nullable=True),
    sa.Column('upload_id', sa.Uuid(), nullable=True),
    sa.Column('expected_sha256', sa.String(length=64), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('size_bytes', sa.BigInteger(), nullable=True),
    sa.Column('chunks', Json, nullable=False),
    sa.Column('facts', Json, nullable=True),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('alive_at', UtcDateTime(), nullable=False),
    sa.Column('bytes_done', sa.BigInteger(), nullable=False),
    sa.Column('bytes_total', sa.BigInteger(), nullable=True),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=254), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_software_installers_tenant_id_tenants'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_software_installers_upload_id_uploads'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_software_installers'))
    )
    op.create_index(op.f('ix_software_installers_state'), 'software_installers', ['state'], unique=False)
    op.create_index(op.f('ix_software_installers_tenant_id_created_at_id'), 'software_installers', ['tenant_id', 'created_at', 'id'], unique=False)
    op.create_index(op.f('ix_software_installers_updated_at'), 'software_installers', ['updated_at'], unique=False)
    op.create_table('software_tags',
    sa.Column('software_id', sa.Uuid(), nullable=False),
    sa.Column('tag', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['software_id'], ['software.id'], name=op.f('fk_software_tags_software_id_software'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_software_tags_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('software_id', 'tag', name=op.f('pk_software_tags'))
    )
    op.create_index(op.f('ix_software_tags_tenant_id_tag_software_id'), 'software_tags', ['tenant_id', 'tag', 'software_id'], unique=False)
    op.create_table('software_versions',
    sa.Column('software_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('software_version', sa.String(length=100), nullable=False),
    sa.Column('os_family', sa.String(length=16), nullable=False),
    sa.Column('architecture', sa.String(length=16), nullable=True),
    sa.Column('min_os_version', sa.String(length=40), nullable=True),
    sa.Column('install_command', sa.String(length=4000), nullable=False),
    sa.Column('uninstall_command', sa.String(length=4000), nullable=True),
    sa.Column('detection', Json, nullable=True),
    sa.Column('inventory_name', sa.String(length=255), nullable=True),
    sa.Column('exit_codes', Json, nullable=False),
    sa.Column('timeout_s', sa.Integer(), nullable=False),
    sa.Column('installer_name', sa.String(length=255), nullable=True),
    sa.Column('installer_sha256', sa.String(length=64), nullable=True),
    sa.Column('installer_bytes', sa.BigInteger(), nullable=True),
    sa.Column('chunks', Json, nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=254), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['software_id'], ['software.id'], name=op.f('fk_software_versions_software_id_software'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_software_versions_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_software_versions')),
    sa.UniqueConstraint('tenant_id', 'software_id', 'number', name=op.f('uq_software_versions_tenant_id_software_id_number'))
    )
    op.create_index(op.f('ix_software_versions_installer_sha256'), 'software_versions', ['installer_sha256'], unique=False)
    op.create_index(op.f('ix_software_versions_software_id'), 'software_versions', ['software_id'], unique=False)
