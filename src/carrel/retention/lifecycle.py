"""The life of a closed loan: still active, retained, due, or kept for a reason (MITL-6.1)."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from carrel.policy.clock import segments
from carrel.policy.schedule import Applies, Event, LoanRule, LoanSchedule, RecordSchedule
from carrel.retention.cutoff import local_cutoff
from carrel.retention.legal_hold import Keeping, Scope, kept_by, shields
from carrel.retention.predicate import (
    AllOf,
    Always,
    AnyOf,
    AtOrBefore,
    Exceeds,
    Fact,
    Holds,
    Known,
    Missing,
    Not,
    Predicate,
    Zoning,
    holds,
)
from carrel.retention.records import RecordCase, record_cases_of
from carrel.retention.territory import Regime, Territory, latest, single
from carrel.retention.within import settled_by, within

ONE_NIGHT = timedelta(hours=24)  # what became due within it waits for tonight's run


class State(enum.StrEnum):
    """Where a closed loan stands. All but DUE are kept, each for the reason that its name gives."""

    DUE = "due"
    RETAINED = "period still running"
    UNDATED = "no usable return date"
    LEGAL_HOLD = "legal hold"
    EXCEPTION = "recorded exception"
    DISPUTED = "open dispute"
    OWING = "open charge"
    REFUND_WINDOW = "refund window"
    CONSENT = "consent, not yet sealed"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The state of every loan at one moment, as ordered cases: the first that holds decides, and of none, DUE.

    Attributes:
        cases: state and condition, in order.
        older_than: naive local time; a loan that closed later cannot be due, whatever else holds.
        shields: scopes of the legal holds and exceptions in force. A trace whose loan names nobody any more (the
            product's own batch parted it) is spared where one of them may cover it.
        records: when records of other kinds are due, one case for each rule; a kind without a rule never is.
        openly: of the loans under legal hold, those that a hold without seal keeps; None where no hold is sealed.
        zoning: of the units, where several policies are in force.
        at_home: of the loans that are due, those that are by the policies of the unit where they were made; None where
            one policy is in force. The others are due by another unit that they touch.
    """

    cases: tuple[tuple[State, Predicate], ...]
    older_than: datetime
    shields: tuple[Scope, ...] = ()
    openly: Predicate | None = None
    records: tuple[RecordCase, ...] = ()
    zoning: Zoning | None = None
    at_home: Predicate | None = None

    @property
    def due(self) -> Predicate:
        """The loans that are due: older than the latest cut-off, and no case holds."""
        return AllOf(
            (AtOrBefore(Fact.CLOSED, self.older_than), *(Not(condition) for _, condition in self.cases)),
        )

    def state(self, known: Known) -> State:
        """The state of one loan."""
        return next((state for state, condition in self.cases if holds(condition, known)), State.DUE)


def lifecycle(
    schedule: LoanSchedule,
    as_of: datetime,
    zone: ZoneInfo,
    legal_holds: tuple[Keeping, ...] = (),
    exceptions: tuple[Keeping, ...] = (),
    *,
    records: Iterable[RecordSchedule] = (),
    now: datetime | None = None,
    territory: Territory | None = None,
) -> Lifecycle:
    """Decide the state of every closed loan at ``as_of``, and when other records are due.

    Args:
        schedule: what the policy says of loans.
        as_of: aware time at which periods are judged.
        zone: declared zone of the system; its loans carry naive local times.
        legal_holds: as of now.
        exceptions: as of now.
        records: what the policy says of records of other kinds.
        now: aware time at which legal holds and exceptions are judged; ``as_of`` unless given.
        territory: where several policies are in force; they are then judged by in place of ``schedule`` and
            ``records``.

    Guarantees:
        With no new event, passing time never takes a loan out of DUE; a legal hold always wins over DUE. Where several
        policies are in force, a loan is due when it is by the first of those that govern a unit which it touches.
    """
    now = now or as_of
    governed = territory or single(Regime(schedule, tuple(records)))
    terms = [_terms(regime.loans, as_of, zone) for regime in governed.regimes]
    older_than = latest(one.older_than for one in terms)
    return Lifecycle(
        cases=(
            (State.UNDATED, Missing(Fact.CLOSED)),
            (State.RETAINED, Not(AtOrBefore(Fact.CLOSED, older_than))),
            (State.LEGAL_HOLD, kept_by(legal_holds, now)),
            (State.EXCEPTION, kept_by(exceptions, now)),
            (State.DISPUTED, Holds(Fact.DISPUTED)),
            *_ordered(governed, terms),
        ),
        older_than=older_than,
        shields=shields((*legal_holds, *exceptions), now),
        openly=_openly(legal_holds, now),
        records=record_cases_of(governed, as_of, zone),
        zoning=None if territory is None else territory.zoning,
        at_home=None if territory is None else territory.by_unit([one.due for one in terms], (Fact.BRANCH,)),
    )


