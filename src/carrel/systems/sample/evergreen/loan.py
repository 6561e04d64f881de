"""One row of circulation while its trail is written, and who really borrowed what."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from carrel.systems.sample.evergreen.plan import TRACED

_BIT = {table: 1 << bit for bit, table in enumerate(TRACED)}


@dataclass(slots=True)
class Loan:
    """One checkout or renewal; moments are seconds of UTC, nothing where it has not happened."""

    number: int
    reader: int
    copy: int
    branch: int
    out: int
    due: int
    back: int | None
    finish: int | None
    stop: str | None
    stopped: int | None
    parent: int | None
    staff: int
    aged: bool


@dataclass(frozen=True, slots=True)
class Course:
    """How a chain goes: when it is renewed, how it ends.

    Args:
        out: the checkout.
        renewed: moments of renewals, in order.
        back: the return; nothing where there was none.
        finish: when nothing more was to be done or paid; nothing while something is.
        stop: why no more fines run, where it was not a return: lost, claimed, long overdue.
        stopped: since when.
    """

    out: int
    renewed: tuple[int, ...] = ()
    back: int | None = None
    finish: int | None = None
    stop: str | None = None
    stopped: int | None = None

    @property
    def last(self) -> int:
        """The moment of the latest checkout or renewal."""
        return self.renewed[-1] if self.renewed else self.out


@dataclass(slots=True)
class Truth:
    """Reader and traces of every transaction, in the order of their numbers; place 0 is unused."""

    people: array[int] = field(default_factory=lambda: array("i", [0]))
    marks: array[int] = field(default_factory=lambda: array("i", [0]))

    def next_number(self, reader: int = 0) -> int:
        """A new transaction; of what is no circulation nobody is the reader."""
        self.people.append(reader)
        self.marks.append(0)
        return len(self.people) - 1

    def mark(self, number: int, table: str) -> None:
        """A trace of a circulation in a table of `TRACED`."""
        self.marks[number] |= _BIT[table]

    def traced(self, number: int) -> frozenset[str]:
        """The tables in which a circulation has a trace."""
        return frozenset(table for table, bit in _BIT.items() if self.marks[number] & bit)
