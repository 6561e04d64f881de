"""A class that was measured holds against what there was to join with, and no longer."""

from __future__ import annotations

from dataclasses import replace

from carrel.accountability.evidence import State
from carrel.accountability.measured_risk import MeasuredRisks, a_class_rests_on_figures
from carrel.accountability.registry import carried_clauses, evidence_for
from carrel.inventory.risk import RiskClass
from tests.unit.accountability.library import FACTS


def test_what_was_measured_is_evidence_in_part() -> None:
    assert evidence_for("MITL-6.5", FACTS) is None
    kept = replace(FACTS, risks=MeasuredRisks({"loans": RiskClass.LOW, "door": RiskClass.MEDIUM}))
    told = a_class_rests_on_figures(kept)
    assert told is not None
    assert (told.state, told.measured["low risk"], told.measured["medium risk"]) == (State.HOLDS, 1, 1)
    assert "MITL-6.5" not in carried_clauses()


def test_a_class_that_was_overtaken_is_a_finding() -> None:
    told = evidence_for(
        "MITL-6.5", replace(FACTS, risks=MeasuredRisks({"loans": RiskClass.LOW}, {"loans": "door came later"}))
    )
    assert told is not None
    assert told.state is State.FINDING
    assert "loans: door came later" in told.says
