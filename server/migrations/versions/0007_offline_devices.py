"""Devices that are offline, by when they were last heard of: a list without walking past those that are online."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_devices_offline_last_check_in",
        "devices",
        ["tenant_id", "last_check_in", "id"],
        unique=False,
        sqlite_where=sa.text("online = 0"),
        postgresql_where=sa.text("NOT online"),
    )
