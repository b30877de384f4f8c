"""What a waiting machine's own screen says of why it waits."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("boot_sessions") as batch:
        batch.add_column(sa.Column("told", sa.String(500), nullable=True))
