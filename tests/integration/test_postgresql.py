"""What PostgreSQL alone has: schemas, inheritance, row policies, standbys, deferred keys, an account's grants by column."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from carrel.errors import CarrelError
from carrel.inventory.schema import LiveSchema
from carrel.retention.lifecycle import lifecycle
from carrel.retention.ports import Busy, StrayPosition
from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.secret import Secret
from carrel.systems.sql import catalogue_postgresql, grants, live, residue, whereabouts
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.failure import is_transient, told
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.named_table import quoted, table
from carrel.systems.sql.server_check import server_checks
from carrel.systems.sql.sweep_discovery import reaches
from carrel.systems.sql.whole_rows import WholeRows
from tests.integration.servers import postgresql

pytestmark = pytest.mark.postgresql
POLICY = policy_files.load("mit-libraries")
KOHA = in_force(map_files.load("koha"), POLICY.record_schedules())
AS_OF = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
NOW = datetime.now(UTC)


@pytest.fixture
def empty(postgresql_server):
    """An empty database of this test's own."""
    postgresql_server.sql("DROP DATABASE IF EXISTS empty WITH (FORCE)", "CREATE DATABASE empty")
    yield postgresql_server
    postgresql_server.drop_limited_users("empty")


def access(url: str, **more) -> Access:
    return Access("library", Secret(url, "a test"), **more)


def refused(url: str, *, read_only: bool = True, **more) -> CarrelError:
    with pytest.raises(CarrelError) as error:
        connect(access(url, **more), read_only=read_only).dispose()
    assert "hunter2" not in str(error.value) + repr(error.value)
    return error.value


def answered(url: str, query: str, **more) -> list[tuple[object, ...]]:
    """What a reading session answers."""
    engine = connect(access(url, **more), read_only=True)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]
    finally:
        engine.dispose()


def schema_of(url: str) -> LiveSchema:
    engine = connect(access(url), read_only=True)
    try:
        with engine.connect() as connection:
            return catalogue_postgresql.schema(connection)
    finally:
        engine.dispose()


# -- sessions -----------------------------------------------------------------------------------------------------------


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


# -- the catalogue ------------------------------------------------------------------------------------------------------


def test_the_catalogue_tells_schemas_inheritance_keys_triggers_and_rules(empty):
    empty.sql(
        "CREATE SCHEMA money",
        "CREATE SCHEMA action",
        'CREATE TABLE usr (id serial PRIMARY KEY, "Name" text NOT NULL, n numeric(6,2), at timestamptz DEFAULT now(), '
        "twice int GENERATED ALWAYS AS (3 * 2) STORED)",
        "CREATE TABLE money.billable_xact (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, usr int)",
        "CREATE TABLE action.circulation (copy int, UNIQUE (copy)) INHERITS (money.billable_xact)",
        "ALTER TABLE action.circulation ADD CONSTRAINT whose FOREIGN KEY (usr) REFERENCES usr ON DELETE CASCADE "
        "DEFERRABLE INITIALLY DEFERRED",
        "CREATE UNIQUE INDEX one_open ON action.circulation (usr, lower(copy::text)) WHERE copy > 0",
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER ages BEFORE DELETE OR UPDATE ON action.circulation FOR EACH ROW EXECUTE FUNCTION keep()",
        "CREATE RULE softly AS ON DELETE TO usr DO INSTEAD UPDATE usr SET n = 0 WHERE usr.id = OLD.id",
        "CREATE MATERIALIZED VIEW seen AS SELECT * FROM usr",
        "CREATE VIEW now AS SELECT * FROM usr",
        "ANALYZE",
        database="empty",
    )
    url = empty.url("empty")
    found = schema_of(url)
    assert set(found.tables) == {"usr", "money.billable_xact", "action.circulation", "seen", "now"}
    usr, loans = found.tables["usr"], found.tables["action.circulation"]
    assert [(c.name, c.type, c.nullable, c.extra) for c in usr.columns] == [
        ("id", "integer", False, ""), ("Name", "text", False, ""), ("n", "numeric(6,2)", True, ""),
        ("at", "timestamptz", True, ""), ("twice", "integer", True, "generated"),
    ]  # fmt: skip
    assert usr.primary_key == ("id",)
    assert loans.inherits == ("money.billable_xact",)
    assert loans.primary_key == ()  # a key is not inherited
    (key,) = loans.foreign_keys
    assert (key.table, key.columns, key.references, key.on_delete, key.waits) == (
        "usr", ("usr",), ("id",), "CASCADE", "deferred",
    )  # fmt: skip
    (partial,) = [one for one in loans.indexes if one.name == "one_open"]
    assert (partial.unique, partial.columns) == (True, ("usr", "lower(copy::text)"))
    assert partial.only
    assert {(one.timing, one.event, one.fires) for one in loans.triggers} == {
        ("BEFORE", "DELETE", True), ("BEFORE", "UPDATE", True),
    }  # fmt: skip
    assert [(one.name, one.timing, one.event) for one in usr.triggers] == [("softly", "RULE", "DELETE")]
    assert (found.tables["seen"].kind, found.tables["now"].kind) == ("table", "view")
    before = loans.digest
    for *changes, change in (
        ("ALTER TABLE action.circulation DISABLE TRIGGER ages",),
        ("ALTER TABLE action.circulation ALTER CONSTRAINT whose NOT DEFERRABLE",),
        ("ALTER TABLE action.circulation NO INHERIT money.billable_xact",),
        ("ALTER TABLE action.circulation ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON action.circulation"),
        ("CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",),
        (
            "DROP INDEX action.one_open",
            "CREATE UNIQUE INDEX one_open ON action.circulation (usr, lower(copy::text)) WHERE copy > 1",
        ),
    ):
        empty.sql(*changes, change, database="empty")
        after = schema_of(url).tables["action.circulation"].digest
        assert after != before, change
        before = after


