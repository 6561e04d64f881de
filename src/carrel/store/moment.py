"""A time as the store keeps it: aware, in UTC, as text of fixed width."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

FORM = "%Y-%m-%dT%H:%M:%S.%fZ"


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as UTC text of fixed width: it sorts as time does and reads alike on every database."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002  (SQLAlchemy's signature)
        """UTC text of an aware time.

        Raises:
            ValueError: the time is naive.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time in the store is aware")
        return str(value.astimezone(UTC).strftime(FORM))

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (as above)
        """The aware time, in UTC."""
        return None if value is None else datetime.fromisoformat(value)
