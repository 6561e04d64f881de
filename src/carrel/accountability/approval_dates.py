"""A policy holds from its approval on, and what protects more may reach back."""

from __future__ import annotations

from carrel.accountability.evidence import Reading, finding
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import leads_back_before, none_left, told, total, unread
from carrel.accountability.registry import provides
from carrel.amount import amount


@provides("MITL-10.6")
def rules_hold_from_their_approval(facts: AuditFacts) -> Reading:
    """No rule ran before it was approved, and no older loan was left out of, or prolonged by, a later version."""
    if (loans := facts.loans) is None:
        return unread(facts)
    rules = facts.schedule.rules
    back = [rule.id for rule in rules if rule.periods[-1].reaches_back]
    measured: dict[str, int | str] = {
        "approved": facts.policy.approved.isoformat(),
        "in force since": ", ".join(f"{rule.id}: {rule.periods[-1].since.isoformat()}" for rule in rules),
        "rules that reach back": len(back),
        "runs before the approval": facts.nights.early_runs,
        "older rows that still lead to a reader": total(loans.before_policy),
        "where": told(loans.before_policy),
    }
    if facts.nights.early_runs:
        return finding(
            f"{amount(facts.nights.early_runs, 'run')} changed records before the policy was approved.",
            measured,
            because="a rule is not in force before its approval",
            fix="tell the approver; date later versions of the policy from their approval on",
        )
    return none_left(
        facts,
        total(loans.before_policy),
        kept="No rule ran before its approval, and what is older than the rules was shortened as they say.",
        broken=amount(total(loans.before_policy), "older row still leads", "older rows still lead")
        + " to a reader though the present rules reach back.",
        measured=measured,
        because="a shorter period reaches back unless the policy says otherwise, and a longer one never prolongs",
        joins=leads_back_before(facts, max(rule.periods[-1].since for rule in rules)),
    )
