"""Units as a database has them: groups above branches that stand side by side, and maps that do not tell of any."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from carrel.errors import CarrelError
from carrel.inventory.schema import LiveSchema, Table
from carrel.systems import map_files
from carrel.systems.sql.unit_rows import read_tree

KOHA = map_files.load("koha")


def schema(*tables: str) -> LiveSchema:
    return LiveSchema("sqlite", "3", "25.05", "UTC", "UTF-8", {name: Table(name, ()) for name in tables})


@pytest.fixture
def connection():
    engine = sa.create_engine("sqlite://")
    with engine.connect() as made:
        made.exec_driver_sql("CREATE TABLE branches (branchcode TEXT PRIMARY KEY, branchname TEXT)")
        made.exec_driver_sql("INSERT INTO branches VALUES ('A', 'North'), ('B', 'South'), ('C', 'Mill')")
        made.exec_driver_sql("CREATE TABLE library_groups (id INTEGER, parent_id INTEGER, branchcode TEXT, title TEXT)")
        made.exec_driver_sql(
            "INSERT INTO library_groups VALUES (1, NULL, NULL, 'ALL'), (2, 1, NULL, 'HILLS'), (3, 2, 'A', NULL), "
            "(4, 1, 'B', NULL), (5, 2, 'GONE', NULL)"
        )
        yield made
    engine.dispose()


def test_branches_stand_under_the_groups_that_name_them(connection):
    tree = read_tree(connection, KOHA, schema("branches", "library_groups"), at="koha")
    hills, everything = tree.find("HILLS", "here"), tree.find("ALL", "here")
    assert tree.governed({everything.key: 1, hills.key: 2}, 0) == {"A": (2,), "B": (1,), "C": (0,)}
    assert (tree.find("A", "here").name, hills.borne) == ("North", False)


def test_a_version_without_groups_has_flat_branches(connection):
    tree = read_tree(connection, KOHA, schema("branches"), at="koha")
    assert [one.above for one in tree.units.values()] == [(), (), ()]


def test_a_map_that_tells_of_no_units_is_no_consortiums(connection):
    with pytest.raises(CarrelError) as wrong:
        read_tree(connection, KOHA.model_copy(update={"branches": None}), schema(), at="koha")
    assert wrong.value.code == "UNT-004"
