"""How an answer is grouped: every table that an answer can show has its place, and every word of the section is used."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from carrel.errors import CarrelError
from carrel.inventory.access_map import AccessMap, HeldKind
from carrel.inventory.category import Category
from carrel.inventory.person_map import Act, Trace
from carrel.policy.record_type import RecordType
from carrel.systems import map_files
from carrel.systems.sql.person_columns import access_of

MAPS = [map_files.load(name) for name in map_files.names()]
by_product = pytest.mark.parametrize("product", MAPS, ids=lambda one: one.system)


def traces(product):
    person, access = product.person, product.access
    for table in {**person.tables, **access.further}:
        told = person.tables.get(table)
        for trace in (*(told.traces if told else ()), *access.further.get(table, ())):
            yield table, trace


@by_product
def test_every_table_that_is_shown_has_a_kind_and_no_kind_is_empty(product):
    shown = {table for table, trace in traces(product) if not product.access.counts(table, trace)}
    placed = {name for kind in product.access.kinds for name in kind.tables}
    assert shown == placed


@by_product
def test_every_word_of_counted_and_secret_is_met(product):
    met = set()
    for table, trace in traces(product):
        if trace.through is not None:
            met.add(f"{table} < {trace.through.way[-1].table}")
        met |= {trace.column, f"{table}.{trace.column}"}
    assert set(product.access.counted) <= met
    columns = {name for table in product.person_columns for name in product.known_columns(table)}
    assert all(one in columns for one in product.access.secret)


@by_product
def test_kinds_of_record_are_those_of_a_policy(product):
    assert {kind.record for kind in product.access.kinds} - {""} <= {one.value for one in RecordType}
    assert all(kind.record or kind.while_there or kind.name for kind in product.access.kinds)


@by_product
def test_passwords_are_labelled_as_secrets(product):
    named = [("borrowers", "password"), ("actor.usr", "passwd"), ("actor.passwd", "salt")]
    found = [product.labels.of(*one) for one in named if one[0] in product.person.tables]
    assert set(found) == {Category.CREDENTIAL}


def test_what_the_grammar_refuses():
    with pytest.raises(ValidationError, match="one kind of record"):
        AccessMap(kinds=(HeldKind(name="a", tables=("t",)), HeldKind(name="b", tables=("t",))))
    going = Trace(column="c", act=Act.DELETE, why="w")
    with pytest.raises(ValidationError, match="only read"):
        AccessMap(kinds=(HeldKind(name="a", tables=("t",)),), further={"t": (going,)})


def test_a_map_without_the_section_answers_nobody():
    with pytest.raises(CarrelError) as wrong:
        access_of(MAPS[0].model_copy(update={"access": None}))
    assert wrong.value.code == "RGT-007"
