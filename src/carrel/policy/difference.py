"""What changes between two policies, in plain words (MITL-10.5)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from carrel.inventory.risk import RiskClass
from carrel.policy.contact_grammar import Contacts
from carrel.policy.dataset import Dataset
from carrel.policy.duration import Duration
from carrel.policy.grammar import ClauseRule
from carrel.policy.process_words import process_lines
from carrel.policy.reader_descriptions import describing_of, in_words
from carrel.policy.record_grammar import LoansRule, NoticesRule, RecordsRule, Retention, SessionsRule
from carrel.policy.resolve import Policy
from carrel.policy.rights_words import rights_lines
from carrel.policy.schedule import Applies


class Change(enum.StrEnum):
    """Which way a point moves."""

    SHORTER = "shorter"
    LONGER = "longer"
    NEW = "new"
    DROPPED = "dropped"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One point in which two policies differ.

    Attributes:
        change: which way it moves.
        subject: what it is about, as a heading: ``loans``, ``purpose 'provide'``, ``clause MITL-6.4``.
        says: the change in one plain sentence.
        clauses: clauses that the point carries in either policy.
    """

    change: Change
    subject: str
    says: str
    clauses: tuple[str, ...] = ()


def differences(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """Everything that changes for a reader of the policy: periods first, then what is held, purposes and clauses.

    Guarantees:
        A policy does not differ from itself; what is shorter one way is longer the other way.
    """
    return (
        *_loans(old.loans, new.loans),
        *_ceilings(old, new),
        *_datasets(old, new),
        *_named(old, new),
        *_clauses(old.clauses, new.clauses),
    )


def _period(
    subject: str, old: Duration | None, new: Duration | None, clauses: Iterable[str] = ()
) -> Iterator[Difference]:
    """How one period moves; None stands for no limit."""
    if old == new:
        return
    if new is None or (old is not None and old.within(new) and not new.within(old)):
        change = Change.LONGER
    elif old is None or (new.within(old) and not old.within(new)):
        change = Change.SHORTER
    else:
        change = Change.CHANGED
    says = f"{subject}: {_spoken(new)} instead of {_spoken(old)}"
    yield Difference(change, subject.partition(",")[0], says, tuple(dict.fromkeys(clauses)))


def _spoken(period: Duration | None) -> str:
    if period is None:
        return "no limit"
    return "not at all" if period is _NEVER else str(period)


def _rule_for(loans: LoansRule, kind: Applies) -> Retention:
    return next(rule for rule in loans.retention if rule.applies in {kind, Applies.ANY})


def _loans(old: LoansRule | None, new: LoansRule | None) -> Iterator[Difference]:
    if old is None or new is None:
        return  # told as a record type that is new or dropped
    undivided = all(len(loans.retention) == 1 for loans in (old, new))
    for kind in (Applies.ANY,) if undivided else (Applies.ON_TIME, Applies.LATE_OR_CHARGED):
        before, after = _rule_for(old, kind), _rule_for(new, kind)
        words = {Applies.ANY: "loans", Applies.ON_TIME: "loans, back on time"}.get(kind, "loans, late or charged")
        clauses = (*before.clauses, *after.clauses)
        yield from _period(f"{words}, kept after use", before.keep, after.keep, clauses)
        yield from _word(f"{words}, in use until", _and(before.active_until), _and(after.active_until), clauses)
        yield from _word(f"{words}, in the end", before.then, after.then, clauses)
        yield from _word(f"{words}, reaches back", _yes(before.reaches_back), _yes(after.reaches_back), clauses)
    named, renamed = (loans.last_borrower.at_most or _NEVER for loans in (old, new))
    clauses = (*old.last_borrower.clauses, *new.last_borrower.clauses)
    yield from _period("loans, last borrower tied to the item", named, renamed, clauses)
    yield from _word("loans, their charges", old.charges, new.charges)
    yield from _period("loans, refund window of a charge", old.refund_window, new.refund_window)
    yield from _period("loans, wait of an opted-in history", old.opted_in.deadline, new.opted_in.deadline)
    yield from _word("loans, event times kept to the", old.event_detail, new.event_detail)
    yield from _word("loans, of a reader stays", in_words(describing_of(old)), in_words(describing_of(new)))


_NEVER = Duration.parse("0 days")


def _and(events: Iterable[str]) -> str:
    return " and ".join(sorted(events))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _word(subject: str, old: str, new: str, clauses: Iterable[str] = ()) -> Iterator[Difference]:
    if old != new:
        heading = subject.partition(",")[0]
        yield Difference(Change.CHANGED, heading, f"{subject}: {new} instead of {old}", tuple(dict.fromkeys(clauses)))


def _ceilings(old: Policy, new: Policy) -> Iterator[Difference]:
    for risk in reversed(RiskClass):
        before, after = old.body.risk_classes.of(risk), new.body.risk_classes.of(risk)
        subject = f"{risk} risk, longest time"
        yield from _period(subject, before.ceiling, after.ceiling, (*before.clauses, *after.clauses))


def _datasets(old: Policy, new: Policy) -> Iterator[Difference]:
    for record in dict.fromkeys([*old.datasets, *new.datasets]):
        before, after = old.datasets.get(record), new.datasets.get(record)
        if before is None and after is not None:
            yield Difference(Change.NEW, record, f"{record} are held: {after.rule.says}", after.rule.clauses)
        elif after is None and before is not None:
            yield Difference(Change.DROPPED, record, f"{record} are no longer in the policy", before.rule.clauses)
        elif before is not None and after is not None:
            yield from _dataset(before, after)


def _dataset(before: Dataset, after: Dataset) -> Iterator[Difference]:
    record, old, new = before.record, before.rule, after.rule
    clauses = tuple(dict.fromkeys((*old.clauses, *new.clauses)))
    for name in new.fields:
        if name not in old.fields:
            says = f"{record}: '{name}' is held as well ({new.fields[name].category})"
            yield Difference(Change.NEW, record, says, clauses)
    for name in old.fields:
        if name not in new.fields:
            yield Difference(Change.DROPPED, record, f"{record}: '{name}' is no longer held", clauses)
        elif old.fields[name].purpose != new.fields[name].purpose:
            what = f"{record}, '{name}' serves the purpose"
            yield from _word(what, old.fields[name].purpose, new.fields[name].purpose, clauses)
    yield from _word(f"{record}, risk class", before.risk, after.risk, clauses)
    yield from _word(f"{record}, held by", old.custodian, new.custodian, clauses)
    yield from _word(f"{record}, come from", old.source, new.source, clauses)
    if isinstance(old, RecordsRule) and isinstance(new, RecordsRule):
        yield from _records(record, old, new)
        yield from _of_one_kind(record, old, new)
        said, says_now = old.promised or "by its rules.", new.promised or "by its rules."
        if said != says_now:
            yield Difference(Change.CHANGED, record, f"{record}, how long: {says_now} Before: {said}", clauses)


def _of_one_kind(record: str, old: RecordsRule, new: RecordsRule) -> Iterator[Difference]:
    """What only notices, or only computer sessions, have."""
    clauses = tuple(dict.fromkeys((*old.clauses, *new.clauses)))
    if isinstance(old, NoticesRule) and isinstance(new, NoticesRule):
        for kind in dict.fromkeys([*old.channels, *new.channels]):
            ways = (", ".join(one.channels.get(kind, ("any channel",))) for one in (old, new))
            yield from _word(f"notices, {kind} ones go by", next(ways), next(ways), clauses)
    if isinstance(old, SessionsRule) and isinstance(new, SessionsRule):
        told = ("; ".join(one.stations.lines()) if one.stations else "nothing" for one in (old, new))
        yield from _word(f"{record}, of public computers", next(told), next(told), clauses)


def _records(record: str, old: RecordsRule, new: RecordsRule) -> Iterator[Difference]:
    """The rules for one kind of record beside those it had, by what ends active use."""
    before, after = ({rule.active_until: rule for rule in one.retention} for one in (old, new))
    for event in dict.fromkeys([*before, *after]):
        rule, was = after.get(event), before.get(event)
        words = f"{record}, kept after it is {event}"
        if rule is None and was is not None:
            yield Difference(Change.DROPPED, record, f"{words}: no rule any more; it was {was.keep}", was.clauses)
        elif was is None and rule is not None:
            yield Difference(Change.NEW, record, f"{words}: {rule.keep}, then {rule.then}", rule.clauses)
        elif was is not None and rule is not None:
            clauses = (*was.clauses, *rule.clauses)
            yield from _period(words, was.keep, rule.keep, clauses)
            yield from _word(f"{words}, in the end", was.then, rule.then, clauses)
            yield from _word(f"{words}, reaches back", _yes(was.reaches_back), _yes(rule.reaches_back), clauses)


def _named(old: Policy, new: Policy) -> Iterator[Difference]:
    purposes = (
        {name: (p.says, str(p.basis), *_contacts(p.contacts)) for name, p in policy.body.purposes.items()}
        for policy in (old, new)
    )
    yield from _entries("purpose", *purposes)
    recipients = (
        {
            name: (r.says, *(["barred"] if r.barred else []), *(f"told of {what}" for what in r.told_of))
            for name, r in policy.body.recipients.items()
        }
        for policy in (old, new)
    )
    yield from _entries("recipient", *recipients)
    yield from _entries("request", _rights(old), _rights(new))
    yield from _entries("disclosure", _process(old), _process(new))
    floors = (
        {f.name: (f"lowest class {f.lowest}", *sorted(f.all_of | f.any_of)) for f in p.floors} for p in (old, new)
    )
    yield from _entries("floor", *floors)
    exceptions = ({e.id: (e.reason, f"until {e.expires}") for e in policy.body.exceptions} for policy in (old, new))
    yield from _entries("exception", *exceptions)
    conflicts = ({c.id: (c.wins, c.because) for c in policy.body.precedence} for policy in (old, new))
    yield from _entries("precedence", *conflicts)


def _rights(policy: Policy) -> dict[str, tuple[str, ...]]:
    lines = () if policy.body.rights is None else rights_lines(policy.body.rights)
    return {name: (says,) for name, says, _ in lines}


def _process(policy: Policy) -> dict[str, tuple[str, ...]]:
    block = policy.body.legal_process
    return {} if block is None else {name: (says,) for name, says, _ in process_lines(block)}


def _contacts(rule: Contacts | None) -> tuple[str, ...]:
    """What a purpose takes of addresses, in words."""
    if rule is None:
        return ()
    return (f"{_and(rule.fields)} given to {_and(rule.to)}", f"expired cards {rule.expired_cards}")


def _entries(kind: str, old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]]) -> Iterator[Difference]:
    for name in dict.fromkeys([*old, *new]):
        subject = f"{kind} '{name}'"
        if name not in old:
            yield Difference(Change.NEW, subject, f"{subject} is new: {', '.join(new[name])}")
        elif name not in new:
            yield Difference(Change.DROPPED, subject, f"{subject} is dropped")
        elif old[name] != new[name]:
            says = f"{subject}: {', '.join(new[name])}. Before: {', '.join(old[name])}"
            yield Difference(Change.CHANGED, subject, says)


def _clauses(old: Mapping[str, ClauseRule], new: Mapping[str, ClauseRule]) -> Iterator[Difference]:
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if before is None and after is not None:
            yield Difference(Change.NEW, f"clause {name}", f"{name} is new: {words_of(after)}", (name,))
        elif after is None and before is not None:
            yield Difference(Change.DROPPED, f"clause {name}", f"{name} is dropped: {words_of(before)}", (name,))
        elif before is not None and after is not None and before != after:
            yield Difference(Change.CHANGED, f"clause {name}", _clause(name, before, after), (name,))


def words_of(rule: ClauseRule) -> str:
    """A clause in the library's words, whether a rule carries it or not."""
    return rule.says or rule.promised or "(no words)"


def _clause(name: str, before: ClauseRule, after: ClauseRule) -> str:
    if after.carried_by and not before.carried_by:
        return f"{name} stands under a rule now, and is no longer a promise only"
    if before.carried_by and not after.carried_by:
        return f"{name} is a promise only now, and stands under no rule any more"
    if words_of(before) != words_of(after):
        return f"{name}: {words_of(after)} Before: {words_of(before)}"
    return f"{name} stands under {', '.join(after.carried_by)}"
