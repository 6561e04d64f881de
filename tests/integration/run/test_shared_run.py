"""Several workers on one run: what one alone would do, in parts; holds, stops, lost jobs and takeovers."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from carrel.cli import premises
from carrel.retention.circulation import by_branch, by_cell
from carrel.retention.legal_hold import Scope
from carrel.retention.walk import End
from carrel.store.circulation import BRANCHES, CELLS
from carrel.store.owner import new_owner
from carrel.store.placement import Kind, Order
from tests.integration.run.shared_run import shared
from tests.integration.run.test_counts import figures, linked, one_count

pytestmark = pytest.mark.slow
PATIENCE = 300  # seconds, on a machine that is busy otherwise


def test_two_workers_do_what_one_would(small_server):
    """Also where a chunk gives way to the desk, or to the other worker: it is undone, and nobody wonders about it."""
    before = linked(small_server)
    with shared(small_server) as run:
        with desk_at_work(small_server):
            threads = [run.start(leads=True), run.start()]
            deadline = time.monotonic() + PATIENCE
            while not (undone := run.here.store.runs.get(run.run.id).undone) and time.monotonic() < deadline:
                time.sleep(0.05)
        for one in threads:
            one.join(PATIENCE)
        assert run.ends == [End.FINISHED, End.FINISHED]
        chunks = run.chunks()
        whole = run.here.store.runs.get(run.run.id)
        found = run.here.store.circulation.counts("koha")
        assert run.here.store.circulation.in_flight("koha") == ()
        with run.here.loans().session() as loans:
            remaining = loans.remaining(run.here.life(run.plan.as_of, premises.now()), run.plan.as_of)
    assert not any(remaining.values())
    assert [number for number, _, _ in chunks] == list(range(1, len(chunks) + 1))
    assert whole.loans == len(before) - len(linked(small_server)) == run.plan.due
    assert (whole.left, whole.unknown) == ({}, 0)
    assert undone
    assert whole.chunks + whole.undone == len(chunks)
    once = one_count(small_server, before)
    assert figures(found[CELLS]) == figures(by_cell(once))
    assert figures(found[BRANCHES]) == figures(by_branch(once))


@contextmanager
def desk_at_work(lib):
    """A transaction of the desk that changes rows which chunks cut, and stays open for so long."""
    engine = sa.create_engine(lib.koha.url)
    try:
        with engine.begin() as desk:
            desk.exec_driver_sql("SELECT id FROM items_last_borrower FOR UPDATE").all()
            yield
    finally:
        engine.dispose()


class Halted:
    """A worker that halts inside the gate until the test lets it go on: when its first loans are locked, or cut."""

    def __init__(self, work, *, cut: bool = False) -> None:
        self.inside, self.go = threading.Event(), threading.Event()
        self.ended: list[object] = []
        self._at_commit, self._real = cut, work.loans.cut_chunk
        work.loans.cut_chunk = self._cut
        self.thread = threading.Thread(target=self._work, args=(work,))

    def __enter__(self):
        self.thread.start()
        assert self.inside.wait(PATIENCE), self.ended
        return self

    def __exit__(self, *_) -> None:
        self.go.set()
        self.thread.join(PATIENCE)

    def _work(self, work) -> None:
        try:
            self.ended.append(work.until_done())
        except BaseException as wrong:  # noqa: BLE001  (the test looks at it)
            self.ended.append(wrong)

    def _cut(self, life, as_of, after, limit, intend, may_commit, **more):
        def halt() -> None:
            self.inside.set()
            assert self.go.wait(PATIENCE)

        def intended(*told) -> None:
            intend(*told)
            if not self._at_commit:
                halt()

        def before_commit() -> None:
            if self._at_commit:
                halt()
            may_commit()

        return self._real(life, as_of, after, limit, intended, before_commit, **more)


def test_a_hold_waits_for_all_that_are_inside_and_every_later_chunk_honours_it(small_server):
    """Two chunks have not read it; it is in force when the slower one is out, and what they cut is told."""
    before = len(linked(small_server))
    with (
        shared(small_server) as run,
        run.worker(leads=True) as one,
        run.worker() as other,
        Halted(one) as first,
        Halted(other) as second,
    ):
        halted = (first, second)
        kept = {loan.person for loan in linked(small_server)}
        placed: list[object] = []
        order = Order(Kind.LEGAL_HOLD, "koha", Scope(persons=tuple(kept)), "letter", "court", "Ada Example")
        placing = threading.Thread(target=lambda: placed.append(small_server.store.keepings.place(order, premises.now)))
        placing.start()
        while not run.here.store.keepings.current("koha", premises.now()).legal_holds:
            time.sleep(0.02)
        halted[0].go.set()
        time.sleep(0.5)
        assert placed == []  # one that has not read it is still inside
        halted[1].go.set()
        placing.join(PATIENCE)
        for each in halted:
            each.thread.join(PATIENCE)
        assert [each.ended for each in halted] == [[End.FINISHED], [End.FINISHED]]
        (answer,) = placed
        cut = [loans for _, _, loans in run.chunks() if loans]
    assert answer.waited
    assert answer.loans_before == sum(cut)  # everybody is held: after these two chunks nothing is cut
    assert len(linked(small_server)) == before - sum(cut)


def test_a_stop_halts_every_worker_after_its_chunk(small_server):
    with (
        shared(small_server) as run,
        run.worker(leads=True) as one,
        run.worker() as other,
        Halted(one) as first,
        Halted(other) as second,
    ):
        halted = (first, second)
        run.here.store.signals.stop("Ada Example", premises.now())
        for each in halted:
            each.go.set()
            each.thread.join(PATIENCE)
        assert [each.ended for each in halted] == [[End.STOPPED], [End.STOPPED]]
        assert len([loans for _, _, loans in run.chunks() if loans]) == 2
        assert not run.here.store.jobs.still_inside(run.run, premises.now())
        run.here.store.signals.clear()
        again = [run.start(leads=True), run.start()]
        for thread in again:
            thread.join(PATIENCE)
        assert run.ends == [End.FINISHED, End.FINISHED]
        assert run.here.store.runs.get(run.run.id).loans == run.plan.due


@pytest.mark.parametrize("lost", ["silent", "unled"])
def test_who_lost_its_job_commits_nothing(small_server, lost):
    """Silent for longer than its lease and its turn, or without a leader: the chunk in hand is undone, whole."""
    with shared(small_server) as run, run.worker() as slow, Halted(slow, cut=True) as halted:
        before, store = small_server.checksum(), run.here.store
        with store._database.writing() as connection:
            if lost == "silent":
                connection.exec_driver_sql("UPDATE turn SET expires_at = '2000-01-01T00:00:00.000000Z'")
                connection.exec_driver_sql("UPDATE job SET expires_at = '2000-01-01T00:00:00.000000Z'")
        if lost == "silent":
            taken = store.jobs.claim(run.run.id, new_owner(), premises.now(), timedelta(minutes=2))
            assert taken is not None
            assert taken.number == 1
        else:
            store.leases.release("koha", run.run.owner, premises.now())
        slow.loans.cut_chunk = halted._real
        halted.go.set()
        if lost == "silent":  # it goes on with another job; its first chunk was undone
            deadline = time.monotonic() + PATIENCE
            while not any(job not in {None, 1} for _, job, _ in run.chunks()) and time.monotonic() < deadline:
                time.sleep(0.02)
            store.leases.release("koha", run.run.owner, premises.now())
        halted.thread.join(PATIENCE)
        assert halted.ended == [End.STOPPED]
        assert [loans for _, job, loans in run.chunks() if job == 1] == [None]
        if lost == "unled":
            assert small_server.checksum() == before
