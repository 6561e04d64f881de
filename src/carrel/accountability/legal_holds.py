"""Legal holds: what a court or a claim needs is kept, and said to be kept."""

from __future__ import annotations

from carrel.accountability.evidence import Reading, finding
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import LOANS_ONLY, none_left, unread
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.retention.lifecycle import State
from carrel.retention.reasons import figure


@provides("MITL-9.10")
def held_loans_are_whole(facts: AuditFacts) -> Reading:
    """Every legal hold names its authority, and no loan under hold has lost its reader since the last count."""
    if (loans := facts.loans) is None:
        return unread(facts)
    holds_in_force = [keeping for keeping in facts.keepings if keeping.legal_hold and keeping.in_force]
    openly = [keeping for keeping in holds_in_force if not keeping.sealed]
    nameless = [one.id for one in holds_in_force if not (one.reason.strip() and one.authority.strip())]
    # Where every hold is sealed, the page reads as it would without any.
    counted = facts.held_before is not None and bool(openly)
    lost = max(0, facts.held_before - facts.held_now) if facts.held_before is not None else 0
    measured: dict[str, int | str] = {
        "legal holds in force": len(openly),
        "loans kept by them past their period": figure(loans.states.get(State.LEGAL_HOLD.value, 0)),
        "counted before under the same holds": "yes" if counted else "no",
        "without authority or reason": len(nameless),
    }
    if nameless:
        return finding(
            f"{amount(len(nameless), 'legal hold names', 'legal holds name')} no authority or no reason.",
            measured,
            because="a hold without authority keeps what the policy promised to part",
            fix="end these holds, or place them again with their authority",
        )
    return none_left(
        facts,
        lost,
        kept=f"Legal holds are honoured: no loan in their scope lost its reader since it was last counted. {LOANS_ONLY}"
        if counted
        else f"No loan under a legal hold is cut by a rule; from now on they are counted. {LOANS_ONLY}",
        broken="Loans under legal hold lost their reader.",
        measured=measured,
        because="fewer closed loans in the scope of the same holds name a reader than when they were last counted",
        fix="find out what cut them, and tell whoever placed the hold",
    )
