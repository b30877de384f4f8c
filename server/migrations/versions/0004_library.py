"""The library: uploads, OS images with their imports, boot environments, driver packs."""

import sqlalchemy as sa
from alembic import op

from deployflow.platform.tables import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('boot_environments',
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('environment_version', sa.String(length=100), nullable=False),
    sa.Column('architecture', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('error_code', sa.String(length=64), nullable=True),
    sa.Column('error_message', sa.String(length=2000), nullable=True),
    sa.Column('made_from_image_id', sa.Uuid(), nullable=True),
    sa.Column('made_from_name', sa.String(length=300), nullable=True),
    sa.Column('made_by_name', sa.String(length=254), nullable=False),
    sa.Column('made_at', UtcDateTime(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_boot_environments'))
    )
    op.create_index(op.f('ix_boot_environments_kind_state_made_at'), 'boot_environments', ['kind', 'state', 'made_at'], unique=False)
    op.create_table('boot_environment_files',
    sa.Column('environment_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['boot_environments.id'], name=op.f('fk_boot_environment_files_environment_id_boot_environments'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', 'name', name=op.f('pk_boot_environment_files'))
    )
    op.create_table('os_images',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('image_version', sa.String(length=100), nullable=False),
    sa.Column('description', sa.String(length=2000), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('architecture', sa.String(length=16), nullable=True),
    sa.Column('download_url', sa.String(length=2000), nullable=True),
    sa.Column('checksum', sa.String(length=64), nullable=True),
    sa.Column('content_sha256', sa.String(length=64), nullable=True),
    sa.Column('content_bytes', sa.BigInteger(), nullable=True),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_os_images_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_os_images')),
    sa.UniqueConstraint('tenant_id', 'name', 'image_version', name=op.f('uq_os_images_tenant_id_name_image_version'))
    )
    op.create_index(op.f('ix_os_images_tenant_id_updated_at_id'), 'os_images', ['tenant_id', 'updated_at', 'id'], unique=False)
    op.create_table('uploads',
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=254), nullable=False),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_uploads_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads'))
    )
    op.create_index(op.f('ix_uploads_expires_at'), 'uploads', ['expires_at'], unique=False)
    op.create_index(op.f('ix_uploads_tenant_id_created_at_id'), 'uploads', ['tenant_id', 'created_at', 'id'], unique=False)
    op.create_table('driver_packs',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('pack_version', sa.String(length=100), nullable=False),
    sa.Column('description', sa.String(length=2000), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('error_code', sa.String(length=64), nullable=True),
    sa.Column('error_message', sa.String(length=2000), nullable=True),
    sa.Column('source', sa.String(length=16), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('path', sa.String(length=1000), nullable=True),
    sa.Column('upload_id', sa.Uuid(), nullable=True),
    sa.Column('expected_sha256', sa.String(length=64), nullable=True),
    sa.Column('checksum', sa.String(length=64), nullable=True),
    sa.Column('source_sha256', sa.String(length=64), nullable=True),
    sa.Column('content_sha256', sa.String(length=64), nullable=True),
    sa.Column('content_bytes', sa.BigInteger(), nullable=True),
    sa.Column('file_count', sa.Integer(), nullable=False),
    sa.Column('inf_count', sa.Integer(), nullable=False),
    sa.Column('broken_inf_count', sa.Integer(), nullable=False),
    sa.Column('bytes_done', sa.BigInteger(), nullable=False),
    sa.Column('bytes_total', sa.BigInteger(), nullable=True),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=254), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_driver_packs_tenant_id_tenants'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_driver_packs_upload_id_uploads'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_driver_packs')),
    sa.UniqueConstraint('tenant_id', 'name', 'pack_version', name=op.f('uq_driver_packs_tenant_id_name_pack_version'))
    )
    op.create_index(op.f('ix_driver_packs_state'), 'driver_packs', ['state'], unique=False)
    op.create_index(op.f('ix_driver_packs_tenant_id_updated_at_id'), 'driver_packs', ['tenant_id', 'updated_at', 'id'], unique=False)
    op.create_table('image_boot_files',
    sa.Column('image_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['image_id'], ['os_images.id'], name=op.f('fk_image_boot_files_image_id_os_images'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_image_boot_files_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('image_id', 'name', name=op.f('pk_image_boot_files'))
    )
    op.create_table('image_editions',
    sa.Column('image_id', sa.Uuid(), nullable=False),
    sa.Column('index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=2000), nullable=False),
    sa.Column('edition_id', sa.String(length=100), nullable=True),
    sa.Column('architecture', sa.String(length=16), nullable=True),
    sa.Column('build', sa.String(length=40), nullable=True),
    sa.Column('languages', Json, nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['image_id'], ['os_images.id'], name=op.f('fk_image_editions_image_id_os_images'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_image_editions_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('image_id', 'index', name=op.f('pk_image_editions'))
    )
    op.create_table('image_imports',
    sa.Column('image_id', sa.Uuid(), nullable=False),
    sa.Column('source', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=True),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('url', sa.String(length=2000), nullable=True),
    sa.Column('path', sa.String(length=1000), nullable=True),
    sa.Column('upload_id', sa.Uuid(), nullable=True),
    sa.Column('expected_sha256', sa.String(length=64), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('error_code', sa.String(length=64), nullable=True),
    sa.Column('error_message', sa.String(length=2000), nullable=True),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('cancel_requested_at', UtcDateTime(), nullable=True),
    sa.Column('bytes_done', sa.BigInteger(), nullable=False),
    sa.Column('bytes_total', sa.BigInteger(), nullable=True),
    sa.Column('bytes_per_s', sa.BigInteger(), nullable=True),
    sa.Column('source_sha256', sa.String(length=64), nullable=True),
    sa.Column('wim_sha256', sa.String(length=64), nullable=True),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=254), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['image_id'], ['os_images.id'], name=op.f('fk_image_imports_image_id_os_images'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_image_imports_tenant_id_tenants'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_image_imports_upload_id_uploads'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_image_imports')),
    sa.UniqueConstraint('image_id', name=op.f('uq_image_imports_image_id'))
    )
    op.create_index(op.f('ix_image_imports_state'), 'image_imports', ['state'], unique=False)
    op.create_index(op.f('ix_image_imports_tenant_id_created_at_id'), 'image_imports', ['tenant_id', 'created_at', 'id'], unique=False)
    op.create_table('driver_infs',
    sa.Column('pack_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('path', sa.String(length=1000), nullable=False),
    sa.Column('device_class', sa.String(length=200), nullable=True),
    sa.Column('provider', sa.String(length=300), nullable=True),
    sa.Column('driver_version', sa.String(length=100), nullable=True),
    sa.Column('driver_date', sa.String(length=20), nullable=True),
    sa.Column('architectures', Json, nullable=False),
    sa.Column('hardware_ids', Json, nullable=False),
    sa.Column('error', sa.String(length=500), nullable=True),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['pack_id'], ['driver_packs.id'], name=op.f('fk_driver_infs_pack_id_driver_packs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_driver_infs_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('pack_id', 'position', name=op.f('pk_driver_infs'))
    )
    op.create_table('driver_rules',
    sa.Column('pack_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sku', sa.String(length=200), nullable=True),
    sa.Column('manufacturer', sa.String(length=200), nullable=True),
    sa.Column('model', sa.String(length=200), nullable=True),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['pack_id'], ['driver_packs.id'], name=op.f('fk_driver_rules_pack_id_driver_packs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_driver_rules_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('pack_id', 'position', name=op.f('pk_driver_rules'))
    )
