"""Each way in which a live database can differ from its map is told, and leads to what DESIGN 3 says."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.inventory import coverage
from carrel.inventory.drift import Kind, Severity, clean_tables, clean_word, compare, refusals, require
from carrel.inventory.overlay import Overlay, overlay
from carrel.inventory.schema import Column, ForeignKey, LiveSchema, Table, TableKind, Trigger
from carrel.systems import map_files
from carrel.systems.sample.facts import koha as koha_facts


@pytest.fixture(scope="module")
def koha_map():
    return map_files.load("koha")


@pytest.fixture(scope="module")
def live() -> LiveSchema:
    tables = {}
    for table in koha_facts().tables:
        tables[table.name] = Table(
            table.name,
            tuple(Column(c.name, c.type, c.nullable, c.default, c.extra) for c in table.columns),
            table.primary_key,
            (),
            tuple(
                ForeignKey(k.name, k.columns, k.table, k.references, k.on_delete, k.on_update)
                for k in table.foreign_keys
            ),
            engine="InnoDB",
            charset="utf8mb4",
        )
    return LiveSchema("mariadb", "10.11", "25.0504000", "SYSTEM", "utf8mb4", tables)


def altered(live: LiveSchema, name: str, **changes) -> LiveSchema:
    return replace(live, tables={**live.tables, name: replace(live.tables[name], **changes)})


def retyped(live: LiveSchema, table: str, column: str, **changes) -> LiveSchema:
    columns = tuple(replace(c, **changes) if c.name == column else c for c in live.tables[table].columns)
    return altered(live, table, columns=columns)


def only(drifts):
    assert len(drifts) == 1, drifts
    return drifts[0]


def test_a_database_as_mapped_has_no_drift(koha_map, live):
    assert compare(koha_map, live) == ()


@pytest.mark.parametrize("then", ["de-identify", "delete"])
def test_no_record_is_cut_in_a_way_that_the_database_refuses(koha_map, live, then):
    """Nothing that may not be empty is emptied, no key carries a deletion further, every walked key is the table's."""
    ruled = tuple(one.path(then) for one in koha_map.records if then in one.cuts)
    assert compare(koha_map.model_copy(update={"ruled": ruled}), live) == ()


def test_of_a_table_that_is_only_looked_into_a_new_column_is_no_finding(koha_map, live):
    ruled = tuple(one.path("delete") for one in koha_map.records if one.name == "club membership")
    found = koha_map.model_copy(update={"ruled": ruled})
    clubs = live.tables["clubs"]
    more = altered(live, "clubs", columns=(*clubs.columns, Column("mood", "int(11)", nullable=True)))
    assert compare(found, more) == ()
    less = altered(live, "clubs", columns=tuple(c for c in clubs.columns if c.name != "date_end"))
    drift = only(compare(found, less))
    assert (drift.kind, drift.severity) == (Kind.MISSING_COLUMN, Severity.REFUSES)


def test_an_unknown_column_is_a_finding_and_takes_clean_from_its_table_only(koha_map, live):
    columns = (*live.tables["messages"].columns, Column("mood", "varchar(20)"))
    drifts = compare(koha_map, altered(live, "messages", columns=columns))
    one = only(drifts)
    assert (one.kind, one.severity, one.at) == (Kind.UNKNOWN_COLUMN, Severity.FINDING, "messages.mood")
    assert "messages" not in clean_tables(drifts, koha_map)
    assert "old_issues" in clean_tables(drifts, koha_map)
    assert refusals(drifts) == ()


def test_a_renamed_column_that_a_rule_needs_refuses(koha_map, live):
    drifts = compare(koha_map, retyped(live, "old_issues", "returndate", name="returned_at"))
    assert {(d.kind, d.severity, d.at) for d in drifts} == {
        (Kind.MISSING_COLUMN, Severity.REFUSES, "old_issues.returndate"),
        (Kind.UNKNOWN_COLUMN, Severity.FINDING, "old_issues.returned_at"),
    }
    with pytest.raises(CarrelError) as told:
        require(drifts, "library")
    assert told.value.code == "MAP-003"
    assert told.value.exit == 4


def test_a_view_in_place_of_a_table_refuses(koha_map, live):
    one = only(compare(koha_map, altered(live, "statistics", kind=TableKind.VIEW)))
    assert (one.kind, one.severity) == (Kind.VIEW, Severity.REFUSES)


