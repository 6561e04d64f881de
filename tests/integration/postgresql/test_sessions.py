"""What every session on PostgreSQL promises, whatever the server, the database and the account are set to."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import date, datetime

import pytest
import sqlalchemy as sa

from carrel.errors import CarrelError
from carrel.systems import policy_files
from carrel.systems.sql import zone
from carrel.systems.sql.database import connect
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.failure import is_transient, told
from carrel.systems.sql.named_table import table
from tests.integration.postgresql.session import access, answered, refused, schema_of
from tests.integration.servers import postgresql

pytestmark = pytest.mark.postgresql
POLICY = policy_files.load("mit-libraries")


def test_wrong_password_account_and_database(empty):
    assert refused(empty.url("empty", "carrel", "hunter2")).code == "SQL-002"
    assert refused(empty.url("empty", "nobody", "hunter2")).code == "SQL-002"
    assert refused(empty.url("no_such_database")).code == "SQL-004"
    assert refused(empty.url("empty").replace(str(empty.port), "1")).code == "SQL-003"
    assert refused(f"{empty.url('empty')}?sslmode=require").code == "SQL-003"


def test_what_every_session_promises_whatever_the_account_is_set_to(empty):
    url = empty.limited_user("empty", [])
    user = sa.make_url(url).username
    for setting in (
        "statement_timeout = '1ms'", "row_security = on", "datestyle = 'SQL, DMY'", "transform_null_equals = on",
        "default_transaction_read_only = off", "gin_fuzzy_search_limit = 5", "search_path = 'pg_catalog'",
        "synchronous_commit = off", "bytea_output = escape", "intervalstyle = iso_8601", "lock_timeout = 0",
    ):  # fmt: skip
        empty.sql(f"ALTER ROLE {user} SET {setting}")
    names = (
        "statement_timeout", "row_security", "datestyle", "transform_null_equals", "transaction_read_only",
        "gin_fuzzy_search_limit", "search_path", "transaction_isolation", "bytea_output", "lock_timeout",
        "client_encoding",
    )  # fmt: skip
    shown = ", ".join(f"current_setting('{name}')" for name in names)
    assert answered(url, f"SELECT {shown}") == [
        ("0", "off", "ISO, YMD", "off", "on", "0", "public", "repeatable read", "hex", "3s", "UTF8")
    ]
    engine = connect(access(url), read_only=False)
    with engine.connect() as connection:
        writes = "SELECT current_setting('transaction_read_only'), current_setting('synchronous_commit')"
        assert tuple(connection.exec_driver_sql(writes).one()) == ("off", "on")
        assert connection.get_isolation_level() == "READ COMMITTED"
    engine.dispose()


def test_a_reading_session_refuses_every_write(empty):
    empty.sql("CREATE TABLE there (id int)", database="empty")
    engine = connect(access(empty.url("empty")), read_only=True)
    with engine.connect() as connection, pytest.raises(CarrelError) as error, told("library"):
        connection.exec_driver_sql("DELETE FROM there")
    assert error.value.code == "SQL-007"
    engine.dispose()


def test_a_session_on_another_clock(empty):
    empty.sql("ALTER DATABASE empty SET timezone = 'America/New_York'")
    url = empty.url("empty")
    connect(access(url, declared_zone="America/New_York"), read_only=True).dispose()
    assert refused(url, declared_zone="Europe/Helsinki").code == "SQL-011"
    connect(access(url, session_zone="Europe/Helsinki", declared_zone="Europe/Helsinki"), read_only=True).dispose()
    assert refused(url, session_zone="Europe/Nowhere").code == "SQL-011"


def test_a_server_whose_zone_changes_moves_no_session_of_a_command(empty):
    """One that was open already follows no new setting of the server's, and one that is opened later starts alike."""
    engine = connect(access(empty.url("empty"), declared_zone="UTC"), read_only=True)
    empty.sql("ALTER DATABASE empty SET timezone = 'Asia/Kolkata'")
    with engine.connect() as first, engine.connect() as later:
        for one in (first, later):
            assert zone.disagreement(one, "UTC") == ""
            assert one.exec_driver_sql("SELECT source FROM pg_settings WHERE name = 'TimeZone'").scalar() == "session"
    engine.dispose()


def test_times_are_read_on_the_session_s_wall_and_what_is_no_date_as_none(empty):
    empty.sql(
        "CREATE TABLE at (id int, plain timestamp, zoned timestamptz, day date)",
        "INSERT INTO at VALUES (1, '2025-07-01 10:00:00.25', '2025-07-01 10:00:00+00', '2025-07-01')",
        "INSERT INTO at VALUES (2, 'infinity', '-infinity', 'infinity'), (3, '0044-03-15 BC', '12000-01-01', NULL)",
        database="empty",
    )
    rows = answered(empty.url("empty"), "SELECT * FROM at ORDER BY id", session_zone="Europe/Helsinki")
    assert rows[0] == (
        1,
        datetime.fromisoformat("2025-07-01 10:00:00.25"),
        datetime.fromisoformat("2025-07-01 13:00"),
        date(2025, 7, 1),
    )
    assert rows[1:] == [(2, None, None, None), (3, None, None, None)]
    # A naive cut-off is compared with either column as that wall shows it.
    engine = connect(access(empty.url("empty"), session_zone="Europe/Helsinki"), read_only=True)
    at = table("at", sa.column("id"), sa.column("zoned", LocalTime()))
    with engine.connect() as connection:
        exact = sa.select(at.c.id).where(at.c.zoned == datetime.fromisoformat("2025-07-01 13:00"))
        assert connection.execute(exact).scalars().all() == [1]
    engine.dispose()


