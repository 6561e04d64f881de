"""Risk classes: every dataset has one, its period follows from it, and no dataset lies below its floor."""

from __future__ import annotations

from carrel.accountability.ceilings import class_of_loans
from carrel.accountability.evidence import Reading, cannot_tell, finding, holds
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import leads_back_before, total, unread
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.inventory.risk import RiskClass, floors_above, high_water
from carrel.policy.duration import Duration
from carrel.policy.schedule import LoanRule

Figures = dict[str, int | str]


@provides("MITL-2.1")
def class_decides_the_period(facts: AuditFacts) -> Reading:
    """Each live column of the loans' tables has a class, each rule keeps to its ceiling, and so do the live rows."""
    risk = class_of_loans(facts)
    if risk is None:
        return cannot_tell(
            "The policy says nothing of loans, so they have no class.",
            {},
            because="a system with loans is audited, and the policy does not class them",
            fix="add 'loans' with a class to the policy's records",
        )
    ceiling = facts.policy.ceilings.get(risk)
    lax = [rule.id for rule in facts.schedule.rules if not _within_ceiling(rule, facts)]
    measured: dict[str, int | str] = {
        "record types with a class": len(facts.policy.datasets),
        "class of loans": risk.value,
        "ceiling": str(ceiling) if ceiling else "none",
        "rules above the ceiling without exception": len(lax),
        "live columns without a class": len(facts.live.unknown_columns),
    }
    if facts.live.unknown_columns:
        return finding(
            f"{len(facts.live.unknown_columns)} live columns in the tables of loans have no class.",
            measured,
            because=f"the map does not know {', '.join(facts.live.unknown_columns[:5])}",
            fix="say in the site's own map what these columns hold",
        )
    if lax:
        return finding(
            f"The rules {', '.join(lax)} keep loans above the ceiling of their class.",
            measured,
            because="a dataset may be stricter than its class, laxer only by a recorded exception in force",
            fix=f"keep at most {ceiling}, or record an exception with reason, approver and expiry",
        )
    return _rows_within(facts, risk, ceiling, measured)


@provides("MITL-2.2")
def no_dataset_below_its_floor(facts: AuditFacts) -> Reading:
    """No record type has a class below the floors that its categories imply, live columns included."""
    below = {
        dataset.record: [
            floor.name
            for floor in floors_above(facts.policy.floors, {field.category for field in dataset.fields}, dataset.risk)
        ]
        for dataset in facts.policy.datasets
    }
    below = {record: names for record, names in below.items() if names}
    measured: dict[str, int | str] = {
        "floors": len(facts.policy.floors),
        "record types": len(facts.policy.datasets),
        "record types below a floor": len(below),
        "live columns without a category": len(facts.live.unknown_columns),
    }
    if below:
        return finding(
            "Some record types are classed below what they hold: "
            + "; ".join(f"{record} ({', '.join(names)})" for record, names in sorted(below.items()))
            + ".",
            measured,
            because="a category or a combination of categories implies a lowest class",
            fix="raise the class of these record types in the policy",
        )
    if not facts.policy.floors:
        return cannot_tell(
            "The policy has no floors to hold its classes against.",
            measured,
            because="without a floor any class would pass",
            fix="add the floors for intellectual pursuits to the policy",
        )
    if facts.live.unknown_columns:
        return finding(
            f"{len(facts.live.unknown_columns)} live columns in the tables of loans have no category.",
            measured,
            because=f"what {', '.join(facts.live.unknown_columns[:5])} hold may imply a higher class",
            fix="say in the site's own map what these columns hold",
        )
    if facts.loans is None:
        return unread(facts)
    return holds("Every record type stands at or above the floors that its categories imply.", measured)


def _rows_within(facts: AuditFacts, risk: RiskClass, ceiling: Duration | None, measured: Figures) -> Reading:
    """Whether what the database holds keeps to the class."""
    if facts.loans is None:
        return unread(facts)
    past = total(facts.loans.past_ceiling.get(risk, {}))
    measured["rows past the ceiling"] = past
    if past:
        return finding(
            f"{amount(past, 'row leads', 'rows lead')} from a loan to a reader past the ceiling of their class.",
            measured,
            because=f"the class of loans, {risk}, allows {ceiling}",
            fix="make a plan and apply it",
        )
    if ceiling and (joins := leads_back_before(facts, ceiling.before(facts.as_of).date())):
        return Reading(joins.state, joins.says, {**measured, **joins.measured}, joins.because, joins.fix)
    return holds(f"Loans are of {risk} risk, and what the database holds keeps to that class.", measured)


def _within_ceiling(rule: LoanRule, facts: AuditFacts) -> bool:
    dataset = facts.policy.dataset("loans")
    assert dataset is not None  # noqa: S101  (the caller has its class)
    ceiling = facts.policy.ceilings.get(high_water([dataset.risk, *(f.risk for f in dataset.fields if f.risk)]))
    today = facts.as_of.date()
    excepted = any(one.rule == rule.id and today < one.expires for one in facts.policy.exceptions)
    return ceiling is None or excepted or rule.periods[-1].keep.within(ceiling)
