"""What the policies in force promise of each right: by when it is answered, and who sees to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from carrel.policy.duration import Duration, Unit
from carrel.policy.resolve import Policy
from carrel.policy.rights_grammar import Controller, Rights
from carrel.rights.deadline import FERPA, GDPR, Clock, Regime, policy_clock
from carrel.rights.request import Right

SIGNED_IN = "signed in"  # on the pages, or before the staff: with a password of their own
KEPT = timedelta(days=90)  # what was sealed in a request that is over, where no policy says how long
_DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7}
_MONTHS = {Unit.MONTHS: 1, Unit.YEARS: 12}
_RULES = {"gdpr": GDPR, "ferpa": FERPA}


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised of one right.

    Attributes:
        clocks: that run, all of them; the one that ends first counts.
        owner: who sees to it where nobody was named; empty for nobody.
        clauses: of the policies.
    """

    clocks: tuple[Clock, ...] = ()
    owner: str = ""
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clocks:
    """What is promised of every right.

    Attributes:
        promises: by right; of a right that is not there, nothing is promised.
        kept: how long what was sealed in a request stays after its end.
        controllers: who answers for what the library does not control (MITL-9.11).
        free_days: on which nobody works, beside Saturdays and Sundays.
        by_mail: every policy with rights lets notices about requests go by mail.
        told: names of recipients by what they are told of, such as ``erasure`` (MITL-9.7).
        identity: by what it is made sure that it is the person, where policies say so: what all of them accept, and
            signing in. None for anything (MITL-9.8).
        identity_since: the first day on which all of that was promised; None where nothing was.
    """

    promises: Mapping[Right, Promise] = field(default_factory=dict)
    kept: timedelta = KEPT
    controllers: tuple[Controller, ...] = ()
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    free_days: frozenset[date] = frozenset()
    by_mail: bool = False
    identity: frozenset[str] | None = None
    identity_since: date | None = None

    def accepts(self, how: str) -> bool:
        """Whether somebody who was identified so is known to be the person, by the policies."""
        return self.identity is None or how in self.identity

    def of(self, right: Right) -> Promise:
        """What is promised of one right."""
        return self.promises.get(right, Promise())


NO_CLOCKS = Clocks()


def clocks_of(policies: Iterable[Policy], free_days: frozenset[date] = frozenset()) -> Clocks:
    """What policies promise together, with those that they adopt.

    Args:
        policies: in force; of several the shortest clock counts, so that none weakens another.
        free_days: on which nobody works there, beside Saturdays and Sundays.

    Returns:
        Every clock of every policy; the first owner that is named; the shortest time for which something stays sealed.
    """
    every = list(_with_adopted(policies))
    rights = [one.body.rights for one in every if one.body.rights is not None]
    promises = {}
    for right in Right:
        rules = [rule for one in rights if (rule := getattr(one, right.value)) is not None]
        if rules:
            clocks = tuple(dict.fromkeys(clock_of(rule.within) for rule in rules if rule.within is not None))
            owner = next((rule.owner for rule in rules if rule.owner), "")
            clauses = tuple(dict.fromkeys(clause for rule in rules for clause in rule.clauses))
            promises[right] = Promise(clocks, owner, clauses)
    return Clocks(
        MappingProxyType(promises),
        min((_longest(one) for one in rights), default=KEPT),
        tuple({one.name: one for block in reversed(rights) for one in block.controllers}.values()),
        MappingProxyType(_told(every)),
        free_days,
        bool(rights) and all(one.letters == "by mail" for one in rights),
        *_identity(every),
    )


def clock_of(within: str) -> Clock:
    """The clock that a policy names: ``gdpr``, ``ferpa``, or a period in days, weeks, months or years."""
    if within in _RULES:
        return _RULES[within]
    period = Duration.parse(within)
    if period.unit in _MONTHS:
        return Clock(Regime.POLICY, months=period.amount * _MONTHS[period.unit])
    return policy_clock(period.amount * _DAYS[period.unit])


def _longest(rights: Rights) -> timedelta:
    return KEPT if rights.kept is None else timedelta(days=rights.kept.days_at_most)


def _identity(policies: Iterable[Policy]) -> tuple[frozenset[str] | None, date | None]:
    saying = [one for one in policies if one.body.rights is not None and one.body.rights.identity]
    if not saying:
        return None, None
    accepted = [frozenset[str](one.body.rights.identity) for one in saying if one.body.rights is not None]
    return frozenset.intersection(*accepted) | {SIGNED_IN}, max(one.approved for one in saying)


def _with_adopted(policies: Iterable[Policy]) -> Iterator[Policy]:
    for policy in policies:
        yield policy
        yield from _with_adopted(policy.adopted)


def _told(policies: Iterable[Policy]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for policy in policies:
        for name, recipient in policy.body.recipients.items():
            for what in recipient.told_of:
                found.setdefault(what, {})[name] = None
    return {what: tuple(names) for what, names in found.items()}
