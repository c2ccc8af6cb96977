"""Alembic's environment for every part: it runs on the connection that it is given."""

from __future__ import annotations

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
