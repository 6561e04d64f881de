"""Whatever stands between Carrel and a database is told as a coded error; nothing is changed and no secret is shown."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa

from carrel.errors import CarrelError
from carrel.systems import map_files
from carrel.systems.secret import Secret, from_environment, from_file
from carrel.systems.sql import grants, live, zone
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.failure import classify, is_transient, told

KOHA = map_files.load("koha")


def access(url: str, **more) -> Access:
    return Access("library", Secret(url.replace("?charset=utf8mb4", ""), "a test"), **more)


def refused(url: str, *, read_only: bool = True, **more) -> CarrelError:
    with pytest.raises(CarrelError) as error:
        connect(access(url, **more), read_only=read_only).dispose()
    text = str(error.value) + repr(error.value)
    assert "hunter2" not in text
    return error.value


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("not an address hunter2", "SQL-001"),
        ("oracle://carrel:hunter2@db/koha", "SQL-001"),
        ("postgresql://carrel:hunter2@127.0.0.1", "SQL-001"),
        ("postgresql+psycopg://carrel:hunter2@127.0.0.1:1/koha", "SQL-003"),
        ("sqlite://", "SQL-001"),
        ("mariadb+pymysql://carrel:hunter2@127.0.0.1", "SQL-001"),
        ("mariadb+pymysql://carrel:hunter2@127.0.0.1:1/koha", "SQL-003"),
        ("mariadb+pymysql://carrel:hunter2@127.0.0.1:1/koha?charset=latin1", "SQL-010"),
        ("sqlite:////no/such/folder/hunter2.db", "SQL-004"),
    ],
)
def test_an_address_that_leads_nowhere(url, code):
    assert refused(url).code == code


def test_what_is_no_database(tmp_path):
    (tmp_path / "koha.db").write_text("nothing of the kind " * 100)
    assert refused(f"sqlite:///{tmp_path / 'koha.db'}").code == "SQL-004"


@pytest.mark.mariadb
def test_wrong_password_account_and_database(koha_mariadb):
    server = koha_mariadb.server
    assert refused(server.url(koha_mariadb.database, "carrel", "hunter2")).code == "SQL-002"
    assert refused(server.url(koha_mariadb.database, "nobody", "hunter2")).code == "SQL-002"
    assert refused(server.url("no_such_database")).code == "SQL-004"
    only_other = koha_mariadb.limited_user(["SELECT ON mysql.user"])
    assert refused(only_other).code == "SQL-005"


@pytest.mark.mariadb
def test_missing_grants(koha_mariadb):
    engine = connect(access(koha_mariadb.limited_user(["SELECT ON old_issues"])), read_only=True)
    with engine.connect() as connection, pytest.raises(CarrelError) as error:
        live.settings(connection, KOHA, at="library")
    assert error.value.code == "SQL-005"
    assert error.value.exit == 4
    engine.dispose()


@pytest.mark.mariadb
def test_a_server_that_goes_away(mariadb_with):
    server = mariadb_with()
    engine = connect(access(server.url("sample_template")), read_only=True)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        server._kill()
        with pytest.raises(CarrelError) as error, told("library"):
            connection.exec_driver_sql("SELECT 1")
        connection.invalidate()
    assert error.value.code == "SQL-008"
    engine.dispose()
    assert refused(server.url("sample_template")).code == "SQL-003"


@pytest.mark.mariadb
def test_a_replica_is_read_only_where_one_is_meant(koha_mariadb):
    server = koha_mariadb.server
    url = koha_mariadb.limited_user(["SELECT", "UPDATE"])
    server.sql("SET GLOBAL read_only = 1")
    try:
        assert refused(url, read_only=False).code == "SQL-006"
        assert refused(url).code == "SQL-006"
        connect(access(url, replica=True), read_only=True).dispose()
    finally:
        server.sql("SET GLOBAL read_only = 0")


@pytest.mark.mariadb
def test_a_session_on_another_clock(koha_mariadb):
    server, url = koha_mariadb.server, koha_mariadb.url
    server.sql("SET GLOBAL time_zone = '+00:00'")
    try:
        connect(access(url, declared_zone="UTC"), read_only=True).dispose()
        error = refused(url, declared_zone="America/New_York")
        assert error.code == "SQL-011"
        assert "ahead" in str(error)
        server.sql("SET GLOBAL time_zone = '-05:00'")  # right in winter only
        assert "July" in str(refused(url, declared_zone="America/New_York"))
        assert refused(url, session_zone="Europe/Nowhere").code == "SQL-011"
    finally:
        server.sql("SET GLOBAL time_zone = 'SYSTEM'")


@pytest.mark.mariadb
def test_a_server_whose_zone_changes_moves_no_session_of_a_command(koha_mariadb):
    server = koha_mariadb.server
    server.sql("SET GLOBAL time_zone = '+00:00'")
    try:
        engine = connect(access(koha_mariadb.url, declared_zone="UTC"), read_only=True)
        server.sql("SET GLOBAL time_zone = '+05:30'")
        with engine.connect() as first, engine.connect() as later:
            assert [zone.disagreement(one, "UTC") for one in (first, later)] == ["", ""]
        engine.dispose()
    finally:
        server.sql("SET GLOBAL time_zone = 'SYSTEM'")


def test_sqlite_has_no_clock_of_its_own(koha_sqlite):
    with koha_sqlite.engine().connect() as connection:
        assert zone.disagreement(connection, "America/New_York") == ""


@pytest.mark.mariadb
def test_locks_are_waited_for_a_few_seconds_and_can_be_tried_again(koha_mariadb):
    engine = connect(access(koha_mariadb.url), read_only=False)
    with koha_mariadb.engine().connect() as desk, engine.connect() as worker:
        desk.exec_driver_sql("SELECT * FROM systempreferences WHERE variable = 'Version' FOR UPDATE")
        with pytest.raises(sa.exc.DBAPIError) as error:
            worker.exec_driver_sql("UPDATE systempreferences SET value = 'x' WHERE variable = 'Version'")
        assert is_transient(error.value)
        assert classify(error.value, "library").code == "SQL-009"
    engine.dispose()


@pytest.mark.mariadb
def test_a_deadlock_can_be_tried_again(koha_mariadb):
    engine = connect(access(koha_mariadb.url), read_only=False)
    with koha_mariadb.engine().begin() as setup:
        setup.exec_driver_sql("CREATE TABLE pair (id int PRIMARY KEY, n int)")
        setup.exec_driver_sql("INSERT INTO pair VALUES (1, 0), (2, 0)")
    met, caught = threading.Barrier(2, timeout=20), []

    def cross(first: int, second: int) -> None:
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(f"UPDATE pair SET n = n + 1 WHERE id = {first}")
                met.wait()
                connection.exec_driver_sql(f"UPDATE pair SET n = n + 1 WHERE id = {second}")
        except sa.exc.DBAPIError as error:
            caught.append(error)

    threads = [threading.Thread(target=cross, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(caught) == 1
    assert is_transient(caught[0])
    assert koha_mariadb.rows("SELECT sum(n) FROM pair") == [(2,)]
    engine.dispose()


def test_a_write_on_a_read_only_session_is_told_without_the_row(koha):
    engine = connect(access(koha.url), read_only=True)
    with engine.connect() as connection, pytest.raises(CarrelError) as error, told("library"):
        connection.execute(sa.text("INSERT INTO messages (borrowernumber, message) VALUES (1, :m)"), {"m": "hunter2"})
    assert error.value.code == "SQL-007"
    assert "hunter2" not in str(error.value)
    engine.dispose()


def test_a_constraint_is_told_without_the_row(koha):
    engine = connect(access(koha.url), read_only=False)
    with engine.connect() as connection, pytest.raises(CarrelError) as error, told("library"):
        connection.exec_driver_sql("INSERT INTO systempreferences (variable, value) VALUES ('Version', 'hunter2')")
    assert error.value.code == "SQL-016"
    assert "hunter2" not in str(error.value)
    assert not is_transient(error.value)
    engine.dispose()


def test_a_table_that_is_not_there(koha):
    engine = connect(access(koha.url), read_only=True)
    with engine.connect() as connection, pytest.raises(CarrelError) as error, told("library"):
        connection.exec_driver_sql("SELECT * FROM no_such_table")
    assert error.value.code == "SQL-012"
    engine.dispose()


@pytest.mark.mariadb
def test_zero_dates_are_read_as_none_and_survive_an_update(koha_mariadb):
    with koha_mariadb.engine().begin() as connection:
        connection.exec_driver_sql("SET SESSION sql_mode = ''")
        connection.exec_driver_sql(
            "CREATE TABLE old (id int PRIMARY KEY, at datetime NULL, n int, ts timestamp NOT NULL)"
        )
        connection.exec_driver_sql("INSERT INTO old VALUES (1, '0000-00-00 00:00:00', 0, '2001-02-03 04:05:06')")
    engine = connect(access(koha_mariadb.url), read_only=False)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT at FROM old").scalar_one() is None
        connection.exec_driver_sql("UPDATE old SET n = 1, at = at, ts = ts")
    engine.dispose()
    assert koha_mariadb.rows("SELECT cast(at AS char), cast(ts AS char), n FROM old") == [
        ("0000-00-00 00:00:00", "2001-02-03 04:05:06", 1)
    ]


@pytest.mark.mariadb
def test_every_session_keeps_its_promises(koha_mariadb):
    for read_only, isolation in ((True, "REPEATABLE-READ"), (False, "READ-COMMITTED")):
        engine = connect(access(koha_mariadb.url), read_only=read_only)
        with engine.connect() as connection:
            row = connection.exec_driver_sql(
                "SELECT @@tx_isolation, @@character_set_connection, @@innodb_lock_wait_timeout, @@tx_read_only"
            ).one()
        assert tuple(row) == (isolation, "utf8mb4", 3, int(read_only))
        engine.dispose()


@pytest.mark.mariadb
@pytest.mark.parametrize("purpose", list(grants.Purpose))
def test_the_least_grants_show_every_name_and_suffice(koha_mariadb, purpose):
    wanted = grants.needed(KOHA, purpose)
    rights = [
        f"{one.privilege}{f' ({chr(44).join(one.columns)})' if one.columns else ''} ON {one.table}" for one in wanted
    ]
    engine = connect(access(koha_mariadb.limited_user(rights)), read_only=purpose is grants.Purpose.READ)
    everything = connect(access(koha_mariadb.url), read_only=True)
    with everything.connect() as connection:
        whole = live.read(connection, KOHA)
    with engine.connect() as connection:
        seen = live.read(connection, KOHA)
        assert seen.digest == whole.digest
        assert seen.triggers_seen
        live.settings(connection, KOHA)
        live.used(connection, KOHA)
        assert live.stand_in(connection, KOHA) is not None
        has = grants.granted(connection)
        assert grants.compare(wanted, has) == grants.Comparison((), ())
        with pytest.raises(CarrelError) as error, told("library"):
            connection.exec_driver_sql("SELECT * FROM borrower_files")
        assert error.value.code == "SQL-005"
        with pytest.raises(CarrelError) as error, told("library"):
            connection.exec_driver_sql("SELECT password FROM borrowers")
        assert error.value.code == "SQL-005"
        if purpose is grants.Purpose.APPLY:
            connection.rollback()
            connection.exec_driver_sql("SELECT issue_id FROM old_issues LIMIT 5 FOR UPDATE SKIP LOCKED")
            connection.exec_driver_sql("UPDATE old_issues SET borrowernumber = NULL LIMIT 1")
            connection.exec_driver_sql("DELETE FROM return_claims LIMIT 1")
            connection.rollback()
            with pytest.raises(CarrelError) as error, told("library"):
                connection.exec_driver_sql("UPDATE old_issues SET itemnumber = NULL LIMIT 1")
            assert error.value.code == "SQL-005"
    engine.dispose()
    everything.dispose()


@pytest.mark.mariadb
def test_grants_that_are_missing_or_beyond_the_need(koha_mariadb):
    wanted = grants.needed(KOHA, grants.Purpose.READ)
    engine = connect(access(koha_mariadb.limited_user(["SELECT", "DELETE ON issues", "TRIGGER"])), read_only=True)
    with engine.connect() as connection:
        has = grants.granted(connection)
    engine.dispose()
    found = grants.compare(wanted, has)
    assert [one.privilege for one in found.missing] == ["CREATE TEMPORARY TABLES", "REFERENCES"]
    assert grants.may_sweep(has)
    assert not grants.may_sweep(wanted)
    assert grants.may_write(has) == (grants.Grant("DELETE", "issues", (), koha_mariadb.database),)
    assert {str(one) for one in found.beyond} == {"DELETE on issues"}


def test_a_secret_is_read_from_a_file_that_only_its_owner_can_read(tmp_path):
    place = tmp_path / "koha.dsn"
    place.write_text("sqlite:////hunter2\n")
    place.chmod(0o600)
    found = from_file(place)
    assert found.reveal() == "sqlite:////hunter2"
    assert "hunter2" not in repr(found) + str(found) + repr(Access("library", found))
    place.chmod(0o640)
    with pytest.raises(CarrelError) as error:
        from_file(place)
    assert error.value.code == "SIT-005"
    assert error.value.exit == 4
    place.chmod(0o600)
    place.write_text("\n")
    for missing in (place, tmp_path / "none"):
        with pytest.raises(CarrelError) as error:
            from_file(missing)
        assert error.value.code == "SIT-004"


def test_a_secret_is_read_from_the_environment():
    assert from_environment("DSN", {"DSN": "a"}).reveal() == "a"
    for environment in ({}, {"DSN": " "}):
        with pytest.raises(CarrelError) as error:
            from_environment("DSN", environment)
        assert error.value.code == "SIT-004"


def test_no_room_and_a_statement_that_is_none(koha_sqlite):
    engine = connect(access(koha_sqlite.url), read_only=False)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(CarrelError) as error, told("library"):
            connection.exec_driver_sql("CREATE TABLE big AS SELECT randomblob(100000000) AS hunter2")
        assert error.value.code == "SQL-015"
        with pytest.raises(CarrelError) as error, told("library"):
            connection.exec_driver_sql("SELEC 'hunter2'")
        assert error.value.code == "SQL-013"
        assert "hunter2" not in str(error.value)
    engine.dispose()


def test_an_empty_database_of_the_product_is_read_like_any_other(koha):
    with koha.engine().begin() as connection:
        if koha.dialect == "mariadb":
            connection.exec_driver_sql("SET foreign_key_checks = 0")
        for name in KOHA.columns:
            if name != "systempreferences":
                connection.exec_driver_sql(f"DELETE FROM {name}")
        connection.exec_driver_sql("DELETE FROM systempreferences WHERE variable <> 'Version'")
    engine = connect(access(koha.url), read_only=True)
    with engine.connect() as connection:
        schema = live.read(connection, KOHA)
        assert schema.product_version.startswith("25.05")
        assert live.stand_in(connection, KOHA) is None
        values = live.settings(connection, KOHA)
        assert values["StoreLastBorrower"] is None
        assert values["patrons with privacy 0"] == "0"
    engine.dispose()


@pytest.mark.mariadb
@pytest.mark.parametrize(
    ("setting", "odd"),
    [("sql_select_limit", "2"), ("sql_big_selects", "0"), ("max_join_size", "10"), ("sql_mode", "'ORACLE'")],
)
def test_no_default_of_the_server_shortens_an_answer(koha_mariadb, setting, odd):
    server = koha_mariadb.server
    [(before,)] = server.sql(f"SELECT @@global.{setting}")
    server.sql(f"SET GLOBAL {setting} = {odd}")
    try:
        engine = connect(access(koha_mariadb.url), read_only=True)
        three = sa.union_all(*(sa.select(sa.literal(number).label("order")) for number in (1, 2, 3))).subquery()
        with engine.connect() as connection:
            assert len(connection.execute(sa.select(three.c.order)).all()) == 3
            assert connection.exec_driver_sql("SELECT count(*) FROM items a, items b").scalar() > 10
        engine.dispose()
    finally:
        server.sql(f"SET GLOBAL {setting} = " + (f"'{before}'" if isinstance(before, str) else str(before)))


@pytest.mark.mariadb
def test_a_page_does_not_wait_for_a_server_that_says_nothing(koha_mariadb):
    engine = connect(access(koha_mariadb.url, silence=1), read_only=True)
    begun = time.monotonic()
    with pytest.raises(CarrelError) as error, told("library"), engine.connect() as connection:
        connection.execute(sa.text("SELECT SLEEP(20)"))
    engine.dispose()
    assert error.value.code == "SQL-008"
    assert time.monotonic() - begun < 15
