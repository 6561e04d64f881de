"""How records are cut where several policies are in force: the most protective of what the policies write.

A database is cut in one way, whatever the branch: the rows of a night go in the same statements. *When* a record goes
is told for each unit by `carrel.retention.territory`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from carrel.amount import amount
from carrel.deidentification.reader_description import Describing
from carrel.errors import CarrelError, Fault
from carrel.inventory import faults
from carrel.policy.duration import Duration, Unit
from carrel.policy.reader_descriptions import in_words
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy
from carrel.policy.schedule import (
    Charges,
    Disposition,
    LastBorrower,
    LoanRule,
    LoanSchedule,
    Method,
    RecordEvent,
    RecordRule,
    RecordSchedule,
)

DISPOSITIONS = (Disposition.TRANSFER, Disposition.DE_IDENTIFY, Disposition.DELETE)
METHODS = (Method.KEEP, Method.PSEUDONYMISE, Method.GENERALISE, Method.REMOVE)


@dataclass(frozen=True, slots=True)
class Stricter:
    """Where a policy's records are treated more strictly than it writes.

    Attributes:
        policy: name.
        subject: what is treated so.
        wrote, done: what the policy writes, and what is done.
        because: name of a policy that asks for it.
    """

    policy: str
    subject: str
    wrote: str
    done: str
    because: str

    def line(self) -> str:
        """As a person reads it."""
        return (
            f"{self.policy}: {self.subject}: {self.done} in place of {self.wrote}, because {self.because} asks for it"
        )


@dataclass(frozen=True, slots=True)
class CommonWay:
    """How one database is cut.

    Attributes:
        schedule: of loans; its rules and their periods are those of the site's policy.
        records: of other kinds, every rule that any policy has; their periods are those of the first that has it.
        stricter: whose records are treated more strictly than their policy writes.
    """

    schedule: LoanSchedule
    records: Mapping[RecordType, RecordSchedule]
    stricter: tuple[Stricter, ...]


def common_way(policies: Sequence[Policy], digest: str) -> CommonWay:
    """The most protective of what several policies write, the site's own first.

    Args:
        policies: in force in one database, each once.
        digest: of all of them together.

    Raises:
        CarrelError: POL-021, one of them has no rules for loans; UNT-005, they differ in what they must keep: a finance
            schedule, or a transfer to archives. What one policy must keep, no other can have cut.

    Guarantees:
        In no point is the result laxer than any of the policies.
    """
    each = [one.loan_schedule() for one in policies]
    if problems := [*_finance(policies, each), *_transfers(policies)]:
        raise CarrelError(tuple(problems))
    first, more = each[0], len(policies) - 1
    name = first.policy if not more else f"{first.policy} and {amount(more, 'policy', 'policies')} of units"
    last_borrower = _last_borrower([one.last_borrower for one in each])
    schedule = replace(
        first,
        policy=name,
        digest=digest,
        rules=_rules(each),
        last_borrower=last_borrower,
        charges=Charges.LOSE_CARD if any(one.charges is Charges.LOSE_CARD for one in each) else first.charges,
        event_detail="day" if any(one.event_detail == "day" for one in each) else first.event_detail,
        describing=_describing([one.describing for one in each]),
    )
    records = _records([one.record_schedules() for one in policies])
    return CommonWay(schedule, records, tuple(_stricter(policies, each, schedule, records)))


def _rules(each: Sequence[LoanSchedule]) -> tuple[LoanRule, ...]:
    kinds = [{rule.disposition for rule in one.rules} for one in each]
    if any(len(one) != 1 for one in kinds):
        return next(one.rules for one, kind in zip(each, kinds, strict=True) if len(kind) != 1)  # refused by the plan
    disposition = max((kind for one in kinds for kind in one), key=DISPOSITIONS.index)
    methods: dict[str, Method] = {}
    for rule in (rule for one in each for rule in one.rules):
        for field, method in rule.methods:
            methods[field] = max(methods.get(field, method), method, key=METHODS.index)
    told = () if disposition is Disposition.DELETE else tuple(sorted(methods.items()))
    return tuple(replace(rule, disposition=disposition, methods=told) for rule in each[0].rules)


def _describing(each: Sequence[Describing | None]) -> Describing | None:
    found = each[0]
    for one in each[1:]:
        found = None if found is None else found.with_terms_of(one)
    return found


def _last_borrower(each: Sequence[LastBorrower]) -> LastBorrower:
    never = next((one for one in each if one.at_most is None), None)
    return never or LastBorrower(shortest([one.at_most for one in each if one.at_most is not None]), each[0].clauses)


def shortest(periods: Sequence[Duration]) -> Duration:
    """A period that is never longer than any of these; as long as that allows."""
    found = next((one for one in periods if all(one.within(other) for other in periods)), None)
    return found or Duration(int(min(one.days_at_least for one in periods)), Unit.DAYS)


def _records(each: Sequence[Mapping[RecordType, RecordSchedule]]) -> Mapping[RecordType, RecordSchedule]:
    found: dict[RecordType, RecordSchedule] = {}
    for kind in RecordType:
        rules: dict[RecordEvent, RecordRule] = {}
        for rule in (rule for one in each if kind in one for rule in one[kind].rules):
            known = rules.setdefault(rule.active_until, rule)
            disposition = max(known.disposition, rule.disposition, key=DISPOSITIONS.index)
            rules[rule.active_until] = replace(known, disposition=disposition)
        if rules:
            found[kind] = RecordSchedule(kind.value, tuple(rules.values()))
    return MappingProxyType(found)


def _finance(policies: Sequence[Policy], each: Sequence[LoanSchedule]) -> Iterator[Fault]:
    """A financial record that one policy must keep would be parted from its payer by another one's rule."""
    said = [(policy.name, _of_payers(one)) for policy, one in zip(policies, each, strict=True)]
    scheduled = any(one.finance is not None and one.charges is not Charges.LOSE_CARD for one in each)
    if scheduled and len({what for _, what in said}) > 1:
        yield _differ("records.loans.finance schedule", said, "the same finance schedule in every policy")


