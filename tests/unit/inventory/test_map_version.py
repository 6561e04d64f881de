"""A map as a version needs it: what is there is cut, what is not is not asked for, and nothing is guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from carrel.inventory import coverage
from carrel.inventory.drift import Kind, Severity, clean_tables, compare, refusals
from carrel.inventory.map_version import as_found
from carrel.inventory.schema import Column, ForeignKey, LiveSchema, Table
from carrel.inventory.system_map import SystemMap
from carrel.inventory.version_change import VersionChange, release
from carrel.retention.records import in_every_way
from carrel.systems import map_files
from carrel.systems.sample.koha_versions import VERSIONS, koha_of

KOHA = map_files.load("koha")
NUMBERS = {"24.11": "24.1103000", "25.05": "25.0504000", "25.11": "25.1100000"}


def schema(version: str, number: str | None = None) -> LiveSchema:
    tables = {}
    for table in koha_of(version).tables:
        keys = (
            ForeignKey(k.name, k.columns, k.table, k.references, k.on_delete, k.on_update) for k in table.foreign_keys
        )
        columns = (Column(c.name, c.type, c.nullable, c.default, c.extra) for c in table.columns)
        tables[table.name] = Table(
            table.name, tuple(columns), table.primary_key, (), tuple(keys), engine="InnoDB", charset="utf8mb4"
        )
    told = NUMBERS[version] if number is None else number
    return LiveSchema("mariadb", "10.11", told, "SYSTEM", "utf8mb4", tables)


def with_column(live: LiveSchema, table: str, column: str, kind: str = "int(11)") -> LiveSchema:
    more = replace(live.tables[table], columns=(*live.tables[table].columns, Column(column, kind)))
    return replace(live, tables={**live.tables, table: more})


def without_column(live: LiveSchema, table: str, column: str) -> LiveSchema:
    fewer = tuple(one for one in live.tables[table].columns if one.name != column)
    return replace(live, tables={**live.tables, table: replace(live.tables[table], columns=fewer)})


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_is_as_its_map(version):
    live = schema(version)
    found = in_every_way(as_found(KOHA, live))
    assert compare(found, live) == ()
    used = coverage.used(found)
    assert set(used) <= set(live.tables)
    assert all(live.tables[table].column(name) for table, names in used.items() for name in names)
    assert found.person is not None
    for name, told in found.person.tables.items():
        ways = [trace.through.table for trace in told.traces if trace.through]
        assert name in live.tables or name in KOHA.person_columns, name
        assert all(way in found.person.tables for way in ways)


@pytest.mark.parametrize("version", VERSIONS)
def test_doing_it_twice_is_doing_it_once(version):
    live = schema(version)
    once = as_found(KOHA, live)
    assert as_found(once, live) == once


def test_the_version_that_the_map_is_written_for_gets_it_as_it_is():
    assert as_found(KOHA, schema("25.05")) == KOHA
    assert as_found(KOHA, schema("24.11")) == KOHA


def test_what_came_is_cut_and_named():
    found = in_every_way(as_found(KOHA, schema("25.11")))
    assert found.loans.closed.cut.set["booking_id"].value == "clear"
    cuts = coverage.cuts(found)
    assert cuts["bookings"].frees == {"issues": "booking_id", "old_issues": "booking_id"}
    assert "hold_group_id" in cuts["old_reserves"].methods
    assert cuts["pseudonymized_transactions"].children == {"pseudonymized_metadata_values": "transaction_id"}
    assert found.person_columns["hold_groups"] == ("borrowernumber",)
    assert "hold_groups" in found.with_card
    assert "pseudonymized_borrower_attributes" not in {*coverage.used(found), *found.columns}
    assert found.person is not None
    order = list(found.person.tables)
    assert order.index("hold_groups_target_holds") < order.index("hold_groups") < order.index("borrowers")
    assert order.index("pseudonymized_transactions") < order.index("pseudonymized_metadata_values")


def test_what_a_support_company_carried_back_is_cut_and_told():
    live = with_column(schema("25.05"), "old_issues", "booking_id")
    live = with_column(live, "issues", "booking_id")
    found = as_found(KOHA, live)
    assert "booking_id" in found.loans.closed.cut.set
    [told] = compare(found, live)
    assert (told.kind, told.severity) == (Kind.EARLY, Severity.NOTE)
    assert "booking of a loan" in told.because


def test_what_a_version_should_have_and_lacks_is_refused():
    live = without_column(schema("25.11"), "old_issues", "booking_id")
    grave = refusals(compare(as_found(KOHA, live), live))
    assert [(one.kind, one.at) for one in grave] == [(Kind.MISSING_COLUMN, "old_issues.booking_id")]
    gone = {name: table for name, table in schema("25.05").tables.items() if "borrower_attributes" not in name}
    live = replace(schema("25.05"), tables=gone)
    grave = refusals(compare(as_found(KOHA, live), live))
    assert (Kind.MISSING_TABLE, "pseudonymized_borrower_attributes") in {(one.kind, one.at) for one in grave}


def test_a_column_that_a_version_adds_and_no_change_knows_takes_the_word_clean():
    live = with_column(schema("25.11"), "pseudonymized_transactions", "age", "tinyint(4)")
    found = as_found(KOHA, live)
    [told] = compare(found, live)
    assert (told.kind, told.severity, told.at) == (
        Kind.UNKNOWN_COLUMN, Severity.FINDING, "pseudonymized_transactions.age",
    )  # fmt: skip
    assert "pseudonymized_transactions" not in clean_tables([told], found)
    assert refusals([told]) == ()


def test_a_map_that_was_not_made_for_the_database_never_calls_it_clean():
    """Where somebody forgets to ask for the database's own map, the new names are findings, not blind spots."""
    told = {one.at for one in compare(KOHA, schema("25.11")) if one.severity is not Severity.NOTE}
    assert {"old_issues.booking_id", "old_reserves.hold_group_id", "hold_groups.borrowernumber"} <= told


