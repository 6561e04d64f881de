"""What a sample of Evergreen is asked to be, and what is known about it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carrel.systems.sample.plan import SampleSize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_SIZES = {
    "tiny": SampleSize("tiny", 200, 4_000),
    "small": SampleSize("small", 2_000, 50_000),
    "town": SampleSize("town", 10_000, 250_000),
    "million": SampleSize("million", 40_000, 1_000_000, 4),
}
SIZE_NAMES = tuple(_SIZES)
_PART = 250_000

# The tables in which a circulation can leave a trace, by its number, by reader and copy, or in words.
TRACED = (
    "action.circulation",
    "action.aged_circulation",
    "action.usr_circ_history",
    "action.archive_actor_stat_cat",
    "action_trigger.event",
    "action_trigger.event_output",
    "auditor.asset_copy_history",
    "money.billing",
    "money.aged_billing",
    "money.payment",
    "money.aged_payment",
    "action.hold_request",
    "action.aged_hold_request",
    "actor.usr_message",
    "action.curbside",
    "offline.script",
)


def evergreen_size(name: str) -> SampleSize:
    """One of `SIZE_NAMES`; ``million`` is four copies of a town, made inside the server.

    Raises:
        KeyError: there is no such size.
    """
    return _SIZES[name.lower()]


def size_of_circulations(circulations: int) -> SampleSize:
    """A library with about that many rows of circulation, aged ones included, and patrons to match (one to 25)."""
    return SampleSize(
        f"{circulations} circulations", max(200, circulations // 25), circulations, max(1, circulations // _PART)
    )


@dataclass(frozen=True, slots=True)
class EvergreenShape:
    """How the library was run.

    Args:
        years: how long it has lent.
        aged: share of the period, from its beginning, whose finished chains were aged already.
        notices: share of the period, counted back from now, of which notices are still there.
        gone: share of patrons who were deleted or merged.
        opted: share of patrons with a reading history of their own.
        canaries: how many chains are followed through every table.
        zone: where the branches are.
    """

    years: float = 6.0
    aged: float = 0.3
    notices: float = 0.35
    gone: float = 0.14
    opted: float = 0.1
    canaries: int = 12
    zone: str = "America/New_York"


@dataclass(frozen=True, slots=True)
class EvergreenCanary:
    """One chain of circulations whose traces are all known. Its reader is invented, like everyone here.

    Args:
        kind: ``aged``, ``old`` (finished long ago), ``recent`` (returned within hours) or ``open``.
        circulations: the numbers of the checkout and its renewals, oldest first.
        usr: the reader.
        copy: what was lent.
        checked_in: the moment of the return, aware; nothing for an open chain.
        owes: whether a charge for it is unpaid.
        hold: the hold that it filled.
        traced: the tables in which it has left something, of `TRACED`.
        needles: name, card number, barcode and title, as free text holds them.
    """

    kind: str
    circulations: tuple[int, ...]
    usr: int
    copy: int
    checked_in: datetime | None
    owes: bool
    hold: int
    traced: frozenset[str]
    needles: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Readers:
    """Who really borrowed what, also where the library no longer says so. Numbers begin at 1.

    Args:
        people: by number of transaction; nought where it is no circulation.
        marks: by number of transaction, one bit for each table of `TRACED`.
        copies: how many libraries lie beside each other in the database.
        block: how far apart the transactions of two of them lie.
        person_block: how far apart their patrons lie.
    """

    people: Sequence[int] = field(repr=False)
    marks: Sequence[int] = field(repr=False)
    copies: int
    block: int
    person_block: int

    def of(self, circulation: int) -> int:
        """The true reader.

        Raises:
            KeyError: no circulation ever had that number.
        """
        copy, place = divmod(circulation - 1, self.block)
        reader = self.people[place + 1] if 0 <= copy < self.copies else 0
        if not reader:
            raise KeyError(circulation)
        return reader + copy * self.person_block if reader > 1 else reader

    def traces(self, circulation: int) -> frozenset[str]:
        """The tables in which something of it was left when the library was made."""
        marks = self.marks[(circulation - 1) % self.block + 1]
        return frozenset(name for bit, name in enumerate(TRACED) if marks >> bit & 1)


@dataclass(frozen=True, slots=True)
class EvergreenSample:
    """What `library.build` made.

    Args:
        size: what was asked for.
        seed: what it was made from.
        as_of: the moment that every date is relative to, aware, UTC.
        zone: where the branches are.
        now: ``as_of`` on the wall clock there, without zone.
        admin: the account to which purged staff work goes.
        anonymous_patron: nothing: Evergreen has no such account, an aged row has no reader.
        counts: rows per table that was filled.
        canaries: the chains that are followed.
        readers: who really borrowed each circulation.
    """

    size: SampleSize
    seed: int
    as_of: datetime
    zone: str
    now: datetime
    admin: int
    anonymous_patron: None
    counts: Mapping[str, int]
    canaries: tuple[EvergreenCanary, ...]
    readers: Readers
