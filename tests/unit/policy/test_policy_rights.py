"""What a policy promises of patrons' requests: clocks, owners, who answers elsewhere; adopted clocks run as well."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carrel.policy.difference import differences
from carrel.policy.printout import printout
from carrel.policy.resolve import resolve
from carrel.rights.clocks import KEPT, NO_CLOCKS, clock_of, clocks_of
from carrel.rights.deadline import FERPA, GDPR
from carrel.rights.request import Right
from carrel.systems.policy_files import load

_FLOORS = "floors:\n"
_RIGHTS = """rights:
  access: {within: %s, clauses: [T-1]}
  question: {within: 14 days, owner: the privacy officer}
  kept: 30 days
  controllers:
    - {name: campus police, says: Keeps films., for: [films], contact: the police, clauses: [T-2]}
recipients:
  the vendor: {says: Of the catalogue., told of: [erasure, rectification]}
floors:
"""


def rights(within: str = "gdpr", old: str = "", new: str = "") -> tuple[str, str]:
    text = _RIGHTS % within
    assert not old or text.count(old) == 1
    return _FLOORS, text.replace(old, new) if old else text


def test_a_policy_sets_clocks_names_owners_and_who_answers_elsewhere(parsed) -> None:
    clocks = clocks_of([resolve(parsed(rights()))])
    assert clocks.of(Right.ACCESS).clocks == (GDPR,)
    assert clocks.of(Right.ACCESS).clauses == ("T-1",)
    assert clocks.of(Right.QUESTION).owner == "the privacy officer"
    assert clocks.of(Right.ERASURE).clocks == ()
    assert clocks.kept == timedelta(days=30)
    assert [one.contact for one in clocks.controllers] == ["the police"]
    assert clocks.told == {"erasure": ("the vendor",), "rectification": ("the vendor",)}


def test_a_policy_that_says_nothing_of_requests_sets_no_clock(parsed) -> None:
    assert clocks_of([resolve(parsed())]) == NO_CLOCKS
    assert NO_CLOCKS.kept == KEPT


def test_clocks_of_adopted_policies_run_as_well(parsed) -> None:
    base = resolve(parsed(("policy: minimal", "policy: base"), rights("ferpa"), name="base.yaml"))
    own = resolve(parsed(rights("60 days", "kept: 30 days", "kept: 60 days")), [base])
    clocks = clocks_of([own])
    assert clocks.of(Right.ACCESS).clocks == (clock_of("60 days"), FERPA)
    assert clocks.kept == timedelta(days=30)


@pytest.mark.parametrize("within", ["soon", "0 days", "30", "1 hour", "session", "GDPR"])
def test_a_time_that_nobody_can_count_is_refused(edited, faults_of, within: str) -> None:
    [fault] = faults_of(edited(rights(within)))
    assert (fault.condition.code, fault.fix) == ("POL-009", "write gdpr, ferpa, or a period such as '30 days'")


def test_a_right_or_a_task_that_nobody_knows_is_refused(edited, faults_of) -> None:
    [fault] = faults_of(edited(rights(old="question:", new="questions:")))
    assert (fault.condition.code, fault.fix) == ("POL-007", "Did you mean 'question'?")
    [fault] = faults_of(edited(rights(old="told of: [erasure,", new="told of: [deletion,")))
    assert fault.condition.code == "POL-009"
    [fault] = faults_of(edited(rights(old="clauses: [T-2]", new="clauses: [T-9]")))
    assert fault.condition.code == "POL-010"


def test_it_is_printed_and_compared(parsed) -> None:
    old, new = resolve(parsed(rights())), resolve(parsed(rights("30 days")))
    text = printout(old)
    for words in ("access: Answered within a month", "Seen to by the privacy officer", "campus police: Keeps films."):
        assert words in text
    assert "Told of every erasure and rectification" in text
    [found] = differences(old, new)
    assert found.subject == "request 'access'"
    assert not differences(old, old)


def test_a_controller_carries_a_clause_by_its_name(parsed) -> None:
    parsed(rights(), ("T-2: {promised: High risk is kept briefly.}",
                      "T-2: {says: Elsewhere., carried by: [rights.controllers.campus police]}"))  # fmt: skip


def test_the_shipped_policies_promise_what_their_texts_allow() -> None:
    libraries = clocks_of([load("mit-libraries")])
    assert set(libraries.of(Right.ACCESS).clocks) == {GDPR, FERPA}  # with that of the policy that it adopts
    assert set(libraries.promises) == set(Right)
    for name in ("worcester", "owwl", "manhattan"):
        assert clocks_of([load(name)]).of(Right.QUESTION).owner
