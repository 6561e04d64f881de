"""Collection as evidence: what is superfluous is named without a small count; what was not looked at never holds."""

from dataclasses import replace

import pytest

from carrel.accountability.collection import told
from carrel.accountability.evidence import State
from carrel.accountability.facts import CollectionFacts
from carrel.accountability.registry import evidence_for
from carrel.inventory.collection import Superfluous
from tests.unit.accountability.library import FACTS

PHOTOS = Superfluous("photographs", "photographs of patrons", on=False, rows=12, fix="delete them")
LOG = Superfluous("IssueLog", "every checkout", on=True, rows=3, fix="set it off")


@pytest.mark.parametrize("clause", ["MITL-1.2", "WPL-8.8"])
def test_one_thing_without_a_purpose_is_a_finding(clause):
    broken = replace(FACTS, collection=CollectionFacts((PHOTOS,), 41))
    found = evidence_for(clause, broken)
    assert found is not None
    assert found.state is State.FINDING
    assert found.measured["which"] == "photographs (12 rows)"


@pytest.mark.parametrize("clause", ["MITL-1.2", "WPL-8.8"])
def test_what_was_not_looked_at_never_holds(clause):
    blind = evidence_for(clause, replace(FACTS, collection=CollectionFacts((), 41, ("photographs",))))
    unread = evidence_for(clause, replace(FACTS, collection=None))
    assert blind is not None
    assert unread is not None
    assert blind.state is unread.state is State.CANNOT_TELL
    both = evidence_for(clause, replace(FACTS, collection=CollectionFacts((LOG,), 41, ("photographs",))))
    assert both is not None
    assert both.state is State.FINDING, "a blind spot takes nothing from a finding"


def test_under_ten_rows_are_never_a_figure():
    assert told((PHOTOS, LOG)) == "photographs (12 rows); IssueLog (on, 0-9 rows)"
