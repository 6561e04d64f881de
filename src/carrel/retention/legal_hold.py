"""Legal holds and recorded exceptions: which loans they keep, whatever the schedule says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from carrel.retention.predicate import AllOf, Always, AnyOf, AtOrBefore, Fact, From, OneOf, Predicate

_WRITTEN_BEFORE = timedelta(minutes=5)  # a trace can be written a little before its loan's own second


@dataclass(frozen=True, slots=True)
class Scope:
    """Which loans a legal hold or an exception speaks of; every part that is given must hold.

    Patron numbers stand here and in the store for as long as the hold is open, and nowhere else.

    Attributes:
        persons, items, loans: ids in the system; empty for any.
        branches: branch codes; empty for any.
        opened_from: loans that began at this local time or later.
        opened_until: loans that began at this local time or earlier.
    """

    persons: tuple[int, ...] = field(default=(), repr=False)
    items: tuple[int, ...] = ()
    loans: tuple[int, ...] = ()
    branches: tuple[str, ...] = ()
    opened_from: datetime | None = None
    opened_until: datetime | None = None

    def predicate(self) -> Predicate:
        """The scope as a condition on one loan; an empty scope covers every loan."""
        parts: list[Predicate] = [
            OneOf(fact, values)
            for fact, values in (
                (Fact.PERSON, self.persons),
                (Fact.ITEM, self.items),
                (Fact.LOAN, self.loans),
                (Fact.BRANCH, self.branches),
            )
            if values
        ]
        if self.opened_from:
            parts.append(From(Fact.OPENED, self.opened_from))
        if self.opened_until:
            parts.append(AtOrBefore(Fact.OPENED, self.opened_until))
        return AllOf(tuple(parts))

    @property
    def only_loans(self) -> bool:
        """It names loans and nobody whose loans they are: a row that names no loan cannot be told to be meant."""
        return bool(self.loans) and not (self.persons or self.items)

    def may_cover(
        self,
        person: int | None = None,
        item: int | None = None,
        loan: int | None = None,
        times: tuple[datetime, ...] = (),
    ) -> bool:
        """Whether a trace may belong to a loan in this scope, judged by what the trace alone tells.

        The loan itself may name nobody any more, so branch and end are not asked for, and what the trace does not tell
        counts as inside.

        Args:
            person: id in the system, as far as the trace names one; so item and loan.
            item: as person.
            loan: as person.
            times: naive local times of the trace, generalised to the day or not; none if it tells none.

        Guarantees:
            A trace that tells less is never covered less, unless the scope names only loans.
        """
        if self.only_loans and loan is None:
            return False
        told = ((self.persons, person), (self.items, item), (self.loans, loan))
        if any(wanted and value is not None and value not in wanted for wanted, value in told):
            return False
        begin = self.traces_from
        return begin is None or not times or any(at >= begin for at in times)

    @property
    def traces_from(self) -> datetime | None:
        """No trace of a loan in this scope is older: the day of ``opened_from``, less the slack of a trace."""
        if self.opened_from is None:
            return None
        try:
            begin = self.opened_from - _WRITTEN_BEFORE
        except OverflowError:  # the beginning of time
            begin = self.opened_from
        return begin.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Keeping:
    """A legal hold (MITL-9.10) or a recorded exception (MITL-6.7): why these loans are kept, until when, who said so.

    Attributes:
        id: in the store.
        scope: the loans.
        reason: in words, for plan and audit; never names a patron.
        authority: the court, the law, or the approver.
        since: aware time from which it is in force.
        until: aware time at which it ends; None for a legal hold without a known end. An exception always has one.
        sealed: under a gag order: it is honoured like any other, and no figure of its own is ever told.
    """

    id: str
    scope: Scope
    reason: str
    authority: str
    since: datetime
    until: datetime | None
    sealed: bool = False

    def in_force(self, now: datetime) -> bool:
        """Whether it keeps anything at this time (half-open)."""
        return self.since <= now and (self.until is None or now < self.until)


def kept_by(keepings: tuple[Keeping, ...], now: datetime) -> Predicate:
    """The loans that any of these keeps now."""
    live = tuple(keeping.scope.predicate() for keeping in keepings if keeping.in_force(now))
    return AnyOf(live) if live else Always(value=False)


def shields(keepings: tuple[Keeping, ...], now: datetime) -> tuple[Scope, ...]:
    """The scopes in force now, for traces whose loan names nobody any more."""
    return tuple(keeping.scope for keeping in keepings if keeping.in_force(now))
