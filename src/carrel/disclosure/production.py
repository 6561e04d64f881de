"""What was gathered for an order: by part, person, system and table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from carrel.disclosure.asked_fields import Traced
from carrel.disclosure.finding import Given
from carrel.disclosure.period import Period, Verdict
from carrel.disclosure.scope import Scope
from carrel.rights.third_persons import HeldRow, Withheld


class Rows(Protocol):
    """Rows in scope, wherever they wait until the package is written; they can be read again and again.

    Attributes:
        withheld, redacted: how many values of them are not shown, and how many had others taken out.
    """

    @property
    def withheld(self) -> int: ...  # noqa: D102  (above)

    @property
    def redacted(self) -> int: ...  # noqa: D102  (above)

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[HeldRow]: ...


@dataclass(frozen=True)
class ProducedTable:
    """What of one table is produced for one part and person.

    Attributes:
        part: its id.
        person: what the package calls the person.
        system, table: where it was read.
        says: what the table holds, in the map's words.
        columns: that are asked for, each with the words that ask.
        dated_by: columns that told the time; empty where the record is asked for as it stands.
        rows: in scope.
        unsure, undated: rows that are not produced, because their time can be read otherwise, or is not there; told to
            the library alone.
        to_read: free texts among the values.
        whose: the person's records, each by its system and number.
        of_product: whether a map tells what its columns hold; what the library keeps beside speaks for itself.
    """

    part: str
    person: str
    system: str
    table: str
    says: str
    columns: tuple[Traced, ...]
    dated_by: tuple[str, ...]
    rows: Rows = field(repr=False)
    unsure: int = 0
    undated: int = 0
    to_read: int = 0
    whose: frozenset[tuple[str, int]] = field(default=frozenset(), repr=False)
    of_product: bool = True

    @property
    def place(self) -> str:
        """Of its file in the package."""
        return f"records/{self.part}/{self.person}/{self.system}/{self.table}.csv"


@dataclass(frozen=True, slots=True)
class NotRead:
    """Something in scope that was not read, and why; nothing is said to be complete without it.

    Attributes:
        part, system, table: which.
        code: of the error; empty where it could never be read for a period.
        because: in words.
    """

    part: str
    system: str
    table: str
    code: str
    because: str

    def as_dict(self) -> dict[str, str]:
        """For the manifest."""
        return {"part": self.part, "system": self.system, "table": self.table, "code": self.code, "why": self.because}


@dataclass(frozen=True, slots=True)
class Searched:
    """One system that was searched.

    Attributes:
        system, product: which.
        account: of the database, by which it was read.
        at: aware time at which its snapshot was opened.
        zone: of its wall clock.
        tables: by part, those that were asked.
        found: by part, the people who have a record there.
    """

    system: str
    product: str
    account: str
    at: datetime
    zone: str
    tables: Mapping[str, tuple[str, ...]]
    found: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "system": self.system, "product": self.product, "account": self.account, "time_zone": self.zone,
            "at": self.at.isoformat(timespec="seconds"),
            "tables": {key: list(names) for key, names in self.tables.items()},
        }  # fmt: skip


@dataclass(frozen=True)
class Production:
    """Everything that was gathered.

    Attributes:
        tables: with at least one row in scope, or rows that are not sure.
        searched: systems.
        not_read: what of the scope was not read.
        periods: by part and system.
    """

    tables: tuple[ProducedTable, ...]
    searched: tuple[Searched, ...]
    not_read: tuple[NotRead, ...]
    periods: Mapping[tuple[str, str], Period]

    def with_more(self, other: Production) -> Production:
        """This, and what was gathered somewhere else."""
        return Production(
            (*self.tables, *other.tables), (*self.searched, *other.searched), (*self.not_read, *other.not_read),
            {**self.periods, **other.periods},
        )  # fmt: skip

    @property
    def produced(self) -> tuple[ProducedTable, ...]:
        """The tables that go into the package."""
        return tuple(one for one in self.tables if one.rows)

    @property
    def records(self) -> int:
        """How many rows are produced."""
        return sum(len(one.rows) for one in self.tables)

    @property
    def failed(self) -> tuple[NotRead, ...]:
        """What could not be read by an error."""
        return tuple(one for one in self.not_read if one.code)


def given(scope: Scope, found: Production, subject: Callable[[str, int], str]) -> tuple[Given, ...]:
    """What is given out with this, table by table.

    Args:
        scope: that was gathered.
        found: for it.
        subject: how the case tells people apart, by system and number of a record.
    """
    kinds = {part.id: part.records for part in scope.parts}
    return tuple(
        Given(
            kinds[one.part], tuple(column.category for column in one.columns),
            frozenset(subject(*record) for record in one.whose),
        )
        for one in found.produced
    )  # fmt: skip


def judged(dates: Sequence[str], row: HeldRow, period: Period | None) -> Verdict:
    """Whether a row is in scope by its time.

    Args:
        dates: columns; the first that holds a time tells.
        row: as it was read.
        period: of the part; None where the record is asked for as it stands.
    """
    if period is None:
        return Verdict.WITHIN
    verdicts = (period.judge(row.values.get(name)) for name in dates)
    return next((one for one in verdicts if one is not Verdict.UNDATED), Verdict.UNDATED)


def trimmed(row: HeldRow, columns: Sequence[Traced]) -> HeldRow:
    """A row with nothing but the columns that are asked for."""
    wanted = {one.name for one in columns}
    values = {name: value for name, value in row.values.items() if name in wanted}
    withheld: dict[str, Withheld] = {name: why for name, why in row.withheld.items() if name in wanted}
    return HeldRow(values, withheld, tuple(name for name in row.redacted if name in wanted))


def texts_to_read(row: HeldRow, free: Collection[str]) -> int:
    """How many values of a row are free texts, which can speak of somebody whom nobody knows by name.

    Args:
        row: as it is produced.
        free: columns of free text.
    """
    return sum(1 for name in free if isinstance(row.values.get(name), str) and row.values[name])
