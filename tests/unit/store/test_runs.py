from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from carrel.errors import CarrelError, Exit
from carrel.retention.outcome import ChunkResult, Outcome
from carrel.retention.ports import Journal, Position
from carrel.retention.stage import Stage
from carrel.store.owner import new_owner
from carrel.store.run import Run
from carrel.store.store import Store
from carrel.store.sweeps import Sweep
from tests.unit.store.plan_values import BASIS, NOW, plan

TTL = timedelta(minutes=2)
NIGHT = date(2026, 3, 1)
START = Position("loan", 0, 0)


def nothing(_run: Run) -> tuple[()]:
    return ()


def begin(store: Store, owner: str = "me", *, stage: Stage = Stage.REST, ordinary: bool = True) -> Run:
    digest = store.plans.record(plan(), NOW)
    store.leases.acquire("koha", owner, TTL, NOW)
    return store.runs.start(digest, "koha", owner, NOW, stage=stage, ordinary=ordinary)


def test_a_run_is_the_sum_of_its_finished_chunks_and_knows_the_unknown_one(store: Store) -> None:
    run = begin(store)
    journal = store.runs.journal(run, lambda: NOW)
    for person in (1, 2):
        chunk = journal.intend(START, 10)
        journal.finish(chunk, Position("loan", person, 5), ChunkResult(10, {"loan": 10, "statistics": 4}, {}, 1, 0.25))
    journal.intend(START, 10)
    found = store.runs.get(run.id)
    assert (found.loans, found.rows, found.skipped, found.chunks, found.unknown) == (
        20, {"loan": 20, "statistics": 8}, 2, 2, 1,
    )  # fmt: skip
    assert found.seconds == pytest.approx(0.5)
    assert store.runs.unfinished("koha") == found


def test_the_walk_resumes_after_the_last_finished_chunk(store: Store) -> None:
    run = begin(store)
    journal: Journal = store.runs.journal(run, lambda: NOW)
    assert journal.resume() is None
    journal.finish(journal.intend(START, 10), Position("loan", 7, 70), ChunkResult(10))
    journal.intend(Position("loan", 7, 70), 10)
    again = store.runs.resume(run.id, "me", NOW)
    assert store.runs.journal(again, lambda: NOW).resume() == Position("loan", 7, 70)


def test_the_position_is_sealed_in_the_file_and_its_key_goes_with_the_run(store: Store) -> None:
    run = begin(store)
    journal = store.runs.journal(run, lambda: NOW)
    person, loan = 314159265, 271828182
    journal.finish(journal.intend(START, 1), Position("loan", person, loan), ChunkResult(1))
    files = b"".join(path.read_bytes() for path in store.folder.rglob("*") if path.is_file())
    for number in (person, loan):
        assert str(number).encode() not in files
        assert number.to_bytes(4, "big") not in files
    key = store.folder / "runs" / f"{run.id}.key"
    assert key.stat().st_mode & 0o077 == 0
    store.runs.finish(run.id, "me", Outcome.VERIFIED, NOW, night=NIGHT, leaves=nothing)
    assert not key.exists()
    assert journal.resume() is None


def test_a_lost_key_means_to_begin_anew_not_to_fail(store: Store) -> None:
    run = begin(store)
    journal = store.runs.journal(run, lambda: NOW)
    journal.finish(journal.intend(START, 1), Position("loan", 1, 1), ChunkResult(1))
    (store.folder / "runs" / f"{run.id}.key").write_bytes(bytes(32))
    assert journal.resume() is None


def test_nothing_is_intended_once_the_lease_is_anothers(store: Store) -> None:
    run = begin(store)
    journal = store.runs.journal(run, lambda: NOW)
    chunk = journal.intend(START, 1)
    store.leases.acquire("koha", "other", TTL, NOW + 2 * TTL)
    assert journal.stop_wanted()
    journal.finish(chunk, Position("loan", 1, 1), ChunkResult(1))  # it did happen
    with pytest.raises(CarrelError) as refused:
        journal.intend(START, 1)
    assert (refused.value.code, refused.value.exit) == ("RUN-002", Exit.REFUSED)
    assert store.runs.get(run.id).chunks == 1