def test_a_missing_table_refuses(koha_map, live):
    without = replace(live, tables={n: t for n, t in live.tables.items() if n != "action_logs"})
    one = refusals(compare(koha_map, without))[0]
    assert (one.kind, one.table) == (Kind.MISSING_TABLE, "action_logs")


@pytest.mark.parametrize("event", ["UPDATE", "DELETE"])
def test_an_unknown_trigger_on_a_cut_refuses_until_the_site_classifies_it(koha_map, live, event):
    with_trigger = altered(live, "old_issues", triggers=(Trigger("copy", "BEFORE", event),))
    one = only(compare(koha_map, with_trigger))
    assert (one.kind, one.severity, one.at) == (Kind.TRIGGER, Severity.REFUSES, "old_issues.copy")
    local = overlay(koha_map, Overlay(triggers={"old_issues": {"copy": "counts loans, names nobody"}}))
    assert compare(local, with_trigger) == ()


def test_a_trigger_that_is_switched_off_copies_nothing(koha_map, live):
    off = altered(live, "old_issues", triggers=(Trigger("copy", "BEFORE", "DELETE", fires=False),))
    assert compare(koha_map, off) == ()
    assert off.digest != live.digest


def test_triggers_that_cannot_be_seen_refuse(koha_map, live):
    assert only(compare(koha_map, replace(live, triggers_seen=False))).severity is Severity.REFUSES


def test_an_unknown_key_to_a_person_is_a_finding(koha_map, live):
    key = ForeignKey("extra", ("supervisor",), "borrowers", ("borrowernumber",), "SET NULL", "CASCADE")
    columns = (*live.tables["items"].columns, Column("supervisor", "int(11)"))
    keys = (*live.tables["items"].foreign_keys, key)
    drifts = compare(koha_map, altered(live, "items", columns=columns, foreign_keys=keys))
    assert {d.kind for d in drifts} == {Kind.UNKNOWN_PERSON_KEY, Kind.UNKNOWN_COLUMN}
    assert {d.severity for d in drifts} == {Severity.FINDING}


def test_a_plugin_table_with_persons_is_a_finding_and_one_without_is_a_note(koha_map, live):
    plugin = Table("koha_plugin_chat", (Column("id", "int(11)"), Column("patron_id", "int(11)")))
    one = only(compare(koha_map, replace(live, tables={**live.tables, plugin.name: plugin})))
    assert (one.kind, one.severity) == (Kind.UNKNOWN_TABLE, Severity.FINDING)
    plain = Table("koha_plugin_colours", (Column("id", "int(11)"), Column("colour", "varchar(9)")))
    assert only(compare(koha_map, replace(live, tables={**live.tables, plain.name: plain}))).severity is Severity.NOTE


def test_a_cascade_out_of_a_table_whose_rows_go_refuses(koha_map, live):
    key = ForeignKey("extra", ("message_id",), "message_queue", ("message_id",), "CASCADE", "CASCADE")
    plugin = Table("plugin_receipts", (Column("message_id", "int(11)"),), foreign_keys=(key,))
    drifts = compare(koha_map, replace(live, tables={**live.tables, plugin.name: plugin}))
    assert (drifts[0].kind, drifts[0].severity) == (Kind.CASCADE, Severity.REFUSES)


def test_a_table_that_inherits_from_one_whose_rows_go_refuses(koha_map, live):
    heir = Table("message_heirs", (Column("said", "text"),), inherits=("message_queue",))
    drifts = compare(koha_map, replace(live, tables={**live.tables, heir.name: heir}))
    assert (drifts[0].kind, drifts[0].severity, drifts[0].table) == (Kind.CASCADE, Severity.REFUSES, "message_heirs")


@pytest.mark.parametrize(
    ("table", "changes", "kind"),
    [
        ("message_queue", {"engine": "MyISAM"}, Kind.ENGINE),
        ("messages", {"charset": "latin1"}, Kind.CHARSET),
        ("old_issues", {"primary_key": ()}, Kind.KEY),
    ],
)
def test_storage_that_cannot_carry_a_cut_refuses(koha_map, live, table, changes, kind):
    one = only(compare(koha_map, altered(live, table, **changes)))
    assert (one.kind, one.severity) == (kind, Severity.REFUSES)


def test_utf8mb3_loses_nothing_and_is_a_note(koha_map, live):
    assert only(compare(koha_map, altered(live, "messages", charset="utf8mb3"))).severity is Severity.NOTE


