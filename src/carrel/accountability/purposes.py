"""The closed list of purposes: nothing is collected or kept without one."""

from __future__ import annotations

from carrel.accountability.evidence import Reading, finding
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import leads_back, none_left, total, unread
from carrel.accountability.registry import provides
from carrel.amount import amount


@provides("MITP-11.2.0")
def everything_names_its_purpose(facts: AuditFacts) -> Reading:
    """Each field names a purpose of the list, each live column is known, and nothing outlives its purpose."""
    aimless = sorted(
        f"{dataset.record}.{field.name}"
        for dataset in facts.policy.datasets
        for field in dataset.fields
        if field.purpose not in facts.policy.purposes
    )
    unknown = facts.live.unknown_columns
    measured: dict[str, int | str] = {
        "purposes": len(facts.policy.purposes),
        "fields": sum(len(dataset.fields) for dataset in facts.policy.datasets),
        "fields without a purpose of the list": len(aimless),
        "live columns that nobody named a purpose for": len(unknown),
    }
    if aimless or unknown:
        return finding(
            f"{amount(len(aimless) + len(unknown), 'field is', 'fields are')} kept without a purpose.",
            measured,
            because=", ".join([*aimless, *unknown][:5]) + " name no purpose of the policy's list",
            fix="name the purpose, or stop collecting the field",
        )
    if (loans := facts.loans) is None:
        return unread(facts)
    measured["rows kept after their purpose ended"] = total(loans.remaining)
    return none_left(
        facts,
        total(loans.remaining),
        kept="Every field names a purpose of the list, and no loan is kept identified after its purpose ended. "
        "Grants, exports and recipients are not measured yet.",
        broken=amount(total(loans.remaining), "row leads to a reader after its", "rows lead to a reader after their")
        + " purpose ended.",
        measured=measured,
        because="the purpose of a loan record ends with its period",
        joins=leads_back(facts),
    )