def test_a_sweep_takes_words_for_words_and_lists_and_spans_for_no_number(empty):
    empty.sql(
        "CREATE SCHEMA config",
        "CREATE TABLE config.plugin (id bigint PRIMARY KEY, who int, many int[], span interval, words tsvector, "
        "said text[], raw bytea, at timestamptz, small smallint)",
        database="empty",
    )
    (reach,) = reaches(schema_of(empty.url("empty")), KOHA)
    assert (reach.name, reach.numbers, reach.times) == ("config.plugin", ("who", "small"), ("at",))
    assert (reach.texts, reach.blobs) == (("words", "said"), ("raw",))


def test_a_name_with_a_schema_is_quoted_part_by_part(empty):
    empty.sql(
        'CREATE SCHEMA "Odd"', 'CREATE TABLE "Odd"."T""x" (id int PRIMARY KEY, "Col" text)', database="empty",
    )  # fmt: skip
    engine = connect(access(empty.url("empty")), read_only=False)
    rows = table('Odd.T"x', sa.column("id"), sa.column("Col"))
    with engine.connect() as connection:
        connection.execute(sa.insert(rows).values(id=1, Col="one"))
        connection.execute(sa.update(rows).values(Col="two").where(rows.c.id == 1))
        assert connection.execute(sa.select(rows.c.Col).where(rows.c.Col == "two")).scalar() == "two"
        assert quoted(connection.dialect, 'Odd.T"x') == '"Odd"."T""x"'
        whole = WholeRows(connection)
        assert whole.columns('Odd.T"x') == ("id", "Col")
        assert whole.fetch('Odd.T"x', ("id",), [(1,)], ("Col",)) == {(1,): {"Col": "two"}}
        connection.execute(sa.delete(rows))
    engine.dispose()


