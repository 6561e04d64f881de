from __future__ import annotations

import pytest

from carrel.errors import CarrelError
from carrel.inventory import coverage
from carrel.inventory.overlay import Overlay, overlay
from carrel.inventory.system_map import Consumer
from carrel.systems import map_files

KOHA = map_files.load("koha")
LOCAL = """
columns: {messages: [mood]}
person_columns: {plugin_chat: [patron_id]}
not_yet_covered: {plugin_chat: what patrons wrote in the chat}
no_person: [plugin_colours]
consumers:
  - {name: our own report, reads: [old_issues.borrowernumber], afterwards: counts fewer readers}
"""


def test_a_site_adds_and_everything_of_the_product_stays():
    both = overlay(KOHA, map_files.parse_overlay(LOCAL, "local.yaml"))
    assert "mood" in both.columns["messages"]
    assert set(KOHA.columns["messages"]) < set(both.columns["messages"])
    assert both.not_yet_covered["plugin_chat"]
    assert set(KOHA.not_yet_covered) < set(both.not_yet_covered)
    assert both.loans == KOHA.loans
    assert [one.name for one in both.consumers][-1] == "our own report"
    assert list(coverage.all_cuts(both)) == list(coverage.all_cuts(KOHA))
    assert map_files.digest(both) != map_files.digest(KOHA)


def test_a_local_column_of_a_table_that_no_rule_reaches_makes_it_no_covered_one():
    evergreen = map_files.load("evergreen", unproved=True)
    both = overlay(evergreen, Overlay(columns={"actor.usr_setting": ("ours",), "actor.usr": ("ours",)}))
    assert set(both.columns) == set(evergreen.columns)
    assert both.known_columns("actor.usr_setting") == (*evergreen.columns_beyond["actor.usr_setting"], "ours")
    assert both.known_columns("actor.usr")[-1] == "ours"


@pytest.mark.parametrize(
    "extra",
    [
        Overlay(no_person=("old_reserves",)),
        Overlay(no_person=("old_issues",)),
        Overlay(columns={"search_history": ("userid",)}),
        Overlay(paths=(KOHA.loans.paths[0],)),
        Overlay(consumers=(Consumer(name="last seen", reads=(), afterwards="nothing"),)),
    ],
)
def test_a_site_cannot_take_anything_away(extra):
    with pytest.raises(CarrelError) as told:
        overlay(KOHA, extra)
    assert told.value.code == "MAP-002"


@pytest.mark.parametrize(
    "text",
    [
        (
            "records: [{name: r, table: t, says: s, key: [id], record: holds, event: ended, dated: [day],"
            " among: [{table: kinds, column: id, equals: kind}], cuts: {delete: {delete: true, why: w}}}]"
        ),
        (
            "paths: [{name: p, table: t, says: s, link: {by: key, column: loan}, cut: {delete: true, why: w,"
            " aged: {table: old, columns: {a: a}}}}]"
        ),
        "person: {t: {why: w, traces: [{column: who, act: change, told: {gone: true}, why: w}]}}",
    ],
)
def test_a_site_writes_with_the_words_that_the_products_map_was_proved_with(text):
    extra = map_files.parse_overlay(text, "local.yaml")
    with pytest.raises(CarrelError) as told:
        overlay(KOHA, extra)
    assert told.value.code == "MAP-002"
    assert overlay(map_files.load("evergreen", unproved=True), extra)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cuts: {old_issues: none}", "MAP-001"),
        ("columns: [messages", "MAP-001"),
        ("format_version: 2", "MAP-001"),
        ("loans: {}", "MAP-001"),
    ],
)
def test_what_an_overlay_may_not_hold_is_told(text, code):
    with pytest.raises(CarrelError) as told:
        map_files.parse_overlay(text, "local.yaml")
    assert told.value.code == code
    assert "local.yaml" in str(told.value)


def test_an_unknown_map_is_told():
    with pytest.raises(CarrelError) as told:
        map_files.load("millennium")
    assert told.value.code == "MAP-001"
    assert "koha" in str(told.value)


@pytest.mark.parametrize("sign", ["\\e[31m", "\\u202E", "\\0"])
def test_a_map_steers_no_terminal(sign):
    with pytest.raises(CarrelError) as told:
        map_files.parse_overlay(f'not_yet_covered: {{plugin_chat: "words{sign}"}}', "local.yaml")
    assert told.value.code == "MAP-001"
