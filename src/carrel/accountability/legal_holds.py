"""Legal holds: what a court or a claim needs is kept, and said to be kept."""

from __future__ import annotations

from carrel.accountability.evidence import Reading, finding
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import LOANS_ONLY, none_left, unread
from carrel.accountability.registry import provides
from carrel.retention.lifecycle import State


@provides("MITL-9.10")
def held_loans_are_whole(facts: AuditFacts) -> Reading:
    """Every legal hold names its authority, and no loan under hold has lost its reader since the last plan."""
    if (loans := facts.loans) is None:
        return unread(facts)
    held_now = loans.states.get(State.LEGAL_HOLD.value, 0)
    holds_in_force = [keeping for keeping in facts.keepings if keeping.legal_hold and keeping.in_force]
    nameless = [one.id for one in holds_in_force if not (one.reason.strip() and one.authority.strip())]
    lost = max(0, facts.held_before - held_now) if facts.held_before is not None else 0
    measured: dict[str, int | str] = {
        "legal holds in force": len(holds_in_force),
        "loans kept by them now": held_now,
        "loans kept by the last plan under the same holds": "no such plan"
        if facts.held_before is None
        else facts.held_before,
        "without authority or reason": len(nameless),
    }
    if nameless:
        return finding(
            f"{len(nameless)} legal holds name no authority or no reason.",
            measured,
            because="a hold without authority keeps what the policy promised to part",
            fix="end these holds, or place them again with their authority",
        )
    return none_left(
        facts,
        lost,
        kept=f"{len(holds_in_force)} legal holds keep {held_now} loans, and none of them lost its reader. {LOANS_ONLY}",
        broken="{count} loans under legal hold lost their reader.",
        measured=measured,
        because="fewer loans stand under the same holds than the last plan found",
        fix="find out what cut them, and tell whoever placed the hold",
    )