def test_rows_of_every_type_lead_back(empty):
    columns = (
        "n numeric", "f real", "d double precision", "at timestamptz", "w timestamp", "day date", "span interval",
        "j json", "b bytea", "u uuid", "ip inet", "many text[]", "yes boolean", "c char(5)", "x xml", "h text",
    )  # fmt: skip
    empty.sql(
        f"CREATE TABLE odd (id int PRIMARY KEY, {', '.join(columns)})",
        "INSERT INTO odd VALUES (1, 1.50, 1.1, 0.1, '2025-10-26 02:30:00.123456+02', 'infinity', '0044-01-01 BC', "
        "'1 mon 2 days', '{\"b\": 1,  \"a\": 2}', '\\x00ff', gen_random_uuid(), '10.0.0.1/8', '{a,\"b c\",NULL}', true, "
        "'ab', '<a/>', 'É x  ')",
        database="empty",
    )
    engine = connect(access(empty.url("empty"), session_zone="Europe/Helsinki"), read_only=False)
    with engine.connect() as connection:
        whole = WholeRows(connection)
        names = whole.columns("odd")
        ((_, before),) = whole.fetch("odd", ("id",), [(1,)], names).items()
        there = sa.select(sa.func.count()).select_from(whole.table("odd")).where(whole.same("odd", before))
        assert connection.execute(there).scalar() == 1
        connection.exec_driver_sql("DELETE FROM odd")
        values = {name: whole.written("odd", name, value) for name, value in before.items()}
        connection.execute(sa.insert(whole.table("odd")).values(values))
        assert whole.fetch("odd", ("id",), [(1,)], names) == {(1,): before}
        connection.exec_driver_sql("UPDATE odd SET h = 'É x '")
        assert connection.execute(there).scalar() == 0
    engine.dispose()


# -- accounts -----------------------------------------------------------------------------------------------------------


def account(koha, purpose):
    """An engine of an account with just the rights that ``carrel init --grants-only`` prints."""
    url = koha.server.limited_user(koha.database, [])
    user = sa.make_url(url).username
    for right in grants.needed(KOHA, purpose, "postgresql"):
        koha.server.sql(right.sql(koha.database, user, "postgresql"), database=koha.database)
    return connect(access(url), read_only=purpose is grants.Purpose.READ)


@pytest.mark.slow
def test_the_least_rights_suffice_and_nothing_is_beyond_them(koha_postgresql):
    koha, schedule, zone = koha_postgresql, POLICY.loan_schedule(), ZoneInfo("UTC")
    koha.server.sql("REVOKE ALL ON DATABASE " + koha.database + " FROM PUBLIC", database=koha.database)
    life = lifecycle(schedule, AS_OF, zone, (), (), records=POLICY.record_schedules().values(), now=AS_OF)
    koha.server.sql(f"GRANT CONNECT ON DATABASE {koha.database} TO PUBLIC")
    reading, doing = account(koha, grants.Purpose.READ), account(koha, grants.Purpose.APPLY)
    try:
        for engine, purpose in ((reading, grants.Purpose.READ), (doing, grants.Purpose.APPLY)):
            with engine.connect() as connection:
                wanted, has = grants.needed(KOHA, purpose, "postgresql"), grants.granted(connection)
                schema = live.read(connection, KOHA)
                assert grants.compare(wanted, has, tables=schema.tables) == grants.Comparison((), ())
                assert not grants.may_sweep(has)
                fewer = [one for one in has if one.table != "old_issues"]
                assert {one.table for one in grants.compare(wanted, fewer, tables=schema.tables).missing} == {
                    "old_issues"
                }
        with reading.connect() as connection:
            stand_in = live.stand_in(connection, KOHA)
        with SqlLoans(reading, KOHA, schedule, zone, stand_in, "koha").session() as loans:
            assert loans.observe(life, AS_OF).states["due"] > 0
        with SqlLoans(doing, KOHA, schedule, zone, stand_in, "koha").session() as loans:
            after = None
            while (step := loans.cut_chunk(life, AS_OF, after, 5000, lambda *_: None)) is not None:
                after = step[0]
            assert after is not None
            for path in KOHA.ruled:
                stray = StrayPosition(path.name, -1)
                while (more := loans.cut_strays(life, AS_OF, stray, 5000, lambda *_: None)) is not None:
                    stray = more[0]
        with SqlLoans(reading, KOHA, schedule, zone, stand_in, "koha").session() as loans:
            left = loans.remaining(life, AS_OF)
            assert left[KOHA.loans.closed.table] == 0
            assert not any(left[path.name] for path in KOHA.ruled)
    finally:
        reading.dispose()
        doing.dispose()


