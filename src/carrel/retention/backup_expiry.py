"""Backups as copies with a clock of their own: which are past their time, and until when the others last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from carrel.policy.clock import is_due
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy
from carrel.policy.schedule import RecordEvent, RecordRule

RESOLUTION = timedelta(seconds=1)
_NAMED = 3
JOB = timedelta(days=1)  # whoever expires backups does so once a day


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One backup.

    Attributes:
        id: by which the tool is told which one is meant.
        made_at: aware time at which its making began: what was disposed of before that is not in it.
        mark: what tells it from another one that comes to bear the same id, such as the tool's own digest.
        on: ids of those without which it cannot be restored.
        shelf: which of several repositories holds it; the newest of each stays.
    """

    id: str
    made_at: datetime
    mark: str = ""
    on: tuple[str, ...] = field(default=(), compare=False)
    shelf: str = field(default="", compare=False)

    def as_dict(self) -> dict[str, Any]:
        """For plans and ``--json``."""
        return {"id": self.id, "made_at": self.made_at.isoformat(), "mark": self.mark, "on": list(self.on)}

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> Snapshot:
        """Read one back.

        Raises:
            ValueError: its time is none.
        """
        return cls(body["id"], datetime.fromisoformat(body["made_at"]), body["mark"], tuple(body["on"]))


@dataclass(frozen=True, slots=True)
class Listing:
    """What the tool lists.

    Attributes:
        snapshots: the oldest first.
        damaged: how many more are there that are half-written, or cannot be read or restored.
        leaving: how many more are half removed: nothing can be restored from them, and the next expiry takes them away.
        spoiled: ids of the damaged, as far as they have any.
    """

    snapshots: tuple[Snapshot, ...]
    damaged: int = 0
    leaving: int = 0
    spoiled: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Iterable[Snapshot], damaged: int = 0, leaving: int = 0, spoiled: Iterable[str] = ()) -> Listing:
        """In order of their making; what is built on something that is not there counts as damaged."""
        known = list(spoiled)
        left = sorted(found, key=lambda one: (one.made_at, one.id))
        while True:
            ids = {one.id for one in left}
            whole = [one for one in left if ids.issuperset(one.on)]
            if len(whole) == len(left):
                return cls(tuple(left), damaged, leaving, tuple(sorted(known)))
            known += [one.id for one in left if not ids.issuperset(one.on)]
            damaged, left = damaged + len(left) - len(whole), whole

    @property
    def which(self) -> str:
        """The damaged by name, to be read behind their number; nothing where they have none."""
        more = len(self.spoiled) - _NAMED
        names = ", ".join(self.spoiled[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        return f" ({names})" if names else ""

    @property
    def newest(self) -> Snapshot | None:
        """The last whole one; it is never expired."""
        return self.snapshots[-1] if self.snapshots else None

    @property
    def lasting(self) -> frozenset[str]:
        """The ids of the newest of each shelf, none of which is ever expired."""
        return frozenset({one.shelf: one.id for one in self.snapshots}.values())

    def above(self, one: str) -> frozenset[str]:
        """The ids of everything that is built on a copy, on something built on it, and so on."""
        found: set[str] = set()
        while more := {
            other.id for other in self.snapshots if other.id not in found and not {one, *found}.isdisjoint(other.on)
        }:
            found |= more
        return frozenset(found)

    @property
    def reach(self) -> timedelta | None:
        """How long after a copy was made others are built on it, by those that are there; none where none ever is.

        None where no chain has come to its end yet, so that nobody can tell.
        """
        spans = [self._reach(shelf) for shelf in {one.shelf for one in self.snapshots}]
        known = [one for one in spans if one is not None]
        return max(known, default=timedelta(0)) if len(known) == len(spans) else None

    def _reach(self, shelf: str) -> timedelta | None:
        here = [one for one in self.snapshots if one.shelf == shelf]
        if not any(one.on for one in here):
            return timedelta(0)
        firsts: dict[str, set[str]] = {}
        spans: dict[str, timedelta] = {}
        for one in here:
            firsts[one.id] = {first for base in one.on for first in firsts.get(base, ())} or {one.id}
            for first in firsts[one.id]:
                began = next(other.made_at for other in here if other.id == first)
                spans[first] = max(spans.get(first, timedelta(0)), one.made_at - began)
        return max(spans.values()) if len(spans) > 1 else None


def backup_rule(policy: Policy) -> RecordRule | None:
    """The policy's rule for backups, which counts from their making; None where it has none."""
    return policy.record_rule(RecordType.BACKUPS, RecordEvent.MADE)


def overdue(listing: Listing, rule: RecordRule, as_of: datetime) -> tuple[Snapshot, ...]:
    """The backups past their time, the newest among them where it is.

    Guarantees:
        What is overdue at one instant is overdue at every later one.

    Source:
        WPL-8.3.
    """
    return tuple(one for one in listing.snapshots if is_due(rule, one.made_at, as_of))


def expiring(listing: Listing, rule: RecordRule, as_of: datetime) -> tuple[Snapshot, ...]:
    """The backups that a plan would delete: those past their time, but for the newest and what others stand on.

    Guarantees:
        A copy goes only together with everything that is built on it.
    """
    due = overdue(listing, rule, as_of)
    going = {one.id for one in due} - listing.lasting
    while needed := going & {base for one in listing.snapshots if one.id not in going for base in one.on}:
        going -= needed
    return tuple(one for one in due if one.id in going)


def waiting(listing: Listing, rule: RecordRule, as_of: datetime) -> tuple[Snapshot, ...]:
    """The backups past their time that stay because others that stay are built on them."""
    gone = set(expiring(listing, rule, as_of))
    bases = {base for one in listing.snapshots if one not in gone for base in one.on}
    return tuple(one for one in overdue(listing, rule, as_of) if one.id in bases)


def expires_at(rule: RecordRule, made_at: datetime, now: datetime) -> datetime | None:
    """The instant at which a backup is past its time, to the second.

    Args:
        rule: for backups.
        made_at: aware time.
        now: aware time; versions of the rule that are in force later count as well.

    Returns:
        None where no version of the rule ever reaches it.
    """
    longest = timedelta(days=max(one.keep.days_at_most for one in rule.periods) + 1)
    starts = [datetime.combine(one.since, datetime.min.time(), made_at.tzinfo) for one in rule.periods]
    low, high = made_at, max(made_at, now, *starts) + longest
    if not is_due(rule, made_at, high):
        return None
    while high - low > RESOLUTION:
        middle = low + (high - low) / 2
        low, high = (low, middle) if is_due(rule, made_at, middle) else (middle, high)
    return high.replace(microsecond=0) + RESOLUTION if high.microsecond else high
