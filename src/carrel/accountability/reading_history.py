"""No history once an item is back on time; loans that drew a fine stay until item and fine are settled."""

from __future__ import annotations

from collections.abc import Iterable

from carrel.accountability.evidence import Reading, cannot_tell, finding
from carrel.accountability.facts import AuditFacts, LoanFacts
from carrel.accountability.measurement import LOANS_ONLY, leads_back, none_left, told, total, unread
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.policy.schedule import Applies, Charges, Event
from carrel.retention.lifecycle import State
from carrel.retention.reasons import figure


@provides("WPL-3.3")
def no_history_of_loans_back_on_time(facts: AuditFacts) -> Reading:
    """No loan back on time names a reader by the next night, and no item names its last borrower past the limit."""
    if (loans := facts.loans) is None:
        return unread(facts)
    rules = [rule for rule in facts.schedule.rules if rule.applies in {Applies.ON_TIME, Applies.ANY}]
    if not rules:
        return _no_rule("returned on time")
    left = _left(loans, (rule.id for rule in rules))
    limit = facts.schedule.last_borrower.at_most
    return none_left(
        facts,
        total(left) + loans.last_borrowers_past,
        kept="No loan that came back on time is on record with its reader, save the item's last borrower within the "
        f"limit and what waits to be sealed for readers who keep a history. {LOANS_ONLY}",
        broken=amount(total(left) + loans.last_borrowers_past, "row tells", "rows tell")
        + " who had an item that came back on time.",
        measured={
            "rows of loans on time that lead to a reader": total(left),
            "where": told(left),
            "last borrower limit": str(limit) if limit else "none is kept",
            "items that name their last borrower": loans.last_borrowers,
            "of these past the limit": loans.last_borrowers_past,
            "opted in, not yet sealed": figure(loans.states.get(State.CONSENT.value, 0)),
        },
        because="the policy keeps no history of loans that came back on time",
        joins=leads_back(facts),
    )


@provides("WPL-3.4")
def fined_loans_until_settled(facts: AuditFacts) -> Reading:
    """Once item and every fine are settled, nothing ties loan, charge, payment or note to the card."""
    if (loans := facts.loans) is None:
        return unread(facts)
    rules = [rule for rule in facts.schedule.rules if rule.applies in {Applies.LATE_OR_CHARGED, Applies.ANY}]
    if not rules:
        return _no_rule("late or charged for")
    early = [rule.id for rule in rules if Event.SETTLED not in rule.active_until]
    left = _left(loans, (rule.id for rule in rules))
    measured: dict[str, int | str] = {
        "rows of settled loans that lead to a reader": total(left),
        "where": told(left),
        "loans kept for an open charge": figure(loans.states.get(State.OWING.value, 0)),
        "loans inside the refund window": figure(loans.states.get(State.REFUND_WINDOW.value, 0)),
        "settled charges": facts.schedule.charges.value,
    }
    if early:
        return finding(
            f"The rules {', '.join(early)} do not wait until fines are settled.",
            measured,
            because="active use of a loan that drew a fine ends at the later of return and settlement",
            fix="write 'active until: [returned, settled]'",
        )
    excepted = {one.rule for one in facts.policy.exceptions} or any(not k.legal_hold for k in facts.keepings)
    if facts.schedule.charges is Charges.PART and not excepted:
        return finding(
            "Settled charges keep their payer, and no recorded exception says why.",
            measured,
            because="loan, charge, payment and note lose the card together",
            fix="write 'charges: lose the card', or record the finance rule as an exception",
        )
    return none_left(
        facts,
        total(left),
        kept=f"Of loans that drew a fine, nothing ties item and card once everything is settled. {LOANS_ONLY}",
        broken=f"{amount(total(left), 'row ties', 'rows tie')} a settled loan to a card.",
        measured=measured,
        because="item and every fine are settled",
        joins=leads_back(facts),
    )


def _left(loans: LoanFacts, rules: Iterable[str]) -> dict[str, int]:
    left: dict[str, int] = {}
    for rule in rules:
        for path, count in loans.by_rule.get(rule, {}).items():
            left[path] = left.get(path, 0) + count
    return left


def _no_rule(which: str) -> Reading:
    return cannot_tell(
        f"No rule of the policy speaks of loans {which}.",
        {},
        because="the policy adopts the clause, and its schedule does not carry it",
        fix="write a retention rule for these loans",
    )
