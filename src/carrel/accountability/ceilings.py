"""The ceiling of each risk class, held against the live database whatever the rules of the policy say."""

from __future__ import annotations

from carrel.accountability.evidence import Reading, cannot_tell, holds
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import LOANS_ONLY, leads_back_before, none_left, told, total, unread
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.inventory.risk import RiskClass, high_water


@provides("MITL-6.2")
def high_risk_within_its_ceiling(facts: AuditFacts) -> Reading:
    """No loan of high risk names a reader for longer than the ceiling of its class after active use."""
    return _within(facts, RiskClass.HIGH)


@provides("MITL-6.6")
def medium_risk_within_its_ceiling(facts: AuditFacts) -> Reading:
    """No loan names a reader for longer than the medium ceiling: it binds loans of high risk all the more."""
    return _within(facts, RiskClass.MEDIUM)


def class_of_loans(facts: AuditFacts) -> RiskClass | None:
    """The class of loans by the high-water mark of their fields (MITL-3.5); None if the policy has no loans."""
    if (dataset := facts.policy.dataset("loans")) is None:
        return None
    return high_water([dataset.risk, *(field.risk for field in dataset.fields if field.risk)])


def _within(facts: AuditFacts, risk: RiskClass) -> Reading:
    own = class_of_loans(facts)
    ceiling = facts.policy.ceilings.get(risk)
    if own is None or own < risk:
        return holds(
            f"The policy holds no loans of {risk} risk; other record types are not measured yet.",
            {"class of loans": own.value if own else "not held"},
        )
    if ceiling is None:
        return holds(f"The policy sets no ceiling for {risk} risk.", {"class of loans": own.value})
    if (loans := facts.loans) is None:
        return unread(facts)
    if risk not in loans.past_ceiling:
        return cannot_tell(
            f"Loans were not held against the ceiling of {risk} risk.",
            {"ceiling": str(ceiling)},
            because="nothing was measured for this class",
            fix="run the audit again",
        )
    records = [one for one in facts.records if one.risk >= risk]
    past = {**loans.past_ceiling[risk], **{one.path: one.past_ceiling.get(risk, 0) for one in records}}
    kinds = ", ".join(dict.fromkeys(one.record for one in records))
    others = f"Of other records, these were measured: {kinds}." if kinds else "No other records were measured."
    return none_left(
        facts,
        total(past),
        kept=f"Nothing leads to a reader later than {ceiling} after active use ended. {LOANS_ONLY} {others}",
        broken=amount(total(past), "row leads to a reader", "rows lead to a reader")
        + f" later than {ceiling} after active use ended.",
        measured={
            "ceiling": str(ceiling),
            "class of loans": own.value,
            "rows past the ceiling": total(past),
            "where": told(past),
        },
        because=f"{risk} risk is kept for {ceiling} at most, and no legal hold or recorded exception covers these rows",
        joins=leads_back_before(facts, ceiling.before(facts.as_of).date()),
    )
