"""Where PostgreSQL keeps old values, what is to be said of its server, and which database an address leads to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from carrel.systems.sql import residue, whereabouts
from carrel.systems.sql.database import connect
from carrel.systems.sql.server_check import server_checks
from tests.integration.postgresql.session import access, reading

pytestmark = pytest.mark.postgresql
NOW = datetime.now(UTC)


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


def test_one_database_under_two_addresses_is_one(empty):
    empty.sql("DROP DATABASE IF EXISTS other", "CREATE DATABASE other")
    mine = connect(access(empty.url("empty")), read_only=True)
    same = connect(access(empty.url("empty").replace("127.0.0.1", "localhost")), read_only=True)
    other = connect(access(empty.url("other")), read_only=True)
    with same.connect() as one, other.connect() as two:
        here = whereabouts.of(one)
        assert whereabouts.is_same(mine, here, "copy", one)
        assert not whereabouts.is_same(mine, here, "copy", two)
    for engine in (mine, same, other):
        engine.dispose()
    empty.sql("DROP DATABASE other WITH (FORCE)")
