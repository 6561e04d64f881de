"""In which points a way of cutting would be laxer than one of the policies that it serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy
from carrel.policy.schedule import Charges, Disposition, LoanRule, LoanSchedule, Method, RecordSchedule
from carrel.retention.common_way import DISPOSITIONS, METHODS, CommonWay


def laxer_points(way: CommonWay, policy: Policy) -> tuple[str, ...]:
    """Where records would be treated less strictly than a policy writes.

    Args:
        way: in which a database is cut.
        policy: one of those in force there.

    Returns:
        One text for each point; none for whatever `common_way` makes of this policy and others.
    """
    loans = tuple(_of_loans(way.schedule, policy.loan_schedule()))
    return loans + tuple(_of_records(way.records, policy.record_schedules()))


def _of_loans(done: LoanSchedule, asked: LoanSchedule) -> Iterator[str]:
    for rule in done.rules:
        if DISPOSITIONS.index(rule.disposition) < _strictest(asked.rules):
            yield f"loans: '{rule.disposition}'"
    if all(rule.disposition is not Disposition.DELETE for rule in done.rules):
        methods = [dict(rule.methods) for rule in done.rules]
        for field, method in (pair for rule in asked.rules for pair in rule.methods):
            if any(METHODS.index(one.get(field, Method.KEEP)) < METHODS.index(method) for one in methods):
                yield f"the field '{field}' of loans: not '{method}'"
    wanted, given = asked.last_borrower.at_most, done.last_borrower.at_most
    if given is not None and (wanted is None or not given.within(wanted)):
        yield f"the last borrower of an item: kept for {given}"
    if asked.charges is Charges.LOSE_CARD and done.charges is not Charges.LOSE_CARD:
        yield f"charges: '{done.charges}'"
    more = () if done.describing is None else done.describing.laxer(asked.describing)
    yield from (f"what stays of readers in loans: {one}" for one in more)
    if asked.event_detail == "day" and done.event_detail != "day":
        yield f"event times of loans: kept to the {done.event_detail}"


def _of_records(done: Mapping[RecordType, RecordSchedule], asked: Mapping[RecordType, RecordSchedule]) -> Iterator[str]:
    for kind, schedule in asked.items():
        for rule in schedule.rules:
            found = done[kind].of(rule.active_until) if kind in done else None
            if found is None:
                yield f"{kind}, {rule.active_until}: kept"
            elif DISPOSITIONS.index(found.disposition) < DISPOSITIONS.index(rule.disposition):
                yield f"{kind}, {rule.active_until}: '{found.disposition}'"


def _strictest(rules: Sequence[LoanRule]) -> int:
    return max((DISPOSITIONS.index(rule.disposition) for rule in rules), default=0)