def test_whoever_takes_a_run_over_is_not_led_ahead_by_the_one_before(store: Store) -> None:
    run = begin(store)
    old = store.runs.journal(run, lambda: NOW)
    first, second = old.intend(START, 1), old.intend(START, 1)
    old.finish(first, Position("loan", 1, 1), ChunkResult(1))
    later = NOW + 2 * TTL
    store.leases.acquire("koha", "other", TTL, later)
    new = store.runs.journal(store.runs.resume(run.id, "other", later), lambda: later)
    old.finish(second, Position("loan", 9, 9), ChunkResult(1))
    assert new.resume() == Position("loan", 1, 1)


def test_a_chunk_is_finished_once(store: Store) -> None:
    journal = store.runs.journal(begin(store), lambda: NOW)
    chunk = journal.intend(START, 1)
    journal.finish(chunk, Position("loan", 1, 1), ChunkResult(1))
    with pytest.raises(CarrelError) as refused:
        journal.finish(chunk, Position("loan", 1, 1), ChunkResult(1))
    assert refused.value.code == "RUN-005"
    assert store.runs.unfinished("koha").loans == 1  # type: ignore[union-attr]


def test_no_run_without_lease_with_a_stop_or_beside_an_unfinished_one(store: Store) -> None:
    digest = store.plans.record(plan(), NOW)
    codes = []
    for prepare in (
        lambda: None,
        lambda: (store.leases.acquire("koha", "me", TTL, NOW), store.signals.stop("Ada", NOW, "stocktaking")),
        lambda: (store.signals.clear(), store.runs.start(digest, "koha", "me", NOW, stage=Stage.REST, ordinary=True)),
    ):
        prepare()
        with pytest.raises(CarrelError) as refused:
            store.runs.start(digest, "koha", "me", NOW, stage=Stage.REST, ordinary=True)
        codes.append(refused.value.code)
    assert codes == ["RUN-002", "RUN-003", "RUN-004"]
    assert len(store.runs.newest("koha")) == 1
    assert len(list((store.folder / "runs").iterdir())) == 1


def test_a_run_of_an_unknown_plan_is_refused(store: Store) -> None:
    store.leases.acquire("koha", "me", TTL, NOW)
    with pytest.raises(CarrelError) as refused:
        store.runs.start("f" * 64, "koha", "me", NOW, stage=Stage.REST, ordinary=True)
    assert refused.value.code == "STO-005"
    assert store.runs.newest("koha") == ()


def test_an_unknown_run_is_told(store: Store) -> None:
    with pytest.raises(CarrelError) as refused:
        store.runs.get("20260101")
    assert refused.value.code == "STO-006"


def test_a_stop_pauses_and_resume_goes_on(store: Store) -> None:
    run = begin(store)
    journal = store.runs.journal(run, lambda: NOW)
    assert not journal.stop_wanted()
    store.signals.stop("Ada", NOW)
    assert journal.stop_wanted()
    store.runs.pause(run.id, "me")
    with pytest.raises(CarrelError) as refused:
        store.runs.resume(run.id, "me", NOW)
    assert refused.value.code == "RUN-003"
    assert store.signals.clear()
    assert store.runs.resume(run.id, "me", NOW).state == "running"


def test_a_finished_run_is_over(store: Store) -> None:
    run = begin(store)
    done = store.runs.finish(run.id, "me", Outcome.VERIFIED, NOW, night=NIGHT, leaves=nothing)
    assert (done.state, done.outcome) == ("finished", Outcome.VERIFIED)
    for again in (
        lambda: store.runs.finish(run.id, "me", Outcome.VERIFIED, NOW, night=NIGHT, leaves=nothing),
        lambda: store.runs.resume(run.id, "me", NOW),
        lambda: store.runs.abandon(run.id, NOW, night=NIGHT, leaves=nothing),
        lambda: store.runs.journal(run, lambda: NOW).intend(START, 1),
    ):
        with pytest.raises(CarrelError) as refused:
            again()
        assert refused.value.code == "RUN-005"
    assert store.nights.newest("koha")[0].loans == 0