@pytest.mark.parametrize(
    ("table", "column", "changes", "kind"),
    [
        ("old_issues", "borrowernumber", {"type": "varchar(40)"}, Kind.TYPE),
        ("old_issues", "returndate", {"type": "int(11)"}, Kind.TYPE),
        ("old_issues", "note", {"nullable": False}, Kind.NOT_NULL),
        ("action_logs", "user", {"type": "varchar(40)"}, Kind.TYPE),
    ],
)
def test_a_type_that_a_rule_cannot_work_with_refuses(koha_map, live, table, column, changes, kind):
    drifts = compare(koha_map, retyped(live, table, column, **changes))
    assert {(d.kind, d.severity) for d in drifts} == {(kind, Severity.REFUSES)}


def test_an_unproved_version_runs_only_when_every_difference_is_classified(koha_map, live):
    newer = replace(live, product_version="26.0500000")
    assert only(compare(koha_map, newer)).severity is Severity.NOTE
    columns = (*live.tables["pseudonymized_transactions"].columns, Column("mood", "tinyint(4)"))
    drifts = compare(koha_map, altered(newer, "pseudonymized_transactions", columns=columns))
    assert {(d.kind, d.severity) for d in drifts} == {
        (Kind.VERSION, Severity.REFUSES),
        (Kind.UNKNOWN_COLUMN, Severity.FINDING),
    }
    local = overlay(koha_map, Overlay(columns={"pseudonymized_transactions": ("mood",)}))
    assert refusals(compare(local, altered(newer, "pseudonymized_transactions", columns=columns))) == ()


@pytest.mark.parametrize("version", ["25.0504000", "26.0500000", ""])
def test_a_map_that_was_proved_on_no_version_refuses_each(koha_map, live, version):
    versions = koha_map.versions.model_copy(update={"proved": (), "checked": "facts"})
    found = compare(koha_map.model_copy(update={"versions": versions}), replace(live, product_version=version))
    assert [(one.kind, one.severity) for one in found if one.kind is Kind.VERSION] == [(Kind.VERSION, Severity.REFUSES)]


def test_no_version_at_all_refuses(koha_map, live):
    assert only(compare(koha_map, replace(live, product_version=""))).severity is Severity.REFUSES


def test_nothing_is_clean_while_a_table_is_not_covered(koha_map, live):
    word = clean_word(compare(koha_map, live), koha_map)
    assert not word.may
    assert str(len(koha_map.not_yet_covered)) in word.because[0]
    assert clean_word((), koha_map.model_copy(update={"not_yet_covered": {}})).may


def test_every_column_that_a_rule_uses_is_listed(koha_map):
    looked_into = coverage.looked_into(koha_map)
    for table, columns in coverage.used(koha_map).items():
        if table in looked_into:
            assert table in (*koha_map.no_person, *koha_map.columns), table
            continue
        assert set(columns) <= set(koha_map.columns[table]), table


def test_every_setting_and_consumer_names_what_is_there(koha_map, live):
    for setting in koha_map.settings:
        assert live.tables[setting.at.table].column(setting.at.column)
        assert all(live.tables[setting.at.table].column(c.column) for c in setting.at.where)
    for consumer in koha_map.consumers:
        for column in consumer.reads:
            table, _, name = column.partition(".")
            assert name == "*" or live.tables[table].column(name), column


def test_every_reference_to_a_patron_in_the_published_facts_is_mapped(koha_map):
    path = Path(__file__).parents[4] / "shared" / "ils" / "koha-schema.json"
    if not path.exists():
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("the facts file is needed under CI=true")
        pytest.skip("no folder 'shared' with facts beside the checkout")
    facts = json.loads(path.read_text())
    for kind in ("references_to_borrowers_by_foreign_key", "also_referencing_borrowers_not_detailed"):
        for one in facts[kind]:
            assert one["column"] in koha_map.person_columns[one["table"]]
    for one in facts["person_links_without_foreign_key"]:
        assert set(one["column"].split("/")) <= set(koha_map.person_columns[one["table"]])
    for name, table in facts["tables"].items():
        holds = table["class"] not in {"config", "join"}
        assert name in {*koha_map.columns, *koha_map.not_yet_covered, *koha_map.kept_tables} or not holds, name
        assert not (holds and name in koha_map.no_person), name
