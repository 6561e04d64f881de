"""Recorded, active, retained, then de-identified: every loan has a state, and none stays past its period."""

from __future__ import annotations

from carrel.accountability.evidence import Reading, cannot_tell
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import LOANS_ONLY, leads_back, no_return_told, none_left, told, total, unread
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.retention.lifecycle import State
from carrel.retention.reasons import SMALL, by_reason


@provides("MITL-6.1")
def every_loan_has_its_state(facts: AuditFacts) -> Reading:
    """Each closed loan that names a reader stands in one state of the lifecycle, and none waits in DUE past a night."""
    if (loans := facts.loans) is None:
        return unread(facts)
    due = loans.states.get(State.DUE.value, 0)
    undated = loans.states.get(State.UNDATED.value, 0)
    measured = {
        "past their period": due,
        **by_reason({state: count for state, count in loans.states.items() if state != State.DUE.value}),
    }
    if undated and not due:
        some = f"{undated:,}" if undated >= SMALL else "Fewer than ten"
        return cannot_tell(
            f"{some} closed loans have no usable return date, so nobody can tell when their period ends.",
            measured,
            because="the lifecycle runs on the event that ends active use, and these loans do not tell it",
            fix="correct the return dates in the library system; the loans are kept and counted until then",
        )
    return none_left(
        facts,
        due,
        kept=f"Every closed loan that names a reader is inside its period or kept for a stated reason. {LOANS_ONLY}",
        broken=amount(due, "loan is past its period and still names", "loans are past their period and still name")
        + " a reader.",
        measured=measured,
        because="the period of these loans is over, and no reason to keep them is on record",
        joins=no_return_told(facts),
    )


@provides("MITL-6.4")
def circulation_is_de_identified_in_time(facts: AuditFacts) -> Reading:
    """Nothing that is due under the policy's own period, and unheld, still leads from a loan to a reader."""
    if (loans := facts.loans) is None:
        return unread(facts)
    periods = ", ".join(f"{rule.id}: {rule.periods[-1].keep}" for rule in facts.schedule.rules)
    return none_left(
        facts,
        total(loans.remaining),
        kept=f"No loan past its period leads to a reader, by any table ({periods}). {LOANS_ONLY}",
        broken=amount(total(loans.remaining), "row still leads", "rows still lead")
        + " from a loan past its period to a reader.",
        measured={
            "period": periods,
            "rows that still lead to a reader": total(loans.remaining),
            "where": told(loans.remaining),
            "paths looked at": len(loans.remaining),
        },
        because="the policy has these loans de-identified by now",
        joins=leads_back(facts),
    )
