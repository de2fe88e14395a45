"""Alembic's entry: runs on the connection that ``db.schema`` hands in, never on one of its own."""

from alembic import context

from db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a column in place; batch mode copies the table instead
    render_as_batch=True,
    transaction_per_migration=False,
)

with context.begin_transaction():
    context.run_migrations()
