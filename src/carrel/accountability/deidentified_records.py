"""De-identified means in every field and every table, by the method that the policy chose."""

from __future__ import annotations

from carrel.accountability.evidence import Reading, finding
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import LOANS_ONLY, leads_back, none_left, told, total, unread
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.policy.reader_descriptions import in_words
from carrel.policy.schedule import Disposition


@provides("MITL-7.6")
def methods_were_carried_out(facts: AuditFacts) -> Reading:
    """Each field has a method, no row names a reader whom its loan no longer names, no removed field is filled."""
    rules = [rule for rule in facts.schedule.rules if rule.disposition is Disposition.DE_IDENTIFY]
    without = [rule.id for rule in rules if not rule.methods]
    if (loans := facts.loans) is None:
        return unread(facts)
    left = total(loans.strays) + loans.left_on_parted
    methods = {f"{field}: {method}" for rule in rules for field, method in rule.methods}
    measured: dict[str, int | str] = {
        "methods": ", ".join(sorted(methods)) or "the whole record is deleted",
        "rows that name a reader their loan no longer names": total(loans.strays),
        "where": told(loans.strays),
        "loans without a reader that keep a removed field": loans.left_on_parted,
    }
    if facts.schedule.describing is not None:
        measured["what may stay of a reader"] = in_words(facts.schedule.describing)
        measured["loans without a reader that keep it"] = loans.described
    if without:
        return finding(
            f"The rules {', '.join(without)} de-identify without a method per field.",
            measured,
            because="removing, generalising and deleting are chosen field by field",
            fix="name a method for each field of the rule",
        )
    return none_left(
        facts,
        left,
        kept=f"What was de-identified is de-identified in every field and every table. {LOANS_ONLY}",
        broken=f"{amount(left, 'row keeps', 'rows keep')} what de-identifying removes.",
        measured=measured,
        because="their loan was parted from its reader, and these rows undo it",
        joins=leads_back(facts),
    )
