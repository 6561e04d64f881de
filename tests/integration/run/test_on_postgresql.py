"""The other verbs on PostgreSQL: init, doctor, check, a night, its audit, a sweep; and where old values are said to stand."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from carrel.inventory.schema import LiveSchema
from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sql import live
from carrel.systems.sql.grants import Purpose, needed
from tests.integration.run import library

pytestmark = pytest.mark.postgresql
KOHA = in_force(map_files.load("koha"), policy_files.load("mit-libraries").record_schedules())
PLACES = {"write-ahead log", "dead rows and free pages", "log of failed statements"}


@pytest.fixture
def elm(small_postgresql, tmp_path):
    return library.make(tmp_path / "site", small_postgresql)


def test_init_looks_writes_and_prints_grants(elm, tmp_path):
    address = elm.secret("address.dsn", elm.koha.url)
    words = ("init", "koha", "--dsn-file", address, "--time-zone", "UTC", "--folder", tmp_path / "new")
    answer = elm.run(*words, "--json", site=False)
    assert answer.code == 0, answer.text
    assert answer.told["server"].startswith("postgresql 1")
    assert answer.told["differences"] == []
    assert "GRANT pg_read_all_data TO carrel_read;" in answer.told["grants"]["sweep"]
    assert (tmp_path / "new" / "carrel.yaml").exists()
    printed = elm.run("init", "koha", "--dsn-file", address, "--grants-only", site=False)
    assert 'GRANT USAGE ON SCHEMA "public" TO carrel_apply;' in printed.out
    assert "CREATE USER carrel_apply PASSWORD" in printed.out
    assert "`" not in printed.out


@pytest.mark.slow
@pytest.mark.deep
def test_a_night_and_what_is_told_of_it(elm):
    small = elm
    run = small.ok("apply", small.approved())["run"]
    assert run["outcome"] == "verified"
    assert {one["place"] for one in run["residues"]} == PLACES
    assert not any(one["lasting"] for one in run["residues"])
    small.approved("night.json")
    small.ok("run-due")
    health = json.loads((small.folder / "health" / "health.json").read_text())
    assert health["state"] == "ok"
    assert {one["place"] for one in health["residues"]} == PLACES
    told = small.run("audit", "--json").told
    assert {one["place"] for one in told["around_the_tables"]["places"]} == PLACES
    swept = small.ok("sweep")
    assert swept["open_joins"] == []
    checks = {one["name"]: one["state"] for one in small.run("check", "--json").told["checks"]}
    assert checks["loans"] == "ok"
    checks = {one["name"]: one for one in small.run("doctor", "--json").told["checks"]}
    assert checks["connection"]["state"] == "ok"
    assert checks["server version"]["detail"].startswith("PostgreSQL 1")
    assert checks["dead rows"]["state"] == "finding"
    assert checks["triggers"]["state"] == "ok"
    assert "ALL PRIVILEGES" in checks["grants to apply"]["detail"]


@pytest.mark.slow
@pytest.mark.deep
def test_two_accounts_with_the_least_rights_carry_a_night_with_a_capsule(elm, tmp_path):
    """Rows that go are locked first, children with their parents, and put back with INSERT granted for that."""
    server, database = elm.koha.server, elm.koha.database
    schema = _schema(elm)
    urls = {}
    for purpose in Purpose:
        urls[purpose] = server.limited_user(database, ["pg_read_all_data"])
        user = sa.make_url(urls[purpose]).username
        for right in needed(KOHA, purpose, "postgresql"):
            if right.table in schema.tables or right.table.endswith("*"):
                server.sql(right.sql(database, user, "postgresql"), database=database)
    elm.secret("koha.dsn", urls[Purpose.READ])
    elm.secret("doer.dsn", urls[Purpose.APPLY])
    shares = tmp_path / "a.share", tmp_path / "b.share"
    key = elm.run("undo", "key", "--out-a", shares[0], "--out-b", shares[1], site=False).out.strip()
    more = f"    mode: window\n    apply_dsn_file: doer.dsn\n    undo: 48 hours\n    undo_key: {key}\n"
    elm.edit("    mode: window\n", more)
    doctor = {one["name"]: one for one in elm.run("doctor", "--json").told["checks"]}
    assert doctor["grants to read"]["state"] == "ok", doctor["grants to read"]
    assert doctor["grants to apply"]["state"] == "ok", doctor["grants to apply"]
    before = elm.checksum()
    run = elm.ok("apply", elm.approved())["run"]
    assert run["loans"] > 50
    assert elm.checksum() != before
    back = ("undo", "restore", run["id"], "--share-a", shares[0], "--share-b", shares[1])
    refused = elm.run(*back)
    assert refused.code == 4
    assert "SQL-005" in refused.codes
    user = sa.make_url(urls[Purpose.APPLY]).username
    server.sql(f"GRANT INSERT ON ALL TABLES IN SCHEMA public TO {user}", database=database)
    elm.ok(*back)
    assert elm.checksum() == before


def _schema(elm) -> LiveSchema:
    with elm.koha.engine().connect() as connection:
        found = live.read(connection, KOHA)
    elm.koha.dispose()
    return found
