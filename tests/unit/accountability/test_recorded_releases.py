"""A release on record that is above its threshold, unmeasured or overtaken is a finding of the clauses that it is of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from carrel.accountability.evidence import State
from carrel.accountability.registry import carried_clauses, evidence_for
from carrel.deidentification.releases import measured
from carrel.deidentification.releases.cube_class import CubeFigures, of_cube
from carrel.deidentification.releases.measured import Kind, Measured
from carrel.deidentification.releases.outbox import Outbox, held_against
from carrel.deidentification.releases.release import Occasion, Release, ReleasedFile
from carrel.deidentification.releases.standing import measured_again, standings
from carrel.deidentification.risk.record import Recorded
from carrel.deidentification.statistics.small_cells import CountedBy
from carrel.deidentification.text.residual_risk import ResidualRisk
from carrel.inventory.risk import RiskClass
from tests.unit.accountability.library import FACTS

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
LOW_CUBE = of_cube(CubeFigures(10, 10, CountedBy.PERSONS, 8, 0, 0, 0))
CLAUSES = ("MITL-3.2", "MITL-4.6", "MITL-4.7", "OWWL-4")


def release(found: Measured, name: str = "loans", days: int = 1, to: str = "ARL") -> Release:
    file = ReleasedFile(f"/{name}", f"{hash((name, found.kind)) & 0xFF:064x}")
    return Release(name, (file,), Occasion("statistics", to), found, NOW - timedelta(days=days), "Ben", "00")


def states(*releases: Release, measurements: tuple[Recorded, ...] = ()) -> dict[str, State]:
    facts = replace(FACTS, releases=standings(releases, measurements, NOW))
    return {clause: told.state for clause in CLAUSES if (told := evidence_for(clause, facts)) is not None}


def test_without_a_release_there_is_no_evidence_and_no_clause_is_claimed() -> None:
    assert states() == {}
    assert not carried_clauses() & set(CLAUSES)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (LOW_CUBE, {"MITL-4.6": State.HOLDS, "OWWL-4": State.HOLDS}),
        (
            of_cube(CubeFigures(9, 10, CountedBy.PERSONS, 8, 0, 0, 0)),
            {"MITL-4.6": State.FINDING, "OWWL-4": State.FINDING},
        ),
        (
            of_cube(CubeFigures(10, 10, CountedBy.RECORDS, 8, 0, 0, 0)),
            {"MITL-4.6": State.FINDING, "OWWL-4": State.FINDING},
        ),
        (of_cube(CubeFigures(10, 10, None, 8, 0, 0, 0)), {"MITL-4.6": State.FINDING, "OWWL-4": State.FINDING}),
        (
            of_cube(CubeFigures(10, 10, CountedBy.PERSONS, 8, 1, 0, 0)),
            {"MITL-4.6": State.FINDING, "OWWL-4": State.FINDING},
        ),
        (
            of_cube(CubeFigures(10, 10, CountedBy.PERSONS, 8, 0, 0, 1)),
            {"MITL-4.6": State.FINDING, "OWWL-4": State.FINDING},
        ),
        (
            measured.of_noise(Decimal("0.5"), Decimal(0), 3, Decimal(1)),
            {"MITL-4.6": State.HOLDS, "OWWL-4": State.HOLDS},
        ),
        (measured.of_noise(Decimal("0.5"), Decimal(0), 3, None), {"MITL-4.6": State.FINDING, "OWWL-4": State.FINDING}),
        (measured.of_return([0, 10], 1), {"MITL-4.6": State.HOLDS, "OWWL-4": State.HOLDS}),
        (measured.of_return([9], 0), {"MITL-4.6": State.FINDING, "OWWL-4": State.FINDING}),
        (
            measured.of_records(12, 12, ("branch",), by_person=True, kept=(), tokens=()),
            {"MITL-4.7": State.HOLDS, "OWWL-4": State.HOLDS},
        ),
        (
            measured.of_records(11, 11, ("branch",), by_person=True, kept=(), tokens=()),
            {"MITL-4.7": State.FINDING, "OWWL-4": State.FINDING},
        ),
        (
            measured.of_records(50, 50, ("branch",), by_person=False, kept=(), tokens=()),
            {"MITL-4.7": State.FINDING, "OWWL-4": State.FINDING},
        ),
        (
            measured.of_records(50, 50, ("branch", "t"), by_person=True, kept=(), tokens=("t",)),
            {"MITL-4.7": State.FINDING, "OWWL-4": State.FINDING},
        ),
        (measured.of_text(ResidualRisk(0, 0, 0)), dict.fromkeys(("MITL-3.2", "MITL-4.7", "OWWL-4"), State.FINDING)),
        (measured.of_text(ResidualRisk(400, 0, 0)), dict.fromkeys(("MITL-3.2", "MITL-4.7", "OWWL-4"), State.HOLDS)),
        (
            measured.of_text(ResidualRisk(20, 1, 1)),
            {"MITL-3.2": State.HOLDS, "MITL-4.7": State.FINDING, "OWWL-4": State.FINDING},
        ),
        (measured.unmeasured(Kind.OTHER), {"MITL-4.7": State.FINDING, "OWWL-4": State.FINDING}),
    ],
)
def test_each_kind_counts_for_its_clauses(found: Measured, expected: dict[str, State]) -> None:
    assert states(release(found)) == expected


def test_a_release_without_a_measurement_has_no_class_to_rest_on() -> None:
    kept = release(measured.unmeasured(Kind.OTHER), "given")
    told = evidence_for("MITL-6.5", replace(FACTS, releases=standings((kept,), (), NOW)))
    assert told is not None
    assert (told.state, told.measured["released and not measured"]) == (State.FINDING, 1)
    later = standings((kept,), (measurement("given", 0),), NOW)
    assert evidence_for("MITL-6.5", replace(FACTS, releases=later)) is None


def test_a_folder_of_releases_is_held_against_the_record() -> None:
    kept = release(LOW_CUBE)
    facts = replace(FACTS, releases=standings((kept,), (), NOW))
    good = held_against("out", {"a": kept.files[0].sha256}, (kept,))
    for box, state in (
        (good, State.HOLDS),
        (held_against("out", {"a": "0" * 64}, (kept,)), State.FINDING),
        (Outbox("out", unread=True), State.CANNOT_TELL),
    ):
        told = evidence_for("MITL-4.6", replace(facts, outboxes=(box,)))
        assert told is not None
        assert told.state is state
    assert evidence_for("MITL-4.7", replace(facts, outboxes=(good,))) is None


def test_one_that_cannot_stand_is_a_finding_beside_others_that_do() -> None:
    told = states(
        release(LOW_CUBE, "a"),
        release(of_cube(CubeFigures(3, 10, CountedBy.PERSONS, 8, 0, 0, 0)), "b"),
        release(LOW_CUBE, "c"),
    )
    assert told["MITL-4.6"] is State.FINDING


def test_the_last_record_of_a_thing_counts_and_another_recipients_is_another_thing() -> None:
    unread, read = measured.of_text(ResidualRisk(0, 0, 0)), measured.of_text(ResidualRisk(400, 0, 0))
    assert states(release(unread, days=2), release(read, days=1))["MITL-3.2"] is State.HOLDS
    assert states(release(unread, days=1), release(read, days=2))["MITL-3.2"] is State.FINDING
    assert states(release(unread, days=2, to="the city"), release(read, days=1))["MITL-3.2"] is State.FINDING


def measurement(name: str, days: int, risk: RiskClass = RiskClass.LOW, joined: tuple[str, ...] = ()) -> Recorded:
    return Recorded(name, NOW - timedelta(days=days), "Ben", risk, ("branch", "born"), joined, "00")


def test_records_are_asked_again_when_there_is_more_to_join_with() -> None:
    kept = release(measured.of_records(20, 20, ("branch",), by_person=True, kept=(), tokens=()), days=5)
    assert states(kept, measurements=(measurement("door", 9),))["MITL-4.7"] is State.HOLDS
    assert states(kept, measurements=(measurement("door", 3),))["MITL-4.7"] is State.FINDING
    joined = (measurement("door", 3), measurement("loans", 2, joined=("door",)))
    assert states(kept, measurements=joined)["MITL-4.7"] is State.HOLDS
    high = (measurement("door", 3), measurement("loans", 2, RiskClass.MEDIUM, ("door",)))
    assert states(kept, measurements=high)["MITL-4.7"] is State.FINDING
    # A measurement of before the release was of something else; and it is asked again because of the release.
    assert states(release(measured.unmeasured(Kind.OTHER)), measurements=(measurement("loans", 9),))["MITL-4.7"] is (
        State.FINDING
    )
    assert set(measured_again((measurement("door", 9),), (kept,), NOW)) == {"door"}
    assert not measured_again((measurement("door", 3),), (kept,), NOW)