def test_a_row_policy_stops_an_answer_instead_of_shortening_it(empty):
    empty.sql(
        "CREATE TABLE guarded (id int)",
        "INSERT INTO guarded VALUES (1), (2)",
        "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY one ON guarded USING (id = 1)",
        database="empty",
    )
    url = empty.limited_user("empty", ["SELECT ON guarded"])
    with pytest.raises(CarrelError) as error, told("library"):
        answered(url, "SELECT count(*) FROM guarded")
    assert error.value.code == "SQL-005"
    assert schema_of(url).tables["guarded"].policies


def test_a_standby_is_refused_for_reading_as_well(postgresql_server):
    with postgresql.running("wal_level=replica") as server:
        server.shut_down()
        (server.datadir / "standby.signal").touch()
        server.start_standby()
        assert refused(server.url("postgres")).code == "SQL-006"


def test_a_database_without_a_character_set_is_refused(postgresql_server):
    postgresql_server.sql(
        "DROP DATABASE IF EXISTS bytes", "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    )
    assert refused(postgresql_server.url("bytes")).code == "SQL-010"
    postgresql_server.sql("DROP DATABASE bytes")


def test_an_account_whose_keys_and_triggers_are_off_is_refused(empty):
    url = empty.limited_user("empty", [])
    empty.sql(f"ALTER ROLE {sa.make_url(url).username} SET session_replication_role = replica")
    assert refused(url, read_only=False).code == "SQL-016"


def test_a_lock_is_waited_for_a_few_seconds_and_a_deadlock_is_tried_again(empty):
    empty.sql(
        "CREATE TABLE there (id int PRIMARY KEY, n int)", "INSERT INTO there VALUES (1, 0), (2, 0)", database="empty"
    )
    engine = connect(access(empty.url("empty")), read_only=False)
    with engine.connect() as first, engine.connect() as second:
        first.exec_driver_sql("UPDATE there SET n = 1 WHERE id = 1")
        second.exec_driver_sql("UPDATE there SET n = 1 WHERE id = 2")
        began = time.monotonic()
        with pytest.raises(sa.exc.DBAPIError) as late:
            second.exec_driver_sql("UPDATE there SET n = 2 WHERE id = 1")
        assert is_transient(late.value)
        assert 2 < time.monotonic() - began < 10
        second.rollback()
        second.exec_driver_sql("UPDATE there SET n = 1 WHERE id = 2")
        found: list[BaseException] = []

        def other() -> None:
            try:
                second.exec_driver_sql("UPDATE there SET n = 2 WHERE id = 1")
            except sa.exc.DBAPIError as wrong:
                found.append(wrong)

        waiting = threading.Thread(target=other)
        waiting.start()
        try:
            first.exec_driver_sql("UPDATE there SET n = 2 WHERE id = 2")
        except sa.exc.DBAPIError as wrong:
            found.append(wrong)
            first.rollback()
        waiting.join()
        assert found
        assert all(map(is_transient, found))
    engine.dispose()


def test_a_server_that_goes_away():
    with postgresql.running() as server:
        engine = connect(access(server.url("postgres")), read_only=True)
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            server.kill()
            with pytest.raises(CarrelError) as error, told("library"):
                connection.exec_driver_sql("SELECT 1")
            connection.invalidate()
        assert error.value.code == "SQL-008"
        engine.dispose()
        assert refused(server.url("postgres")).code == "SQL-003"


def test_a_key_that_waits_for_the_commit_does_not_wait_in_our_sessions(empty):
    empty.sql(
        "CREATE TABLE parent (id int PRIMARY KEY)",
        "CREATE TABLE child (id int, p int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO child VALUES (1, 1)",
        database="empty",
    )
    engine = connect(access(empty.url("empty")), read_only=False)
    with engine.connect() as connection, pytest.raises(CarrelError) as error, told("library"):
        connection.exec_driver_sql("DELETE FROM parent")
    assert error.value.code == "SQL-016"
    engine.dispose()


def test_a_page_does_not_wait_for_a_statement_that_does_not_end(empty):
    engine = connect(replace(access(empty.url("empty")), silence=1), read_only=True)
    begun = time.monotonic()
    with pytest.raises(CarrelError), told("library"), engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_sleep(20)"))
    engine.dispose()
    assert time.monotonic() - begun < 15
