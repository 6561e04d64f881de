"""What a release of statistics is made of: the document that names records, dimensions, measures and the rule."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from carrel.deidentification.statistics.cube import PERSONS, ROWS
from carrel.deidentification.statistics.small_cells import SMALL, WHOLE, CellRule, CountedBy, SumRule, Zeros
from carrel.errors import unseen
from carrel.inventory.dated_table import ColumnName
from carrel.inventory.record_source import RecordSource

NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"
EACH_ROW = "(each record)"
MOST_DIMENSIONS = 4


class TimeLevel(StrEnum):
    """How finely a time is told; each is a part of the next."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class SpecDimension(BaseModel):
    """One axis.

    Attributes:
        column: whose values are told.
        levels: columns, the finest first, where the records hold the totals' names too.
        time: the column is a time: how finely it is told, the finest first.
        tree: of each value the total that it is part of, and of totals the next one.
        values: every finest value that is counted, for noise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: ColumnName | None = None
    levels: tuple[ColumnName, ...] = ()
    time: tuple[TimeLevel, ...] = ()
    tree: dict[str, str] = Field(default_factory=dict)
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fitting(self) -> SpecDimension:
        if (self.column is None) != bool(self.levels):
            raise ValueError("write 'column:' with one column, or 'levels:' with several, the finest first")
        if self.levels and (self.time or self.tree):
            raise ValueError("'time:' and 'tree:' go with 'column:'")
        if self.time and self.tree:
            raise ValueError("write 'time:' or 'tree:', one of the two")
        order = list(TimeLevel)
        if any(order.index(one) >= order.index(more) for one, more in pairwise(self.time)):
            raise ValueError("write 'time:' with levels, the finest first, such as [month, quarter, year]")
        if any(unseen(one) for pair in (*self.tree.items(), self.values) for one in pair):
            raise ValueError("write names without signs that nobody sees")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return self.levels if self.column is None else (self.column,)

    def declared_levels(self, name: str) -> tuple[str, ...]:
        """The names of its levels where values are declared."""
        paths = self.declared_paths() or ((),)
        first = str(self.time[0]) if self.time else self.column or name
        return tuple(map(str, self.time)) or (first, *(f"{first} {level}" for level in range(1, len(paths[0]))))

    def declared_paths(self) -> tuple[tuple[str, ...], ...] | None:
        """Of each declared value the labels of all levels, the finest first; None where one does not fit."""
        if not self.values or self.column is None or len(set(self.values)) < len(self.values):
            return None
        ways = [_time_way(one, self.time) if self.time else self.way_up(one) for one in self.values]
        found = [way for way in ways if way is not None]
        fits = len(found) == len(ways) and len({len(way) for way in found}) == 1
        return tuple(found) if fits else None

    def way_up(self, value: str) -> tuple[str, ...] | None:
        """A value and its totals by the tree; None where the tree goes in a circle."""
        way = [value]
        while (above := self.tree.get(way[-1])) is not None:
            if above in way:
                return None
            way.append(above)
        return tuple(way)


_TIMES = {
    TimeLevel.DAY: re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    TimeLevel.MONTH: re.compile(r"(\d{4})-(\d{2})"),
    TimeLevel.QUARTER: re.compile(r"(\d{4})-Q([1-4])"),
    TimeLevel.YEAR: re.compile(r"(\d{4})"),
}
_MONTHS = 12


def _time_way(value: str, levels: tuple[TimeLevel, ...]) -> tuple[str, ...] | None:
    """A time and what it is part of, from the finest level on; None where it is no time of that level."""
    match = _TIMES[levels[0]].fullmatch(value)
    if match is None or (levels[0] in {TimeLevel.DAY, TimeLevel.MONTH} and not 1 <= int(match[2]) <= _MONTHS):
        return None
    quarter = match[2] if levels[0] is TimeLevel.QUARTER else ""
    if levels[0] in {TimeLevel.DAY, TimeLevel.MONTH}:
        quarter = str((int(match[2]) + 2) // 3)
    told = {
        TimeLevel.DAY: value,
        TimeLevel.MONTH: value[:7],
        TimeLevel.QUARTER: f"{match[1]}-Q{quarter}",
        TimeLevel.YEAR: match[1],
    }
    return tuple(told[one] for one in levels)


def _of_text(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class SpecSum(BaseModel):
    """A sum, such as of charges, and when it tells of one person.

    Attributes:
        column: whose numbers are summed up; none of them below zero.
        decimals: how many are told.
        percent, share, width: see `SumRule`; the width is written in whole units.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: ColumnName
    decimals: int = Field(default=2, ge=0, le=4)
    percent: int = Field(default=10, ge=1, le=100)
    share: int = Field(default=WHOLE, ge=50, le=100)
    width: int = Field(default=SMALL, ge=1, le=1_000_000)

    def rule(self) -> SumRule:
        """As the cells are judged by it."""
        return SumRule(self.percent, self.share, self.width * int(10**self.decimals))


