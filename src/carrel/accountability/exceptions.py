"""Recorded exceptions: each has a scope, a reason, an approver and an end."""

from __future__ import annotations

from carrel.accountability.evidence import Kind, Reading, finding
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import none_left, unread
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.retention.lifecycle import State
from carrel.retention.reasons import SMALL, figure
from carrel.retention.restriction import AUTHORITY


@provides("MITL-6.7", Kind.GATED)
def exceptions_are_complete_and_end(facts: AuditFacts) -> Reading:
    """No exception is kept without reason, approver, scope or expiry, and none outlives its end."""
    if (loans := facts.loans) is None:
        return unread(facts)
    stored = [keeping for keeping in facts.keepings if not keeping.legal_hold]
    # A restriction of processing lasts until it is lifted, by law and not by exception.
    endless = [k for k in stored if not k.until and k.authority != AUTHORITY]
    incomplete = [k.id for k in stored if not (k.reason.strip() and k.authority.strip() and k.scoped) or k in endless]
    incomplete += [one.id for one in facts.policy.exceptions if not (one.reason.strip() and one.approver.strip())]
    today = facts.as_of.date()
    ended = [one.id for one in facts.policy.exceptions if one.expires <= today]
    kept = loans.states.get(State.EXCEPTION.value, 0)
    some = f"{kept:,}" if kept >= SMALL else "fewer than ten"
    live = [keeping for keeping in stored if keeping.in_force]
    measured: dict[str, int | str] = {
        "exceptions in the policy": len(facts.policy.exceptions),
        "exceptions on record": len(stored),
        "of these in force": len(live),
        "loans kept by them": figure(kept),
        "without scope, reason, approver or expiry": len(incomplete),
        "in the policy past their end": len(ended),
    }
    if incomplete:
        return finding(
            amount(len(incomplete), "exception lacks", "exceptions lack")
            + " a scope, a reason, an approver or an end.",
            measured,
            because="an exception names scope, reason, approver and expiry, or it is none",
            fix="end these exceptions and record them again in full",
        )
    if ended:
        return finding(
            amount(len(ended), "exception of the policy is past its end", "exceptions of the policy are past their end")
            + f": {', '.join(ended)}.",
            measured,
            because="from its end on, the ceiling holds again",
            fix="take them out of the policy, or have them approved again",
        )
    return none_left(
        facts,
        kept if not live else 0,
        kept=f"{amount(len(live), 'exception is', 'exceptions are')} in force, {some} loans kept by "
        f"{'it' if len(live) == 1 else 'them'}; each has scope, reason, approver and end.",
        broken=amount(some[:1].upper() + some[1:], "loan is", "loans are")
        + " kept by an exception that is not in force.",
        measured=measured,
        because="no exception on record covers them",
    )
