"""What a MariaDB server says of itself: settings, counters, and answers that an account may be refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from carrel.systems.sql.failure import number

_REFUSED = frozenset({1044, 1142, 1143, 1227})
_OFF = frozenset({"", "0", "OFF", "NONE"})


class ServerSettings:
    """The global settings and counters of one server, read once, by names that a reading asks for.

    Args:
        connection: any session; nothing is changed.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._values = {str(name).lower(): str(value) for name, value in self._shown("SHOW GLOBAL VARIABLES")}
        self._counters = {str(name).lower(): str(value) for name, value in self._shown("SHOW GLOBAL STATUS")}

    def _shown(self, statement: str) -> list[Any]:
        return list(self._connection.execute(text(statement)).all())

    def has(self, name: str) -> bool:
        """Whether the server knows the setting."""
        return name in self._values

    def text(self, name: str) -> str:
        """A setting as the server writes it; empty where it does not know it."""
        return self._values.get(name, "")

    def on(self, name: str) -> bool:
        """Whether a switch is on; one that the server does not know is off."""
        return self.text(name).upper() not in _OFF

    def number(self, name: str) -> int:
        """A setting as a whole number; 0 where there is none."""
        return _number(self.text(name))

    def counter(self, name: str) -> int:
        """A counter of the server; 0 where it does not know it."""
        return _number(self._counters.get(name, ""))

    def ask(self, statement: str) -> list[Any] | None:
        """The rows of a question that a right is needed for.

        Args:
            statement: without values.

        Returns:
            None where the account lacks the right.

        Raises:
            DBAPIError: anything but a right that is missing.
        """
        try:
            return list(self._connection.execute(text(statement)).all())
        except DBAPIError as wrong:
            if number(wrong) in _REFUSED:
                return None
            raise


def _number(written: str) -> int:
    try:
        return int(float(written or 0))
    except ValueError:
        return 0
