"""Evidence of legal process: none without a case; a release without a step, a late case and altered events are findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carrel.accountability.authority import AuthorityFacts
from carrel.accountability.evidence import State as Shown
from carrel.accountability.legal_process import _CLAUSES, _WHO_ACTS, DisclosureFacts
from carrel.accountability.registry import carried_clauses, evidence_for
from carrel.disclosure.course import standing
from carrel.disclosure.ending import sound
from carrel.disclosure.event import Act
from carrel.disclosure.process import Instrument
from carrel.systems import policy_files
from tests.unit.accountability.library import FACTS
from tests.unit.disclosure.test_instruments import PROCESSES, ZONE, begun, done, walked

POLICY = {"MITL": "mit-libraries", "MITP": "mit-11.2", "OWWL": "owwl", "WPL": "worcester", "MPL": "manhattan"}


def shown(clause: str, **facts) -> Shown | None:
    found = evidence_for(clause, replace(FACTS, disclosures=DisclosureFacts(**facts)))
    return None if found is None else found.state


def one(clause: str, *, late: bool = False):
    """A case of a kind of which the clause speaks, and where it stands."""
    name = POLICY[clause.split("-", maxsplit=1)[0]]
    instrument = min(_CLAUSES[clause][0])
    process = PROCESSES[name].of(instrument)
    case, now = walked(process)
    here = standing(process, case.events, ZONE, now)
    return replace(here, overdue=late)


@pytest.mark.parametrize("clause", sorted(_CLAUSES))
def test_where_the_ledger_cannot_be_read_nothing_holds(clause: str) -> None:
    here = one(clause)
    assert shown(clause, standings=(here,), unread="LED-009: not a tile") is Shown.CANNOT_TELL
    assert shown(clause, standings=(one(clause, late=True),), unread="LED-009: not a tile") is Shown.FINDING
    nights = replace(FACTS.nights, authority=AuthorityFacts(unread="LED-009: not a tile"))
    found = evidence_for(clause, replace(FACTS, disclosures=DisclosureFacts((here,)), nights=nights))
    assert found is not None
    assert (found.because == "LED-009: not a tile") == (clause in _WHO_ACTS)


@pytest.mark.parametrize("clause", sorted(_CLAUSES))
def test_each_clause_has_evidence_where_somebody_came_and_is_a_promise_elsewhere(clause: str) -> None:
    assert evidence_for(clause, FACTS) is None
    assert shown(clause) is None
    here = one(clause)
    part = bool(_CLAUSES[clause][2])
    assert (clause in carried_clauses()) != part
    assert shown(clause, standings=(here,)) in {Shown.HOLDS, Shown.CANNOT_TELL} if part else Shown.HOLDS
    for wrong in (
        {"standings": (one(clause, late=True),)},
        {"standings": (here,), "unsound": (here.process.instrument,)},
        {"standings": (here,), "altered": 1},
    ):
        assert shown(clause, **wrong) is Shown.FINDING
    assert shown(clause, standings=(here,), whole=False) is Shown.CANNOT_TELL


def test_figures_are_bands() -> None:
    found = evidence_for("WPL-1.3", replace(FACTS, disclosures=DisclosureFacts((one("WPL-1.3"),))))
    assert found is not None
    assert found.measured["cases"] == "0-9"


def test_a_release_that_the_store_holds_without_a_signature_is_unsound() -> None:
    process = PROCESSES["worcester"].of(Instrument.SUBPOENA)
    case, now = walked(process)
    assert sound(case, process, ZONE)
    assert not sound(done(case, Act.RELEASED, "Dee", now), process, ZONE)
    signed = done(case, Act.SIGNED, "Ann", now)
    assert sound(done(signed, Act.RELEASED, "Dee", now), process, ZONE)
    assert not sound(done(signed, Act.RELEASED, "Ann", now), process, ZONE)
    without, _ = walked(process, kind="")
    assert not sound(done(done(without, Act.SIGNED, "Ann", now), Act.RELEASED, "Dee", now), process, ZONE)
    bare = done(done(begun(process), Act.SIGNED, "Ann", now), Act.RELEASED, "Dee", now)
    assert not sound(bare, process, ZONE)


def test_every_clause_of_the_part_stands_under_a_rule_in_its_policy() -> None:
    for clause in _CLAUSES:
        policy = policy_files.load(POLICY[clause.split("-", maxsplit=1)[0]])
        assert any(path.startswith("legal process.") for path in policy.clauses[clause].carried_by), clause
