"""A replica of MariaDB: plans, checks and sweeps read it while it keeps up; what verifies never does."""

from __future__ import annotations

import time

import pytest

from tests.integration.conftest import TEMPLATE, Koha
from tests.integration.run import library

pytestmark = [pytest.mark.mariadb, pytest.mark.slow]


@pytest.fixture
def pair(mariadb_with):
    """Two servers with the same library, of which the second takes over what is written to the first."""
    primary = mariadb_with(binlog=True)
    replica = mariadb_with(options=("--server-id=2", "--read-only=1"))
    [(position,)] = primary.sql(
        "CREATE USER 'follows'@'127.0.0.1' IDENTIFIED BY 'follows'",
        "GRANT REPLICATION SLAVE ON *.* TO 'follows'@'127.0.0.1'",
        "SELECT @@gtid_binlog_pos",
    )
    replica.sql(
        f"SET GLOBAL gtid_slave_pos = '{position}'",
        f"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {primary.port}, MASTER_USER = 'follows', "
        "MASTER_PASSWORD = 'follows', MASTER_USE_GTID = slave_pos",
        "START SLAVE",
    )
    return primary, replica


def test_what_is_read_there_and_what_never_is(pair, mariadb_template, tmp_path):
    primary, replica = pair
    koha = Koha(primary.url(TEMPLATE), "mariadb", mariadb_template[1], primary, TEMPLATE)
    elm = library.make(tmp_path / "site", koha, more="    replica: {dsn_file: replica.dsn, max_lag: 1 seconds}\n")
    reads = replica.limited_user(TEMPLATE, ["SELECT", "CREATE TEMPORARY TABLES", "REFERENCES", "TRIGGER"])
    elm.secret("replica.dsn", reads)

    def read_from(*words):
        answer = elm.run(*words, "--json")
        assert answer.code in {0, 3}, answer.text
        return answer.told["read_from"]

    plan = ("plan", "--as", "Cal Example", "--out", elm.folder / "plan.json")
    assert "REPLICA MONITOR" in read_from(*plan)["because"]  # not seen is not trusted
    user = reads.split("//")[1].split(":")[0]
    replica.sql(f"GRANT REPLICA MONITOR ON *.* TO '{user}'@'127.0.0.1'")
    until(lambda: read_from("sweep")["server"] == "replica")
    for words in (plan, ("check",), ("sweep",)):
        told = read_from(*words)
        assert (told["server"], told["lag_seconds"] <= 1) == ("replica", True), told
    at_replica = elm.ok(*plan)["plan"]["states"]

    # It stands still, and the primary goes on: nothing of it is read, and nothing it shows is verified.
    replica.sql("STOP SLAVE SQL_THREAD")
    [(due,)] = koha.rows(
        "SELECT max(issue_id) FROM old_issues WHERE returndate < '2020-01-01' AND borrowernumber IS NOT NULL"
    )
    elm.sql(f"UPDATE old_issues SET note = 'changed' WHERE issue_id = {due}")
    for words in (plan, ("check",), ("sweep",)):
        assert read_from(*words)["server"] == "primary"
    assert elm.ok(*plan)["plan"]["states"] == at_replica
    assert "read_from" not in elm.run("verify", "--json").told
    doctor = {one["name"]: one for one in elm.run("doctor", "--json").told["checks"]}
    assert doctor["replica"]["state"] == "finding"
    replica.sql("START SLAVE SQL_THREAD")
    until(lambda: read_from("sweep")["server"] == "replica")
    replica.sql("STOP SLAVE IO_THREAD")
    elm.sql(f"UPDATE old_issues SET note = NULL WHERE issue_id = {due}")
    assert "nobody can tell" in read_from("sweep")["because"]
    replica.sql("START SLAVE IO_THREAD")

    # Its address in the primary's place, and what is no replica of this system.
    elm.secret("koha.dsn", replica.url(TEMPLATE))
    for words in (plan, ("verify",), ("check",)):
        elm.refused(*words, code=4, error="SQL-006")
    elm.secret("koha.dsn", koha.url)
    replica.sql("STOP SLAVE", "SET GLOBAL replicate_do_table = 'sample_template.borrowers'", "START SLAVE")
    elm.refused("sweep", code=4, error="SQL-021")
    replica.sql("STOP SLAVE", "SET GLOBAL replicate_do_table = ''", "RESET SLAVE ALL")
    elm.refused("sweep", code=4, error="SQL-021")
    replica.sql("SET GLOBAL read_only = 0")
    elm.refused("sweep", code=4, error="SQL-021")
    koha.dispose()


def until(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)
