"""Alembic's entry: run the revisions on the address that reporting.database.migrate passes."""

from alembic import context
from sqlalchemy import create_engine, text

engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    # Two processes may migrate at once: the second waits, then finds nothing to do.
    connection.execute(text("SELECT pg_advisory_lock(hashtext('reporting.migrate'))"))
    connection.commit()
    context.configure(connection=connection, version_table="schema_version", transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    connection.execute(text("SELECT pg_advisory_unlock(hashtext('reporting.migrate'))"))
    connection.commit()
engine.dispose()
