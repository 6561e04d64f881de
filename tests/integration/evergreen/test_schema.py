"""The tables on a real server are what the facts say: columns, keys, indexes, inheritance, rules, triggers."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.systems.sample.evergreen import facts, rebuilt

FACTS = Path(__file__).parents[4] / "shared" / "ils" / "evergreen-schema.json"
ACTIONS = {"a": "NO ACTION", "c": "CASCADE", "n": "SET NULL", "r": "RESTRICT"}
TABLES = facts.evergreen().tables


def test_columns(evergreen_unchanged):
    live = evergreen_unchanged.rows("""
        SELECT n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
          pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
          AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        ORDER BY 1, a.attnum
    """)
    assert live == [
        (name, column.name, column.type, column.nullable, column.default)
        for name, table in sorted(TABLES.items())
        for column in table.columns
    ]


def test_parents(evergreen_unchanged):
    live = evergreen_unchanged.rows(
        "SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits ORDER BY 1, inhseqno"
    )
    assert live == sorted((name, parent) for name, table in TABLES.items() for parent in table.parents)


def test_keys_and_checks(evergreen_unchanged):
    live = evergreen_unchanged.rows("""
        SELECT n.nspname || '.' || r.relname, c.contype::text, c.conname::text,
          ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (num, place)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num ORDER BY k.place),
          CASE WHEN c.contype = 'f' THEN c.confrelid::regclass::text END, c.confdeltype::text, c.confupdtype::text,
          c.condeferrable, c.condeferred, pg_get_constraintdef(c.oid)
        FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.conislocal
    """)
    of = {kind: [row for row in live if row[1] == kind] for kind in "pufc"}
    assert sorted((name, tuple(columns)) for name, _, _, columns, *_ in of["p"]) == sorted(
        (name, table.primary_key) for name, table in TABLES.items() if table.primary_key
    )
    assert sorted((row[0], row[2], tuple(row[3])) for row in of["u"]) == sorted(
        (name, *unique) for name, table in TABLES.items() for unique in table.unique
    )
    assert sorted((row[0], row[2], row[9]) for row in of["c"]) == sorted(
        (name, *check) for name, table in TABLES.items() for check in table.checks
    )
    found = sorted(
        (row[0], row[2], tuple(row[3]), row[4], ACTIONS[row[5]], ACTIONS[row[6]], row[7], row[8]) for row in of["f"]
    )
    assert found == sorted(
        (name, key.name, key.columns, key.table, key.on_delete, key.on_update, key.deferred, key.deferred)
        for name, table in TABLES.items()
        for key in table.foreign_keys
    )


def test_indexes(evergreen_unchanged):
    live = evergreen_unchanged.rows("""
        SELECT n.nspname || '.' || r.relname, c.relname::text, pg_get_indexdef(i.indexrelid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class r ON r.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = r.relnamespace
        WHERE NOT i.indisprimary AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    """)
    keys = {(name, unique[0]) for name, table in TABLES.items() for unique in table.unique}
    found = sorted(
        (table, name, text.startswith("CREATE UNIQUE"), text.partition(" USING ")[2])
        for table, name, text in live
        if (table, name) not in keys
    )
    assert found == sorted(
        (name, index.name, index.unique, index.body) for name, table in TABLES.items() for index in table.indexes
    )


def test_triggers_and_rules(evergreen_unchanged):
    live = evergreen_unchanged.rows("""
        SELECT n.nspname || '.' || c.relname, t.tgname::text, pg_get_triggerdef(t.oid), t.tgfoid::regproc::text, t.tgenabled::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT t.tgisinternal
    """)
    found = sorted(
        (name, trigger, re.search(r"(BEFORE|AFTER)", text)[0], function, enabled == "O")
        for name, trigger, text, function, enabled in live
    )
    assert found == sorted(
        (name, trigger.name, trigger.timing, trigger.function, trigger.enabled)
        for name, table in TABLES.items()
        for trigger in table.triggers
        if trigger.function not in rebuilt.NOT_REBUILT
    )
    for name, trigger, text, _, _ in live:
        (fact,) = [one for one in TABLES[name].triggers if one.name == trigger]
        events = re.search(r"(?:BEFORE|AFTER) (.+?) ON ", text)[1].split(" OR ")
        assert set(events) == set(fact.events), trigger
    rules = evergreen_unchanged.rows(
        "SELECT schemaname || '.' || tablename, rulename::text FROM pg_rules WHERE schemaname <> 'pg_catalog'"
    )
    assert sorted(rules) == sorted((name, rule) for name, table in TABLES.items() for rule in table.rules)


def test_functions_have_the_products_names(evergreen_unchanged):
    called = {trigger.function for table in TABLES.values() for trigger in table.triggers} - set(rebuilt.NOT_REBUILT)
    purges = {
        "action.purge_circulations", "action.purge_holds", "action.usr_visible_holds", "action_trigger.purge_events",
        "actor.insert_usr_activity", "actor.purge_usr_activity_by_type", "actor.usr_activity_get_type", "actor.usr_delete",
        "actor.usr_merge", "actor.usr_purge_data", "auditor.clear_audit_info", "auditor.create_auditor",
        "auditor.get_audit_info", "auditor.set_audit_info", "money.age_billings_and_payments",
        "money.age_billings_and_payments_for_xact", "staging.purge_pending_users",
    }  # fmt: skip
    live = {
        name
        for (name,) in evergreen_unchanged.rows("SELECT oid::regproc::text FROM pg_proc WHERE pronamespace > 16000")
    }
    assert {name.removeprefix("evergreen.") for name in called | purges} <= live


def test_an_account_with_few_rights_sees_what_it_was_given(evergreen):
    url = evergreen.limited_user(["USAGE ON SCHEMA action", "SELECT (id, usr) ON action.circulation"])
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(usr) FROM action.circulation").scalar() > 1_000
    with engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        connection.exec_driver_sql("SELECT due_date FROM action.circulation")
    engine.dispose()


VIEWS = (
    "action.all_circulation",
    "action.all_circulation_slim",
    "action.all_hold_request",
    "action.billable_circulations",
    "action.open_circulation",
    "actor.usr_message_limited",
    "auditor.actor_usr_address_lifecycle",
    "auditor.actor_usr_lifecycle",
    "auditor.asset_copy_lifecycle",
    "money.all_billings",
)


@pytest.mark.parametrize("view", VIEWS)
def test_views_have_the_products_columns(evergreen_unchanged, view):
    if not FACTS.exists():
        reason = "no schema facts beside the checkout"
        pytest.fail(reason) if os.environ.get("CI", "").lower() == "true" else pytest.skip(reason)
    document = json.loads(FACTS.read_text(encoding="utf-8"))["relations"][view]
    live = evergreen_unchanged.rows(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = cast(:view AS regclass) AND attnum > 0 ORDER BY attnum",
        view=view,
    )
    assert live == [(column["name"], column["type"]) for column in document["columns"]]


def test_through_the_views_aged_and_live_rows_are_all_there(evergreen_unchanged):
    counts = evergreen_unchanged.sample.counts
    for view, tables in (
        ("action.all_circulation", ("action.circulation", "action.aged_circulation")),
        ("action.all_circulation_slim", ("action.circulation", "action.aged_circulation")),
        ("action.all_hold_request", ("action.hold_request", "action.aged_hold_request")),
        ("money.all_billings", ("money.billing", "money.aged_billing")),
    ):
        assert evergreen_unchanged.one(f"SELECT count(*) FROM {view}") == sum(counts[table] for table in tables)
