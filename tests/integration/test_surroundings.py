"""What lies around the tables is read from the server itself, told with its date, and never read for its content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from carrel.accountability.surroundings import Surroundings
from carrel.systems.sql import residue
from tests.integration import nightly_site

NOW = datetime.now(UTC)
SECRET = "needle-in-a-statement"


def around(url: str) -> Surroundings:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return residue.around(connection, NOW)
    finally:
        engine.dispose()


@pytest.fixture
def logged(koha_mariadb) -> Iterator[nightly_site.Koha]:
    """A server that writes every statement into its own table."""
    koha_mariadb.server.sql(
        "SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = ON", f"SELECT '{SECRET}' AS asked"
    )
    yield koha_mariadb
    koha_mariadb.server.sql(
        "SET GLOBAL general_log = OFF", "SET GLOBAL log_output = 'FILE'", "TRUNCATE mysql.general_log"
    )


@pytest.mark.mariadb
def test_a_general_log_in_a_table_is_counted_and_never_read(logged):
    found = around(logged.url)
    (place,) = [one for one in found.places if one.name == "general log, table mysql.general_log"]
    assert int(place.figures["lines"]) > 0
    assert place.until is None
    assert place.lasting
    assert SECRET not in json.dumps(found.as_dict())
    logged.server.sql("SET GLOBAL general_log = OFF")
    assert [one.name for one in around(logged.url).places if "general log" in one.name], "what was written still stands"
    logged.server.sql("TRUNCATE mysql.general_log")
    after = around(logged.url)
    assert not [one.name for one in after.places if "general log" in one.name]
    assert "general log, table mysql.general_log" in after.emptied


@pytest.mark.mariadb
def test_what_the_account_may_not_see_is_told_with_the_right_that_shows_it(logged):
    found = around(logged.limited_user(["SELECT"]))
    unseen = {one.name: one.fix for one in found.unseen}
    assert unseen["general log, table mysql.general_log"].startswith("GRANT SELECT (event_time) ON mysql.general_log")
    assert unseen["slow query log, table mysql.slow_log"].startswith("GRANT SELECT (start_time) ON mysql.slow_log")
    assert "general log, table mysql.general_log" in {one.name for one in found.places}, "it is on, whoever may read it"
    seeing = around(logged.limited_user(["SELECT", "SELECT (event_time) ON mysql.general_log"]))
    assert "general log, table mysql.general_log" not in {one.name for one in seeing.unseen}


@pytest.mark.mariadb
@pytest.mark.slow
def test_the_date_of_the_binary_log_is_the_server_s_own(mariadb_with):
    server = mariadb_with(binlog=True, options=("--binlog-expire-logs-seconds=604800", "--performance-schema=1"))
    server.sql("CREATE DATABASE IF NOT EXISTS elm")
    url = server.url("elm")
    (place,) = [one for one in around(url).places if one.name == "binary log"]
    assert place.until == NOW + timedelta(days=8)
    assert place.figures["kept for"] == "7 days"
    assert place.figures["files"] == 1
    server.sql("FLUSH BINARY LOGS")
    (place,) = [one for one in around(url).places if one.name == "binary log"]
    assert place.figures["files"] == 2
    server.sql("SET GLOBAL binlog_expire_logs_seconds = 0")
    (place,) = [one for one in around(url).places if one.name == "binary log"]
    assert (place.until, place.when) == (None, "no date: nothing deletes it")
    assert {one.name for one in around(server.limited_user("elm", ["SELECT"])).unseen} >= {
        "the binary log's files and sizes",
        "which statement statistics are kept",
    }
    server.sql("UPDATE performance_schema.setup_consumers SET enabled = 'YES' WHERE name = 'events_statements_history'")
    (place,) = [one for one in around(url).places if one.name == "statement statistics"]
    assert place.figures == {"kept": "events_statements_history"}
    assert not place.lasting


def test_an_sqlite_file_tells_its_free_pages_and_its_log(koha_sqlite):
    engine = koha_sqlite.engine()
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("DELETE FROM statistics")
        connection.commit()
        found = residue.around(connection, NOW)
    free, log = found.places
    assert (free.name, log.name) == ("free pages of the file", "write-ahead log of the file")
    assert int(free.figures["free pages"]) > 0
    assert log.figures["journal_mode"] == "wal"
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
        after = residue.around(connection, NOW)
    assert after.places[0].figures["free pages"] == 0
    assert "rollback journal of the file" in after.emptied


def test_check_audit_and_page_tell_the_dumps(koha_sqlite, tmp_path):
    dumps = tmp_path / "spool"
    dumps.mkdir()
    (dumps / "koha.sql.gz").write_bytes(b"x" * 2048)
    site = nightly_site.make(tmp_path, koha_sqlite, system="    dumps: [{folder: spool, files: ['*.sql.gz']}]\n")
    wanted = f"dumps in {dumps}"
    checks = {one["name"]: one for one in json.loads(site.run("check", "--json").stdout)["checks"]}
    assert checks["around tables"]["state"] == "finding"
    assert wanted in checks["around tables"]["detail"]
    page = tmp_path / "audit.html"
    told = json.loads(site.run("audit", "--json", "--html", page).stdout)["around_the_tables"]
    (place,) = [one for one in told["places"] if one["place"] == wanted]
    assert place["figures"]["size"] == "2.0 KiB"
    assert wanted in page.read_text()
    screen = site.run("audit").stdout
    assert "Around the tables, read now" in screen
    assert max(map(len, screen.partition("Around the tables, read now")[2].splitlines())) <= 100
    (dumps / "koha.sql.gz").unlink()
    checks = {one["name"]: one for one in json.loads(site.run("check", "--json").stdout)["checks"]}
    assert checks["around tables"]["state"] == "ok"
