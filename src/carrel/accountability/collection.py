"""Collection: only what a service needs, and no record that no purpose needs."""

from __future__ import annotations

from collections.abc import Iterable

from carrel.accountability.evidence import Reading, cannot_tell
from carrel.accountability.facts import AuditFacts
from carrel.accountability.measurement import none_left, unread
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.inventory.collection import Superfluous
from carrel.retention.reasons import figure

_MOST = 40  # things that are named one by one
FIX = "switch these off and take out what they kept, or let the policy name the purpose that needs them"


@provides("MITL-1.2")
def only_what_a_service_needs(facts: AuditFacts) -> Reading:
    """Nothing optional is switched on or filled in without a field of the policy that names its purpose."""
    return _nothing_superfluous(
        facts,
        kept="Whatever can be switched on or filled in beyond lending serves a purpose of the policy, or is off and "
        "empty. Which choices patrons are shown is not measured.",
        because="the policy names no purpose that needs them",
    )


@provides("WPL-8.8")
def no_unnecessary_records(facts: AuditFacts) -> Reading:
    """No log, history, statistic or field is on, or was left, that no purpose of the policy needs."""
    return _nothing_superfluous(
        facts,
        kept="No log, history, statistic or optional field is on, or was left behind, that no purpose needs.",
        because="as little as possible is collected, and no purpose of the policy needs these",
    )


def told(found: Iterable[Superfluous]) -> str:
    """What is superfluous, in a line; a count of under ten rows is not told.

    Guarantees:
        Names of settings and fields, and counts of ten or more.
    """
    return "; ".join(f"{one.name} ({_how(one)})" for one in found) or "none"


def _how(one: Superfluous) -> str:
    parts = (["on"] if one.on else []) + ([amount(figure(one.rows), "row")] if one.rows else [])
    return ", ".join(parts)


def _nothing_superfluous(facts: AuditFacts, *, kept: str, because: str) -> Reading:
    seen = facts.collection
    if seen is None or facts.loans is None:
        return unread(facts)
    measured: dict[str, int | str] = {
        "things that can be collected": seen.looked_at,
        "collected without a purpose": len(seen.superfluous),
        "which": told(seen.superfluous[:_MOST]),
    }
    if seen.unread:
        measured["not looked at"] = ", ".join(seen.unread)
    if seen.unread and not seen.superfluous:
        return cannot_tell(
            f"{amount(len(seen.unread), 'thing')} that can be collected could not be looked at.",
            measured,
            because="the account may not read them",
            fix="GRANT SELECT on the whole database, for the account to read",
        )
    return none_left(
        facts,
        len(seen.superfluous),
        kept=kept,
        broken=amount(len(seen.superfluous), "thing is collected", "things are collected")
        + " that no purpose of the policy needs.",
        measured=measured,
        because=because,
        fix=FIX,
    )
