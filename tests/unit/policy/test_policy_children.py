"""Whose a child's record is: said once, shown to guardians on a named basis alone, and never more by adoption."""

from __future__ import annotations

import pytest

from carrel.errors import CarrelError
from carrel.policy.printout import printout
from carrel.policy.resolve import resolve
from carrel.policy.schedule import Children
from carrel.systems.policy_files import load

_LENDING = "    says: To lend.\n    clauses: [T-1]\n"
_BARE = "children:\n  says: A child's record is the child's own.\n  clauses: [T-2]\n"
_FINES = "  shown to guardians: {fines: They pay what a child owes.}\n"


def children(more=""):
    return _LENDING, f"{_LENDING}{_BARE}{more}"


def test_who_says_nothing_of_children_promises_nothing(parsed) -> None:
    assert resolve(parsed()).children is None
    assert resolve(parsed()).loan_schedule().children is None


def test_what_guardians_see_has_a_basis(parsed, edited, faults_of) -> None:
    policy = resolve(parsed(children(_FINES)))
    assert policy.children == Children(("T-2",), frozenset({"fines"})) == policy.loan_schedule().children
    assert "They pay what a child owes." in printout(policy)
    for wrong in ("{fines: ''}", "{grades: We like to.}"):
        assert faults_of(edited(children(f"  shown to guardians: {wrong}\n")))


def test_an_adopting_policy_shows_no_more_and_inherits_the_rest(parsed) -> None:
    base = resolve(parsed(("policy: minimal", "policy: base"), children(), name="base.yaml"))
    assert resolve(parsed(), [base]).children == Children(("T-2",))
    with pytest.raises(CarrelError) as wrong:
        resolve(parsed(children(_FINES)), [base])
    assert [one.condition.code for one in wrong.value.faults] == ["POL-017"]
    wide = resolve(parsed(("policy: minimal", "policy: base"), children(_FINES), name="base.yaml"))
    assert resolve(parsed(children()), [wide]).children == Children(("T-2",))


def test_manhattan_says_it() -> None:
    policy = load("manhattan")
    assert policy.children == Children(("MPL-14",))
    assert "we tell nobody but the child" in printout(policy)