def test_an_abandoned_run_is_counted_and_unverified(store: Store) -> None:
    run = begin(store)
    journal = store.runs.journal(run, lambda: NOW)
    journal.finish(journal.intend(START, 3), Position("loan", 1, 1), ChunkResult(3, {"loan": 3}))
    assert store.runs.abandon(run.id, NOW, night=NIGHT, leaves=nothing).outcome is Outcome.UNVERIFIED
    assert store.counts.earlier("koha", date(2026, 3, 2)) == {"loan": (3,), "statistics": (0,)}
    assert store.runs.unfinished("koha") is None


def test_nights_add_up_and_keep_the_worst(store: Store) -> None:
    for outcome, codes in ((Outcome.FAILED, ("RUN-006",)), (Outcome.VERIFIED, ())):
        run = begin(store)
        journal = store.runs.journal(run, lambda: NOW)
        journal.finish(journal.intend(START, 3), Position("loan", 1, 1), ChunkResult(3, {"loan": 3}, {}, 0, 0.5))
        store.runs.finish(run.id, "me", outcome, NOW, night=NIGHT, leaves=nothing, codes=codes)
    (night,) = store.nights.newest("koha")
    assert (night.outcome, night.loans, night.rows, night.seconds, night.codes) == (
        Outcome.FAILED, 6, 6, pytest.approx(1.0), ("RUN-006",),
    )  # fmt: skip


def test_counts_are_of_ordinary_nights_before_the_date(store: Store) -> None:
    for day in range(1, 21):
        store.counts.record("koha", date(2026, 1, day), {"loan": day}, ordinary=True)
    store.counts.record("koha", date(2026, 1, 21), {"loan": 9_000_000}, ordinary=False)
    store.counts.record("koha", date(2026, 1, 20), {"loan": 5}, ordinary=True)
    store.counts.record("other", date(2026, 1, 20), {"loan": 1}, ordinary=True)
    assert store.counts.earlier("koha", date(2026, 1, 22)) == {"loan": (*range(7, 20), 25)}
    assert store.counts.earlier("koha", date(2026, 1, 3)) == {"loan": (1, 2)}


def test_history_counts_a_stage_only_when_it_was_swept_clean(store: Store) -> None:
    assert store.runs.history("koha", "a" * 64, "b" * 64).basis is None
    for stage, hits in ((Stage.THOUSAND, 0), (Stage.PERCENT, 2), (Stage.TENTH, None)):
        run = begin(store, stage=stage, ordinary=False)
        if hits is not None:
            store.sweeps.record(run.id, Sweep("loan", NOW, 50, 49, hits))
        store.runs.finish(run.id, "me", Outcome.VERIFIED, NOW, night=NIGHT, leaves=nothing)
    history = store.runs.history("koha", "a" * 64, "b" * 64)
    assert history.stages == {Stage.THOUSAND}
    assert history.basis == BASIS
    assert history.dispositions == {
        "statistics": ("statistics", "update", (("borrowernumber", "clear"),)),
        "loan": ("old_issues", "update", (("borrowernumber", "clear"),)),
    }
    assert history.rehearsed is None


def test_a_run_that_found_nothing_to_cut_proves_a_stage_only_after_one_that_was_not_looked_at(store: Store) -> None:
    def ended(loans: int, minutes: int) -> frozenset[Stage]:
        run = begin(store, ordinary=False)
        if loans:
            journal = store.runs.journal(run, lambda: NOW)
            journal.finish(journal.intend(START, 10), Position("loan", 1, loans), ChunkResult(loans))
        store.sweeps.record(run.id, Sweep("loan", NOW, 0, 0, 0))
        store.runs.finish(run.id, "me", Outcome.VERIFIED, NOW + timedelta(minutes=minutes), night=NIGHT, leaves=nothing)
        return store.runs.history("koha", "a" * 64, "b" * 64).stages

    assert ended(0, 1) == frozenset()  # everything was held: nothing was shown
    assert ended(7, 2) == frozenset()  # a kill took the pairs
    assert ended(0, 3) == {Stage.REST}


