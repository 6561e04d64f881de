"""The committed facts of Evergreen's tables, what the sample fills and rebuilds of them, and its generator."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest

from carrel.systems.sample.evergreen import (
    EvergreenShape,
    evergreen_size,
    facts,
    multiplying,
    rebuilt,
    schema,
    size_of_circulations,
)
from carrel.systems.sample.evergreen.clock import Clock, aware, seconds, when
from carrel.systems.sample.evergreen.columns import COLUMNS
from carrel.systems.sample.evergreen.library import fill
from carrel.systems.sample.plan import SampleSize
from carrel.systems.sample.rows import Rows

FACTS = Path(__file__).parents[5] / "shared" / "ils" / "evergreen-schema.json"
TABLES = facts.evergreen().tables
BEHAVIOUR = "\n".join(
    file.read_text(encoding="utf-8")
    for file in (resources.files("carrel.systems.sample.evergreen") / "behaviour").iterdir()
    if file.name.endswith(".sql")
)


@pytest.fixture(scope="module")
def document() -> dict:
    if not FACTS.exists():
        reason = "no schema facts beside the checkout"
        pytest.fail(reason) if os.environ.get("CI", "").lower() == "true" else pytest.skip(reason)
    return json.loads(FACTS.read_text(encoding="utf-8"))


def test_the_copy_is_what_the_facts_file_says(document):
    text = Path(facts.__file__).with_name("evergreen_tables.json").read_text(encoding="utf-8")
    assert facts.compact(document) == text
    assert not re.search(r"Reveals|keyed by|free text", text)


def test_every_table_that_holds_or_reaches_a_patron_is_there(document):
    wanted = {
        name
        for name, one in document["relations"].items()
        if one["kind"] == "table" and (one["patron_links"] or one.get("sensitivity"))
    }
    assert wanted <= set(TABLES)
    assert len(TABLES) == 268
    references = {(one["table"], one["column"]) for one in document["usr_references"]}
    keys = {
        (name, key.columns[0])
        for name, table in TABLES.items()
        for key in table.foreign_keys
        if key.table == "actor.usr"
    }
    assert references == keys


def test_a_parent_or_target_outside_is_dropped():
    column = {"type": "integer", "nullable": False, "default": None}
    document = {
        "_about": {"commit": "abc"},
        "relations": {
            "a.child": {
                "kind": "table", "inherits": ["a.absent"], "primary_key": ["id"], "unique": [], "check": [], "indexes": [], "triggers": [],
                "columns": [{"name": "id", "inherited": True, **column}],
                "foreign_keys": [{"name": "k", "columns": ["id"], "target": "a.absent", "ref_columns": ["id"], "on_delete": "CASCADE", "on_update": "CASCADE", "deferrable": True}],
            },
            "a.view": {"kind": "view"},
        },
    }  # fmt: skip
    made = facts.parse(facts.compact(document))
    assert list(made.tables) == ["a.child"]
    table = made.tables["a.child"]
    assert (table.parents, table.foreign_keys, table.columns[0].inherited, table.schema) == ((), (), False, "a")


def test_every_trigger_is_rebuilt_or_left_out_with_a_reason():
    called = {trigger.function for table in TABLES.values() for trigger in table.triggers}
    made = set(re.findall(r"CREATE FUNCTION ([\w.]+)\(", BEHAVIOUR))
    made |= {f"auditor.audit_{a}_{b}_func" for a, b in re.findall(r"\('(\w+)', '(\w+)'\)", BEHAVIOUR)}
    made |= {name.removeprefix("evergreen.") for name in made}
    assert called - made == set(rebuilt.NOT_REBUILT)
    assert set(rebuilt.NOT_REBUILT).isdisjoint(made)
    assert all(rebuilt.NOT_REBUILT.values())
    for table, function in rebuilt.ARGUMENTS:
        assert function in {trigger.function for trigger in TABLES[table].triggers}


def test_the_purge_of_a_patron_knows_every_reference():
    """Each column that points at a patron is deleted, handed on, or among those that the product leaves."""
    purge = BEHAVIOUR.partition("CREATE FUNCTION actor.usr_purge_data")[2].partition(
        "CREATE FUNCTION actor.usr_delete"
    )[0]
    named = {tuple(pair) for pair in re.findall(r"'([\w.]+):(\w+)'", purge)}
    lists = {(table, "owner") for table in re.findall(r"'((?:acq|container|reporter)\.\w+)'", purge)}
    keys = {
        (name, key.columns[0])
        for name, table in TABLES.items()
        for key in table.foreign_keys
        if key.table == "actor.usr"
    }
    alone = {
        ("action.hold_request", "requestor"),
        ("action_trigger.event", "context_user"),
        ("actor.usr_message", "usr"),
    }
    left = keys - named - lists - alone
    assert left == {
        ("acq.shipment_notification", "processed_by"), ("action.batch_hold_event", "staff"), ("action.curbside", "delivery_staff"),
        ("action.curbside", "patron"), ("action.curbside", "stage_staff"), ("action.emergency_closing", "creator"),
        ("action.fieldset_group", "creator"), ("action.ingest_queue", "who"), ("actor.usr_activity", "usr"), ("actor.usr_delta_history", "eg_user"),
        ("actor.usr_delta_history", "usr_id"), ("actor.usr_password_reset", "usr"),
        ("asset.copy_alert", "ack_staff"), ("asset.copy_alert", "create_staff"), ("config.filter_dialog_filter_set", "creator"),
        ("openapi.endpoint_access_attempt_log", "accessor"), ("openapi.endpoint_set_user_rate_limit_map", "accessor"),
        ("openapi.endpoint_user_rate_limit_map", "accessor"), ("serial.unit", "creator"), ("serial.unit", "editor"),
        ("sip.account", "usr"), ("staging.user_stage", "requesting_usr"), ("vandelay.background_import", "owner"),
    }  # fmt: skip
    for table, column in named:
        assert column in {one.name for one in TABLES[table].columns}, (table, column)


def test_what_is_filled_exists_and_leaves_nothing_out_that_must_be_there():
    for table, names in COLUMNS.items():
        columns = {column.name: column for column in TABLES[table].columns}
        assert set(names) <= set(columns), table
        must = {name for name, column in columns.items() if not column.nullable and column.default is None}
        assert must <= set(names), table
        moving = {name for name, column in columns.items() if column.default and "now()" in column.default}
        assert moving <= set(names), table
    assert set(multiplying.tables()) <= set(COLUMNS)


def test_sequences_belong_to_the_column_of_their_name():
    owners = schema.sequences(facts.evergreen())
    assert owners["money.billable_xact_id_seq"] == "money.billable_xact.id"
    assert owners["actor.usr_message_id_seq"] == "actor.usr_message.id"
    assert owners["action.transit_copy_id_seq"] == "action.transit_copy.id"


def rows_of(batch: int, seed: int = 5, **shape) -> dict[str, list[tuple]]:
    """Every row of a small library, by table."""
    told: dict[str, list[tuple]] = {}
    rows = Rows(lambda table, some: told.setdefault(table, []).extend(some), batch, (*COLUMNS, "money.payment"))
    now = seconds(datetime(2026, 11, 22, 3, tzinfo=UTC))
    fill(rows, SampleSize("x", 120, 900), seed=seed, now=now, shape=EvergreenShape(**shape), progress=None)
    rows.flush()
    return told


def test_rows_do_not_depend_on_the_batch_but_on_seed_and_shape():
    told = rows_of(7)
    assert told == rows_of(10_000)
    assert told != rows_of(7, seed=6)
    assert "action.aged_circulation" not in rows_of(100, aged=0.0, gone=0.0, canaries=0)
    for table, rows in told.items():
        assert {len(row) for row in rows} == {len(COLUMNS[table])}, table


def test_sizes():
    assert evergreen_size("MILLION").copies == 4
    assert size_of_circulations(1_000_000) == SampleSize("1000000 circulations", 40_000, 1_000_000, 4)
    assert size_of_circulations(900).copies == 1


def test_the_clock_knows_summer_time():
    clock = Clock("America/New_York")
    summer, winter = (seconds(datetime(2026, month, 10, tzinfo=UTC)) // 86_400 for month in (7, 12))
    assert when(clock.midnight(summer)) == "2026-07-10 04:00:00+00"
    assert when(clock.end_of_day(winter)) == "2026-12-11 04:59:59+00"
    assert clock.day(clock.midnight(summer) - 1) == summer - 1
    assert aware(clock.midnight(summer)) == datetime(2026, 7, 10, 4, tzinfo=UTC)
