"""A trace of one person in every table that can hold one, made from the map and the live schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carrel.inventory.map_version import as_found
from carrel.inventory.person_map import Act, Holds
from carrel.systems import map_files
from carrel.systems.sql import live
from carrel.systems.sql.person_selection import is_text

if TYPE_CHECKING:
    from carrel.inventory.map_part import Condition, Step
    from carrel.inventory.schema import Column, LiveSchema
    from tests.integration.conftest import Koha

WHEN = "2025-03-04 10:11:12"
MAP = map_files.load("koha")


def _width(column: Column) -> int:
    """How many signs fit into a column."""
    found = re.search(r"char\((\d+)\)", column.type.lower())
    return int(found[1]) if found else 10_000


class Seeder:
    """Puts rows into a library; whatever a column needs and the caller does not say is invented."""

    def __init__(self, koha: Koha) -> None:
        self.koha = koha
        self._engine = koha.engine()
        with self._engine.connect() as connection:
            self.schema: LiveSchema = live.read(connection, MAP)
        self.map = as_found(MAP, self.schema)
        assert self.map.person is not None
        self.person = self.map.person
        self._next = 5_000_000
        self._kinds: dict[Step, Any] = {}

    def patron(self, **values: Any) -> int:
        """A patron of whom nothing is known but the name."""
        self._next += 1
        given = {
            "borrowernumber": self._next, "cardnumber": f"K{self._next}", "userid": f"reader{self._next}",
            "surname": f"Surname{self._next}", "firstname": "Given", "privacy": 1, "flags": None, "lastseen": None,
        }  # fmt: skip
        self.row("borrowers", **{**given, **values})
        return int(values.get("borrowernumber", self._next))

    def traces(self, number: int, card: str, user: str) -> dict[str, int]:
        """One row for every trace of the map that an erasure deals with; how many per table."""
        said: dict[str, int] = {}
        for name, told in reversed(
            self.person.tables.items()
        ):  # an erasure goes children first; parents come first here
            if name not in self.schema.tables or name == self.map.people.table:
                continue
            for trace in told.traces:
                if trace.act is Act.BLOCK or trace.without_stand_in:
                    continue
                values = self._meeting(trace.only)
                if trace.column:
                    values[trace.column] = {Holds.NUMBER: number, Holds.CARD: card, Holds.USER: user}[trace.holds]
                elif (way := trace.through) is not None:
                    mine = {way.person: number} if way.person else {}
                    pairs: dict[str, Any] = {
                        theirs: WHEN for theirs in way.pairs.values() if theirs.endswith(("date", "datetime"))
                    }
                    if "itemnumber" in way.pairs:
                        pairs["itemnumber"] = self._known("items", "itemnumber")
                    above = self.row(way.table, **{**self._meeting(way.only), **pairs, **mine})
                    values |= {own: self._as_held(name, own, above[theirs]) for own, theirs in way.pairs.items()}
                for step in trace.among:
                    values[step.equals] = self._of_kind(step)
                self.row(name, **values)
                said[name] = said.get(name, 0) + 1
        return said

    def _of_kind(self, step: Step) -> Any:
        """A row that tells what others are of, the same for everybody."""
        if step not in self._kinds:
            self._kinds[step] = self.row(step.table, **self._meeting(step.where))[step.column]
        return self._kinds[step]

    def _as_held(self, name: str, column: str, value: Any) -> Any:
        """A number as its column takes it."""
        held = self.schema.tables[name].column(column)
        return str(value) if held is not None and is_text(held) else value

    def words(self, text: str) -> dict[str, int]:
        """A row of nobody, or of somebody else, whose every text says this; columns per table."""
        said: dict[str, int] = {}
        for name, told in self.person.tables.items():
            if name in self.schema.tables and (told.texts or told.gone):
                columns = (self.schema.tables[name].column(one) for one in (*told.texts, *told.gone))
                self.row(name, **{one.name: text[: _width(one)] for one in columns if one is not None})
                said[name] = len(told.texts) + len(told.gone)
        return said

    def row(self, name: str, /, **values: Any) -> dict[str, Any]:
        """One row, with everything that its columns ask for."""
        table = self.schema.tables[name]
        keys = {column: key for key in table.foreign_keys for column in key.columns}
        row = dict(values)
        for column in table.columns:
            if column.name in row:
                continue
            key = keys.get(column.name)
            own = column.name in table.primary_key
            if key is not None and (own or not column.nullable):
                row[column.name] = self._known(key.table, key.references[key.columns.index(column.name)])
            elif key is not None:
                row[column.name] = None
            elif own or (not column.nullable and column.default is None):
                row[column.name] = self._invented(column)
        self._insert(name, row)
        return {**dict.fromkeys(table.column_names), **row}

    def _meeting(self, only: tuple[Condition, ...]) -> dict[str, Any]:
        met: dict[str, Any] = {}
        for one in only:
            if one.equals is not None:
                met[one.column] = one.equals
            elif one.one_of is not None:
                met[one.column] = one.one_of[0]
            elif one.empty is not None:
                met[one.column] = None if one.empty else "x"
        return met

    def _known(self, table: str, column: str) -> Any:
        """A value of the other table: never the person's, whose number is higher than every other's."""
        if table in {"borrowers", "housebound_profile"}:
            return self._somebody(table)
        if table == "items":  # open loans and fill targets take a copy once
            return self.row(table)[column]
        rows = self.koha.rows(f"SELECT {column} FROM {table} ORDER BY {column} LIMIT 1")
        return rows[0][0] if rows else self.row(table)[column]

    def _somebody(self, table: str) -> int:
        """Another patron for each row, since some tables take a patron once."""
        somebody = self.patron()
        if table == "housebound_profile":
            self.row(table, borrowernumber=somebody)
        return somebody

    def _invented(self, column: Column) -> Any:
        self._next += 1
        declared = column.type.lower()
        if declared.startswith("enum"):
            return declared.split("'")[1]
        if "int" in declared:
            return 1 if declared.startswith("tiny") else self._next
        if any(word in declared for word in ("decimal", "double", "float")):
            return 0
        if "date" in declared or "time" in declared:
            return WHEN
        if "blob" in declared:
            return b"\x01\x02"
        return f"x{self._next}"[-_width(column) :]

    def _insert(self, name: str, row: dict[str, Any]) -> None:
        table = sa.table(name, *(sa.column(one) for one in row))
        with self._engine.begin() as connection:
            connection.execute(sa.insert(table).values(row))
