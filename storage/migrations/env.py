"""Runs the migrations on the connection it is handed. It knows no address and commits nothing: its caller does."""

from alembic import context

from storage.migrate import differs, is_of_the_code
from storage.tables import metadata

connection = context.config.attributes["connection"]
# SQLite cannot alter a column in place: batch mode writes such a table anew.
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=differs,
    include_object=is_of_the_code,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
