"""Alembic's entry: run by `deployflow.app.migrate` with a connection it hands over, never by hand."""

from alembic import context

from deployflow.app.registry import load_tables

connection = context.config.attributes["connection"]
is_sqlite = connection.dialect.name == "sqlite"

context.configure(
    connection=connection,
    target_metadata=load_tables(),
    render_as_batch=is_sqlite,
    compare_type=True,
    # On SQLite all or nothing, and one process at a time: `migrate` begins IMMEDIATE, which definitions take part in.
    transactional_ddl=True,
    transaction_per_migration=not is_sqlite,
)
with context.begin_transaction():
    context.run_migrations()