def _of_payers(one: LoanSchedule) -> str:
    if one.charges is Charges.LOSE_CARD:
        return "loses the card"
    if one.finance is None:
        return "no finance schedule"
    return f"{', '.join(sorted(one.finance.requires))} for {one.finance.keep}"


def _transfers(policies: Sequence[Policy]) -> Iterator[Fault]:
    rules = [
        (policy.name, record, rule)
        for policy in policies
        for record, schedule in policy.record_schedules().items()
        for rule in schedule.rules
    ]
    for record, event in dict.fromkeys((record, rule.active_until) for _, record, rule in rules):
        said = [
            (name, rule.disposition.value) for name, kind, rule in rules if (kind, rule.active_until) == (record, event)
        ]
        words = {what for _, what in said}
        if Disposition.TRANSFER.value in words and len(words) > 1:
            yield _differ(f"records.{record}, {event}", said, f"'then: {Disposition.TRANSFER}' in every policy")


def _differ(at: str, said: Sequence[tuple[str, str]], wanted: str) -> Fault:
    shown = [f"{name}: {what}" for name, what in said]
    rest = f"; and {len(shown) - 4} more" if len(shown) > 4 else ""  # noqa: PLR2004
    return Fault(
        faults.DUTIES_DIFFER,
        at=at,
        wanted=wanted,
        found="; ".join(shown[:4]) + rest,
        because="one database is cut in one way, and no policy may cut what another one must keep",
        fix="write it in one policy that all of them adopt, or leave it out of all",
    )


def _stricter(
    policies: Sequence[Policy],
    each: Sequence[LoanSchedule],
    schedule: LoanSchedule,
    records: Mapping[RecordType, RecordSchedule],
) -> Iterator[Stricter]:
    for subject, said in (
        ("loans", [one.rules[0].disposition.value for one in each]),
        ("charges", [one.charges.value for one in each]),
        ("event times of loans", [f"kept to the {one.event_detail}" for one in each]),
        ("what stays of readers in loans", [in_words(one.describing) for one in each]),
        ("the last borrower of an item", [_borrower(one.last_borrower) for one in each]),
    ):
        done = {
            "loans": schedule.rules[0].disposition.value,
            "charges": schedule.charges.value,
            "event times of loans": f"kept to the {schedule.event_detail}",
            "what stays of readers in loans": in_words(schedule.describing),
            "the last borrower of an item": _borrower(schedule.last_borrower),
        }[subject]
        yield from _told(policies, subject, said, done)
    for field in sorted({name for one in each for rule in one.rules for name, _ in rule.methods}):
        mine = [next((m.value for rule in one.rules for n, m in rule.methods if n == field), "") for one in each]
        wanted = next((m.value for n, m in schedule.rules[0].methods if n == field), "")
        yield from _told(policies, f"the field '{field}' of loans", mine, wanted)
    for record, common in records.items():
        for rule in common.rules:
            theirs = [one.record_schedules().get(record) for one in policies]
            found = [None if one is None else one.of(rule.active_until) for one in theirs]
            written = ["" if one is None else one.disposition.value for one in found]
            yield from _told(policies, f"{record}, {rule.active_until}", written, rule.disposition.value)


def _told(policies: Sequence[Policy], subject: str, said: Sequence[str], done: str) -> Iterator[Stricter]:
    asks = next((policy.name for policy, one in zip(policies, said, strict=True) if one == done), "together, they")
    for policy, one in zip(policies, said, strict=True):
        if one and done and one != done:
            yield Stricter(policy.name, subject, f"'{one}'", f"'{done}'", asks)


def _borrower(told: LastBorrower) -> str:
    return "parted with the loan" if told.at_most is None else f"parted after {told.at_most}"
