"""A standby beside the primary, on two real servers: what is read there, what never is, and a failover under a run."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress

import psycopg
import pytest

from carrel.errors import CarrelError
from carrel.inventory.replica import Use
from carrel.systems.sample import SampleSize
from carrel.systems.site_file import load_site
from carrel.systems.sql import database, replica
from tests.integration.conftest import SEED, Koha, on_postgresql, postgresql_template
from tests.integration.run import consortium, library
from tests.integration.run.conftest import SMALL, SMALL_SEED
from tests.integration.run.test_while_it_waits import in_hand
from tests.integration.servers import postgresql

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]


@pytest.fixture(scope="module")
def pair():
    """A primary and its standby, with a small library on both."""
    with postgresql.running("wal_level=replica", "hot_standby=on") as primary:
        sample = postgresql_template(primary, "small", SMALL, SMALL_SEED)
        standby = primary.standby()
        try:
            yield primary, standby, sample
        finally:
            standby.remove()


@pytest.fixture
def elm(pair, tmp_path):
    primary, standby, sample = pair
    standby.sql("SELECT pg_wal_replay_resume()")
    with on_postgresql(primary, "small", sample) as koha:
        made = library.make(tmp_path / "site", koha, more="    replica: {dsn_file: replica.dsn, max_lag: 1 seconds}\n")
        made.secret("replica.dsn", standby.url(koha.database))
        caught_up(primary, standby)
        yield made
        standby.sql("SELECT pg_wal_replay_resume()")
        standby.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{koha.database}'")


def until(holds, seconds=240):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def read_from(elm, *words):
    answer = elm.run(*words, "--json")
    assert answer.code in {0, 3}, answer.text
    return answer.told["read_from"]


def caught_up(primary, standby):
    [(written,)] = primary.sql("SELECT pg_current_wal_insert_lsn()::text")
    until(lambda: standby.sql(f"SELECT pg_last_wal_replay_lsn() >= '{written}'") == [(True,)], 40)


def test_a_sweep_reads_the_standby_and_what_counts_reads_the_primary(elm, pair):
    until(lambda: read_from(elm, "sweep") == {"server": "replica", "lag_seconds": 0.0, "because": ""})
    told = read_from(elm, "check")
    assert (told["server"], "temporary tables" in told["because"]) == ("primary", True)
    until(lambda: "Read from the replica, at most 0 s behind" in elm.run("sweep").out)
    (elm.folder / "one.txt").write_text("1\n")
    person = ("sweep", "--person", elm.folder / "one.txt", "--by-number")
    until(lambda: read_from(elm, *person)["server"] == "replica")
    doctor = {one["name"]: one for one in elm.run("doctor", "--json").told["checks"]}
    assert "behind" in doctor["replica"]["detail"]


@pytest.mark.deep
def test_by_several_policies_a_sweep_reads_the_primary_and_a_person_is_still_looked_for_on_the_standby(elm):
    """A loan's units are looked up in a temporary table."""
    consortium.write_policies(elm.folder, consortium.PERIODS)
    elm.edit("consumers:\n", consortium.branches(CPL="a") + "consumers:\n")
    told = read_from(elm, "sweep")
    assert (told["server"], "temporary tables" in told["because"]) == ("primary", True)
    (elm.folder / "one.txt").write_text("1\n")
    until(lambda: read_from(elm, "sweep", "--person", elm.folder / "one.txt", "--by-number")["server"] == "replica")


@pytest.mark.deep
def test_a_standby_that_lags_is_not_read_and_makes_nothing_green(elm, pair):
    _, standby, _ = pair
    assert elm.ok("apply", elm.approved())["run"]["complete"]
    assert elm.ok("verify")["verified"] is True
    until(lambda: read_from(elm, "sweep")["server"] == "replica")
    standby.sql("SELECT pg_wal_replay_pause()")
    # Somebody puts a reader back; the standby goes on to show the library without.
    [(reader,)] = elm.koha.rows("SELECT min(borrowernumber) FROM borrowers WHERE privacy = 1 AND borrowernumber > 5")
    put_back = f"UPDATE old_issues SET borrowernumber = {reader} WHERE issue_id IN (SELECT issue_id FROM old_issues "
    put_back += (
        f"WHERE returndate < '2025-06-01' AND borrowernumber IS DISTINCT FROM {reader} ORDER BY issue_id LIMIT 3)"
    )
    assert elm.sql(put_back) == 3
    verified = elm.ok("verify", code=5)
    assert verified["verified"] is False
    assert "read_from" not in verified
    time.sleep(1.2)
    told = read_from(elm, "sweep")
    assert told["server"] == "primary"
    assert "behind" in told["because"]
    doctor = {one["name"]: one for one in elm.run("doctor", "--json").told["checks"]}
    assert doctor["replica"]["state"] == "finding"
    standby.sql("SELECT pg_wal_replay_resume()")
    until(lambda: read_from(elm, "sweep")["server"] == "replica")
    # The standby's address in the primary's place: whatever verifies, plans or carries out refuses it.
    for name in ("verify", "plan", "check"):
        elm.secret("koha.dsn", standby.url(elm.koha.database))
        words = (name, "--as", "Cal Example", "--out", elm.folder / "p.json") if name == "plan" else (name,)
        assert elm.refused(*words, code=4, error="SQL-006")


