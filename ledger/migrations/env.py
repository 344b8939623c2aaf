"""What Alembic runs: the connection comes from `ledger.migrate`, which owns transaction and lock."""

from alembic import context

from ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
