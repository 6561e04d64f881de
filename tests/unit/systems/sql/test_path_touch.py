"""What the strays of a path have to do with: every table that stands in their statements, and what goes with them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.dialects import mysql, postgresql

from carrel.inventory.schema import TableKind, Trigger
from carrel.policy.schedule import Charges
from carrel.retention.legal_hold import Scope
from carrel.retention.strays import Strays, walks_of
from carrel.systems import map_files
from carrel.systems.sql import path_touch
from carrel.systems.sql.path_rows import Terms
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.shelf import Shelf
from tests.unit.inventory.test_shipped_maps import SCHEMAS

DIALECTS = {"koha": mysql.dialect(), "evergreen": postgresql.dialect()}
THEN = datetime(2026, 1, 1)  # noqa: DTZ001  (naive local time, as `Terms` has it)
TERMS = Terms(THEN, THEN, True, Charges.LOSE_CARD, 2, True, True, (Scope(persons=(7,)), Scope(items=(8,))))
QUIET = {
    name: replace(schema, tables={key: replace(table, triggers=()) for key, table in schema.tables.items()})
    for name, schema in SCHEMAS.items()
}


def paths_of(name: str) -> list[PathSql]:
    system_map = map_files.load(name)
    shelf = Shelf(system_map)
    return [PathSql(shelf, path, TERMS, joins=name == "koha") for path in system_map.paths]


@pytest.mark.parametrize("name", ["koha", "evergreen"])
def test_every_table_of_its_statements_is_told(name) -> None:
    """Looked for in the words that are sent to the server, beside the expressions that they are made of."""
    seen = 0
    for path in paths_of(name):
        touch = path_touch.touch_of(path, QUIET[name])
        for statement in path_touch._statements(path):
            words = re.sub(r"[`\"]", "", str(statement.compile(dialect=DIALECTS[name])))
            # A column may bear the name of a table; then it stands behind a dot, or a dot behind it.
            tables = {
                one for one in QUIET[name].tables if re.search(rf"(FROM|JOIN|UPDATE|USING|,)\s+{one}\b(?!\.)", words)
            }
            assert tables <= touch.reads | touch.changes, path.path.name
            seen += len(tables)
        assert path.path.table in touch.changes
    assert seen > 40


def test_most_paths_of_koha_and_evergreen_wait_for_few_others() -> None:
    for name, steps in (("koha", 8), ("evergreen", 6)):
        strays = [
            Strays(one.path.name, (), one.path.archived, path_touch.touch_of(one, QUIET[name]))
            for one in paths_of(name)
        ]
        walks = walks_of(strays, 4)
        assert len({walk.step for walk in walks}) <= steps


def test_a_trigger_a_view_or_an_unseen_table_makes_a_path_wait_for_all() -> None:
    schema = QUIET["koha"]
    path = next(one for one in paths_of("koha") if one.path.table == "statistics")
    assert not path_touch.touch_of(path, schema).alone
    table = schema.tables["statistics"]
    fires = Trigger("copies", "AFTER", "UPDATE")
    for other, alone in (
        (replace(table, triggers=(fires,)), True),
        (replace(table, triggers=(replace(fires, fires=False),)), False),
        (replace(table, kind=TableKind.VIEW), True),
    ):
        changed = replace(schema, tables={**schema.tables, "statistics": other})
        assert path_touch.touch_of(path, changed).alone is alone
    without = replace(schema, tables={name: one for name, one in schema.tables.items() if name != "statistics"})
    assert path_touch.touch_of(path, without).alone
    assert path_touch.touch_of(path, replace(schema, triggers_seen=False)).alone


def test_what_a_deletion_takes_along_is_changed_as_well() -> None:
    schema = QUIET["koha"]
    for path in paths_of("koha"):
        if path.cut.delete:
            along = {one.table for one in schema.cascades(path.path.table)}
            assert along <= path_touch.touch_of(path, schema).changes
