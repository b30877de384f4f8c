"""Images are kept in the form that DISM reads, too."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("os_images") as batch:
        batch.add_column(sa.Column("wim_sha256", sa.String(64), nullable=True))
        batch.add_column(sa.Column("wim_bytes", sa.BigInteger(), nullable=True))
