"""What jobs of boot environments and driver packs need to be taken up again."""

import sqlalchemy as sa
from alembic import op

from deployflow.platform.tables import Json, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The tables were empty until now: nothing could make such rows.
    with op.batch_alter_table("boot_environments") as batch:
        batch.add_column(sa.Column("driver_packs", Json, nullable=False))
        batch.add_column(sa.Column("updated_at", UtcDateTime(), nullable=False))
    with op.batch_alter_table("driver_packs") as batch:
        batch.add_column(sa.Column("attempt", sa.Integer(), nullable=False))
        batch.add_column(sa.Column("alive_at", UtcDateTime(), nullable=False))
