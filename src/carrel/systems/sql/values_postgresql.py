"""What the driver makes of PostgreSQL's values: naive local times, and texts where Python has no better word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.string import TextLoader

# A number, a truth, a text and bytes are read as such; these are not worth a type of their own here.
_AS_TEXTS = ("json", "jsonb", "uuid", "interval", "time", "timetz", "inet", "cidr")
_SECONDS = 19  # letters of a time to the second; after them comes a fraction, and then the offset of the zone


class WallTime(Loader):
    """A time as the session's clock shows it; none where it is infinite, or no calendar of Python's has it."""

    def load(self, data: Buffer) -> datetime | None:
        """Of a time with a zone the offset is left out: the session's zone is the declared one."""
        written = bytes(data).decode()
        ends = max(written.find("+", _SECONDS), written.find("-", _SECONDS))
        try:
            return datetime.fromisoformat(written[:ends] if ends > 0 else written)
        except ValueError:
            return None


class Day(Loader):
    """A date; none where Python's calendar has no such day, or where it is infinite."""

    def load(self, data: Buffer) -> date | None:
        """As the session's DateStyle writes it."""
        try:
            return date.fromisoformat(bytes(data).decode())
        except ValueError:
            return None


def register(connection: Any) -> None:
    """Have a connection of the driver read values this way."""
    for name in ("timestamp", "timestamptz"):
        connection.adapters.register_loader(name, WallTime)
    connection.adapters.register_loader("date", Day)
    for name in _AS_TEXTS:
        connection.adapters.register_loader(name, TextLoader)


def as_json(values: Mapping[str, str]) -> str:
    """Names and values as one parameter."""
    return json.dumps(dict(values))
