"""`--workers` and `carrel work` as people give them: processes of this host, one of them killed, and when one does it alone."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time

import pytest

from carrel.cli import premises
from carrel.retention.circulation import by_cell
from carrel.store.circulation import CELLS
from carrel.store.store import FILE
from carrel.systems.sql.job_borders import spread_of_loans, strays_of
from tests.integration.run import library
from tests.integration.run.shared_run import shared
from tests.integration.run.test_accounts_at_odds import equal_copy
from tests.integration.run.test_counts import figures, linked, one_count


def owners(lib) -> dict[int, int]:
    """Process to a job that it has now."""
    place = lib.folder / FILE
    with sqlite3.connect(f"file:{place}?mode=ro", uri=True, timeout=30) as connection:
        asked = connection.execute("SELECT owner, number FROM job WHERE owner <> '' AND done_at IS NULL").fetchall()
    return {int(owner.split("/")[2]): number for owner, number in asked}


@pytest.mark.slow
def test_processes_of_this_host_share_a_run_and_one_is_killed(small_server):
    """Whoever leads goes on with the job of the dead one, at once, and the run ends as any other."""
    before, place = linked(small_server), small_server.approved()
    joined = [small_server.start("work", "--wait", 10, "--json") for _ in range(2)]  # as another host would
    time.sleep(1)
    leader = small_server.start("apply", place, "--workers", 2, "--json")
    killed, deadline = 0, time.monotonic() + 200
    while not killed and leader.poll() is None and time.monotonic() < deadline:
        if others := set(owners(small_server)) - {leader.pid}:
            killed = others.pop()
            os.kill(killed, signal.SIGKILL)
        time.sleep(0.01)
    run = small_server.done(leader, 300).told["run"]
    ended = [small_server.done(one, 60).code for one in joined]
    assert killed
    assert sorted(ended, reverse=True) in ([0, 0], [0, -signal.SIGKILL])
    assert (run["outcome"], run["complete"], run["remaining"]) == ("verified", True, {})
    assert run["workers"]["ended_early"] in ([], ["exit -9"])
    with small_server.store as store:
        assert store.circulation.in_flight("koha") == ()
        found = store.circulation.counts("koha")
        assert store.jobs.progress(run["id"]).left == 0
    assert figures(found[CELLS]) == figures(by_cell(one_count(small_server, before)))
    assert small_server.ok("verify")["verified"] is True
    small_server.refused("work", code=4, error="RUN-015")
    over = small_server.ok("work", "--run", run["id"])["work"]
    assert (over["jobs"], over["ended"]) == (0, "finished")


@pytest.mark.slow
def test_one_worker_does_it_alone_and_says_why(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    place = elm.approved()
    told = elm.run("apply", place, "--workers", 2, "--json")
    assert told.code == 0, told.text
    assert told.told["run"]["workers"] == {
        "asked": 2, "alone_because": "this database lets one writer in at a time", "ended_early": [],
    }  # fmt: skip
    assert "One worker does this run: this database lets one writer in at a time." in told.err


def test_who_joins_must_see_the_same_world(small_server):
    """Another policy on the second host is refused before anything is claimed."""
    with shared(small_server) as run:
        small_server.edit("refund window: 30 days", "refund window: 29 days", "policy.yaml")
        small_server.refused("work", code=4, error="APR-007")
        small_server.edit("mode: window", "mode: window\n    counts: false")
        small_server.refused("work", code=4, error="RUN-015")
        small_server.edit("\n    counts: false", "")
        assert not owners(small_server)
        small_server.edit("refund window: 29 days", "refund window: 30 days", "policy.yaml")
        run.here.store.leases.release("koha", run.run.owner, premises.now())
        small_server.refused("work", code=4, error="RUN-015")


def test_a_large_library_is_parted_by_places_that_are_nobodys_number(elm_sqlite):
    """About as many loans in each stretch; of the strays only tables that are work for two."""
    with premises.enter(elm_sqlite.folder, None, read_only=True) as here, here.loans().session() as loans:
        at = premises.now()
        life = here.life(at, at)
        spread = spread_of_loans(loans, life)
        assert spread.rows == loans.observe(life, at).states["due"]
        borders = spread.borders(4)
        assert len(borders) == 3
        assert all((border + 1) % spread.width == 0 for border in borders)
        paths = loans.paths(life, at)
        strays = strays_of(loans, paths, 2, here.schema)
        assert [one.path for one in strays] == [one.path.name for one in paths]
        sizes = {one.path.name: elm_sqlite.koha.rows(f"SELECT count(*) FROM {one.path.table}")[0][0] for one in paths}
        for one in strays:
            assert not one.borders or sizes[one.path] >= 10_000
        assert any(one.borders for one in strays)


def test_a_host_whose_address_leads_to_another_database_takes_no_part(small_server, tmp_path):
    """Of one server and of one shape: it would be cut there, and each job be done."""
    copy = equal_copy(small_server, tmp_path)
    other = library.Library(tmp_path / "other", copy, small_server.needles)
    other.folder.mkdir(mode=0o700)
    for name in ("carrel.yaml", "policy.yaml"):
        shutil.copy2(small_server.folder / name, other.folder)
    other.edit("library: Elm Library\n", f"library: Elm Library\nfolder: {small_server.folder}\n")
    other.secret("koha.dsn", copy.url)
    with shared(small_server) as run:
        told = other.refused("work", code=4, error="RUN-015")
        assert "the database and the server on which whoever leads the run works" in told.err
        assert run.chunks() == []
        other.secret("koha.dsn", small_server.koha.url)
        assert other.ok("work")["work"]["jobs"] > 10
    copy.dispose()
