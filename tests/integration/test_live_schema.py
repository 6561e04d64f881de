"""What is read from a live database is what the database is, on SQLite and on MariaDB."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from carrel.errors import CarrelError
from carrel.inventory.schema import TableKind
from carrel.systems import map_files
from carrel.systems.sample.facts import koha as koha_facts
from carrel.systems.secret import Secret
from carrel.systems.sql import live
from carrel.systems.sql.database import Access, connect


def access(url: str) -> Access:
    return Access("library", Secret(url.partition("?charset")[0], "a test"))


@pytest.fixture
def system_map():
    return map_files.load("koha")


def read(koha, system_map):
    engine = connect(access(koha.url), read_only=True)
    try:
        with engine.connect() as connection:
            return live.read(connection, system_map)
    finally:
        engine.dispose()


def rule(key):
    """RESTRICT and NO ACTION differ only in when a check that is put off would be made, and none is."""
    return "RESTRICT" if key.on_delete == "NO ACTION" else key.on_delete


def test_every_table_column_and_key_is_read(koha, system_map):
    schema = read(koha, system_map)
    facts = koha_facts()
    assert schema.dialect == koha.dialect
    assert set(schema.tables) == {table.name for table in facts.tables}
    for table in facts.tables:
        found = schema.tables[table.name]
        assert found.kind is TableKind.TABLE
        assert found.column_names == tuple(column.name for column in table.columns)
        assert found.primary_key == table.primary_key or koha.dialect == "sqlite"
        assert {c.name: c.nullable for c in found.columns} == {c.name: c.nullable for c in table.columns}
        within = {(k.columns, k.table, k.references, rule(k)) for k in table.foreign_keys if facts.within(k)}
        assert {(k.columns, k.table, k.references, rule(k)) for k in found.foreign_keys} == within
    assert schema.product_version.startswith("25.05")
    assert schema.triggers_seen


@pytest.mark.mariadb
def test_automatic_times_engine_and_charset_are_read(koha_mariadb, system_map):
    schema = read(koha_mariadb, system_map)
    for table in koha_facts().tables:
        found = schema.tables[table.name]
        assert found.engine == "InnoDB"
        assert found.charset in {"", "utf8mb4"}
        for column in table.columns:
            live_column = found.column(column.name)
            assert live_column is not None
            assert live_column.type == column.type
            assert live_column.follows_updates == column.follows_updates, (table.name, column.name)


def test_digest_is_stable_and_notices_a_column_and_a_trigger(koha, system_map):
    before = read(koha, system_map)
    assert read(koha, system_map).digest == before.digest
    with koha.engine().begin() as connection:
        connection.exec_driver_sql("ALTER TABLE messages ADD COLUMN mood varchar(20) NULL")
    column = read(koha, system_map)
    assert column.digest != before.digest
    assert column.digest_of(["old_issues"]) == before.digest_of(["old_issues"])
    with koha.engine().begin() as connection:
        body = "BEGIN DELETE FROM sessions; END" if koha.dialect == "sqlite" else "FOR EACH ROW DELETE FROM sessions"
        connection.exec_driver_sql(f"CREATE TRIGGER watch AFTER UPDATE ON old_issues {body}")
    trigger = read(koha, system_map)
    assert trigger.digest_of(["old_issues"]) != before.digest_of(["old_issues"])
    (found,) = trigger.tables["old_issues"].triggers
    assert (found.name, found.timing, found.event) == ("watch", "AFTER", "UPDATE")


def test_a_view_is_told_from_a_table(koha, system_map):
    with koha.engine().begin() as connection:
        connection.exec_driver_sql("CREATE VIEW readers AS SELECT borrowernumber FROM borrowers")
    assert read(koha, system_map).tables["readers"].kind is TableKind.VIEW


def test_a_read_only_session_cannot_write(koha):
    engine = connect(access(koha.url), read_only=True)
    before = koha.rows("SELECT count(*) FROM messages")
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.exec_driver_sql("DELETE FROM messages")
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.exec_driver_sql("CREATE TABLE mine (a int)")
    engine.dispose()
    assert koha.rows("SELECT count(*) FROM messages") == before


LOCAL = datetime(2026, 11, 22, 3, 0)  # noqa: DTZ001  (on the system's own clock)
SIGNS = {
    "has loans that are out": "UPDATE issues SET borrowernumber = {n} WHERE issue_id = (SELECT id FROM (SELECT "
    "min(issue_id) AS id FROM issues) AS first)",
    "was seen within a year": "UPDATE borrowers SET lastseen = '2026-03-01 10:00:00' WHERE borrowernumber = {n}",
    "has rights of staff": "UPDATE borrowers SET flags = 1 WHERE borrowernumber = {n}",
    "has rights of staff, one by one": "INSERT INTO user_permissions (borrowernumber, module_bit, code) VALUES "
    "({n}, 1, 'circulate_remaining_permissions')",
}


@pytest.mark.parametrize("sign", SIGNS)
def test_the_anonymous_patron_must_not_be_somebody(koha, system_map, sign):
    number = koha.sample.anonymous_patron
    engine = connect(access(koha.url), read_only=True)
    with engine.connect() as connection:
        live.refuse_living(connection, system_map, number, LOCAL)
        live.refuse_living(connection, system_map, None, LOCAL)
    with koha.engine().begin() as change:
        if koha.dialect == "mariadb":
            change.exec_driver_sql("SET foreign_key_checks = 0")  # the sample does without the list of permissions
        change.exec_driver_sql(SIGNS[sign].format(n=number))
    with engine.connect() as connection, pytest.raises(CarrelError) as told:
        live.refuse_living(connection, system_map, number, LOCAL)
    engine.dispose()
    assert (told.value.code, int(told.value.exit)) == ("SQL-017", 4)
    assert sign.partition(",")[0] in str(told.value)
    assert str(number) not in told.value.faults[0].found.replace("2026", "")


@pytest.mark.parametrize(
    ("seen", "made"),
    [("2025-11-21 10:00:00", "2020-01-01"), ("2026-11-01 09:30:00", "2026-11-01"), (None, None)],
    ids=["more than a year ago", "as it was made", "never"],
)
def test_a_record_that_nobody_has_used_for_a_year_may_stand_in(koha, system_map, seen, made):
    number = koha.sample.anonymous_patron
    values = ", ".join(f"{name} = {value!r}" if value else f"{name} = NULL" for name, value in
                       (("lastseen", seen), ("dateenrolled", made)))  # fmt: skip
    with koha.engine().begin() as change:
        change.exec_driver_sql(f"UPDATE borrowers SET {values} WHERE borrowernumber = {number}")
    engine = connect(access(koha.url), read_only=True)
    with engine.connect() as connection:
        live.refuse_living(connection, system_map, number, LOCAL)
    engine.dispose()


def test_the_anonymous_patron_must_be_a_patron(koha, system_map):
    engine = connect(access(koha.url), read_only=True)
    with engine.connect() as connection:
        number = live.stand_in(connection, system_map)
    assert number is not None
    with koha.engine().begin() as change:
        change.exec_driver_sql("UPDATE systempreferences SET value = '99999999' WHERE variable = 'AnonymousPatron'")
    with engine.connect() as connection, pytest.raises(CarrelError) as told:
        live.stand_in(connection, system_map)
    assert told.value.code == "SQL-014"
    with koha.engine().begin() as change:
        change.exec_driver_sql("UPDATE systempreferences SET value = '' WHERE variable = 'AnonymousPatron'")
    with engine.connect() as connection:
        assert live.stand_in(connection, system_map) is None
    engine.dispose()
