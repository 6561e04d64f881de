"""Many hashes in one question: as one value, so that a statement for thousands is no longer than one for two."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import JSON, Connection, Select, cast, func, literal, select

_AT_ONCE = 5_000


def of_tags(connection: Connection, tags: Collection[str]) -> Select[Any]:
    """The hashes as rows, for an ``IN``.

    Args:
        connection: of the store; the two databases unpack a list in words of their own.
        tags: in any order.
    """
    text = literal(json.dumps(list(tags)))
    if connection.dialect.name == "sqlite":
        rows = func.json_each(text).table_valued("value")
    else:
        rows = func.json_array_elements_text(cast(text, JSON)).table_valued("value")
    return select(rows.c.value)


def streamed(connection: Connection, query: Select[Any]) -> Iterator[Sequence[str]]:
    """The hashes that a question finds, some at a time."""
    yield from connection.execution_options(yield_per=_AT_ONCE).execute(query).scalars().partitions()
