"""The loan sweep: whether anything still leads from a loan that was cut to the person who had it (DESIGN 5).

Who had what stands in `Pairs`, in the memory of the process that drew them and nowhere else. A report holds names of
tables and columns, and counts.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from carrel.retention.look_back import LookBack
from carrel.retention.reasons import by_reason

# A row that belongs to a loan is written up to some minutes before, and up to a day after a return that was dated back.
BEFORE = timedelta(minutes=5)
AFTER = timedelta(days=1)
SAME_SECOND = timedelta(seconds=2)
_DAY, _TICK = timedelta(days=1), timedelta(seconds=1)


def latest(at: datetime) -> datetime:
    """The latest that a time can mean: where only its day is left, the day's end."""
    return at + _DAY - _TICK if at.time() == datetime.min.time() else at


@dataclass(frozen=True, slots=True, repr=False)
class Loan:
    """What anybody can know of a loan from outside: the copy, its label, and the seconds of its events."""

    loan: int
    item: int | None
    opened: datetime | None
    closed: datetime | None
    renewed: datetime | None = None
    branch: str = ""
    barcode: str = ""
    title: str = ""
    moments: tuple[datetime, ...] = ()

    @property
    def events(self) -> tuple[datetime, ...]:
        """The seconds that it was handed out, renewed and brought back, and of what else its row tells."""
        return (*(at for at in (self.opened, self.closed, self.renewed) if at is not None), *self.moments)

    @property
    def window(self) -> tuple[datetime, datetime]:
        """From when until when its traces were written; a loan without a usable return lasts for ever."""
        if self.closed is None:
            return (self.opened - BEFORE if self.opened else datetime.min), datetime.max  # noqa: DTZ901
        first = min(self.opened or self.closed, self.closed)
        return first - BEFORE, max(self.opened or self.closed, self.closed) + AFTER

    def covers(self, at: datetime) -> bool:
        """A trace of this time can be one of this loan."""
        low, high = self.window
        return low <= latest(at) and at <= high

    def at_event(self, at: datetime) -> bool:
        """The very second of one of its events; a time that was generalised to its day is no second."""
        if at.time() == datetime.min.time():
            return False
        return any(abs(at - event) <= SAME_SECOND for event in self.events)

    def __repr__(self) -> str:
        return "Loan(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Whom a pair names, and the words by which a text can name the same person.

    Attributes:
        key: id in the system.
        strong: card number, user id, addresses, phones: one alone identifies.
        names: given and family name; only together.
    """

    key: int
    strong: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Person(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    """A loan and the person who had it, and the row as it was before the cut.

    Attributes:
        before: the loan's row.
        rebuilt: the loan named nobody any more; a path gave the person.
        operator: the person stands in other readers' loans as the one who handed them out.
    """

    loan: Loan
    person: Person
    before: Mapping[str, Any] = field(default_factory=dict)
    rebuilt: bool = False
    operator: bool = False

    def __repr__(self) -> str:
        return "Pair(…)"


class Pairs(Sequence[Pair]):
    """Pairs in memory; what prints of them are counts.

    Args:
        pairs: in any order.
        drawn_at: the database's own time of the draw, naive; rows that it touches later carry a later one.
    """

    def __init__(self, pairs: Sequence[Pair], drawn_at: datetime | None = None) -> None:
        self._pairs, self.drawn_at = list(pairs), drawn_at

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, index: Any) -> Any:
        return self._pairs[index]

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._pairs)

    def __repr__(self) -> str:
        return f"Pairs({len(self)}, {self.rebuilt} of them rebuilt)"

    def __reduce__(self) -> Any:
        raise TypeError("pairs stay in the process that drew them")

    @property
    def rebuilt(self) -> int:
        """Pairs whose loan named nobody any more when they were drawn: a path gave the reader."""
        return sum(pair.rebuilt for pair in self._pairs)

    def forget(self) -> None:
        """Drop them all."""
        self._pairs.clear()


# Why a row under a legal hold or an exception is left. Which, or that there is one, is not said: a hold can be sealed.
SPARED = "for another reason"


class Severity(enum.StrEnum):
    """What a hit means. The first two fail the sweep."""

    SINGLED_OUT = "singles out"
    LINKABLE = "recognisable as a set"
    NOT_COVERED = "not yet covered"
    KEPT = "kept, because"


@dataclass(frozen=True, slots=True)
class Attack:
    """One join and what it found: names and counts only.

    Attributes:
        name: of the attack.
        kind: ``declared`` (a path of the map), ``discovered`` (from the live schema) or ``own`` (what the cut leaves).
        tried: pairs that it was tried on.
        hits: pairs whose person it led to.
        why: for rows that are kept, or not yet covered.
        read: share of the table's rows that was read, 1 unless the table is too large to be read whole.
    """

    name: str
    kind: str
    table: str
    columns: tuple[str, ...]
    tried: int
    hits: int
    severity: Severity
    why: str = ""
    read: float = 1.0

    @property
    def fails(self) -> bool:
        """A hit of this severity fails a sweep."""
        return self.severity in {Severity.SINGLED_OUT, Severity.LINKABLE}

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "table": self.table,
            "columns": list(self.columns),
            "tried": self.tried,
            "hits": self.hits,
            "severity": self.severity.value,
            "why": self.why,
            "read": round(self.read, 4),
        }


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep found.

    Attributes:
        pairs: drawn.
        swept: looked for; the rest died with their process.
        led_back: pairs that at least one join of failing severity led back to their person.
        attacks: every join that was tried.
        days: local days in which the loans came back, without the earliest and the latest tenth; None for any.
        look_back: how far back words were read.
    """

    pairs: int
    swept: int
    led_back: int
    attacks: tuple[Attack, ...]
    days: tuple[date, date] | None = None
    look_back: LookBack = field(default_factory=LookBack)

    @property
    def failing(self) -> tuple[Attack, ...]:
        """The attacks that found what must not be there."""
        return tuple(a for a in self.attacks if a.hits and a.fails)

    @property
    def told(self) -> tuple[Attack, ...]:
        """The attacks that found something which does not fail the sweep: kept for a reason, or not yet covered."""
        return tuple(a for a in self.attacks if a.hits and a.severity in {Severity.NOT_COVERED, Severity.KEPT})

    @property
    def joins(self) -> tuple[Attack, ...]:
        """What was tried, without the hits on rows that are kept: `kept` tells of those, by reason."""
        return tuple(a for a in self.attacks if a.severity is not Severity.KEPT)

    @property
    def kept(self) -> dict[str, int | str]:
        """Hits on rows that are kept, by reason, as they may be shown."""
        reasons: dict[str, int] = {}
        for attack in self.attacks:
            if attack.severity is Severity.KEPT and attack.why != SPARED:
                reasons[attack.why] = reasons.get(attack.why, 0) + attack.hits
        return by_reason(reasons)

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it: no patron's value and no loan's id."""
        return {
            "pairs": self.pairs,
            "swept": self.swept,
            "not_swept": self.pairs - self.swept,
            "led_back": self.led_back,
            "words_read": self.look_back.as_dict(),
            "attacks": [attack.as_dict() for attack in self.joins],
            "kept": self.kept,
        }


def not_swept(pairs: int) -> SweepReport:
    """The report of pairs whose process ended before they were looked for."""
    return SweepReport(pairs, 0, 0, ())
