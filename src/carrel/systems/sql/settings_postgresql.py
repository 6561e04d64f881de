"""What a PostgreSQL server says of itself: settings as a session sees them, and answers that it may be refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from carrel.systems.sql.failure import is_denied

MONITOR = "GRANT pg_monitor TO the reading account"


class PostgresSettings:
    """The settings of one server, read once, by names that a reading asks for.

    Args:
        connection: any session; nothing is changed.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # What the account may not read, such as the folder of the logs, is not among them.
        rows = connection.execute(text("SELECT lower(name), setting FROM pg_catalog.pg_settings"))
        self._values = {str(name): str(value) for name, value in rows}

    def has(self, name: str) -> bool:
        """Whether the server knows the setting, and the account may read it."""
        return name in self._values

    def text(self, name: str) -> str:
        """A setting as the server writes it, in its own unit; empty where it is not known."""
        return self._values.get(name, "")

    def on(self, name: str) -> bool:
        """Whether a switch is on; one that is not known is off."""
        return self.text(name) not in {"", "off", "none", "disabled"}

    def number(self, name: str, unknown: int = 0) -> int:
        """A setting as a whole number, in the server's own unit."""
        try:
            return int(self.text(name))
        except ValueError:
            return unknown

    def ask(self, statement: str) -> list[Any] | None:
        """The rows of a question that a right may be needed for.

        Args:
            statement: without values.

        Returns:
            None where the account lacks the right.

        Raises:
            DBAPIError: anything but a right that is missing.
        """
        try:
            with self._connection.begin_nested():  # a refusal would end the whole transaction
                return list(self._connection.execute(text(statement)).all())
        except DBAPIError as wrong:
            if is_denied(wrong):
                return None
            raise
