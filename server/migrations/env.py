"""Alembic's entry: run by `deployflow.app.migrate` with a connection it hands over, never by hand."""

from alembic import context

from deployflow.app.registry import load_tables

connection = context.config.attributes["connection"]

context.configure(
    connection=connection,
    target_metadata=load_tables(),
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
