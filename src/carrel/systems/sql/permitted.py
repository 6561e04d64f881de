"""What an account may look at: a look that the server refuses is noted by name, and every other error goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from carrel.inventory.schema import LiveSchema
from carrel.systems.sql.failure import is_denied


class Permitted:
    """Looks at one database, with what the account may not read.

    Args:
        connection: a read-only session.
        schema: as it is now; what is not in it holds nothing.

    Attributes:
        unread: names of what could not be looked at; none of it counts as empty.
    """

    def __init__(self, connection: Connection, schema: LiveSchema) -> None:
        self.connection, self.schema = connection, schema
        self.unread: list[str] = []

    @contextmanager
    def at(self, *names: str) -> Iterator[None]:
        """Note these names where the account may not read what the block reads."""
        try:
            yield
        except DBAPIError as wrong:
            if not is_denied(wrong):
                raise
            self.connection.rollback()
            self.unread.extend(names)

    def there(self, name: str, *columns: str) -> tuple[str, ...]:
        """Of these columns of a table, those that the site has."""
        found = self.schema.tables.get(name)
        return () if found is None else tuple(one for one in columns if found.column(one) is not None)
