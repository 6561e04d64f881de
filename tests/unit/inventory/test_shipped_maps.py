"""What every map that ships must satisfy: each law is asked of all of them, against the facts of their databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from carrel.inventory import drift
from carrel.inventory.card import free_words
from carrel.inventory.category import Category
from carrel.inventory.labels import unlabelled
from carrel.inventory.map_part import Method
from carrel.inventory.notices import channels_of
from carrel.inventory.person_map import Act
from carrel.inventory.schema import Column, ForeignKey, LiveSchema, Table, TableKind, from_facts
from carrel.policy.record_type import RecordType
from carrel.policy.schedule import RecordEvent
from carrel.retention.records import in_every_way, in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sample.facts import koha
from tests.unit.inventory import evergreen_facts


def _koha() -> LiveSchema:
    tables = {
        one.name: Table(
            one.name,
            tuple(Column(c.name, c.type, c.nullable, c.default, c.extra) for c in one.columns),
            one.primary_key,
            (),
            tuple(
                ForeignKey(k.name, k.columns, k.table, k.references, k.on_delete, k.on_update) for k in one.foreign_keys
            ),
            engine="InnoDB",
            charset="utf8mb4",
        )
        for one in koha().tables
    }
    return LiveSchema("facts", "", "", "", "utf8mb4", tables)


MAPS = {name: map_files.load(name, unproved=True) for name in map_files.names()}
SCHEMAS = {"koha": _koha(), "evergreen": from_facts(evergreen_facts.document())}
TURNED_DOWN = {"koha": frozenset(), "evergreen": evergreen_facts.undeletable()}
every_map = pytest.mark.parametrize("name", sorted(MAPS))


def tables(name: str) -> dict[str, Table]:
    return {one: found for one, found in SCHEMAS[name].tables.items() if found.kind is not TableKind.VIEW}


def test_the_facts_of_every_map_are_here() -> None:
    assert set(MAPS) == set(SCHEMAS)


@every_map
def test_a_map_says_where_it_was_proved_or_what_it_was_checked_against(name: str) -> None:
    versions = MAPS[name].versions
    assert versions.proved or versions.checked
    assert versions.told.startswith(("proved on ", "checked against "))


@every_map
def test_every_table_is_named_in_one_way_at_least_and_no_harmless_one_in_another(name: str) -> None:
    found, there = MAPS[name], set(tables(name))
    holds = {*found.columns, *found.not_yet_covered, *found.kept_tables}
    assert there <= {*holds, *found.no_person}
    assert there <= {*found.person.tables, *found.no_person}
    assert not {*holds, *found.person.tables} & set(found.no_person)
    assert set(found.views) == set(SCHEMAS[name].tables) - there


@every_map
def test_every_column_of_a_table_that_holds_persons_is_labelled(name: str) -> None:
    found = MAPS[name]
    personal = {table: columns for table, columns in found.columns_beyond.items() if table not in found.no_person}
    for listed in (found.columns, personal, found.person_columns):
        assert unlabelled(found.labels, listed) == ()
    for table, columns in found.person_columns.items():
        for column in columns:
            assert found.labels.of(table, column) is not None, f"{table}.{column}"


@every_map
def test_no_label_stands_twice_for_one_column_and_each_is_of_a_column(name: str) -> None:
    found = MAPS[name]
    names = [one for columns in found.labels.categories.values() for one in columns] + list(found.labels.nothing)
    assert len(names) == len(set(names))
    columns = {column for table in SCHEMAS[name].tables.values() for column in table.column_names}
    for one in names if found.columns_beyond else ():  # the facts have every table that the labels speak of
        table, _, column = one.rpartition(".")
        assert SCHEMAS[name].tables[table].column(column) if table else column in columns, one


@every_map
@pytest.mark.parametrize("then", ["de-identify", "delete"])
def test_no_rule_asks_for_what_the_database_refuses(name: str, then: str) -> None:
    """No difference at all: keys, types, empty columns, cascades and triggers are as the map says."""
    found, schema = MAPS[name], SCHEMAS[name]
    ruled = tuple(one.path(then) for one in found.records if then in one.cuts)
    beyond = found.versions.not_in_facts
    differs = drift.compare(found.model_copy(update={"ruled": ruled}), replace(schema, dialect="facts"))
    assert [one for one in differs if one.table not in beyond] == []


@every_map
def test_no_row_is_deleted_where_the_database_turns_that_into_something_else(name: str) -> None:
    found = MAPS[name]
    cuts = [(found.loans.closed.table, found.loans.closed.cut)]
    cuts += [(path.table, cut) for path in found.loans.paths for cut in (path.cut, path.lose_card) if cut]
    cuts += [(one.table, cut) for one in found.records for cut in one.cuts.values()]
    deleted = {table for table, cut in cuts if cut.delete} | {child for _, cut in cuts for child in cut.children}
    person = found.person.tables.items()
    deleted |= {table for table, told in person if told.gone or any(one.act is Act.DELETE for one in told.traces)}
    assert not deleted & TURNED_DOWN[name]


@every_map
def test_what_moves_fills_every_column_that_may_not_be_empty_and_fits_it(name: str) -> None:
    found = MAPS[name]
    cuts = [(found.loans.closed.table, found.loans.closed.cut)]
    cuts += [(one.table, cut) for one in found.records for cut in one.cuts.values()]
    for table, cut in cuts:
        if (aged := cut.aged) is None:
            continue
        there, here = tables(name)[aged.table], tables(name)[table]
        for column in there.columns:
            assert column.nullable or column.default or column.name in {*aged.there} - {*aged.empty}, column
        for mine, theirs in aged.columns.items():
            assert here.column(mine).type == there.column(theirs).type, (mine, theirs)
        for column, method in aged.if_person.items():
            assert method is not Method.CLEAR or there.column(column).nullable, column
        for step in (step for taken in aged.taken.values() for step in taken.by):
            assert tables(name)[step.table].column(step.column), step
        persons = found.person_columns[table]
        assert not {mine for mine in aged.columns if mine == found.loans.closed.person} & set(persons)
        assert aged.trigger in {one.name for one in here.triggers}
        if (ledger := aged.ledger) is not None:
            stays = tables(name)[ledger.table]
            named = {ledger.key, *ledger.columns.values(), *ledger.told}
            assert {one.name for one in stays.columns if not one.nullable} <= named
            assert named <= set(stays.column_names)


@every_map
@pytest.mark.parametrize("policy", sorted(policy_files.shipped_names()))
def test_every_shipped_policy_can_be_carried_out_with_it(name: str, policy: str) -> None:
    found = in_force(MAPS[name], policy_files.load(policy).record_schedules())
    assert set(found.not_yet_covered) <= {*tables(name), *found.person_columns}


@every_map
def test_with_every_rule_in_force_only_words_of_others_are_not_covered(name: str) -> None:
    found = in_every_way(MAPS[name])
    kept = {table for table, told in found.person.tables.items() if any(one.act is Act.KEEP for one in told.traces)}
    assert set(found.not_yet_covered) <= kept | free_words(found.person)


@every_map
def test_kinds_and_events_are_those_that_a_policy_can_name(name: str) -> None:
    found = MAPS[name]
    assert set(found.kinds) <= {one.value for one in RecordType}
    assert {one.record for one in found.records} <= {one.value for one in RecordType}
    assert {one.event for one in found.records} <= {one.value for one in RecordEvent}
    assert {table for held in found.kinds.values() for table in held} <= set(tables(name))


@every_map
def test_names_of_paths_and_records_are_told_apart(name: str) -> None:
    found = MAPS[name]
    names = [*(path.name for path in found.loans.paths), *(one.name for one in found.records)]
    assert len(names) == len(set(names))


@every_map
def test_every_column_that_names_a_person_has_a_trace_or_is_searched_as_a_text(name: str) -> None:
    found = MAPS[name]
    for table, columns in found.person_columns.items():
        told = found.person.tables.get(table)
        if told is None:
            continue  # of another version than the facts
        traced = {one.column for one in told.traces} | {*told.texts, *told.gone}
        goes = any(one.act is Act.DELETE for one in told.traces)
        copies = {one for one in columns if found.labels.of(table, one) is not Category.INSTITUTIONAL_ID}
        assert goes or set(columns) - traced <= {*copies, "userid", "hashed_borrowernumber"}, table


@every_map
def test_children_come_before_the_rows_that_they_hang_on(name: str) -> None:
    person = MAPS[name].person.tables
    order = {table: place for place, table in enumerate(person)}
    for table, found in tables(name).items():
        for key in found.foreign_keys:
            deletes = key.table in order and any(one.act is Act.DELETE for one in person[key.table].traces)
            if deletes and key.table != table and table in order and person[table].traces:
                assert order[table] < order[key.table], (table, key.table)


@every_map
def test_a_row_by_which_others_are_reached_is_dealt_with_after_them(name: str) -> None:
    person = MAPS[name].person.tables
    order = {table: place for place, table in enumerate(person)}
    for table, told in person.items():
        for through in (one.through for one in told.traces if one.through is not None):
            for step in through.way:
                assert order[table] < order[step.table] or not step.person, (table, step.table)


@every_map
def test_an_erasure_empties_nothing_that_may_not_be_empty(name: str) -> None:
    for table, told in MAPS[name].person.tables.items():
        if (found := tables(name).get(table)) is None:
            continue
        for trace in told.traces:
            for column, how in trace.set.items():
                assert how is not Method.CLEAR or found.column(column).nullable, (table, column)
                assert how is not Method.ZERO or "char" not in found.column(column).type, (table, column)
                assert how is not Method.BLANK or "int" not in found.column(column).type, (table, column)


@every_map
def test_the_person_comes_last_and_what_copies_the_person_after_it(name: str) -> None:
    found = MAPS[name]
    person, people = found.person, found.people.table
    order = list(person.tables)
    last = person.tables[people].traces[-1]
    hangs_on = {key.table for key in tables(name)[people].foreign_keys}
    after = set(order[order.index(people) + 1 :])
    if person.tombstone:
        assert (last.act, last.told["deleted"]) == (Act.CHANGE, True)
        assert after <= hangs_on | set(person.audits)
        assert order[-1] in person.audits
    else:
        assert (last.act, after) == (Act.DELETE, set())


@every_map
def test_a_tombstone_holds_nothing_of_the_person(name: str) -> None:
    """Every column of the record is emptied, or labelled as one that leads to nobody alone."""
    found = MAPS[name]
    if not found.person.tombstone:
        return
    people = found.people.table
    last = found.person.tables[people].traces[-1]
    for column in set(tables(name)[people].column_names) - set(last.changed) - {found.people.key}:
        label = found.labels.of(people, column)
        assert label is None or not label.points_at_a_person or column == "ident_type", (column, label)


@every_map
def test_what_tells_of_a_cards_use_is_there(name: str) -> None:
    cards, there = MAPS[name].cards, tables(name)
    assert {cards.expires, *cards.seen} <= set(there[MAPS[name].people.table].column_names)
    for one in (*cards.signs, *cards.keeps):
        named = {one.person, *getattr(one, "at", ()), *(test.column for test in one.only)}
        assert named <= set(there[one.table].column_names), one


@every_map
def test_a_payers_fields_are_columns_of_the_record(name: str) -> None:
    found, person = MAPS[name], MAPS[name].person
    named = {*person.payer.stays, *(one for columns in person.payer.fields.values() for one in columns)}
    assert named <= set(tables(name)[found.people.table].column_names)
    assert set(person.payer.fields) <= {one.value for one in Category}
    finance = {table for table, told in person.tables.items() if any(one.finance and one.column for one in told.traces)}
    assert set(person.payer.dated) == finance
    for table, column in person.payer.dated.items():
        assert tables(name)[table].column(column), table


@every_map
def test_what_settings_consumers_and_collections_look_at_is_there(name: str) -> None:
    found, there = MAPS[name], tables(name)
    looked = [one.at for one in found.settings] + [one.used for one in found.consumers if one.used]
    looked += [one.switch.at for one in (*found.collects.things, *found.collects.demands) if one.switch]
    looked += [one.at for one in found.notices.gateways]
    for at in looked:
        named = {at.column, *(one.column for one in at.where)}
        assert at.table not in there or named <= set(there[at.table].column_names), at
    for thing in found.collects.things:
        if thing.filled is not None and thing.filled.table in there:
            named = {*thing.filled.columns, *(one.column for one in thing.filled.where)}
            assert named <= set(there[thing.filled.table].column_names), thing.name
    for consumer in found.consumers:
        for read in consumer.reads:
            table, _, column = read.rpartition(".")
            assert table in there, read
            assert column == "*" or there[table].column(column), read
    for way in found.notices.ways:
        assert way.table not in there or {way.channel, way.code} - {None} <= set(there[way.table].column_names)
    assert all(channels_of(found.notices, one) for one in found.notices.transports)


def conditions(node: Any, table: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every condition of a part of a map with the table that it is asked of."""
    if isinstance(node, dict):
        table = node.get("table") or table
        if "column" in node and "none_of" in node:
            yield table, node
            return
        for name, part in node.items():
            yield from conditions(part, name if name in ALL_TABLES else table)
    elif isinstance(node, (list, tuple)):
        for part in node:
            yield from conditions(part, table)


ALL_TABLES = {name for schema in SCHEMAS.values() for name in schema.tables}


@every_map
def test_every_condition_fits_the_type_of_its_column(name: str) -> None:
    """PostgreSQL compares no truth with a number and no number with a text; MariaDB does, and answers something else."""
    asked = 0
    for table, test in conditions(MAPS[name].model_dump()):
        found = SCHEMAS[name].tables.get(table)
        if found is None or found.column(test["column"]) is None:
            continue  # of another version than the facts; that it is missing is told elsewhere
        kind = found.column(test["column"]).type.lower()
        many = [one for several in (test["one_of"], test["none_of"]) for one in several or ()]
        for value in (test["equals"], test["differs"], test["above"], *many):
            if value is None:
                continue
            asked += 1
            if kind.startswith("bool"):
                assert isinstance(value, bool), (table, test)
            elif any(word in kind for word in ("int", "numeric", "decimal", "double")):
                assert isinstance(value, int) and not isinstance(value, bool), (table, test)
            else:
                assert isinstance(value, str), (table, test)
    assert asked > 50
