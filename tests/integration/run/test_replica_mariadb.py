"""A replica of MariaDB: plans, checks and sweeps read it while it keeps up; what verifies never does."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from carrel.cli import erasure_apply, night, plan_file, premises
from carrel.cli.crew import Crew
from carrel.retention.outcome import Outcome
from tests.integration.conftest import TEMPLATE, Koha
from tests.integration.run import library, test_erasure
from tests.integration.run.test_schema_watch import _Meddles
from tests.integration.servers.moving_address import moving_address

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


@pytest.mark.parametrize("verb", ["apply", "erase"])
def test_an_address_that_moves_under_a_command_verifies_nothing(mariadb_with, mariadb_template, tmp_path, verb):
    """The old server still answers whoever is on it already; nothing of what was cut there is on the new one."""
    old, new = mariadb_with(), mariadb_with(options=("--server-id=2",))
    koha = Koha(old.url(TEMPLATE), "mariadb", mariadb_template[1], old, TEMPLATE)
    elm = library.make(tmp_path / "site", koha)
    new.sql(f"ALTER USER 'carrel'@'127.0.0.1' IDENTIFIED BY '{old.password}'")
    with moving_address(old.port) as address:
        elm.secret("koha.dsn", old.url(TEMPLATE).replace(f":{old.port}/", f":{address.port}/"))
        if verb == "apply":
            place = elm.approved()
        else:
            test_erasure.subject(elm)
            place, _ = test_erasure.planned(elm)
            elm.approve(place)
        with premises.enter(elm.folder, None, read_only=False) as here:
            moves = _Meddles(here, lambda: setattr(address, "leads_to", new.port))
            if verb == "apply":
                report = night.run_plan(here, plan_file.read(here.store, place), Crew(), moves)
                assert (report.moved, report.tally.loans > 0) == (True, True)
            else:
                plan = plan_file.read_erasure(here.store, place)
                sa.event.listen(here.engine, "commit", lambda _: moves.committed())
                report = erasure_apply.run(here, plan)
        assert report.outcome is Outcome.UNVERIFIED
        assert report.schema_changes == ("the server: another one answers under its address",)
    koha.dispose()


def until(holds, seconds=120):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)
