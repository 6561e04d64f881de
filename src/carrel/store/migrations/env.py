"""What alembic runs; the connection comes from `carrel.store.migration`, inside a transaction of its own."""

from __future__ import annotations

from alembic import context

from carrel.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
