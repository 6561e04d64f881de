"""Some rows of a table, as they were looked at: the shape of each column, and no value longer than the look lasts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from carrel.deidentification.column_shape import ColumnShape
from carrel.deidentification.column_words import named_by, person_words, tells_birth, tells_time
from carrel.deidentification.identifiers import Identifier
from carrel.inventory.clock_guess import ClockGuess

FILE = "text of a file"
MOSTLY = 0.9  # of the values of a column
MOST = 10_000  # rows that are looked at


@dataclass(frozen=True)
class SampledColumn:
    """One column.

    Attributes:
        name: of the column.
        kind: its type as the database writes it; of a CSV file `FILE`.
        shape: what its values look like.
        clock: how it writes times.
        in_utc: whether the database keeps instants in it.
        wall: whether the database keeps times without a zone in it.
    """

    name: str
    kind: str
    shape: ColumnShape
    clock: ClockGuess = field(default_factory=ClockGuess)
    in_utc: bool = False
    wall: bool = False

    @property
    def finds_by(self) -> str:
        """By what of a person its rows are found, as ``person:`` of a site file writes it: by name, else by values.

        Returns:
            ``"?"`` where it holds numbers or codes and nothing tells whose: of the card, or the product's own. Empty
            where it holds names or words, which find nobody for certain.
        """
        if named := named_by(self.name):
            return named
        shape, most = self.shape, max(self.shape.filled * MOSTLY, 1)
        for kind, word in ((Identifier.EMAIL, "email"), (Identifier.CARD, "card")):
            if shape.kinds[kind] >= most:
                return word
        return '"?"' if max(shape.codes, shape.numbers) >= most else ""

    @property
    def is_clock(self) -> bool:
        """Whether nearly all of its values are times, and not merely numbers that could be."""
        clock = self.clock
        fits = bool(clock.filled) and clock.fitting >= clock.filled * MOSTLY
        return fits and (not clock.is_number or tells_time(self.name))


@dataclass(frozen=True)
class TableSample:
    """What was looked at.

    Attributes:
        columns: in their order.
        looked_at: how many rows.
        keys: columns that the database keeps unique and filled, primary key first; none of a CSV file.
        rows: of all columns, for comparing two of them; never told.
    """

    columns: tuple[SampledColumn, ...]
    looked_at: int
    keys: tuple[tuple[str, ...], ...] = ()
    rows: Sequence[Sequence[Any]] = field(default=(), repr=False)

    @classmethod
    def of(
        cls, columns: Sequence[SampledColumn], rows: Iterable[Sequence[Any]], keys: Iterable[tuple[str, ...]] = ()
    ) -> TableSample:
        """Look at every row."""
        seen = [tuple(row) for row in rows]
        for place, column in enumerate(columns):
            for row in seen:
                column.clock.add(row[place])
            for row in seen:
                column.shape.add(row[place], closely=not column.is_clock)
        return cls(tuple(columns), len(seen), tuple(keys), seen)

    @property
    def is_database(self) -> bool:
        """Whether a database has it, and no file."""
        return any(one.kind != FILE for one in self.columns)

    def column(self, name: str) -> SampledColumn | None:
        """The column of that name."""
        return next((one for one in self.columns if one.name == name), None)

    @property
    def persons(self) -> dict[str, str]:
        """Columns whose values may name a person, and why, in counts."""
        return {one.name: why for one in self.columns if (why := self.suspicion(one))}

    def suspicion(self, column: SampledColumn) -> str:
        """Why a column may name a person; empty where nothing says so, and of times."""
        if tells_birth(column.name):
            return "it is called a date of birth"
        is_key = (column.name,) in self.keys and column.shape.runs_on and not column.shape.kinds
        if column.is_clock or (is_key and not person_words(column.name)):
            return ""
        return column.shape.suspicion
