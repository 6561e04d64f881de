"""The tree of units: what is wrong with one, and what a site file may say of it."""

from __future__ import annotations

import pytest

from carrel.errors import CarrelError
from carrel.inventory.unit_tree import Unit, UnitTree, find_all

TREE = UnitTree(
    [
        Unit("1", "CONS", "Consortium"),
        Unit("2", "SYS1", "First", ("1",)),
        Unit("3", "SYS2", "Second", ("1",)),
        Unit("4", "BR1", "Main", ("2",)),
        Unit("5", "BR2", "Branch", ("2",)),
        Unit("6", "BR3", "Branch", ("3",)),
    ]
)


def codes(wrong: pytest.ExceptionInfo[CarrelError]) -> list[str]:
    return [one.condition.code for one in wrong.value.faults]


def test_a_unit_stands_for_everything_below_it_but_for_what_a_nearer_one_governs():
    found = TREE.governed({"2": 1, "5": 2}, 0)
    assert found == {"1": (0,), "2": (1,), "3": (0,), "4": (1,), "5": (2,), "6": (0,)}


def test_a_branch_of_two_groups_has_the_policies_of_both():
    group = [Unit("g1", "Public", "", borne=False), Unit("g2", "School", "", ("g1",), borne=False)]
    tree = UnitTree([*group, Unit("A", "A", "", ("g1", "g2")), Unit("B", "B", "", ("g2",)), Unit("C", "C", "")])
    assert tree.governed({"g1": 1, "g2": 2}, 0) == {"A": (1, 2), "B": (2,), "C": (0,)}


def test_a_circle_is_refused_and_named():
    units = [Unit("1", "A", "", ("3",)), Unit("2", "B", "", ("1",)), Unit("3", "C", "", ("2",)), Unit("4", "D", "")]
    with pytest.raises(CarrelError) as wrong:
        UnitTree(units)
    assert codes(wrong) == ["UNT-001"]
    assert "A under C under B under A" in str(wrong.value.faults[0].found)


def test_a_long_chain_is_no_circle():
    units = [Unit(str(n), str(n), "", (str(n - 1),)) for n in range(1, 1_500)]
    assert UnitTree(units).governed({"1": 7}, 0)["1499"] == (7,)


def test_every_line_that_names_no_unit_is_told_at_once_with_what_is_near():
    with pytest.raises(CarrelError) as wrong:
        find_all(TREE, [("SYS11", "line 1"), ("BR1", "line 2"), ("nowhere", "line 3"), ("BR1", "line 4")])
    assert codes(wrong) == ["UNT-002", "UNT-002", "UNT-003"]
    first, far, twice = wrong.value.faults
    assert (first.at, first.fix) == ("line 1", "did you mean 'SYS1'?")
    assert far.fix.startswith("write one of BR1, ")
    assert twice.at == "line 4"


@pytest.mark.parametrize("written", ["br1", " BR1", "Br1 "])
def test_a_code_in_other_letters_is_the_nearest_one(written):
    with pytest.raises(CarrelError) as wrong:
        find_all(TREE, [(written, "line 1")])
    assert [one.fix for one in wrong.value.faults] == ["did you mean 'BR1'?"]


def test_a_code_that_two_units_have_is_named_by_key():
    tree = UnitTree([Unit("1", "X", ""), Unit("2", "X", "")])
    with pytest.raises(CarrelError) as wrong:
        tree.find("X", "here")
    assert codes(wrong) == ["UNT-003"]
    assert tree.find("2", "here").key == "2"