def test_what_is_no_standby_of_this_system_is_refused(elm, pair, postgresql_server):
    primary, standby, _ = pair
    system = load_site(elm.folder).systems[0]
    engine = database.open_system(system, read_only=True)
    postgresql_server.sql("DROP DATABASE IF EXISTS small_copy WITH (FORCE)", "CREATE DATABASE small_copy")
    others = {
        "itself": primary.url(elm.koha.database),
        "another database there": standby.url("small"),
        "another server": postgresql_server.url("small_copy"),
    }
    for url in others.values():
        elm.secret("replica.dsn", url)
        with pytest.raises(CarrelError) as error, replica.reading(system, engine, Use.SWEEP):
            pass
        assert error.value.code == "SQL-021"
        assert elm.refused("sweep", code=4, error="SQL-021")
    elm.secret("replica.dsn", standby.url(elm.koha.database).replace(str(standby.port), "1"))
    told = read_from(elm, "sweep")
    assert (told["server"], "SQL-003" in told["because"]) == ("primary", True)
    engine.dispose()
    postgresql_server.sql("DROP DATABASE small_copy")


def readers_after(elm, loans):
    """The first reader behind so many loans that are due by far, in the order in which they are cut."""
    counted = elm.koha.rows(
        "SELECT o.borrowernumber, count(*) FROM old_issues o JOIN borrowers b USING (borrowernumber) WHERE b.privacy <> 0 "
        f"AND o.returndate < '2026-06-01' AND b.borrowernumber <> {elm.koha.sample.anonymous_patron} GROUP BY 1 ORDER BY 1"
    )
    for reader, count in counted:
        loans -= count
        if loans < 0:
            return reader
    raise AssertionError("so many are not due")


@contextmanager
def at_the_desk(server, query):
    """Somebody works on these rows, and nobody else can change them meanwhile; a server that is gone ends it."""
    connection = psycopg.connect(f"{server.address()} dbname=elm")
    connection.execute(f"{query} FOR UPDATE")
    try:
        yield
    finally:
        with suppress(psycopg.Error):
            connection.rollback()
        connection.close()


def test_a_failover_under_a_run_verifies_nothing_that_was_lost_with_it(tmp_path):
    """Two servers, asynchronous; the last chunks never reached the one that is promoted."""
    with postgresql.running("wal_level=replica", "hot_standby=on") as primary:
        sample = postgresql_template(primary, "elm", SampleSize.named("tiny"), SEED)
        standby = primary.standby()
        try:
            koha = Koha(primary.url("elm"), "postgresql", sample, primary, "elm")
            elm = library.make(tmp_path / "site", koha, mode="desk")
            plan = elm.approved()
            due = elm.linked()
            caught_up(primary, standby)
            some, more = readers_after(elm, 300), readers_after(elm, 600)
            rows = "SELECT 1 FROM statistics WHERE borrowernumber"
            with at_the_desk(primary, f"{rows} >= {more}"):
                with at_the_desk(primary, f"{rows} >= {some} AND borrowernumber < {more}"):
                    apply = elm.start("apply", plan)
                    assert in_hand(elm, apply) is not None
                    standby.sql("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
                    until(lambda: not standby.sql("SELECT 1 FROM pg_stat_wal_receiver"))  # nothing arrives any more
                    with elm.store as store:
                        arrived = store.runs.unfinished("koha").loans
                assert in_hand(elm, apply, arrived + 1) is not None
                koha.dispose()
                primary.kill()
            answer = elm.done(apply)
            assert (answer.code, answer.codes) == (1, ["SQL-008"]), answer.text
            with elm.store as store:
                broken = store.runs.unfinished("koha")
            standby.sql("SELECT pg_promote()")
            elm.koha = Koha(standby.url("elm"), "postgresql", sample, standby, "elm")
            elm.secret("koha.dsn", standby.url("elm"))
            elm.edit("    mode: desk\n", "    mode: window\n")
            lost = broken.loans - (due - elm.linked())
            assert lost > 0
            assert elm.ok("verify", code=5)["verified"] is False
            told = elm.ok("apply", plan, code=5)["run"]
            assert (told["id"], told["outcome"], told["server_replaced"]) == (broken.id, "applied, unverified", True)
            assert due - elm.linked() < told["loans"]  # which is why it may not be called verified
            # The stage does not count; the next run is counted by itself, to the end.
            again = elm.ok("apply", elm.approved())["run"]
            assert (again["stage"], again["server_replaced"]) == (told["stage"], False)
            while not again["complete"]:
                again = elm.ok("apply", elm.approved())["run"]
            assert (again["outcome"], again["remaining"]) == ("verified", {})
            assert elm.ok("verify")["verified"] is True
            elm.koha.dispose()
        finally:
            standby.remove()
