"""What lies around a library's tables: logs, replicas, memory, free pages and dumps that keep what a cut took out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from carrel.accountability.health import Residue


@dataclass(frozen=True, slots=True)
class Place:
    """One place that still holds what a cut took out of the tables.

    Attributes:
        name: of the place.
        until: aware time by which what is there now will be gone, by the server's own settings; None where nothing
            deletes it, or nobody can tell.
        advice: what ends it sooner.
        lasting: False for what the server overwrites by itself; it is told, and does not hold a disposition open.
        holds: what stands there, for people.
        read: how that is known.
        figures: counts, sizes, ages and settings behind it; never a value out of a row, a line or a statement.
    """

    name: str
    until: datetime | None
    advice: str
    lasting: bool = True
    holds: str = ""
    read: str = ""
    figures: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def when(self) -> str:
        """Until when, in the words of a residue; and where nothing ends it, that nothing does."""
        if self.until is None and self.lasting:
            return "no date: nothing deletes it"
        return Residue(self.name, self.until, lasting=self.lasting).when

    @property
    def told(self) -> str:
        """What it holds, with the figures behind it."""
        figures = ", ".join(f"{name} {value}" for name, value in self.figures.items())
        return f"{self.holds} ({figures})" if figures else self.holds

    def in_short(self) -> dict[str, Any]:
        """The place beside what a run did: what stands there, until when, and what ends it sooner."""
        until = None if self.until is None else self.until.isoformat()
        return {"place": self.name, "until": until, "lasting": self.lasting, "advice": self.advice}

    def as_dict(self) -> dict[str, Any]:
        """The place as ``--json`` prints it."""
        return {
            "place": self.name,
            "holds": self.holds,
            "until": None if self.until is None else self.until.isoformat(timespec="seconds"),
            "lasting": self.lasting,
            "read": self.read,
            "figures": dict(self.figures),
            "to_end_it": self.advice,
        }


@dataclass(frozen=True, slots=True)
class Unseen:
    """One thing that the account may not look at, or that is not where it is said to be: told, and never left out.

    Attributes:
        name: of what could not be looked at.
        because: what was in the way.
        fix: the grant or setting that would show it.
    """

    name: str
    because: str
    fix: str

    def as_dict(self) -> dict[str, str]:
        """As ``--json`` prints it."""
        return {"name": self.name, "because": self.because, "fix": self.fix}


@dataclass(frozen=True, slots=True)
class Nothing:
    """One place that was looked at and holds nothing now.

    Attributes:
        name: of the place.
        because: why it holds nothing, and what was not looked for.
        proved: it was looked into and is empty, so that what earlier cuts left there is gone as well.
    """

    name: str
    because: str
    proved: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.because})"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything around the tables of one system, as it was read a moment ago.

    Attributes:
        places: that hold old values, or may.
        unseen: what could not be looked at.
        overdue: what is kept longer than the policy or the site says, in words with counts.
        looked_at: what was looked at and holds nothing.
    """

    places: tuple[Place, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    overdue: tuple[str, ...] = ()
    looked_at: tuple[Nothing, ...] = ()

    @property
    def endless(self) -> tuple[Place, ...]:
        """The places that nothing empties by itself, as far as can be told."""
        return tuple(one for one in self.places if one.lasting and one.until is None)

    @property
    def emptied(self) -> tuple[str, ...]:
        """The places that were seen to be empty."""
        return tuple(one.name for one in self.looked_at if one.proved)

    @property
    def until(self) -> datetime | None:
        """The last date of those that have one; None where none has."""
        return max((one.until for one in self.places if one.lasting and one.until is not None), default=None)

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "places": [one.as_dict() for one in self.places],
            "unseen": [one.as_dict() for one in self.unseen],
            "overdue": list(self.overdue),
            "holds_nothing": [str(one) for one in self.looked_at],
        }


def joined(parts: Iterable[Surroundings]) -> Surroundings:
    """Several readings as one, in their order."""
    found = list(parts)
    return Surroundings(
        tuple(place for one in found for place in one.places),
        tuple(unseen for one in found for unseen in one.unseen),
        tuple(line for one in found for line in one.overdue),
        tuple(name for one in found for name in one.looked_at),
    )


def size(count: int) -> str:
    """A number of bytes as people read it."""
    value = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":  # noqa: PLR2004  # bytes of a KiB
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError("the last unit takes every size")


def span(seconds: int) -> str:
    """A setting in seconds as people read it."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"