def test_rights_beyond_the_need_are_told(koha_postgresql):
    koha = koha_postgresql
    url = koha.server.limited_user(koha.database, ["pg_read_all_data", "DELETE, INSERT ON borrowers"])
    engine = connect(access(url), read_only=True)
    with engine.connect() as connection:
        has = grants.granted(connection)
        found = grants.compare(grants.needed(KOHA, grants.Purpose.READ, "postgresql"), has)
        assert grants.may_sweep(has)
        assert {(one.privilege, one.table) for one in found.beyond} == {
            ("DELETE", "borrowers"),
            ("INSERT", "borrowers"),
        }
        assert {(one.privilege, one.table) for one in grants.may_write(has)} == {
            ("DELETE", "borrowers"), ("INSERT", "borrowers"),
        }  # fmt: skip
    engine.dispose()


def test_a_loan_that_the_desk_has_locked_is_passed_over(koha_postgresql):
    koha, zone = koha_postgresql, ZoneInfo("UTC")
    life = lifecycle(POLICY.loan_schedule(), AS_OF, zone, (), ())
    engine = connect(access(koha.url), read_only=False)
    with koha.engine().connect() as desk, engine.connect() as connection:
        stand_in = live.stand_in(connection, KOHA)
        connection.rollback()
        with SqlLoans(engine, KOHA, POLICY.loan_schedule(), zone, stand_in, "koha").session() as loans:
            desk.exec_driver_sql("SELECT 1 FROM old_issues FOR UPDATE").all()
            assert loans.cut_chunk(life, AS_OF, None, 50, lambda *_: None) is None
            desk.rollback()
            desk.exec_driver_sql("LOCK TABLE statistics IN EXCLUSIVE MODE")
            with pytest.raises(Busy):
                loans.cut_chunk(life, AS_OF, None, 50, lambda *_: None)
            desk.rollback()
            assert loans.cut_chunk(life, AS_OF, None, 50, lambda *_: None) is not None
    engine.dispose()


# -- around the tables --------------------------------------------------------------------------------------------------


def test_residues_and_checks_of_the_server(empty):
    with reading(empty) as connection:
        found = residue.around(connection, NOW)
        names = {one.name for one in found.places}
        assert {"write-ahead log", "dead rows and free pages"} <= names
        assert not [one for one in found.places if one.lasting]
        assert "statement log" in {one.name for one in found.looked_at}
        checks = {one.name: one.state for one in server_checks(connection, "UTC")}
        assert checks["dead rows"] == "finding"  # the tests' server does not tidy up
        assert checks["statement log"] == "ok"
        assert checks["who may read"] == "ok"
    empty.sql("CREATE TABLE open_to_all (id int)", "GRANT SELECT ON open_to_all TO PUBLIC", database="empty")
    empty.sql("ALTER DATABASE empty SET log_statement = 'all'")
    empty.sql("SELECT pg_create_physical_replication_slot('left', true)")
    try:
        with reading(empty) as connection:
            places = {one.name: one for one in residue.around(connection, NOW).places}
            assert places["statement log"].lasting
            assert places["statement log"].until is None
            assert places["write-ahead log"].lasting
            assert "slots that nobody reads" in str(places["write-ahead log"].figures["held back by"])
            assert "replicas" in places
            checks = {one.name: one.state for one in server_checks(connection, "UTC")}
            assert {checks[name] for name in ("statement log", "replication slots", "who may read")} == {"finding"}
        with reading(empty, empty.limited_user("empty", [])) as connection:
            unseen = {one.name: one.fix for one in residue.around(connection, NOW).unseen}
            assert unseen["the write-ahead log's files and sizes"].startswith("GRANT pg_monitor")
    finally:
        empty.sql("SELECT pg_drop_replication_slot('left')")


@contextlib.contextmanager
def reading(server, url: str = ""):
    engine = connect(access(url or server.url("empty")), read_only=True)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_one_database_under_two_addresses_is_one(empty):
    empty.sql("DROP DATABASE IF EXISTS other", "CREATE DATABASE other")
    mine = connect(access(empty.url("empty")), read_only=True)
    same = connect(access(empty.url("empty").replace("127.0.0.1", "localhost")), read_only=True)
    other = connect(access(empty.url("other")), read_only=True)
    with same.connect() as one, other.connect() as two:
        here = whereabouts.of(one)
        assert whereabouts._is_same(mine, here, "copy", one)
        assert not whereabouts._is_same(mine, here, "copy", two)
    for engine in (mine, same, other):
        engine.dispose()
    empty.sql("DROP DATABASE other WITH (FORCE)")
