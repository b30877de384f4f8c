"""Deployment profiles with their tasks, versions and tags; the numbers of computer names."""

import sqlalchemy as sa
from alembic import op

from deployflow.platform.tables import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('naming_sequences',
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('shape', sa.String(length=100), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_naming_sequences_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('tenant_id', 'shape', name=op.f('pk_naming_sequences'))
    )
    op.create_table('profiles',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.String(length=2000), nullable=False),
    sa.Column('os_image_id', sa.Uuid(), nullable=True),
    sa.Column('edition_index', sa.Integer(), nullable=True),
    sa.Column('computer_naming_pattern', sa.String(length=100), nullable=False),
    sa.Column('admin_credentials_ref', sa.Uuid(), nullable=True),
    sa.Column('agent_auto_install', sa.Boolean(), nullable=False),
    sa.Column('is_template', sa.Boolean(), nullable=False),
    sa.Column('template_id', sa.Uuid(), nullable=True),
    sa.Column('current_number', sa.Integer(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['os_image_id'], ['os_images.id'], name=op.f('fk_profiles_os_image_id_os_images')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_profiles_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_profiles')),
    sa.UniqueConstraint('tenant_id', 'name', name=op.f('uq_profiles_tenant_id_name'))
    )
    op.create_index(op.f('ix_profiles_os_image_id'), 'profiles', ['os_image_id'], unique=False)
    op.create_index(op.f('ix_profiles_tenant_id_updated_at_id'), 'profiles', ['tenant_id', 'updated_at', 'id'], unique=False)
    op.create_table('profile_tags',
    sa.Column('profile_id', sa.Uuid(), nullable=False),
    sa.Column('tag', sa.String(length=64), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['profile_id'], ['profiles.id'], name=op.f('fk_profile_tags_profile_id_profiles'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_profile_tags_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('profile_id', 'tag', name=op.f('pk_profile_tags'))
    )
    op.create_index(op.f('ix_profile_tags_tenant_id_tag_profile_id'), 'profile_tags', ['tenant_id', 'tag', 'profile_id'], unique=False)
    op.create_table('profile_tasks',
    sa.Column('profile_id', sa.Uuid(), nullable=False),
    sa.Column('order', sa.Integer(), nullable=False),
    sa.Column('type', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('configuration', sa.JSON(), nullable=False),
    sa.Column('condition', sa.JSON(), nullable=True),
    sa.Column('timeout_s', sa.Integer(), nullable=False),
    sa.Column('retries', sa.Integer(), nullable=False),
    sa.Column('continue_on_error', sa.Boolean(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['profile_id'], ['profiles.id'], name=op.f('fk_profile_tasks_profile_id_profiles'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_profile_tasks_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_profile_tasks'))
    )
    op.create_index(op.f('ix_profile_tasks_profile_id_order'), 'profile_tasks', ['profile_id', 'order'], unique=False)
    op.create_table('profile_versions',
    sa.Column('profile_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=254), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['profile_id'], ['profiles.id'], name=op.f('fk_profile_versions_profile_id_profiles'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants.id'], name=op.f('fk_profile_versions_tenant_id_tenants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_profile_versions')),
    sa.UniqueConstraint('tenant_id', 'profile_id', 'number', name=op.f('uq_profile_versions_tenant_id_profile_id_number'))
    )
    op.create_index(op.f('ix_profile_versions_profile_id'), 'profile_versions', ['profile_id'], unique=False)
