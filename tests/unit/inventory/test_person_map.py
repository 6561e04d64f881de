"""The section on persons in the map of Koha, and what a trace may say; what holds for every map stands in its own tests."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from carrel.inventory.card import free_words
from carrel.inventory.map_part import Method
from carrel.inventory.person_map import Act, Otherwise, Trace
from carrel.retention.erasure import settled
from carrel.retention.records import in_every_way
from carrel.systems import map_files
from carrel.systems.sample.facts import koha

FACTS = koha()
MAP = map_files.load("koha")
PERSON = MAP.person
TABLES = {table.name: table for table in FACTS.tables}
ORDER = {name: place for place, name in enumerate(PERSON.tables)}


def test_every_column_that_names_a_person_has_a_trace_or_is_searched_as_a_text():
    for name, columns in MAP.person_columns.items():
        told = PERSON.tables[name]
        traced = {trace.column for trace in told.traces} | {*told.texts, *told.gone}
        copies = {"cardnumber", "userid", "surname", "firstname", "phone", "hashed_borrowernumber"}
        assert set(columns) - traced <= copies, name  # these go with their row


def test_what_is_done_without_a_stand_in():
    def trace(otherwise):
        return Trace(column="a", act=Act.CHANGE, set={"a": Method.STAND_IN}, otherwise=otherwise, why="x")

    for otherwise, act in ((Otherwise.DELETE, Act.DELETE), (Otherwise.BLOCK, Act.BLOCK)):
        assert settled(trace(otherwise), empty=False, stand_in=None) is act
        assert settled(trace(otherwise), empty=True, stand_in=None) is Act.CHANGE
        assert settled(trace(otherwise), empty=False, stand_in=7) is Act.CHANGE


@pytest.mark.parametrize(
    "wrong",
    [
        {"act": "delete"},
        {"column": "a", "act": "change"},
        {"column": "a", "act": "delete", "set": {"a": "clear"}},
        {"column": "a", "act": "keep"},
        {"column": "a", "act": "delete", "ground": "g"},
        {"column": "a", "act": "change", "set": {"a": "redact"}},
        {"column": "a", "act": "delete", "through": {"table": "t", "pairs": {"a": "b"}}},
    ],
)
def test_a_trace_that_says_too_little_or_too_much(wrong):
    with pytest.raises(ValidationError):
        Trace.model_validate({**wrong, "why": "x"})


def test_with_a_rule_for_lapsed_cards_only_staff_and_words_of_others_are_not_covered():
    covered = in_every_way(MAP)
    kept = {name for name, told in PERSON.tables.items() if any(trace.act is Act.KEEP for trace in told.traces)}
    assert set(covered.not_yet_covered) <= kept | free_words(PERSON)
    assert "saved_sql" in covered.not_yet_covered  # a report can name any patron, and any copy
    assert {*covered.with_card, *covered.not_yet_covered} == set(MAP.not_yet_covered)