def test_a_failed_run_teaches_nothing(store: Store) -> None:
    run = begin(store)
    store.sweeps.record(run.id, Sweep("loan", NOW, 50, 50, 0))
    store.runs.finish(run.id, "me", Outcome.FAILED, NOW, night=NIGHT, leaves=nothing)
    assert store.runs.history("koha", "a" * 64, "b" * 64).stages == frozenset()
    assert store.runs.history("koha", "a" * 64, "b" * 64).basis is None


def rehearsed(
    store: Store, loans: int = 400, swept: int = 50, hits: int = 0, outcome: Outcome = Outcome.VERIFIED
) -> Run:
    """A run of the plan on a copy, to its end."""
    digest = store.plans.record(plan(), NOW)
    store.leases.acquire("koha-copy", "me", TTL, NOW)
    run = store.runs.start(digest, "koha-copy", "me", NOW, stage=Stage.REST, ordinary=False, copy_of="koha")
    journal = store.runs.journal(run, lambda: NOW)
    journal.finish(journal.intend(START, loans), Position("loan", 1, 5), ChunkResult(loans, {"loan": loans}))
    store.sweeps.record(run.id, Sweep("loan", NOW, 50, swept, hits))
    return store.runs.finish(run.id, "me", outcome, NOW, night=NIGHT, leaves=nothing)


def test_a_rehearsal_on_a_copy_counts_for_its_policy_and_map(store: Store) -> None:
    for loans in (300, 400, 200):
        rehearsed(store, loans)
    assert store.runs.history("koha", "a" * 64, "b" * 64).rehearsed == 400
    assert store.runs.history("koha", "a" * 64, "0" * 64).rehearsed is None
    assert store.runs.history("koha", "a" * 64, "b" * 64).stages == frozenset()


@pytest.mark.parametrize(
    "so",
    [{"swept": 0}, {"hits": 1}, {"outcome": Outcome.UNVERIFIED}, {"outcome": Outcome.FAILED}],
    ids=["not swept", "led back", "unverified", "failed"],
)
def test_a_rehearsal_that_was_not_verified_and_swept_clean_does_not_count(store: Store, so: dict[str, Any]) -> None:
    rehearsed(store, **so)
    assert store.runs.history("koha", "a" * 64, "b" * 64).rehearsed is None


def test_a_rehearsal_is_no_night_and_no_stage_of_a_system_that_takes_the_copys_name(store: Store) -> None:
    assert rehearsed(store).copy_of == "koha"
    found = store.runs.history("koha-copy", "a" * 64, "b" * 64)
    assert (found.basis, found.stages) == (None, frozenset())
    for system in ("koha", "koha-copy"):
        assert store.nights.newest(system) == ()
        assert store.counts.earlier(system, date(2026, 3, 9)) == {}


def test_sweeps_and_residues_are_counts_and_dates(store: Store) -> None:
    run = begin(store)
    store.sweeps.record(run.id, Sweep("loan", NOW, 50, 45, 0))
    (sweep,) = store.sweeps.of_run(run.id)
    assert sweep.not_swept == 5
    until = NOW + timedelta(days=30)
    binlog = store.residues.record(run.id, "koha", "binary log", until, NOW)
    pages = store.residues.record(run.id, "koha", "free pages", None, NOW)
    assert [one.id for one in store.residues.open("koha", NOW)] == [pages, binlog]
    assert [one.id for one in store.residues.open("koha", until)] == [pages]
    store.residues.clear(pages, NOW)
    assert [one.id for one in store.residues.open("koha", NOW)] == [binlog]
    with pytest.raises(CarrelError) as refused:
        store.residues.clear(pages, NOW)
    table = store.residues.record(run.id, "koha", "general log, table mysql.general_log", None, NOW)
    assert store.residues.clear_emptied("another", ["general log, table mysql.general_log"], NOW) == 0
    assert [one.id for one in store.residues.open("koha", NOW)] == [table, binlog]
    assert store.residues.clear_emptied("koha", ["general log, table mysql.general_log", "dumps in /a"], NOW) == 1
    assert [one.id for one in store.residues.open("koha", NOW)] == [binlog]
    assert refused.value.code == "STO-006"


