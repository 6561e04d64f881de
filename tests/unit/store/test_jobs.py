"""The jobs of a run in the store: who may be inside beside whom, what a lost job may still do, and whose key opens it."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.retention.circulation import Cell, CountedLoan
from carrel.retention.job import lay_out
from carrel.retention.outcome import ChunkResult, Outcome
from carrel.retention.ports import Position
from carrel.retention.stage import Stage
from carrel.retention.strays import Strays
from carrel.store.job_journal import Claim, JobTicket
from carrel.store.owner import new_owner
from carrel.store.run import Run
from carrel.store.run_key import RunKey
from carrel.store.store import Store
from tests.unit.store.plan_values import plan

JOBS = lay_out("loan", (15, 31), [Strays("statistics"), Strays("hold", alone=True)])
CELL = Cell("2026-03", "CPL", "BK", "S")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def run(store: Store) -> Run:
    digest, owner = store.plans.record(plan(), now()), new_owner()
    store.leases.acquire("koha", owner, timedelta(minutes=2), now())
    begun = store.runs.start(digest, "koha", owner, now(), stage=Stage.REST, ordinary=True)
    store.jobs.lay_out(begun, JOBS)
    return begun


def claimed(store: Store, run: Run) -> Claim:
    found = store.jobs.claim(run.id, new_owner(), now())
    assert found is not None
    return found


def later(store: Store, *tables: str) -> None:
    """As if leases and turns had run out."""
    with store._database.writing() as connection:
        for table in tables:
            connection.exec_driver_sql(f"UPDATE {table} SET expires_at = '2026-01-01T00:00:00.000000Z'")


def test_chunks_of_two_jobs_are_inside_and_of_one_job_or_another_run_they_are_not(store: Store, run: Run) -> None:
    one, other = claimed(store, run), claimed(store, run)
    with store.jobs.gate(one, now).chunk(), store.jobs.gate(other, now).chunk() as turn:
        turn.check()
        for gate in (store.jobs.gate(one, now), store.runs.gate(run, now)):
            with pytest.raises(CarrelError) as refused, gate.chunk():
                pytest.fail("inside")
            assert refused.value.code == "RUN-001"
    with store.runs.gate(run, now).chunk(), pytest.raises(CarrelError) as alone, store.jobs.gate(one, now).chunk():
        pytest.fail("beside a chunk that is alone")
    assert alone.value.code == "RUN-001"
    assert not store.jobs.still_inside(run, now())


def test_chunks_are_numbered_through_the_run_and_each_job_has_its_own_position(store: Store, run: Run) -> None:
    one, other = claimed(store, run), claimed(store, run)
    journals = [store.jobs.journal(claim, now) for claim in (one, other)]
    numbers = [journal.intend(Position("loan", 0, 0), 5) for journal in journals]
    assert numbers == [1, 2]
    for number, journal in zip(reversed(numbers), reversed(journals), strict=True):
        journal.finish(number, Position("loan", number, 7 * number), ChunkResult(5, {"loan": 5}))
    assert [journal.resume() for journal in journals] == [Position("loan", 1, 7), Position("loan", 2, 14)]
    whole = store.runs.get(run.id)
    assert (whole.loans, whole.rows, whole.chunks, whole.unknown) == (10, {"loan": 10}, 2, 0)
    assert store.jobs.progress(run.id).loans == 10
    with store._database.reading() as connection:
        sealed = connection.exec_driver_sql("SELECT position FROM job WHERE position IS NOT NULL").scalars().all()
    assert len(sealed) == 2
    assert not any(b"loan" in one for one in sealed)


def test_a_job_is_taken_over_from_the_dead_at_once_and_from_the_silent_when_its_time_is_over(
    store: Store, run: Run
) -> None:
    host, space, _, _ = new_owner().split("/")
    dead = store.jobs.claim(run.id, f"{host}/{space}/{2**22 - 1}/00000000", now())
    assert dead is not None
    assert claimed(store, run).number == dead.number == 1
    silent = claimed(store, run)
    with store.jobs.gate(silent, now).chunk() as turn:
        later(store, "job")
        assert claimed(store, run).number == 1  # the first one's lease is over as well; this one's chunk is inside
        turn.check()
        later(store, "turn")
        taken = next(one for one in iter(lambda: claimed(store, run), None) if one.number == silent.number)
        with pytest.raises(CarrelError) as lost:
            turn.check()
    assert lost.value.code == "RUN-002"
    assert taken.generation == silent.generation + 1
    journal = store.jobs.journal(silent, now)
    assert journal.stop_wanted()
    with pytest.raises(CarrelError) as late:
        journal.intend(Position("loan", 0, 0), 5)
    assert late.value.code == "RUN-002"


def test_what_a_lost_job_has_committed_is_recorded_and_moves_nobody_else(store: Store, run: Run) -> None:
    slow = claimed(store, run)
    journal = store.jobs.journal(slow, now)
    number = journal.intend(Position("loan", 0, 0), 5)
    later(store, "job")
    taken = claimed(store, run)
    assert taken.number == slow.number
    journal.finish(number, Position("loan", 9, 9), ChunkResult(5, {"loan": 5}))
    assert store.jobs.journal(taken, now).resume() is None
    assert store.runs.get(run.id).loans == 5
    store.jobs.give_back(slow)
    assert not store.jobs.journal(taken, now).stop_wanted()


def test_nobody_works_without_whoever_leads(store: Store, run: Run) -> None:
    claim = claimed(store, run)
    with store.jobs.gate(claim, now).chunk() as turn:
        store.leases.release("koha", run.owner, now())
        with pytest.raises(CarrelError) as over:
            turn.check()
    assert over.value.code == "RUN-005"
    assert store.jobs.journal(claim, now).stop_wanted()
    assert store.jobs.claim(run.id, new_owner(), now()) is None
    assert not store.jobs.progress(run.id).goes_on
    again = new_owner()
    store.leases.acquire("koha", again, timedelta(minutes=2), now())
    store.runs.resume(run.id, again, now())
    with store.jobs.gate(claim, now).chunk() as turn:
        turn.check()  # the next one leads the same run, and the job is its worker's still


def test_only_whoever_leads_takes_what_is_for_one(store: Store, run: Run) -> None:
    done = None
    for _ in JOBS[:-1]:
        done = store.jobs.claim(run.id, "worker", now(), done=done)
    assert store.jobs.claim(run.id, "worker", now(), done=done) is None
    last = store.jobs.claim(run.id, "leader", now(), leads=True)
    assert last is not None
    assert last.stretch == JOBS[-1]


def test_another_host_begins_a_job_anew_and_forgets_its_key_when_the_run_is_over(
    store: Store, run: Run, tmp_path: Path
) -> None:
    claim = claimed(store, run)
    journal = store.jobs.journal(claim, now)
    journal.finish(journal.intend(Position("loan", 0, 0), 1), Position("loan", 3, 4), ChunkResult(1))
    assert journal.resume() == Position("loan", 3, 4)
    far = tmp_path / "far"
    with Store(store._database, far) as other:
        assert other.jobs.journal(claim, now).resume() is None
        key = far / "runs" / f"{run.id}.key"
        assert key.stat().st_mode & 0o777 == 0o600
        other.jobs.forget_keys()
        assert key.exists()
        stranger = far / "runs" / "unknown.key"
        shutil.copyfile(key, stranger)  # a run that is only just begun stands nowhere yet
        store.runs.finish(run.id, run.owner, Outcome.VERIFIED, now(), night=date(2026, 3, 1), leaves=lambda _: ())
        other.jobs.forget_keys()
        assert (key.exists(), stranger.exists()) == (False, True)
        assert not store.jobs.parted(run.id)  # and no position of it is left


def test_of_processes_that_race_for_a_key_one_draws_it(tmp_path: Path) -> None:
    threads = [threading.Thread(target=RunKey(tmp_path, "run").ensure) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.name for one in (tmp_path / "runs").iterdir()] == ["run.key"]
    key = RunKey(tmp_path, "run")
    assert key.open(key.seal(Position("loan", 1, 2))) == Position("loan", 1, 2)


def test_counts_in_flight_are_kept_by_job_and_only_by_its_owner(store: Store, run: Run) -> None:
    one, other = claimed(store, run), claimed(store, run)
    kept = store.circulation
    loans = [CountedLoan(n, CELL, reader_of_cell=True, reader_of_branch=True, running=False) for n in (1, 2, 3)]
    kept.intend("koha", loans[:2], JobTicket(one))
    kept.intend("koha", loans[2:], JobTicket(other))
    assert set(kept.in_flight("koha")) == {1, 2, 3}
    assert set(kept.jobs_in_flight("koha")) == {one.key, other.key}
    kept.settle("koha", job=one.key)
    kept.settle("koha", not_cut=(3,), job=other.key)
    assert (kept.in_flight("koha"), kept.counts("koha")["cell"][CELL].loans) == ((), 2)
    later(store, "job")
    taken = claimed(store, run)
    with pytest.raises(CarrelError) as lost:
        kept.intend("koha", loans[2:], JobTicket(one))
    assert (lost.value.code, taken.number, kept.in_flight("koha")) == ("RUN-002", one.number, ())