class SpecSmall(BaseModel):
    """The rule for small cells; see `CellRule`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    persons: int = Field(default=SMALL, ge=2, le=1000)
    width: int | None = Field(default=None, ge=1, le=10_000)
    zeros: Zeros = Zeros.SHOWN


class CubeSpec(BaseModel):
    """One release.

    Attributes:
        name: of the release; earlier ones of the same name are compared with it.
        records: where the records are.
        person: the column that tells whose a record is; ``(each record)`` where each is another person.
        dimensions: by name.
        measures: ``rows`` and ``persons``; the first is always told.
        sums: by name.
        small: the rule for small cells.
        cubes: the dimensions of each cube; one cube of all unless given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    records: RecordSource
    person: str = Field(min_length=1, max_length=128)
    dimensions: dict[str, Annotated[SpecDimension, BeforeValidator(_of_text)]] = Field(min_length=1, max_length=12)
    measures: tuple[str, ...] = (ROWS,)
    sums: dict[str, SpecSum] = Field(default_factory=dict, max_length=4)
    small: SpecSmall = SpecSmall()
    cubes: tuple[tuple[str, ...], ...] = Field(default=(), max_length=12)

    @model_validator(mode="after")
    def _fitting(self) -> CubeSpec:
        if any(unseen(one) for one in (*self.dimensions, *self.sums, self.person)):
            raise ValueError("write names without signs that nobody sees")
        if not set(self.measures) <= {ROWS, PERSONS}:
            raise ValueError("write 'measures:' with rows and persons; what is summed up stands under 'sums:'")
        if {ROWS, PERSONS} & set(self.sums):
            raise ValueError("give the sum another name than rows or persons")
        if self.person == EACH_ROW and PERSONS in self.measures:
            raise ValueError("leave out 'persons': each record is another person")
        for one in self.cubes:
            if not one or len(set(one)) < len(one) or not set(one) <= set(self.dimensions):
                raise ValueError("write each cube as a list of names that stand under 'dimensions:', each once")
        if any(len(one) > MOST_DIMENSIONS for one in self.axes):
            raise ValueError(f"a cube has at most {MOST_DIMENSIONS} dimensions: name several under 'cubes:'")
        return self

    @property
    def axes(self) -> tuple[tuple[str, ...], ...]:
        """The dimensions of each cube."""
        return self.cubes or (tuple(self.dimensions),)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the records that is read."""
        person = () if self.person == EACH_ROW else (self.person,)
        axes = (column for one in self.dimensions.values() for column in one.columns)
        return tuple(dict.fromkeys((*person, *axes, *(one.column for one in self.sums.values()))))

    @property
    def told(self) -> tuple[str, ...]:
        """The measures that are told."""
        persons = (PERSONS,) if PERSONS in self.measures else ()
        return (ROWS, *persons, *self.sums)

    @property
    def rule(self) -> CellRule:
        """As the cells are judged by it."""
        sums = {name: one.rule() for name, one in self.sums.items()}
        way = CountedBy.RECORDS if self.person == EACH_ROW else CountedBy.PERSONS
        return CellRule(self.small.persons, self.small.width or self.small.persons, self.small.zeros, sums, way)

    def relative_to(self, base: Path) -> CubeSpec:
        """The same with absolute paths, taken from the folder of the document."""
        return self.model_copy(update={"records": self.records.relative_to(base)})
