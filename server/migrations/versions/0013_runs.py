"""Runs: one act on many devices, and actions that wait for their turn in one."""

import sqlalchemy as sa
from alembic import op

from deployflow.platform.tables import Json, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("actions", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_actions_held",
        "actions",
        ["batch_id", "id"],
        unique=False,
        sqlite_where=sa.text("held = 1"),
        postgresql_where=sa.text("held"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_reason", sa.String(length=500), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("targets", Json, nullable=False),
        sa.Column("skipped", Json, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("order", sa.String(length=16), nullable=False),
        sa.Column("at_most", sa.Integer(), nullable=True),
        sa.Column("stop_at_percent", sa.Integer(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("expires_in_s", sa.Integer(), nullable=False),
        sa.Column("timeout_s", sa.Integer(), nullable=True),
        sa.Column("retry_of", sa.Uuid(), nullable=True),
        sa.Column("counts", Json, nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["action_batches.id"], name=op.f("fk_runs_id_action_batches"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_runs_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_tenant_id_created_at_id", "runs", ["tenant_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_runs_live",
        "runs",
        ["id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
