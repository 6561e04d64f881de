"""The high-water mark: what lies beside loans is handled as loans are."""

from __future__ import annotations

from carrel.accountability.evidence import Reading, finding
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import leads_back, none_left, told, total, unread
from carrel.accountability.registry import provides
from carrel.amount import amount


@provides("MITL-3.5")
def neighbours_handled_as_the_higher_class(facts: AuditFacts) -> Reading:
    """Fields of a record type never outrank it, and rows that lie in tables with other data are cut with the loan.

    Charges, notices, statistics and audit rows share their tables with data of lower risk; there, too, nothing of a
    loan past its period may lead to the reader.
    """
    outranked = sorted(
        dataset.record
        for dataset in facts.policy.datasets
        if any(field.risk and field.risk > dataset.risk for field in dataset.fields)
    )
    if (loans := facts.loans) is None:
        return unread(facts)
    beside = {path: count for path, count in loans.remaining.items() if loans.tables.get(path) != loans.own_path}
    measured: dict[str, int | str] = {
        "record types below one of their fields": len(outranked),
        "tables beside the loans' own": len({loans.tables.get(path, path) for path in beside}),
        "rows there that still lead to a reader": total(beside),
        "where": told(beside),
    }
    if outranked:
        return finding(
            f"These record types are classed below one of their own fields: {', '.join(outranked)}.",
            measured,
            because="the class of a store is the highest of its fields",
            fix="raise the class of these record types in the policy",
        )
    return none_left(
        facts,
        total(beside),
        kept="In every table that loans share with other records, nothing of a loan past its period names its reader.",
        broken=amount(
            total(beside), "row beside the loans' own table still names", "rows beside the loans' own table still name"
        )
        + " the reader of a loan past its period.",
        measured=measured,
        because="they are handled as if they were of lower risk than the loan they tell of",
        joins=leads_back(facts),
    )
