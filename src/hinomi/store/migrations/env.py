"""Run by Alembic: applies the migrations on the connection that `store.database` hands over."""

from alembic import context

from hinomi.store.caseschema import CASES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=CASES.metadata,
    render_as_batch=True,  # SQLite cannot alter a column in place.
)
with context.begin_transaction():
    context.run_migrations()
