"""Carrel's own store on PostgreSQL: whose it is, what stands in its way, and what it forgets."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from carrel.cli.store_place import open_store
from carrel.errors import CarrelError, Exit
from carrel.retention.legal_hold import Scope
from carrel.store import owner, tables
from carrel.store.placement import Kind, Order
from carrel.store.store import FILE, Store
from carrel.systems.site_file import load_site
from tests.integration.servers import postgresql
from tests.store_place import DATABASE, StorePlace, on_server

pytestmark = pytest.mark.postgresql
PATRON = 31_415_926
ORDER = Order(Kind.LEGAL_HOLD, "koha", Scope(persons=(PATRON, 27_182_818)), "letter", "court", "Ada")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def place(postgresql_server, tmp_path):
    with on_server(postgresql_server, tmp_path / "site", fresh=False) as found:
        yield found
    postgresql_server.drop_limited_users()


def refused(place: StorePlace, **changes) -> CarrelError:
    """The error of an opening with another address, folder or schema; its password is told nowhere."""
    values = {"url": place.url, "folder": place.folder, "schema": place.schema, **changes}
    url = values.pop("url")
    with pytest.raises(CarrelError) as error:
        Store.open(url, **values).close()
    password = sa.make_url(url).password if "://" in url and "@" in url else None
    assert not password or str(password) not in f"{error.value!s} {error.value!r}"
    assert error.value.faults[0].fix
    return error.value


def test_what_keeps_a_store_from_being_opened(place):
    url, port = place.url, str(place.server.port)
    said = {
        "wrong password": refused(place, url=place.server.url(DATABASE, "carrel", "hunter2")),
        "no account": refused(place, url=place.server.url(DATABASE, "nobody", "hunter2")),
        "no database": refused(place, url=place.server.url("no_such_database")),
        "no server": refused(place, url=url.replace(port, "1")),
        "no encryption": refused(place, url=f"{url}?sslmode=require"),
        "another kind": refused(place, url="mariadb+pymysql://carrel:hunter2@127.0.0.1/stores"),
        "no address": refused(place, url="postgresql://[hunter2"),
        "no database named": refused(place, url="postgresql://carrel:hunter2@127.0.0.1"),
        "schema": refused(place, schema="public"),
        "schema's letters": refused(place, schema='a"; DROP SCHEMA used; --'),
    }
    assert {one.code for one in said.values()} == {"STO-001"}
    assert "password" in said["wrong password"].faults[0].found
    assert said["no database"].faults[0].found == "no such database"
    assert said["no server"].faults[0].found == "no server that answers"
    assert "hunter2" not in "".join(map(str, said.values()))


def test_an_account_without_rights_and_one_that_takes_no_writes(place):
    limited, folder = place.server.limited_user(DATABASE, []), place.folder / "new"
    error = refused(place, url=limited, schema="not_there", folder=folder)
    assert (error.code, error.faults[0].found) == ("STO-001", "an account without the rights")
    assert 'CREATE SCHEMA "not_there" AUTHORIZATION' in error.faults[0].fix
    user = sa.make_url(limited).username
    place.server.sql(
        f"GRANT CREATE ON DATABASE {DATABASE} TO {user}", f"ALTER ROLE {user} SET default_transaction_read_only = on"
    )
    error = refused(place, url=limited, schema="not_there", folder=folder)
    assert (error.code, error.exit) == ("STO-008", Exit.REFUSED)
    place.server.sql(f"ALTER ROLE {user} RESET default_transaction_read_only")
    with Store.open(limited, folder, schema="own") as store:  # its own schema is all that it needs
        store.signals.stop("Ada", now())
        assert store.signals.stopped() is not None
    place.server.sql("DROP SCHEMA own CASCADE", f"REVOKE CREATE ON DATABASE {DATABASE} FROM {user}", database=DATABASE)


def test_a_standby_a_server_without_unicode_and_one_that_turns_read_only(place, tmp_path):
    place.server.sql(
        "DROP DATABASE IF EXISTS bytes", "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    )
    assert refused(place, url=place.server.url("bytes"), folder=tmp_path / "b").code == "STO-001"
    place.server.sql("DROP DATABASE bytes")
    with postgresql.running("wal_level=replica") as server, on_server(server, tmp_path / "other") as other:
        with other.open() as store:
            store.signals.stop("Ada", now())
            server.shut_down()
            with pytest.raises(CarrelError) as lost:
                store.signals.stopped()
            assert lost.value.code in {"STO-001", "STO-007"}
            (server.datadir / "standby.signal").touch()
            server.start_standby()
            assert refused(other, url=server.url(DATABASE)).code == "STO-008"
            (server.datadir / "standby.signal").unlink()
            server.shut_down()
        server.start()


def test_a_store_belongs_to_the_folder_that_began_it(place, tmp_path):
    with place.open() as store:
        store.keepings.place(ORDER, now)
    mark = place.folder / "store.mark"
    assert mark.stat().st_mode & 0o777 == 0o600
    # Another site's folder; this site's folder and an empty store; a file beside the store on a server, and instead of it.
    other = refused(place, folder=tmp_path / "other")
    assert other.code == "STO-009"
    assert "store.mark" in other.faults[0].fix
    assert not (tmp_path / "other").exists()
    assert refused(place, schema="empty_one").code == "STO-009"
    with pytest.raises(CarrelError) as error:
        Store.open(place.folder / FILE)
    assert (error.value.code, error.value.exit) == ("STO-009", Exit.REFUSED)
    (place.folder / FILE).touch()
    assert refused(place).code == "STO-009"
    (place.folder / FILE).unlink()
    with place.open() as store:
        assert len(store.keepings.current("koha", now()).legal_holds) == 1
    schemas = place.server.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'empty_one'", database=DATABASE)
    assert schemas == []


def test_a_mark_that_a_killed_process_left_half_way_is_gone_on_with(place):
    for left in ("before the commit", "after the commit"):
        place.open().close()
        (place.folder / "store.mark").rename(place.folder / "store.mark.new")
        if left == "before the commit":
            place.rows("DELETE FROM owner_mark")
        with place.open() as store:
            assert store.signals.stop("Ada", now())
        [(mark,)] = place.rows("SELECT mark FROM owner_mark")
        assert (place.folder / "store.mark").read_text().strip() == mark


def test_two_tenants_in_one_database_see_nothing_of_each_other(place, postgresql_server, tmp_path):
    with on_server(postgresql_server, tmp_path / "two") as second, place.open() as one, second.open() as two:
        one.leases.acquire("koha", "a", timedelta(minutes=2), now())
        two.leases.acquire("koha", "b", timedelta(minutes=2), now())
        one.signals.stop("Ada", now())
        assert two.signals.stopped() is None
        with one._database.writing():  # a writer of one keeps no writer of the other waiting
            two.signals.stop("Ben", now())


def test_clocks_that_differ_are_refused(place):
    for away in (-11, 11):
        error = refused(place, now=lambda away=away: now() + timedelta(seconds=away))
        assert (error.code, error.exit) == ("STO-010", Exit.REFUSED)
        assert ("ahead" if away > 0 else "behind") in error.faults[0].found
    place.open(now=now).close()


def test_a_writer_reads_what_the_writer_before_has_left_and_an_idle_store_holds_nothing(place):
    with place.open() as one, place.open() as two:
        seen = []
        with one._database.writing() as connection:
            connection.execute(sa.insert(tables.clock).values(id=1, newest=now()))

            def other() -> None:
                with two._database.writing() as mine:
                    seen.append(mine.execute(sa.select(tables.clock.c.id)).scalars().all())

            waits = threading.Thread(target=other)
            waits.start()
            time.sleep(0.2)
            assert seen == []
        waits.join(10)
        assert seen == [[1]]
        with one._database.reading() as connection:
            before = one.signals.stopped()
            two.signals.stop("Ada", now())
            assert before is None
            assert connection.execute(sa.select(tables.signal)).first() is None  # one state, from its first look on
            with pytest.raises(CarrelError) as error, one._database.reading() as reader:
                reader.execute(sa.delete(tables.signal))
            assert error.value.code == "STO-008"
        idle = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'carrel store' AND "
        idle += "(state <> 'idle' OR backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
        assert place.server.sql(idle) == [(0,)]


def test_what_the_account_is_set_to_changes_nothing(place):
    place.server.sql(
        "ALTER ROLE carrel SET synchronous_commit = off", "ALTER ROLE carrel SET search_path = 'public'",
        "ALTER ROLE carrel SET statement_timeout = '1ms'", "ALTER ROLE carrel SET default_transaction_isolation = 'serializable'",
    )  # fmt: skip
    try:
        with place.open() as store, store._database.writing() as connection:
            shown = "SELECT current_setting('synchronous_commit'), current_setting('statement_timeout'), current_schema(), current_setting('transaction_isolation')"
            assert tuple(connection.exec_driver_sql(shown).one()) == ("on", "0", place.schema, "read committed")
    finally:
        place.server.sql("ALTER ROLE carrel RESET ALL")


def test_a_lost_race_is_told_without_the_values_in_it(place):
    with place.open() as store, pytest.raises(IntegrityError) as lost:
        for _ in range(2):
            with store._database.writing() as connection:
                values = {"system": "koha", "loan": PATRON}
                connection.execute(sa.insert(tables.loan_counted).values(**values))
    assert str(PATRON) not in f"{lost.value!s} {lost.value!r} {lost.value.orig!r}"


def test_a_released_hold_s_numbers_are_gone_from_the_server_s_files(place):
    """Read where they lie: in the file of the table."""
    with place.open() as store:

        def stands() -> bool:
            place.server.sql("CHECKPOINT")
            [(path,)] = place.rows(f"SELECT pg_relation_filepath('{place.schema}.keeping_subject')")
            return PATRON.to_bytes(8, "little") in (place.server.datadir / path).read_bytes()

        placed = store.keepings.place(ORDER, now)
        assert stands()
        with store._database.reading() as older:  # somebody still looks at how it was
            older.execute(sa.select(tables.keeping_subject)).all()
            store.keepings.release(placed.id, "Ada", now(), Kind.LEGAL_HOLD)
        assert stands()
        assert store.condition().dead_plain == 2
        store._database.tidy()
        assert not stands()
        assert store.condition().dead_plain == 0


def test_a_server_that_went_away_is_found_again(place, tmp_path):
    with postgresql.running() as server, on_server(server, tmp_path / "site") as there, there.open() as store:
        store.leases.acquire("koha", "me", timedelta(minutes=2), now())
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'carrel store'")
        assert store.leases.owned("koha", "me")  # between two transactions nothing is lost
        with pytest.raises(CarrelError) as error, store._database.writing() as connection:
            connection.execute(sa.delete(tables.lease))
            server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'carrel store'")
            connection.execute(sa.delete(tables.gate))
        assert (error.value.code, error.value.exit) == ("STO-007", Exit.FAILED)
        assert store.leases.owned("koha", "me")


def test_who_else_may_read_it_and_what_its_log_keeps_is_told(place):
    with place.open() as store:
        assert (store.condition().readers, store.condition().archived) == (0, False)
        user = sa.make_url(place.server.limited_user(DATABASE, [])).username
        place.rows(f'GRANT SELECT ON keeping_subject TO "{user}"')
        assert store.condition().readers == 1
        place.rows(f'REVOKE SELECT ON keeping_subject FROM "{user}"')


def test_of_another_host_nobody_is_taken_for_gone(monkeypatch):
    mine = owner.new_owner()
    host, space, _, _ = mine.split("/")
    assert owner.gone(f"{host}/{space}/4194304/00000000")  # beyond the largest process id
    boot, _, processes = space.rpartition("-")
    for other in (f"{host}/{'0' * len(boot)}-{processes}", f"{host}/{boot}-1", f"else/{space}"):
        assert not owner.gone(f"{other}/4194304/00000000")
    monkeypatch.setattr(owner.os, "stat", lambda *_: (_ for _ in ()).throw(OSError()))  # a system that does not tell
    unknown = owner.new_owner().split("/")
    assert not owner.gone("/".join((*unknown[:2], "4194304", unknown[3])))


def test_the_address_s_file_may_be_read_by_its_owner_alone(place, tmp_path):
    from carrel.cli.store_place import open_store
    from carrel.systems.site_file import parse_site

    text = "library: Elm\npolicy: worcester\nsystems: [{name: koha, map: koha, dsn_env: X, time_zone: UTC}]\n"
    site = parse_site(text + place.site_lines, "carrel.yaml").relative_to(place.folder)
    with open_store(site) as store:
        assert store.place.endswith(f"schema {place.schema}")
    Path(place.folder / "store.dsn").chmod(0o640)
    with pytest.raises(CarrelError) as error:
        open_store(site)
    assert error.value.code == "SIT-005"


@pytest.mark.parametrize(
    "address", ["rubbish PASSWORDX", "sqlite:///{folder}/koha.db", "postgresql+psycopg:/u:PASSWORDX@h/db"]
)
def test_what_is_no_database_for_a_store_is_refused_and_nothing_is_made(tmp_path, address):
    """Not a file named after a password, and no tables in somebody else's database."""
    text = address.format(folder=tmp_path)
    (tmp_path / "store.dsn").write_text(text + "\n")
    (tmp_path / "store.dsn").chmod(0o600)
    (tmp_path / "koha.dsn").write_text(f"sqlite:///{tmp_path}/koha.db\n")
    (tmp_path / "koha.dsn").chmod(0o600)
    (tmp_path / "carrel.yaml").write_text(
        "format_version: 1\nlibrary: Elm\npolicy: worcester\nstore: {dsn_file: store.dsn}\n"
        "systems: [{name: koha, map: koha, dsn_file: koha.dsn, time_zone: UTC}]\n"
    )
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CarrelError) as refused:
        open_store(load_site(tmp_path))
    assert refused.value.code == "STO-001"
    assert "PASSWORDX" not in str(refused.value)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("accounts", ["dsn_file: koha.dsn", "dsn_file: none.dsn, apply_dsn_file: koha.dsn"])
def test_a_systems_own_database_is_no_place_for_a_store(postgresql_server, tmp_path, accounts):
    for name in ("store.dsn", "koha.dsn"):
        (tmp_path / name).write_text(postgresql_server.url("postgres") + "\n")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "carrel.yaml").write_text(
        "format_version: 1\nlibrary: Elm\npolicy: worcester\nstore: {dsn_file: store.dsn}\n"
        f"systems: [{{name: koha, map: koha, {accounts}, time_zone: UTC}}]\n"
    )
    with pytest.raises(CarrelError) as refused:
        open_store(load_site(tmp_path))
    assert (refused.value.code, "system koha" in str(refused.value)) == ("STO-001", True)