@pytest.mark.parametrize(("version", "number"), [("24.11", "23.1100000"), ("25.11", "26.0500000")])
def test_a_version_that_nobody_looked_at(version, number):
    live = schema(version, number)
    found = as_found(KOHA, live)
    [told] = compare(found, live)
    assert (told.kind, told.severity) == (Kind.VERSION, Severity.NOTE)
    assert f"version {number} was never proved" in told.because
    live = with_column(live, "old_issues", "mood")
    grave = refusals(compare(found, live))
    assert [one.kind for one in grave] == [Kind.VERSION]
    assert "not classified" in grave[0].because


def test_the_last_borrowers_of_26_05_need_nothing_new():
    live = schema("25.11", "26.0500000")
    last = live.tables["items_last_borrower"]
    columns = tuple(replace(one, nullable=True) if one.name == "borrowernumber" else one for one in last.columns)
    live = replace(live, tables={**live.tables, last.name: replace(last, columns=columns)})
    assert {one.kind for one in compare(as_found(KOHA, live), live)} == {Kind.VERSION}


def test_a_column_that_comes_is_known_of_a_table_that_no_rule_reaches():
    beyond = {"borrower_attributes": ("id", "borrowernumber", "code", "attribute")}
    change = VersionChange(
        name="x", says="x", source="x", since="25.11", columns={"borrower_attributes": ("mood",), "nowhere": ("mood",)}
    )
    versions = KOHA.versions.model_copy(update={"changes": (change,)})
    found = as_found(
        KOHA.model_copy(update={"columns_beyond": beyond, "versions": versions}),
        LiveSchema("facts", "", "25.1100000", "", "utf8mb4"),
    )
    assert found.columns_beyond == {"borrower_attributes": (*beyond["borrower_attributes"], "mood")}


def test_a_facts_file_without_a_version_is_judged_by_its_names():
    live = replace(schema("25.11", ""), dialect="facts")
    carried_out = as_found(KOHA, live).versions.carried_out
    assert "booking of a loan" in carried_out
    assert "places for files of vendors" not in carried_out  # the facts do not have the table
    assert "booking_id" in as_found(KOHA, live).loans.closed.cut.set
    assert as_found(KOHA, replace(schema("25.05", ""), dialect="facts")) == KOHA


@pytest.mark.parametrize(
    ("text", "told"), [("25.1104011", (25, 11)), ("25.05", (25, 5)), ("25.0600035", (25, 6)), ("", None), ("x", None)]
)
def test_a_release(text, told):
    assert release(text) == told


def test_a_step_between_two_releases_has_what_came_before_it():
    change = VersionChange(name="a", says="b", source="c", since="25.05", tables=("t",))
    assert [change.expected(number) for number in ("24.1105000", "25.0600035", "nothing")] == [False, True, None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tables": ["t"]},
        {"since": "25.05", "until": "25.11", "tables": ["t"]},
        {"since": "next", "tables": ["t"]},
        {"since": "25.11"},
        {"until": "25.11", "tables": ["t"], "no_person": ["t"]},
    ],
)
def test_a_change_that_cannot_be_meant(wrong):
    with pytest.raises(ValidationError):
        VersionChange.model_validate({"name": "a", "says": "b", "source": "c", **wrong})


@pytest.mark.parametrize("wrong", [{"cuts": {"lone": {"x": "clear"}}}, {"after": "nothing"}])
def test_a_change_that_speaks_of_what_the_map_does_not_have(wrong):
    document = KOHA.model_dump(mode="json", exclude_none=True)
    document["versions"]["changes"] = [
        {"name": "a", "says": "b", "source": "c", "since": "25.11", "tables": ["t"], **wrong}
    ]
    with pytest.raises(ValidationError, match="which the map does not have"):
        SystemMap.model_validate(document)
