"""Backups as copies with a clock of their own: which are past their time, and until when the others last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from carrel.policy.clock import is_due
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy
from carrel.policy.schedule import RecordEvent, RecordRule

RESOLUTION = timedelta(seconds=1)
JOB = timedelta(days=1)  # whoever expires backups does so once a day


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One backup.

    Attributes:
        id: by which the tool is told which one is meant.
        made_at: aware time at which its making began: what was disposed of before that is not in it.
        mark: what tells it from another one that comes to bear the same id, such as the tool's own digest.
    """

    id: str
    made_at: datetime
    mark: str = ""

    def as_dict(self) -> dict[str, str]:
        """For plans and ``--json``."""
        return {"id": self.id, "made_at": self.made_at.isoformat(), "mark": self.mark}

    @classmethod
    def from_dict(cls, body: dict[str, str]) -> Snapshot:
        """Read one back.

        Raises:
            ValueError: its time is none.
        """
        return cls(body["id"], datetime.fromisoformat(body["made_at"]), body["mark"])


@dataclass(frozen=True, slots=True)
class Listing:
    """What the tool lists.

    Attributes:
        snapshots: the oldest first.
        damaged: how many more are there that are half-written, or cannot be read.
    """

    snapshots: tuple[Snapshot, ...]
    damaged: int = 0

    @classmethod
    def of(cls, found: Iterable[Snapshot], damaged: int = 0) -> Listing:
        """In order of their making."""
        return cls(tuple(sorted(found, key=lambda one: (one.made_at, one.id))), damaged)

    @property
    def newest(self) -> Snapshot | None:
        """The last whole one; it is never expired."""
        return self.snapshots[-1] if self.snapshots else None


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
    """The backups that a plan would delete: those past their time, but for the newest."""
    return tuple(one for one in overdue(listing, rule, as_of) if one != listing.newest)


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