def test_a_residue_without_an_end_is_noted_once_and_each_place_is_told_once(store: Store) -> None:
    run = begin(store)
    pages = store.residues.record(run.id, "koha", "free pages", None, NOW, lasting=False)
    for day in (2, 9, 5):
        until = NOW + timedelta(days=day)
        store.residues.record(run.id, "koha", "binary log", until, NOW)
        assert store.residues.record(run.id, "koha", "free pages", None, NOW, lasting=False) == pages
    assert len(store.residues.open("koha", NOW)) == 4
    told = [(one.place, one.until, one.lasting) for one in store.residues.standing("koha", NOW)]
    assert told == [("free pages", None, False), ("binary log", NOW + timedelta(days=9), True)]
    store.residues.clear(pages, NOW)
    assert store.residues.record(run.id, "koha", "free pages", None, NOW, lasting=False) != pages


def test_the_clock_may_not_go_backwards(store: Store) -> None:
    run = begin(store)
    back = NOW - timedelta(minutes=6)
    for use in (
        lambda: store.leases.acquire("koha", "me", TTL, back),
        lambda: store.leases.renew("koha", "me", TTL, back),
        lambda: store.runs.resume(run.id, "me", back),
        lambda: store.runs.journal(run, lambda: back).intend(START, 1),
    ):
        with pytest.raises(CarrelError) as refused:
            use()
        assert (refused.value.code, refused.value.exit) == ("STO-004", Exit.REFUSED)
    assert store.runs.get(run.id).unknown == 0
    store.leases.renew("koha", "me", TTL, NOW - timedelta(minutes=4))
    store.signals.accept_clock(back)
    store.leases.renew("koha", "me", TTL, back)


def test_a_lease_is_one_owners_until_it_expires_or_is_given_back(store: Store) -> None:
    first = store.leases.acquire("koha", "one", TTL, NOW)
    with pytest.raises(CarrelError) as refused:
        store.leases.acquire("koha", "two", TTL, NOW + TTL - timedelta(seconds=1))
    assert (refused.value.code, refused.value.exit) == ("RUN-001", Exit.REFUSED)
    assert store.leases.holder("koha", NOW) == first
    assert store.leases.acquire("koha", "one", TTL, NOW).generation == 2
    assert store.leases.acquire("koha", "two", TTL, NOW + TTL).generation == 3
    with pytest.raises(CarrelError) as lost:
        store.leases.renew("koha", "one", TTL, NOW + TTL)
    assert lost.value.code == "RUN-002"
    store.leases.release("koha", "one", NOW + TTL)
    assert store.leases.owned("koha", "two")
    store.leases.release("koha", "two", NOW + TTL)
    assert store.leases.holder("koha", NOW + TTL) is None
    assert store.leases.acquire("koha", "three", TTL, NOW + TTL).owner == "three"


def test_an_owner_names_its_process_and_is_not_gone_while_it_runs() -> None:
    from carrel.store.owner import gone

    me = new_owner()
    assert me != new_owner()
    assert not gone(me)
    assert not gone("elsewhere/0-1/1/ab")
    assert not gone("koha")


def test_a_run_that_goes_on_on_another_server_walks_anew_and_stays_marked(store: Store) -> None:
    run = begin(store)
    assert not store.runs.on_server(run.id, "one")
    journal = store.runs.journal(run, lambda: NOW)
    journal.finish(journal.intend(START, 1), Position("loan", 1, 1), ChunkResult(1))
    assert not store.runs.on_server(run.id, "one")
    assert journal.resume() == Position("loan", 1, 1)
    assert store.runs.on_server(run.id, "two")
    assert journal.resume() is None
    assert store.runs.on_server(run.id, "two")  # also when it is asked again
    assert store.runs.on_server(run.id, "one")  # and when the old one is back


def test_a_process_that_was_killed_is_gone_before_its_parent_asks() -> None:
    """A worker that a busy leader started: its job goes to another at once."""
    import subprocess
    import sys
    import time

    from carrel.store.owner import gone

    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    owner = "/".join((*new_owner().split("/")[:2], str(child.pid), "0"))
    assert not gone(owner)
    child.kill()
    until = time.monotonic() + 10
    while not gone(owner) and time.monotonic() < until:
        time.sleep(0.01)
    assert gone(owner)
    child.wait()
