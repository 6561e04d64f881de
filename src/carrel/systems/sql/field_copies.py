"""Copies of a person's fields in other tables: found by the old value, written with the record, or told as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from carrel.inventory.correction_map import CorrectionMap, FieldCopy, FieldRemain
from carrel.inventory.schema import LiveSchema
from carrel.systems.sql.live import all_hold
from carrel.systems.sql.person_rows import PersonRows

Values = Mapping[str, str]  # column of the people's table → value; empty for none
_SHORTEST = 3  # a shorter value is looked for in no text: it stands in every other


@dataclass(frozen=True, slots=True)
class Copied:
    """Rows that hold an old value of one column again.

    Attributes:
        copy: of the map.
        source: column of the people's table.
        column: here.
        keys: of the rows.
    """

    copy: FieldCopy
    source: str
    column: str
    keys: tuple[tuple[Any, ...], ...]


class FieldCopies:
    """The copies of one person's fields.

    Args:
        schema: live; a table that the site lacks has none.
        rectify: of the map.
        rows: of the person.
    """

    def __init__(self, schema: LiveSchema, rectify: CorrectionMap, rows: PersonRows) -> None:
        self._schema, self._rectify, self._rows = schema, rectify, rows

    def found(self, connection: Connection, old: Values, new: Values) -> Iterator[Copied]:
        """Rows that hold the old value to the letter; what the server takes for the same is not enough."""
        for copy in self._rectify.copies:
            table = self._schema.tables.get(copy.table)
            if table is None or not table.primary_key:
                continue
            rows = self._rows.rows(copy.table)
            keys = [rows.c[name] for name in self._rows.key(copy.table)]
            for source, target in copy.columns.items():
                value = old.get(source, "")
                if not value or value == new[source] or table.column(target) is None:
                    continue
                named = self._rows.names(copy.table, copy.person, rows) if copy.person else rows.c[target] == value
                query = select(*keys, rows.c[target]).where(named, all_hold(copy.only))
                same = tuple(tuple(row[:-1]) for row in connection.execute(query) if plain(row[-1]) == value)
                if same:
                    yield Copied(copy, source, target, same)

    def holding(self, connection: Connection, one: FieldRemain, gone: Values) -> int:
        """How many rows of the person hold one of these values, and keep it."""
        table = self._schema.tables.get(one.table)
        if table is None or table.column(one.person) is None:
            return 0
        rows = self._rows.rows(one.table)
        mine = (self._rows.names(one.table, one.person, rows), all_hold(one.only))
        if not one.texts:
            there = [rows.c[name] == value for name, value in gone.items() if table.column(name) is not None]
            query = select(func.count()).select_from(rows).where(*mine, or_(*there))
            return int(connection.execute(query).scalar_one()) if there else 0
        words = [value.casefold() for value in gone.values() if len(value) >= _SHORTEST]
        texts = [rows.c[name] for name in one.texts if table.column(name) is not None]
        found = 0
        for row in connection.execute(select(*texts).where(*mine)) if texts and words else ():
            said = " ".join(plain(text) for text in row).casefold()
            found += any(word in said for word in words)
        return found

    def write(self, connection: Connection, found: Copied, stored: str | None, value: str) -> bool:
        """Write the copies, and read them back: whether each holds the value to the letter."""
        rows = self._rows.rows(found.copy.table)
        keys = [rows.c[name] for name in self._rows.key(found.copy.table)]
        mine = self._rows.keyed(keys, found.keys)
        values = {**self._rows.kept_times(found.copy.table, rows), found.column: stored}
        connection.execute(update(rows).where(mine).values(values))
        again = connection.execute(select(rows.c[found.column]).where(mine)).scalars()
        return all(plain(one) == value for one in again)


def plain(value: Any) -> str:
    """A value of the database as the text that a request would write; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)
