"""Evidence of a patron's own account: nothing without pages, and each of its parts can turn it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carrel.accountability.evidence import State
from carrel.accountability.facts import Contradiction
from carrel.accountability.own_account import OFFERED, AccountFacts
from carrel.accountability.registry import carried_clauses, evidence_for, evidenced_clauses
from tests.unit.accountability.library import FACTS

ALL = AccountFacts("", OFFERED, 12, 0)
KNOWN = replace(FACTS, settings_on={"MPL-11": 1, "OWWL-8": 1, "OWWL-10": 1}, account=ALL)
AGAINST = Contradiction(
    "OPACPrivacy", "patrons cannot switch it", ("MPL-5",), speaks=("MPL-11", "OWWL-8"), fix="allow it"
)


def test_a_site_without_pages_has_no_evidence_and_one_with_all_of_it_holds() -> None:
    assert "MPL-11" in carried_clauses() - evidenced_clauses()
    assert evidence_for("MPL-11", replace(KNOWN, account=None)) is None
    assert (held := evidence_for("MPL-11", KNOWN)) is not None
    assert (held.state, held.measured["rights for it"]) == (State.HOLDS, 12)


@pytest.mark.parametrize(
    ("account", "known", "state"),
    [
        (replace(ALL, missing=1), 1, State.FINDING),
        (replace(ALL, away="nobody there"), 1, State.CANNOT_TELL),
        (replace(ALL, away="nobody there", missing=1), 1, State.FINDING),
        (replace(ALL, unread="SQL-001"), 1, State.CANNOT_TELL),
        (replace(ALL, offers=("notices",)), 1, State.CANNOT_TELL),
        (ALL, 0, State.CANNOT_TELL),
    ],
)
def test_each_part_of_it_can_turn_it(account: AccountFacts, known: int, state: State) -> None:
    found = evidence_for("MPL-11", replace(KNOWN, account=account, settings_on={"MPL-11": known}))
    assert found is not None
    assert found.state is state
    assert found.because
    assert found.fix


@pytest.mark.parametrize("clause", ["MPL-11", "OWWL-8"])
def test_a_setting_of_the_product_against_it_is_a_finding_and_a_note_is_none(clause: str) -> None:
    found = evidence_for(clause, replace(KNOWN, contradictions=(AGAINST,)))
    assert found is not None
    assert (found.state, "OPACPrivacy" in found.says) == (State.FINDING, True)
    for other in (replace(AGAINST, severity="note"), replace(AGAINST, speaks=("OWWL-1",), clauses=(clause,))):
        found = evidence_for(clause, replace(KNOWN, contradictions=(other,)))
        assert found is None or found.state is State.HOLDS
