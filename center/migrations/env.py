"""Runs migrations on the connection that the center hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from center.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, compare_type=True)
context.run_migrations()
