"""The map of Evergreen against the facts of its database: whole, and nothing can go missing or come in unseen."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from carrel.inventory import mapping_gap
from carrel.inventory.person_map import Act
from carrel.inventory.system_map import SystemMap
from carrel.retention.records import in_every_way
from carrel.systems import map_files
from tests.unit.inventory import evergreen_facts

MAP = map_files.load("evergreen", unproved=True)
FACTS = evergreen_facts.document()
RELATIONS = FACTS["relations"]
TABLES = [name for name, one in RELATIONS.items() if one["kind"] == "table"]
NEW = {"name": "owner_of_it", "type": "integer", "nullable": True, "default": None}


def check(system_map: SystemMap = MAP, facts: dict = FACTS) -> mapping_gap.MapCheck:
    return mapping_gap.check(in_every_way(system_map), facts)


def gaps(system_map: SystemMap = MAP, facts: dict = FACTS) -> set[str]:
    return {one.at for one in check(system_map, facts).gaps}


def without(system_map: SystemMap, tables: set[str]) -> SystemMap:
    """The map as if whoever wrote it had overlooked some relations; what its rules say of them stays."""
    found = system_map.model_dump()
    for section in ("columns", "columns_beyond", "not_yet_covered", "person_columns"):
        found[section] = {name: one for name, one in found[section].items() if name not in tables}
    for section in ("no_person", "views"):
        found[section] = tuple(name for name in found[section] if name not in tables)
    found["kept"] = tuple(one for one in found["kept"] if one["table"] not in tables)
    return SystemMap.model_validate(found)


def test_every_one_of_the_364_relations_is_accounted_for():
    found = check()
    assert (found.tables, len(TABLES), found.gaps, dict(found.not_yet_covered)) == (364, 284, (), {})
    assert found.complete
    kept = {at.rpartition(".")[0] for at in found.kept}
    ways = (set(found.covered), set(found.no_person), set(found.views), kept, set(found.with_card), set(found.words))
    assert set.union(*ways) == set(RELATIONS)
    figures = "{} tables by rules, {} kept on a ground (some of them both), {} that go with a lapsed card"
    covered, nobody, views, held, card, words = map(len, ways)
    page = " ".join((Path(__file__).parents[3] / "docs" / "map.md").read_text(encoding="utf-8").split())
    assert figures.format(covered, held, card) in page
    assert f"{words} with others' words, {nobody} with nothing of a person, {views} views" in page


@pytest.mark.parametrize("third", range(3))
def test_a_relation_that_is_removed_from_the_map_is_missed(third):
    removed = set(sorted(RELATIONS)[third::3])
    assert {at for at in gaps(without(MAP, removed)) if at in RELATIONS} == removed


def test_a_column_that_is_removed_from_the_map_is_missed_in_every_table():
    """The last column of every table at once; each is missed by itself."""
    lists = {**MAP.columns, **MAP.columns_beyond}
    assert set(lists) == set(TABLES)
    for at in (0, -1):
        less = {
            name: tuple(one for one in known if one != known[at]) for name, known in lists.items() if len(known) > 1
        }
        found = MAP.model_copy(
            update={
                "columns": {name: one for name, one in less.items() if name in MAP.columns},
                "columns_beyond": {name: one for name, one in less.items() if name not in MAP.columns},
            }
        )
        missed = gaps(found)
        assert {f"{name}.{lists[name][at]}" for name in less} <= missed


def test_a_column_that_is_added_to_the_facts_is_missed_in_every_table():
    facts = copy.deepcopy(FACTS)
    for name in TABLES:
        facts["relations"][name]["columns"].append(NEW)
    assert gaps(facts=facts) == {f"{name}.owner_of_it" for name in TABLES}


def test_a_relation_that_is_added_to_the_facts_is_missed():
    facts = copy.deepcopy(FACTS)
    bare = {"columns": [NEW], "primary_key": [], "indexes": [], "foreign_keys": [], "triggers": []}
    facts["relations"]["plugin.chat"] = {**bare, "kind": "table"}
    facts["relations"]["plugin.chats"] = {**bare, "kind": "view", "primary_key": None}
    assert gaps(facts=facts) == {"plugin.chat", "plugin.chats"}


def test_a_view_that_became_a_table_holds_rows():
    facts = copy.deepcopy(FACTS)
    facts["relations"]["money.usr_summary"]["kind"] = "table"
    assert "money.usr_summary" in gaps(facts=facts)


def test_a_key_to_a_person_and_a_mark_of_sensitive_data_are_missed_where_the_map_sees_nothing():
    facts = copy.deepcopy(FACTS)
    facts["relations"]["config.sms_carrier"]["patron_links"] = [{"column": "id"}]
    facts["relations"]["rating.badge"]["sensitivity"] = "patron data"
    assert gaps(facts=facts) == {"config.sms_carrier", "config.sms_carrier.id", "rating.badge"}


def test_a_label_that_is_removed_is_missed():
    labels = MAP.labels.model_copy(update={"nothing": tuple(one for one in MAP.labels.nothing if one != "interface")})
    assert gaps(MAP.model_copy(update={"labels": labels})) == {"config.filter_dialog_filter_set.interface"}


def test_an_address_is_erased_by_its_owner_and_never_by_a_number_that_happens_to_be_the_same():
    told = MAP.person.tables["auditor.actor_usr_address_history"]
    assert [one.column for one in told.traces if one.act is Act.DELETE] == ["usr"]
    for table in ("actor.usr_address", "auditor.actor_usr_address_history"):
        assert all(one.column != "id" for one in MAP.person.tables[table].traces)


def test_no_trigger_that_copies_a_row_copies_it_after_the_copies_were_taken_out():
    """Every table whose changes are copied comes before the table of its copies, in an erasure and in a night."""
    order = {name: place for place, name in enumerate(MAP.person.tables)}
    for name in TABLES:
        for trigger in RELATIONS[name]["triggers"]:
            copies = f"auditor.{name.replace('.', '_', 1)}_history"
            if trigger["name"].startswith("audit_") and copies in order and name in order:
                assert order[name] < order[copies], (name, copies)
    assert order["actor.usr"] < order["actor.usr_address"] < order["auditor.actor_usr_address_history"]
    paths = [path.table for path in MAP.loans.paths]
    assert paths.index("asset.copy") < paths.index("auditor.asset_copy_history")


def test_an_event_leads_to_a_loan_only_where_its_definition_says_so():
    (event,) = [path for path in MAP.loans.paths if path.table == "action_trigger.event"]
    way = [(step.table, [(one.column, one.equals) for one in step.where]) for step in event.among]
    assert way == [("action_trigger.event_definition", []), ("action_trigger.hook", [("core_type", "circ")])]
    (further,) = event.cut.further
    named = {"template_output", "error_output", "async_output"}
    keys = {
        column
        for key in RELATIONS["action_trigger.event"]["foreign_keys"]
        if key["target"] == further.table
        for column in key["columns"]
    }
    assert set(further.named_by) == named == keys


def test_an_aged_loan_takes_no_number_that_bills_events_or_categories_know():
    aged = MAP.loans.closed.cut.aged
    by_number = {(path.table, path.link.column) for path in MAP.loans.paths if path.link.by == "key"}
    assert aged.number.column not in aged.columns.values()
    assert {table for table, _ in by_number} >= {
        "money.billing",
        "money.payment",
        "action_trigger.event",
        "action.archive_actor_stat_cat",
        "action.archive_asset_stat_cat",
    }
    assert aged.number.chain == MAP.loans.closed.chain == "parent_circ"
    assert {"usr_post_code", "usr_birth_year"} == set(aged.empty)


@pytest.mark.parametrize(
    "left",
    [
        "auditor.actor_usr_history",
        "auditor.actor_usr_address_history",
        "action_trigger.event_output",
        "money.billing",
        "action.aged_hold_request",
        "actor.usr_activity",
        "actor.usr_password_reset",
        "action.archive_actor_stat_cat",
        "actor.usr_message",
        "action.curbside",
        "actor.usr_delta_history",
    ],
)
def test_what_the_products_own_purge_leaves_behind_is_reached_by_an_erasure(left):
    """Measured on a real database: see the places that the product's purge of one user left."""
    told = MAP.person.tables[left]
    assert told.texts or any(one.act in {Act.DELETE, Act.CHANGE} for one in told.traces)
