"""Releases on record in an audit: each has figures of its own, within its threshold, that still hold.

Files that lie in a folder of releases without a record are seen as well. What left from elsewhere without one is not,
so no clause is said to hold by it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Reading, cannot_tell, finding, holds
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.deidentification.releases.measured import Kind
from carrel.inventory.risk import RiskClass

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts
    from carrel.deidentification.releases.standing import Standing

STATISTICS = frozenset({Kind.CUBE, Kind.NOISE, Kind.RETURN})
_TOLD = 3
_FIX = (
    "carrel release list tells each: record it, make it again within its threshold, read a sample of a text, or "
    "measure records"
)
_UNSEEN = "what left from another place without a record"


@provides("MITL-3.2", partly="that the identified originals follow their own retention, and " + _UNSEEN,
          at_some_sites=True)  # fmt: skip
def released_texts_were_read(facts: AuditFacts) -> Reading | None:
    """The class of each released text rests on a sample that people have read."""
    texts = [one for one in facts.releases if one.release.measured.kind is Kind.TEXT]
    if not texts:
        return None
    unread = [one for one in texts if not one.release.measured.figures.get("read")]
    measured: dict[str, int | str] = {"texts on record": len(texts), "of these without a sample": len(unread)}
    if unread:
        return finding(
            f"Of {amount(len(unread), 'released text')} no sample was read: {_names(_called(unread))}.",
            measured,
            because="a de-identified copy has a lower class than its original by a measured residual risk only",
            fix="carrel deidentify sample RELEASED, then carrel release record RELEASED",
        )
    return holds("The class of each text on record rests on a sample that was read.", measured)


@provides("MITL-4.6", partly=_UNSEEN, at_some_sites=True)
def statistics_left_within_their_threshold(facts: AuditFacts) -> Reading | None:
    """Cubes, counts with noise and returns on record tell of no few people."""
    return _within(facts, STATISTICS, "Statistics", "statistics come from aggregates with small cells protected")


@provides("MITL-4.7", partly=_UNSEEN, at_some_sites=True)
def shared_records_left_within_their_threshold(facts: AuditFacts) -> Reading | None:
    """Search terms, texts and records on record were measured, and their risk is below the threshold."""
    because = "terms and training sets leave with a measured risk below the threshold"
    return _within(facts, frozenset(Kind) - STATISTICS, "Terms, texts and records", because)


@provides("OWWL-4", partly="who uses records that name people for analytics, and " + _UNSEEN, at_some_sites=True)
def analytics_left_anonymous(facts: AuditFacts) -> Reading | None:
    """Every release on record is anonymous or aggregated by its own figures."""
    return _within(facts, frozenset(Kind), "Releases", "analytics use anonymous or aggregated data only")


def _within(facts: AuditFacts, kinds: Collection[Kind], what: str, because: str) -> Reading | None:
    own = [one for one in facts.releases if one.release.measured.kind in kinds]
    loose = [name for one in facts.outboxes for name in one.unrecorded]
    shut = [one.place for one in facts.outboxes if one.unread]
    if not (own or loose or shut):
        return None
    against = [one for one in own if one.against]
    measured: dict[str, int | str] = {
        "on record": len(own),
        **{f"{risk} risk": sum(one.risk is risk for one in own) for risk in reversed(RiskClass)},
        "not measured": sum(one.risk is None for one in own),
        "files without a record": len(loose),
    }
    says = []
    if against:
        one = against[0]
        told = f"{amount(len(against), 'release')} on record cannot stand: {_names(_called(against))}"
        says.append(f"{told} ({one.release.name}: {one.against[0]})")
    if loose:
        says.append(f"{amount(len(loose), 'file leaves', 'files leave')} without a record: {_names(loose)}")
    if says:
        return finding(f"{'; '.join(says)}.", measured, because=because, fix=_FIX)
    if shut:
        return cannot_tell(
            f"Not everything could be looked at: {', '.join(shut)}.",
            measured,
            because="the folder is not there, or something in it cannot be read",
            fix="make it readable, or mend release_folders: in the site file",
        )
    return holds(f"{what} on record are within their thresholds, by figures that were measured.", measured)


def _called(found: list[Standing]) -> list[str]:
    return [one.release.name for one in found]


def _names(found: list[str]) -> str:
    told = ", ".join(found[:_TOLD])
    return told if len(found) <= _TOLD else f"{told} and {len(found) - _TOLD} more"
