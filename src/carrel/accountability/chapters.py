"""The five chapters of a year: what is collected, stored, shared, used, destroyed; each says what it does not cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carrel.accountability.ceilings import class_of_loans
from carrel.accountability.facts import AuditFacts
from carrel.accountability.kept_logs import KeptLog
from carrel.accountability.kept_outside import KeptPart
from carrel.accountability.measurement import figures_of, total
from carrel.amount import amount
from carrel.retention.lifecycle import State
from carrel.retention.reasons import by_reason


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter.

    Attributes:
        name: of the chapter.
        says: what was found, for loans.
        figures: counts and words behind it.
        not_covered: what the chapter does not tell, in plain words.
    """

    name: str
    says: str
    figures: Mapping[str, int | str] = field(default_factory=dict)
    not_covered: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The chapter as ``--json`` prints it."""
        return {
            "name": self.name,
            "says": self.says,
            "figures": dict(self.figures),
            "not_covered": self.not_covered,
        }


def chapters(facts: AuditFacts) -> tuple[Chapter, ...]:
    """The five chapters: of loans, and of what the site declares outside its databases."""
    dataset = facts.policy.dataset("loans")
    risk = class_of_loans(facts)
    fields = dataset.fields if dataset else ()
    kept = {} if facts.loans is None else {k: v for k, v in facts.loans.states.items() if k != State.DUE.value}
    other_records = [one.record for one in facts.policy.datasets if not one.carried]
    return (
        Chapter(
            "Collected",
            f"For a loan the library records {amount(len(fields), 'kind')} of information, "
            "each for a purpose of its list.",
            {field_.name: f"{field_.category}, to {field_.purpose}" for field_ in fields} | _held_outside(facts),
            f"The policy also speaks of {', '.join(other_records)}; these are promises and not measured."
            if other_records
            else "",
        ),
        Chapter(
            "Stored",
            f"Loans are of {risk} risk." if risk else "The policy does not class loans.",
            {**(facts.loans.table_sizes if facts.loans else {}), **_outside(facts)},
            "How the database, its backups and its replicas are protected is not measured. "
            + _uncovered(facts.live.not_yet_covered),
        ),
        Chapter(
            "Shared",
            "Nothing was measured of vendors." if _counted(facts) else "Nothing was measured.",
            _counted(facts),
            "Vendors, exports and disclosures are not covered yet.",
        ),
        Chapter(
            "Used",
            "Loans that name a reader, by the reason for which they are still kept.",
            {**by_reason(kept), **_identifiers(facts)},
            "Who looked at a record, and for what, is not covered yet.",
        ),
        Chapter(
            "Destroyed",
            _destroyed(facts),
            {}
            if facts.loans is None
            else {
                "rows that still lead to a reader": total(facts.left),
                **figures_of(facts.nights.open_joins),
            }
            | _past_outside(facts),
            "Backups, replicas and logs keep old values until they expire, undo logs and free pages until they are "
            "reused; see the residues.",
        ),
    )


def _held_outside(facts: AuditFacts) -> dict[str, int | str]:
    """Which kinds of record lie outside the databases, and where."""
    both: tuple[KeptPart | KeptLog, ...] = (*facts.outside.parts, *facts.outside.logs)
    return {one.place: f"{one.record}, outside the databases" for one in both}


def _outside(facts: AuditFacts) -> dict[str, int | str]:
    """How much lies outside the databases; of what could not be looked at, that it could not."""
    seen = facts.outside
    told: dict[str, int | str] = {one.place: "not seen" if one.wrong else one.total for one in seen.parts}
    told |= {one.place: "not seen" if one.wrong else one.copies for one in seen.backups}
    return told | {one.place: "not seen" if one.wrong else f"{one.files} logs, {one.raw} raw" for one in seen.logs}


def _counted(facts: AuditFacts) -> dict[str, int | str]:
    """Of which logs monthly totals are kept, which is all that may be given away of them."""
    return {f"totals of {one.place}": "by month and host" for one in facts.outside.logs if one.counts}


def _identifiers(facts: AuditFacts) -> dict[str, int | str]:
    """How many identifiers in logs serve more than one session."""
    return {f"identifiers in more than one session, {one.place}": one.sessions.reused for one in facts.outside.logs
            if one.sessions is not None}  # fmt: skip


def _past_outside(facts: AuditFacts) -> dict[str, int | str]:
    """What stands past its time outside the databases."""
    return {f"past their time, {place}": count for place, count in facts.outside.late.items()}


def _uncovered(tables: Mapping[str, str]) -> str:
    if not tables:
        return ""
    return f"{amount(len(tables), 'table with patron data is', 'tables with patron data are')} not covered yet."


def _destroyed(facts: AuditFacts) -> str:
    if facts.elsewhere:
        return f"The data lie with {facts.elsewhere}: what was destroyed is told clause by clause, where it was shown."
    if facts.loans is None:
        return "The database could not be read, so nothing can be said."
    nights = facts.nights
    last = f"The last verified night ended {nights.last_verified:%Y-%m-%d %H:%M} UTC." if nights.last_verified else ""
    return f"{amount(nights.runs, 'run is', 'runs are')} on record. {last or 'No night was verified yet.'}"
