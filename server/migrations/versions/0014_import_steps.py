"""Where an import stopped, and how often it went on after the server had ended."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("image_imports") as batch:
        batch.add_column(sa.Column("stopped_in", sa.String(16), nullable=True))
        batch.add_column(sa.Column("resumed", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("image_imports") as batch:
        batch.alter_column("resumed", server_default=None)
