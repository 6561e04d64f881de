"""When a patron's card has lapsed: expired, not used, and nothing keeps it (WPL-3.1, MPL-5.1)."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from carrel.inventory.card import Cards
from carrel.inventory.map_path import OwnLink, Path
from carrel.inventory.system_map import SystemMap
from carrel.policy.schedule import Charges
from carrel.retention.lifecycle import Lifecycle
from carrel.retention.predicate import Always, Fact, Predicate, holds
from carrel.retention.records import NEVER, RecordCase

_DAYS_END = timedelta(hours=23, minutes=59, seconds=59)


class CardState(enum.StrEnum):
    """Where a card stands; any other state is the ground that keeps it."""

    DUE = "due"
    IN_USE = "card in use"
    RETAINED = "period still running"
    UNDATED = "no usable day of expiry"
    HELD = "legal hold or exception"
    SEALED = "sealed"  # only a sealed legal hold keeps it: no figure ever tells


@dataclass(frozen=True, slots=True)
class CardCount:
    """Cards by what becomes of them.

    Attributes:
        due: lapsed, their period has run out, and nothing keeps them.
        kept: the others, by reason; without those that only a sealed legal hold keeps.
        undated: of the others, those of which nobody can tell when they expired.
    """

    due: int
    kept: dict[str, int]
    undated: int


def due_when(cards: Cards, cases: Iterable[RecordCase]) -> Predicate:
    """When a lapsed card is due: a condition on `Fact.CLOSED`, the latest of expiry and use; without a rule, never."""
    found = (one.due for one in cases if (one.record, one.event) == (cards.record, cards.event))
    return next(found, Always(value=False))


def horizons(system_map: SystemMap, life: Lifecycle, charges: Charges) -> dict[str, datetime]:
    """Per table that rules of their own cut, the latest time of a row that can be gone already.

    A row that is cut tells nothing of its reader any more, so older ones must not decide when a card was used: a card
    would be in use or not by whether a night had come to the row. A charge that keeps its payer goes on telling.

    Args:
        system_map: in force.
        life: when loans and other records are due.
        charges: what becomes of settled charges by the policy.
    """
    found = {
        path.table: life.older_than for path in system_map.loans.paths if _takes_witness(system_map, path, charges)
    }
    found[system_map.loans.closed.table] = life.older_than
    cutoffs = {(one.record, one.event): one.latest for one in life.records}
    for path in system_map.ruled:
        if isinstance(path.link, OwnLink):
            latest = cutoffs.get((path.link.record, path.link.event))
            found[path.table] = max(filter(None, (latest, found.get(path.table))), default=NEVER)
    return found


def _takes_witness(system_map: SystemMap, path: Path, charges: Charges) -> bool:
    """Whether a row that is cut by this path names nobody any more in the column by which it tells of a card's use."""
    cut = path.lose_card if charges is Charges.LOSE_CARD and path.lose_card is not None else path.cut
    signs = () if system_map.cards is None else system_map.cards.signs
    return cut.delete or any(one.person in cut.set for one in signs if one.table == path.table)


def day_end(at: datetime) -> datetime:
    """The latest that a local time can mean: where only its day is told, the day's end."""
    return at + _DAYS_END if at.time() == time() else at


def state(
    expires: datetime | None,
    used: Iterable[datetime],
    grounds: Iterable[str],
    due: Predicate,
    now: datetime,
    home: str | None = None,
) -> str:
    """Where one card stands.

    Args:
        expires: naive local time at which it expires; None where the record does not tell.
        used: naive local times at which it was used.
        grounds: what keeps it, whatever its age; the first is told.
        due: from `due_when`.
        now: naive local time.
        home: unit that the person belongs to.

    Returns:
        A `CardState`, or the first ground.

    Guarantees:
        With no new event, passing time never takes a card out of DUE. A use, or a ground, never makes one due.

    Source:
        WPL-3.1, MPL-5.1.
    """
    if expires is None:
        return CardState.UNDATED
    if day_end(expires) >= now:
        return CardState.IN_USE
    lapsed = max(map(day_end, (expires, *used)))
    if not holds(due, {Fact.CLOSED: lapsed, Fact.HOME: home}):
        return CardState.RETAINED
    return next(iter(grounds), CardState.DUE)
