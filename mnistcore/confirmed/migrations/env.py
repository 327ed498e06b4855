"""What Alembic runs: the steps in versions/, over the connection that it is given."""

from alembic import context

from mnistcore.confirmed.database import metadata
from mnistcore.confirmed.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite can change a table only by making it anew
)
with context.begin_transaction():
    context.run_migrations()
