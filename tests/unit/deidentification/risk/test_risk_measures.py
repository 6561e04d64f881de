"""Chances, diversities and classes as their papers define them, on tables that can be counted by hand."""

from __future__ import annotations

import math

import pytest

from carrel.deidentification.risk.assessment import Measurement, assess
from carrel.deidentification.risk.attack import Linkage, Trace
from carrel.deidentification.risk.equivalence import ClassSizes, SizeBand, class_sizes
from carrel.deidentification.risk.reidentification import journalist, marketer, prosecutor
from carrel.deidentification.risk.sensitive import Diversity, diversity
from carrel.deidentification.risk.singling_out import Singling, combinations_of, search, telling
from carrel.inventory.risk import RiskClass


def test_people_are_counted_and_not_rows() -> None:
    """Ten loans of one reader look like a class of ten, and are one person."""
    rows = [("north", "1950")] * 10 + [("south", "1960")] * 3
    assert class_sizes(rows).k == 3
    whose = ["a"] * 10 + ["b", "c", "c"]
    assert class_sizes(rows, whose).bands == (SizeBand(1, 1, 10), SizeBand(2, 1, 3))


def test_records_of_nobody_are_one_persons_at_the_worst() -> None:
    assert class_sizes([("x",)] * 5, [None] * 5).k == 1
    assert class_sizes([("x",)] * 5, [None, None, "a", "b", "b"]).k == 2
    assert class_sizes([]).k == 0


def test_three_attackers() -> None:
    sizes = ClassSizes.of([(2, 1, 2), (10, 1, 10), (20, 1, 20)])
    told = prosecutor(sizes)
    assert (told.highest, told.at_risk, told.records) == (0.5, 12, 32)  # 1/10 is above 0.09
    assert told.average == pytest.approx(3 / 32)  # classes by records, as ARX has it
    population = [(100, 2), (10, 10), (50, 20)]
    assert journalist(population).highest == 0.1
    assert marketer(population) == pytest.approx((2 / 100 + 10 / 10 + 20 / 50) / 32)
    assert prosecutor(ClassSizes(())).highest == 0.0
    assert (marketer([]), journalist([]).share) == (0.0, 0.0)


def test_diversity_of_the_papers() -> None:
    classes = [{"flu": 2, "cancer": 2}, {"flu": 4}]
    told = diversity(classes)
    assert (told.distinct, told.entropy, told.certain, told.records) == (1, pytest.approx(1.0), 4, 8)
    assert told.closeness == pytest.approx(0.25)  # flu 6/8: 1/2 and 1 are a quarter away
    even = diversity([{"a": 3, "b": 3}, {"a": 1, "b": 1}])
    assert even == Diversity(2, pytest.approx(2.0), pytest.approx(0.0), 0, 0, 8)
    assert math.isclose(diversity([{"a": 1, "b": 2, "c": 3}]).entropy, 6 / 2 ** (2 / 6) / 3 ** (3 / 6))
    nearly = diversity([{"a": 19, "b": 1}, {"b": 20}])
    assert (nearly.certain, nearly.guessed) == (20, 40)
    assert diversity([{"a": 5}, {"a": 7}]).certain == 0  # everybody has it, so nothing is learned
    assert diversity([{"a": 0}, {}]).records == 0


def test_search_leaves_out_what_can_tell_nothing_more() -> None:
    asked: list[tuple[str, ...]] = []

    def alone(columns: tuple[str, ...]) -> int:
        asked.append(columns)
        return 100 if "time" in columns else 10 * (len(columns) - 1)

    found = list(search(["time", "branch", "born"], 100, 3, alone))
    assert asked == [("time",), ("branch",), ("born",), ("branch", "born")]
    assert [one.columns for one in telling(found)] == [("time",), ("branch", "born")]
    assert combinations_of(["a", "b", "c"], 2) == 6
    assert combinations_of(["a"], 4) == 1


def test_the_smallest_set_that_tells_is_told() -> None:
    """A part that is a little below the line must not hide the whole that is above it."""
    found = [Singling(("a",), 4, 100), Singling(("b",), 0, 100), Singling(("a", "b"), 6, 100)]
    assert [one.columns for one in telling(found)] == [("a", "b")]


def _measured(**more: object) -> Measurement:
    said: dict[str, object] = {
        "name": "loans",
        "records": 100,
        "persons": 100,
        "by_person": True,
        "columns": ("branch",),
        "sizes": ClassSizes.of([(50, 2, 100)]),
        "direct": {},
        "singled": (Singling(("branch",), 0, 100),),
        "known": 2,
        "threshold": 0.09,
    }
    return Measurement(**{**said, **more})  # type: ignore[arg-type]  # a test writes only what differs


@pytest.mark.parametrize(
    ("more", "risk", "because"),
    [
        ({}, RiskClass.LOW, ""),
        ({"direct": {"who": "3 of 9 values look like names"}}, RiskClass.HIGH, "who names people"),
        ({"sizes": ClassSizes.of([(11, 1, 11), (50, 2, 89)])}, RiskClass.MEDIUM, "smallest is of 11 people"),
        ({"sizes": ClassSizes.of([(1, 1, 1), (50, 2, 99)])}, RiskClass.MEDIUM, "smallest is of 1 person"),
        ({"singled": (Singling(("title",), 1, 100),)}, RiskClass.MEDIUM, "whoever knows title singles out 1 of 100"),
        ({"linkages": (Linkage("door", 100, 9, 9, (), 0),)}, RiskClass.MEDIUM, "the right name to 9 of 100"),
        ({"linkages": (Linkage("door", 100, 30, 10, (), 0),)}, RiskClass.HIGH, "the right name to 10 of 100"),
        ({"linkages": (Linkage("door", 100, 30, None, (), 0),)}, RiskClass.HIGH, "one single person for 30 of 100"),
        ({"linkages": (Linkage("door", 100, 30, 0, (), 0),)}, RiskClass.LOW, ""),
        ({"traces": (Trace(2, 50, 1),)}, RiskClass.MEDIUM, "2 known records of a person led to all the others for 1"),
        ({"sensitive": {"title": Diversity(1, 1.0, 0.9, 5, 7, 100)}}, RiskClass.MEDIUM, "the title of 7 of 100"),
        ({"records": 0, "sizes": ClassSizes(()), "singled": ()}, RiskClass.MEDIUM, "nothing was measured"),
    ],
)
def test_each_test_that_fails_raises_the_class(more: dict[str, object], risk: RiskClass, because: str) -> None:
    found = assess(_measured(**more))
    assert found.risk is risk
    assert because in " | ".join(found.reasons)
    assert bool(found.reasons) == (risk is not RiskClass.LOW)
