"""When a record that is held goes: the policy's rule, and the day that follows for one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from carrel.inventory.map_part import Condition
from carrel.policy.duration import Duration, Unit
from carrel.policy.record_grammar import LoansRule, RecordsRule
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy
from carrel.policy.schedule import Disposition

_DECEMBER = 12
_DAYS = {Unit.SESSION: 0.0, Unit.HOURS: 1 / 24, Unit.DAYS: 1.0, Unit.WEEKS: 7.0}


@dataclass(frozen=True, slots=True)
class Rule:
    """What the policy says of one kind of record.

    Attributes:
        id: of the rule.
        until: the events that end active use, in the policy's words.
        keep: the period after them.
        then: what becomes of it.
        clauses: of the policy.
    """

    id: str
    until: tuple[str, ...]
    keep: Duration
    then: Disposition
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Why one kind of record is held, and for how long.

    Attributes:
        record: kind of record of the policy; empty where it speaks of none.
        says: what it is, in the policy's words.
        purposes: of its fields, without repeats.
        rules: that end it; several where it depends on what happened.
        promised: how long it is kept, where the policy says so in words.
    """

    record: str
    says: str = ""
    purposes: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    promised: str = ""

    def rules_for(self, event: str) -> tuple[Rule, ...]:
        """The rules by which a record goes whose active use ends with an event; all where none is named."""
        return tuple(one for one in self.rules if not event or event in one.until)


def keeping(policy: Policy, record: str) -> Keeping:
    """What a policy says of one kind of record.

    Args:
        policy: in force.
        record: as a map names it; empty for a kind of which no policy speaks.
    """
    held = policy.datasets.get(RecordType(record)) if record else None
    if held is None:
        return Keeping("")
    rule = held.rule
    rules: tuple[Rule, ...] = ()
    promised = ""
    if isinstance(rule, LoansRule):
        rules = tuple(
            Rule(one.id, tuple(event.value for event in one.active_until), one.keep, one.then, one.clauses)
            for one in rule.retention
        )
    elif isinstance(rule, RecordsRule):
        promised = rule.promised or ""
        rules = tuple(
            Rule(one.id, (one.active_until.value,), one.keep, one.then, one.clauses) for one in rule.retention
        )
    purposes = tuple(dict.fromkeys(field.purpose for field in rule.fields.values()))
    return Keeping(record, rule.says, purposes, rules, promised)


@dataclass(frozen=True, slots=True)
class Ends:
    """Which columns of a table tell when a record was over.

    Attributes:
        dated: the first that holds a time does.
        only: tests of the row; one that does not pass is still in use.
        event: of the policy that ends it; empty for any.
    """

    dated: tuple[str, ...]
    only: tuple[Condition, ...] = ()
    event: str = ""


def goes_on(row: Mapping[str, Any], ends: Ends, rules: tuple[Rule, ...], zone: ZoneInfo) -> date | None:
    """The day by which a record goes, at the latest; None while it is in use, or where no rule ends it.

    Args:
        row: by column; times are those of the system's own wall clock.
        ends: what tells that it is over.
        rules: of the policy for it; of several the longest is told.
        zone: of the system.

    Guarantees:
        Never earlier than the policy allows. A hold on the record can only make it later, and is not told here.
    """
    if not rules or not all(holds(row.get(one.column), one) for one in ends.only):
        return None
    over = next((at for name in ends.dated if (at := moment(row.get(name))) is not None), None)
    if over is None:
        return None
    start = over.replace(tzinfo=zone)
    try:
        return max(after(rule.keep, start) for rule in rules).astimezone(zone).date()
    except (OverflowError, ValueError):
        return None


def moment(value: Any) -> datetime | None:
    """A time as a database gives it, on its own wall clock: a time, a day, or a text of either. None for no time."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime.combine(value, time()) if isinstance(value, date) else None


def earliest(values: Iterable[Any]) -> datetime | None:
    """The first of many times, as `moment` understands each; None where none is one."""
    told = set(values)
    if plain := [one for one in told if type(one) is datetime and one.tzinfo is None]:  # as nearly all are
        told = {one for one in told if type(one) is not datetime or one.tzinfo is not None} | {min(plain)}
    return min((at for one in told if (at := moment(one)) is not None), default=None)


def after(keep: Duration, start: datetime) -> datetime:
    """The first instant at which a period that began at another one is over, in UTC.

    Guarantees:
        `keep.before` of it is not earlier than the start, so that the engine disposes of it then, and not before.
    """
    begun = start.astimezone(UTC)
    if keep.unit in _DAYS:
        return begun + timedelta(days=_DAYS[keep.unit] * keep.amount)
    months = keep.amount * (12 if keep.unit is Unit.YEARS else 1)
    year, month = divmod(begun.year * _DECEMBER + begun.month - 1 + months, _DECEMBER)
    for number in (begun.day, 30, 29, 28):
        try:
            found = begun.replace(year=year, month=month + 1, day=number)
        except ValueError:
            continue
        break
    else:
        raise AssertionError("every month has 28 days")
    while keep.before(found) < begun:  # from the end of a long month into a short one: the day after is meant
        found += timedelta(days=1)
    return found


def holds(value: Any, one: Condition) -> bool:
    """Whether a value passes a test of a map, as the database would decide it."""
    tests: tuple[tuple[bool, Callable[[], bool]], ...] = (
        (one.equals is not None, lambda: value is not None and _same(value, one.equals)),
        (one.differs is not None, lambda: value is not None and not _same(value, one.differs)),
        (one.one_of is not None, lambda: any(_same(value, each) for each in one.one_of or ())),
        (one.none_of is not None, lambda: value is not None and not any(_same(value, e) for e in one.none_of or ())),
        (one.above is not None, lambda: value is not None and bool(value > one.above)),
        (one.contains is not None, lambda: str(one.contains).casefold() in str(value or "").casefold()),
        (one.lacks is not None, lambda: value not in {None, ""} and str(one.lacks) not in str(value)),
        (one.empty is not None, lambda: (value in {None, ""}) is one.empty),
    )
    return all(test() for asked, test in tests if asked)


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    return bool(value == wanted) or (value is not None and str(value) == str(wanted))
