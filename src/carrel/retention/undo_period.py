"""How long a capsule may live: a record that can still be brought back has not been disposed of (DESIGN 5)."""

from __future__ import annotations

from datetime import date, timedelta

from carrel.amount import amount
from carrel.errors import CarrelError, Fault
from carrel.policy.duration import Duration
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy
from carrel.policy.schedule import LoanRule
from carrel.retention import faults


def require_undo_below_ceiling(policy: Policy, undo: timedelta, on: date, system: str) -> None:
    """Refuse a capsule that would keep what the policy's ceiling says has to be gone.

    Args:
        policy: resolved.
        undo: how long a capsule lives after the cut.
        on: the day; versions of a rule that a later one has replaced by then do not count.
        system: in the site file, for the message.

    Raises:
        CarrelError: UND-004, one fault for each rule. Nothing has been cut.

    Guarantees:
        When it returns, no rule's period and ``undo`` together are longer than the ceiling of the class of loans.
        Without a ceiling it always returns.

    Source:
        MITL-6.2, MITL-6.6 (the ceilings by class).
    """
    dataset = policy.datasets.get(RecordType.LOANS)
    if dataset is None:
        return
    risk = dataset.risk
    # A rule that was adopted brings the ceiling of its own policy with it.
    said = {body.risk_classes.of(risk).ceiling for body in (policy.body, dataset.document.body)}
    ceilings = [one for one in said if one is not None]
    if not ceilings:
        return
    ceiling = min(ceilings, key=lambda one: one.days_at_least)
    found = tuple(
        Fault(
            faults.UNDO_TOO_LONG,
            at=f"system {system}, rule '{rule.id}'",
            wanted=f"a period and 'undo:' of together at most {ceiling}, the ceiling of {risk} risk",
            found=f"{keep} and {amount(undo.total_seconds() / 3600, 'hour')}",
            because="a record counts as disposed when its capsule is shredded, not when it is cut",
            fix="shorten 'undo:' in the site file, or the rule's 'keep:' in the policy, or write 'undo: none'",
        )
        for rule in policy.loan_schedule().rules
        for keep in _in_force(rule, on)
        if timedelta(days=keep.days_at_most) + undo > timedelta(days=ceiling.days_at_least)
    )
    if found:
        raise CarrelError(found)


def _in_force(rule: LoanRule, on: date) -> tuple[Duration, ...]:
    """The periods that decide on a day or later, each once."""
    begun = [number for number, period in enumerate(rule.periods) if period.since <= on]
    first = begun[-1] if begun else 0
    return tuple(dict.fromkeys(period.keep for period in rule.periods[first:]))