@dataclass(frozen=True, slots=True)
class _Terms:
    """What one policy asks before a loan is due, at one moment."""

    waits: Predicate
    refund: Predicate
    consent: Predicate
    passed: Predicate
    older_than: datetime

    @property
    def grounds(self) -> tuple[Predicate, Predicate, Predicate]:
        return self.waits, self.refund, self.consent

    @property
    def due(self) -> Predicate:
        return AllOf((self.passed, *(Not(ground) for ground in self.grounds)))


def _terms(schedule: LoanSchedule, as_of: datetime, zone: ZoneInfo) -> _Terms:
    window = local_cutoff(schedule.refund_window.before(as_of), zone)
    sealed_by = local_cutoff(schedule.consent_deadline.before(as_of), zone)
    waits = tuple(
        AllOf((_speaks_of(rule.applies), Holds(Fact.OWING)))
        for rule in schedule.rules
        if Event.SETTLED in rule.active_until
    )
    passed = ((rule, _clock_passed(rule, as_of, zone)) for rule in schedule.rules)
    return _Terms(
        AnyOf(waits),
        AllOf((Holds(Fact.LOST), Not(AllOf((AtOrBefore(Fact.CLOSED, window), settled_by(window)))))),
        AllOf((Holds(Fact.OPTED_IN), Not(AtOrBefore(Fact.CLOSED, sealed_by)))),
        AnyOf(tuple(AllOf((_speaks_of(rule.applies), one)) for rule, one in passed)),
        latest(local_cutoff(part.cutoff, zone) for rule in schedule.rules for part in segments(rule, as_of)),
    )


_GROUNDS = (State.OWING, State.REFUND_WINDOW, State.CONSENT)


def _ordered(governed: Territory, terms: list[_Terms]) -> tuple[tuple[State, Predicate], ...]:
    """What keeps a loan by the policies, in order."""
    if len({one.grounds for one in terms}) == 1:  # they differ in periods at most: the grounds are asked once
        passed = terms[0].passed if len(terms) == 1 else governed.by_unit([one.passed for one in terms])
        return (*zip(_GROUNDS, terms[0].grounds, strict=True), (State.RETAINED, Not(passed)))
    # A ground of one policy keeps nothing that another one lets go.
    kept = Not(governed.by_unit([one.due for one in terms]))
    told = (governed.by_unit([one.grounds[number] for one in terms]) for number in range(len(_GROUNDS)))
    grounds = tuple((state, AllOf((kept, ground))) for state, ground in zip(_GROUNDS, told, strict=True))
    return (*grounds, (State.RETAINED, kept))


def _openly(legal_holds: tuple[Keeping, ...], now: datetime) -> Predicate | None:
    if not any(hold.sealed and hold.in_force(now) for hold in legal_holds):
        return None
    return kept_by(tuple(hold for hold in legal_holds if not hold.sealed), now)


def _speaks_of(applies: Applies) -> Predicate:
    late = AnyOf((Holds(Fact.CHARGED), Exceeds(Fact.CLOSED, Fact.DUE)))
    match applies:
        case Applies.ANY:
            return Always(value=True)
        case Applies.ON_TIME:
            return Not(late)
        case Applies.LATE_OR_CHARGED:
            return late


def _clock_passed(rule: LoanRule, as_of: datetime, zone: ZoneInfo) -> Predicate:
    facts = [Fact.CLOSED, *([Fact.SETTLED] if Event.SETTLED in rule.active_until else [])]
    return AnyOf(tuple(within(segment, facts, zone) for segment in segments(rule, as_of)))
