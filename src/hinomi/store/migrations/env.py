"""Run by Alembic: applies the migrations on the connection that `store.database` hands over."""

from alembic import context

from hinomi.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot alter a column in place.
)
with context.begin_transaction():
    context.run_migrations()
