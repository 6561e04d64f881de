"""What is said of PostgreSQL without a server: names, grants, SQLSTATEs, and values of its drivers."""

from __future__ import annotations

from datetime import date, datetime

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from carrel.systems import map_files
from carrel.systems.sql.failure import classify, is_denied, is_transient
from carrel.systems.sql.grants import SWEEP, Grant, Purpose, compare, needed
from carrel.systems.sql.named_table import parted, quoted, table
from carrel.systems.sql.values_postgresql import Day, WallTime


@pytest.mark.parametrize(
    ("name", "dialect", "written"),
    [
        ("borrowers", postgresql.dialect(), '"borrowers"'),
        ("actor.usr", postgresql.dialect(), '"actor"."usr"'),
        ('Odd.T"x', postgresql.dialect(), '"Odd"."T""x"'),
        ("borrowers", mysql.dialect(), "`borrowers`"),
        ("bor`rowers", mysql.dialect(), "`bor``rowers`"),
        ("borrowers", sqlite.dialect(), '"borrowers"'),
    ],
)
def test_a_name_is_quoted_part_by_part(name, dialect, written):
    assert quoted(dialect, name) == written


def test_a_table_of_a_schema_is_one_in_statements():
    rows = table("actor.usr", sa.column("id"), sa.column("Name"))
    assert (rows.schema, rows.name) == ("actor", "usr")
    assert table("borrowers").schema is None
    assert parted("a.b.c") == ("a", "b.c")
    said = str(
        sa.update(rows)
        .values(Name=sa.null())
        .where(rows.c.id == sa.literal_column("1"))
        .compile(dialect=postgresql.dialect())
    )
    assert said == 'UPDATE actor.usr SET "Name"=NULL WHERE actor.usr.id = 1'


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (psycopg.errors.DeadlockDetected(), "SQL-009"),
        (psycopg.errors.LockNotAvailable(), "SQL-009"),
        (psycopg.errors.SerializationFailure(), "SQL-009"),
        (psycopg.errors.AdminShutdown(), "SQL-008"),
        (psycopg.errors.IdleInTransactionSessionTimeout(), "SQL-008"),
        (psycopg.errors.InsufficientPrivilege("hunter2"), "SQL-005"),
        (psycopg.errors.DiskFull(), "SQL-015"),
        (psycopg.errors.ReadOnlySqlTransaction(), "SQL-007"),
        (psycopg.errors.ForeignKeyViolation("Key (usr)=(hunter2)"), "SQL-016"),
        (psycopg.errors.RaiseException("hunter2"), "SQL-016"),
        (psycopg.errors.UndefinedColumn(), "SQL-012"),
        (psycopg.errors.UntranslatableCharacter("hunter2"), "SQL-010"),
        (psycopg.errors.TooManyConnections(), "SQL-003"),
        (psycopg.errors.DivisionByZero(), "SQL-013"),
        (psycopg.OperationalError("connection failed: FATAL:  Passwort-Authentifizierung für hunter2"), "SQL-003"),
        (psycopg.OperationalError("the connection is lost, hunter2"), "SQL-008"),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), "SQL-010"),
    ],
)
def test_an_error_is_told_by_its_state_and_without_its_text(wrong, code):
    error = classify(DBAPIError("SELECT 'hunter2'", None, wrong), "library")
    assert error.code == code
    assert "hunter2" not in str(error)
    if wrong.sqlstate:
        assert f"SQLSTATE {wrong.sqlstate}" in str(error)


def test_which_errors_may_be_tried_again_and_which_are_a_missing_right():
    again = (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable, psycopg.errors.SerializationFailure)
    assert all(is_transient(DBAPIError("", None, one())) for one in again)
    assert not is_transient(DBAPIError("", None, psycopg.errors.ForeignKeyViolation()))
    assert is_denied(DBAPIError("", None, psycopg.errors.InsufficientPrivilege()))
    assert not is_denied(DBAPIError("", None, psycopg.errors.UndefinedTable()))


def test_grants_are_written_as_the_server_takes_them():
    written = {
        one.sql('li"b', "reader", "postgresql") for one in needed(map_files.load("koha"), Purpose.READ, "postgresql")
    }
    assert 'GRANT TEMPORARY ON DATABASE "li""b" TO reader;' in written
    assert 'GRANT USAGE ON SCHEMA "public" TO reader;' in written
    assert SWEEP.sql("lib", "reader", "postgresql") == "GRANT pg_read_all_data TO reader;"
    cut = Grant("UPDATE", "action.circulation", ("usr", "Note"))
    assert cut.sql("lib", "doer", "postgresql") == 'GRANT UPDATE ("usr", "Note") ON "action"."circulation" TO doer;'
    assert not any("REFERENCES" in one or "`" in one for one in written)


def test_whoever_deletes_rows_may_lock_them():
    koha = map_files.load("koha")
    rights = needed(koha, Purpose.APPLY, "postgresql")
    deletes = {one.table for one in rights if one.privilege == "DELETE"}
    assert deletes
    assert deletes <= {one.table for one in rights if one.privilege == "UPDATE"}
    without = [one for one in rights if one.privilege != "USAGE"]
    assert [one.privilege for one in compare(rights, without).missing] == ["USAGE"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-07-01 10:00:00", datetime.fromisoformat("2025-07-01 10:00:00")),
        ("2025-07-01 10:00:00.25", datetime.fromisoformat("2025-07-01 10:00:00.250")),
        ("2025-07-01 10:00:00+02", datetime.fromisoformat("2025-07-01 10:00:00")),
        ("2025-07-01 10:00:00.123456-04:30", datetime.fromisoformat("2025-07-01 10:00:00.123456")),
        ("1890-01-01 00:00:00+00:53:28", datetime.fromisoformat("1890-01-01 00:00:00")),
        ("infinity", None),
        ("-infinity", None),
        ("0044-03-15 00:00:00 BC", None),
        ("12000-01-01 00:00:00", None),
    ],
)
def test_a_time_is_what_the_wall_shows(written, read):
    assert WallTime(0).load(written.encode()) == read


def test_a_date_that_is_none_is_none():
    read = [Day(0).load(one) for one in (b"2025-07-01", b"infinity", b"0044-03-15 BC")]
    assert read == [date(2025, 7, 1), None, None]
