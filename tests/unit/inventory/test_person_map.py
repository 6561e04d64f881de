"""The section on persons in the map of Koha: whole, in an order that keys allow, and possible column by column."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from carrel.inventory.card import free_words
from carrel.inventory.category import Category
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


def test_every_table_is_in_a_section():
    assert set(TABLES) <= {*PERSON.tables, *MAP.no_person}
    assert not set(PERSON.tables) & set(MAP.no_person)


def test_every_column_that_names_a_person_has_a_trace_or_is_searched_as_a_text():
    for name, columns in MAP.person_columns.items():
        told = PERSON.tables[name]
        traced = {trace.column for trace in told.traces} | {*told.texts, *told.gone}
        copies = {"cardnumber", "userid", "surname", "firstname", "phone", "hashed_borrowernumber"}
        assert set(columns) - traced <= copies, name  # these go with their row


def test_children_come_before_the_rows_that_they_hang_on():
    for name, table in TABLES.items():
        for key in table.foreign_keys:
            deletes = key.table in ORDER and any(t.act is Act.DELETE for t in PERSON.tables[key.table].traces)
            if deletes and key.table != name and name in ORDER and PERSON.tables[name].traces:
                assert ORDER[name] < ORDER[key.table], (name, key.table)


def test_a_row_by_which_others_are_reached_is_dealt_with_after_them():
    for name, told in PERSON.tables.items():
        for trace in told.traces:
            if trace.through is not None:
                assert ORDER[name] < ORDER[trace.through.table] or not trace.through.person, name


def test_nothing_is_emptied_that_may_not_be_empty():
    for name, told in PERSON.tables.items():
        if name not in TABLES:
            continue
        columns = {column.name: column for column in TABLES[name].columns}
        for trace in told.traces:
            for column, how in trace.set.items():
                assert how is not Method.CLEAR or columns[column].nullable, (name, column)
                assert column in columns


def test_the_record_itself_is_the_last():
    assert next(reversed(PERSON.tables)) == MAP.people.table
    assert PERSON.tables[MAP.people.table].traces[-1].act is Act.DELETE


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


def test_what_tells_of_a_cards_use_is_there():
    cards, people = MAP.cards, TABLES["borrowers"]
    assert {cards.expires, *cards.seen} <= {one.name for one in people.columns}
    for one in (*cards.signs, *cards.keeps):
        named = {one.person, *getattr(one, "at", ()), *(test.column for test in one.only)}
        assert named <= {column.name for column in TABLES[one.table].columns}, one


def test_with_a_rule_for_lapsed_cards_only_staff_and_words_of_others_are_not_covered():
    covered = in_every_way(MAP)
    kept = {name for name, told in PERSON.tables.items() if any(trace.act is Act.KEEP for trace in told.traces)}
    assert set(covered.not_yet_covered) <= kept | free_words(PERSON)
    assert "saved_sql" in covered.not_yet_covered  # a report can name any patron, and any copy
    assert {*covered.with_card, *covered.not_yet_covered} == set(MAP.not_yet_covered)


def test_a_payers_fields_are_columns_of_the_record():
    named = {*PERSON.payer.stays, *(one for columns in PERSON.payer.fields.values() for one in columns)}
    assert named <= {one.name for one in TABLES["borrowers"].columns}
    assert set(PERSON.payer.fields) <= {one.value for one in Category}
    assert set(PERSON.payer.dated) == {n for n, told in PERSON.tables.items() if any(t.finance for t in told.traces)}
