"""Kinds of record: each has its place or is not kept, names its source, and none is found that is not listed."""

from __future__ import annotations

from collections.abc import Iterator

from carrel.accountability.evidence import Kind, Reading
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import judged
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.policy.record_type import Source
from carrel.retention.reasons import figure

_OWN_RECORD = ("registrations", "loans", "holds", "charges")
NOT_KEPT = "not kept"
_FIX = "add the kind to the policy, take its rows out, or say under 'records:' in the site file where it is kept"


@provides("WPL-1.4")
def every_kind_has_its_place(facts: AuditFacts) -> Reading:
    """Each record type of the policy is placed in a system or marked as not kept, and what is found is listed."""
    mapped = {one.record for one in facts.kinds}
    placed = [one.record for one in facts.policy.datasets if one.record in mapped or one.record in facts.placed]
    nowhere = [one.record for one in facts.policy.datasets if one.record not in placed]
    wrong = [f"no place is named for {', '.join(nowhere)}"] if nowhere else []
    return _judged(
        facts,
        [*wrong, *_found(facts), *_denied(facts)],
        kept="Every kind of record of the policy has its place or is marked as not kept, and none was found beside.",
        measured={"kinds of the policy": len(facts.policy.datasets), "placed": len(placed)},
    )


@provides("MITL-2.3", Kind.PUBLISHED)
def every_kind_names_its_source(facts: AuditFacts) -> Reading:
    """Each dataset names its source among the five, and no kind is found that the policy, so the notice, leaves out."""
    known = {source.value for source in Source}
    nameless = [one.record for one in facts.policy.datasets if one.source not in known]
    wrong = [f"no source is named for {', '.join(nameless)}"] if nameless else []
    by_source = {source: sum(one.source == source for one in facts.policy.datasets) for source in sorted(known)}
    return _judged(
        facts,
        [*wrong, *_found(facts)],
        kept="Every kind of record names its source; `carrel policy show` lists them by source.",
        measured={f"from {source}": count for source, count in by_source.items()},
    )


@provides("MPL-5", Kind.PUBLISHED)
def every_kind_found_is_listed(facts: AuditFacts) -> Reading:
    """No kind of record is found that the policy, from which the notice is printed, does not list."""
    return _judged(
        facts,
        list(_found(facts)),
        kept="Every kind of record that was found is listed; `carrel policy show` prints the list.",
        measured={"kinds found": sum(one.rows > 0 for one in facts.kinds), "listed": len(facts.policy.datasets)},
    )


@provides("WPL-3.2", partly="whether the product's screens, permissions and patron interface fit this list")
def a_record_holds_what_is_current(facts: AuditFacts) -> Reading:
    """Beside details, loans, holds and charges nothing that no rule keeps is linked to somebody who has a card."""
    kept = {*_OWN_RECORD, *(one.record for one in facts.policy.rules)}
    linked = {one.record: one.linked for one in facts.kinds if one.linked and one.record not in kept}
    return _judged(
        facts,
        [
            amount(figure(count), f"row of {record} is", f"rows of {record} are") + " linked to patrons who have a card"
            for record, count in linked.items()
        ],
        kept="Beside details, loans, holds and charges nothing is linked to a patron that no rule of the policy keeps.",
        measured={record: figure(count) for record, count in linked.items()},
    )


def _found(facts: AuditFacts) -> Iterator[str]:
    """Kinds with rows that no dataset of the policy speaks of."""
    listed = {one.record for one in facts.policy.datasets}
    for one in facts.kinds:
        if one.rows and one.record not in listed:
            where = ", ".join(one.tables)
            found = amount(figure(one.rows), "row was", "rows were")
            yield f"{one.record} are not in the policy, and {found} found ({where})"


def _denied(facts: AuditFacts) -> Iterator[str]:
    """Kinds that the site file calls not kept, with rows."""
    for one in facts.kinds:
        if one.rows and facts.placed.get(one.record) == NOT_KEPT:
            yield f"{one.record} are said to be not kept, and {amount(figure(one.rows), 'row was', 'rows were')} found"


def _judged(facts: AuditFacts, wrong: list[str], *, kept: str, measured: dict[str, int | str]) -> Reading:
    unread = [name for one in facts.kinds for name in one.unread]
    because = "the policy lists what is kept, where, and where it comes from"
    return judged(facts, wrong, kept=kept, measured=measured, because=because, fix=_FIX, unseen=unread)
