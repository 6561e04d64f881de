"""The committed facts of Koha's tables, and the DDL made from them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.systems.sample import facts, schema
from carrel.systems.sample.koha_versions import VERSIONS, koha_of
from carrel.systems.sample.rows import COLUMNS

FACTS = Path(__file__).parents[5] / "shared" / "ils" / "koha-schema.json"


def test_all_tables_are_there() -> None:
    koha = facts.koha()
    assert (koha.product, koha.version, len(koha.tables)) == ("Koha", "25.05", 107)
    assert sum(len(table.columns) for table in koha.tables) == 1191
    with pytest.raises(KeyError):
        koha.table("no_such_table")


def test_the_copy_is_what_the_facts_file_says() -> None:
    if not FACTS.exists():
        reason = "no schema facts beside the checkout"
        pytest.fail(reason) if os.environ.get("CI", "").lower() == "true" else pytest.skip(reason)
    text = Path(facts.__file__).with_name("koha_tables.json").read_text(encoding="utf-8")
    assert facts.compact(json.loads(FACTS.read_text(encoding="utf-8")), "25.05") == text


def test_compact_leaves_prose_behind_and_parses_back() -> None:
    document = {
        "system": "X",
        "tables": {
            "loan": {
                "note": "prose of somebody's",
                "columns": [
                    {"name": "id", "type": "int(11)", "nullable": False, "default": None, "extra": "auto_increment"},
                    {"name": "seen", "type": "timestamp", "nullable": True, "default": None,
                     "extra": "on update current_timestamp()"},
                ],
                "primary_key": ["id"],
                "indexes": [{"name": "i", "unique": True, "columns": ["seen"]}],
                "foreign_keys": [{"name": "f", "columns": ["id"], "references_table": "other",
                                  "references_columns": ["id"], "on_delete": "CASCADE", "on_update": "RESTRICT"}],
            }
        },
    }  # fmt: skip
    text = facts.compact(document, "1")
    assert "prose" not in text
    parsed = facts.parse(text)
    (table,) = parsed.tables
    assert [column.follows_updates for column in table.columns] == [False, True]
    assert table.indexes == (facts.Index("i", True, ("seen",)),)
    assert table.foreign_keys[0].on_delete == "CASCADE"
    assert not parsed.within(table.foreign_keys[0])


def test_the_generator_fills_columns_that_exist() -> None:
    koha = facts.koha()
    for table, columns in COLUMNS.items():
        known = {column.name: column for column in koha.table(table).columns}
        assert set(columns) <= set(known), table
        for name, column in known.items():
            needed = not column.nullable and column.default is None and not column.extra
            assert not needed or name in columns, f"{table}.{name} has no default"


def test_sqlite_has_every_table_column_and_key() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        schema.create_schema(connection)
        inspector = sa.inspect(connection)
        for table in facts.koha().tables:
            columns = {column["name"]: column for column in inspector.get_columns(table.name)}
            assert list(columns) == [column.name for column in table.columns]
            assert [c["nullable"] for c in columns.values()] == [column.nullable for column in table.columns]
            keys = inspector.get_foreign_keys(table.name)
            assert len(keys) == sum(facts.koha().within(key) for key in table.foreign_keys)
            unique = {index.name for index in table.indexes if index.unique}
            made = {i["name"].partition("__")[2] for i in inspector.get_indexes(table.name) if i["unique"]}
            assert made == unique
    engine.dispose()


def test_the_tables_of_a_version_that_nobody_wrote_down() -> None:
    with pytest.raises(ValueError, match=r"24\.11, 25\.05, 25\.11"):
        koha_of("23.11")


@pytest.mark.parametrize("version", VERSIONS)
def test_sqlite_takes_the_tables_of_every_version(version: str) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        schema.create_schema(connection, version)
        inspector = sa.inspect(connection)
        for table in koha_of(version).tables:
            assert [one["name"] for one in inspector.get_columns(table.name)] == [one.name for one in table.columns]
    engine.dispose()
