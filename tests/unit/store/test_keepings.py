from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from carrel.errors import CarrelError, Exit
from carrel.retention.legal_hold import Scope
from carrel.retention.outcome import ChunkResult
from carrel.retention.ports import Position
from carrel.retention.stage import Stage
from carrel.store.placement import Kind, Order
from carrel.store.run import Run
from carrel.store.store import Store
from tests.store_place import StorePlace
from tests.unit.store.plan_values import NOW, plan

DAY = timedelta(days=1)
ORDER = Order(Kind.LEGAL_HOLD, "koha", Scope(persons=(51, 7)), "letter", "court 26-117", "Ada Example")


def clock() -> datetime:
    return datetime.now(UTC)


def begin(store: Store, owner: str = "me") -> Run:
    digest = store.plans.record(plan(), clock())
    store.leases.acquire("koha", owner, timedelta(minutes=2), clock())
    return store.runs.start(digest, "koha", owner, clock(), stage=Stage.REST, ordinary=True)


def test_a_hold_comes_back_with_its_scope(store: Store) -> None:
    scope = Scope(
        persons=(7, 51), items=(3,), loans=(9,), branches=("CPL", "MUS"),
        opened_from=datetime(2025, 1, 1), opened_until=datetime(2025, 12, 31, 23, 59),  # noqa: DTZ001  (local times)
    )  # fmt: skip
    placed = store.keepings.place(Order(Kind.LEGAL_HOLD, "koha", scope, "letter", "court", "Ada"), lambda: NOW)
    assert (placed.in_force_from, placed.rows_before, placed.waited) == (NOW, 0, False)
    (keeping,) = store.keepings.current("koha", NOW).legal_holds
    assert keeping.scope == scope
    assert (keeping.id, keeping.since, keeping.until) == (placed.id, NOW, None)
    assert store.keepings.current("evergreen", NOW).legal_holds == ()


def test_a_hold_counts_also_for_a_chunk_whose_clock_is_behind(store: Store) -> None:
    store.keepings.place(ORDER, lambda: NOW)
    behind = NOW - timedelta(seconds=3)
    (keeping,) = store.keepings.current("koha", behind).legal_holds
    assert keeping.in_force(behind)


def test_an_exception_ends_by_itself_and_its_numbers_are_deleted(store: Store) -> None:
    order = Order(Kind.EXCEPTION, "koha", Scope(persons=(51,)), "claim", "Ben", "Ada", NOW + DAY)
    store.keepings.place(order, lambda: NOW)
    store.keepings.place(ORDER, lambda: NOW)
    just_before = store.keepings.current("koha", NOW + DAY - timedelta(microseconds=1))
    assert len(just_before.exceptions) == 1
    assert store.keepings.current("koha", NOW + DAY).exceptions == ()
    assert store.keepings.purge(NOW + DAY) == 1
    assert store.keepings.purge(NOW + DAY) == 0
    with store._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM keeping_subject").scalar() == 2  # the hold's
    # Not even a clock that goes back makes an empty scope of it, which would keep every loan.
    assert store.keepings.current("koha", NOW).exceptions == ()


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (Order(Kind.EXCEPTION, "koha", Scope(), "claim", "Ben", "Ada"), "HLD-001"),
        (Order(Kind.EXCEPTION, "koha", Scope(), "claim", "Ben", "Ada", NOW), "HLD-001"),
        (Order(Kind.LEGAL_HOLD, "koha", Scope(), "letter", "court", "Ada", NOW - DAY), "HLD-001"),
        (Order(Kind.LEGAL_HOLD, "koha", Scope(), "letter", " ", "Ada"), "HLD-002"),
        (Order(Kind.EXCEPTION, "koha", Scope(), "", "Ben", "Ada", NOW + DAY), "HLD-002"),
    ],
)
def test_what_cannot_stand_is_not_recorded(store: Store, order: Order, code: str) -> None:
    with pytest.raises(CarrelError) as refused:
        store.keepings.place(order, lambda: NOW)
    assert (refused.value.code, refused.value.exit) == (code, Exit.USAGE)
    kept = store.keepings.current("koha", NOW)
    assert (kept.legal_holds, kept.exceptions) == ((), ())


def test_a_hold_waits_for_the_chunk_in_flight_and_the_next_chunk_reads_it(
    store: Store, store_place: StorePlace
) -> None:
    run = begin(store)
    journal, gate = store.runs.journal(run, clock), store.runs.gate(run, clock)
    answers: list[object] = []

    def place() -> None:
        with store_place.open() as other:
            answers.append(other.keepings.place(ORDER, clock))

    with gate.chunk():
        number = journal.intend(Position("loan", 0, 0), 500)
        assert store.keepings.current("koha", clock()).legal_holds == ()
        placing = threading.Thread(target=place)
        placing.start()
        while placing.is_alive() and not store.keepings.current("koha", clock()).legal_holds:
            time.sleep(0.01)
        time.sleep(0.2)
        assert answers == []  # recorded, but the chunk that has not read it is still cutting
        journal.finish(number, Position("loan", 5, 5), ChunkResult(500, {"loan": 500, "statistics": 100}))
        ended = clock()
    with gate.chunk():
        assert len(store.keepings.current("koha", clock()).legal_holds) == 1
        placing.join(10)  # the second chunk is inside, and does not keep the answer waiting
    (placed,) = answers
    assert placed.waited  # type: ignore[attr-defined]
    assert placed.in_force_from >= ended  # type: ignore[attr-defined]
    assert (placed.rows_before, placed.loans_before) == (600, 500)  # type: ignore[attr-defined]
    (entry,) = store.keepings.entries(Kind.LEGAL_HOLD, clock())
    assert entry.in_force_from == placed.in_force_from  # type: ignore[attr-defined]


def test_a_hold_that_cannot_wait_any_longer_says_so_and_stands(store: Store) -> None:
    run = begin(store)
    with store.runs.gate(run, clock).chunk(), pytest.raises(CarrelError) as refused:
        store.keepings.place(ORDER, clock, timedelta(milliseconds=120))
    assert refused.value.code == "HLD-005"
    assert "recorded" in refused.value.faults[0].changed
    assert len(store.keepings.current("koha", clock()).legal_holds) == 1


def test_a_gate_opens_to_the_owner_of_the_lease_and_to_one_chunk(store: Store) -> None:
    run = begin(store)
    gate = store.runs.gate(run, clock)
    with gate.chunk():
        store.leases.acquire("koha", "me", timedelta(minutes=2), clock())
        with pytest.raises(CarrelError) as inside, gate.chunk():
            pytest.fail("two chunks inside")
        assert inside.value.code == "RUN-001"
    store.leases.acquire("koha", "other", timedelta(minutes=2), clock() + timedelta(minutes=3))
    with pytest.raises(CarrelError) as lost, gate.chunk():
        pytest.fail("without the lease")
    assert lost.value.code == "RUN-002"


def test_a_gate_is_left_also_when_the_chunk_fails(store: Store) -> None:
    gate = store.runs.gate(begin(store), clock)
    with pytest.raises(ZeroDivisionError), gate.chunk():
        raise ZeroDivisionError
    with gate.chunk() as turn:
        turn.check()
        assert store.jobs.still_inside(store.runs.newest("koha")[0], clock()) is False  # alone, and no job


def test_a_chunk_that_outlasts_the_gate_is_told_and_corrects_what_a_hold_was_told(store: Store) -> None:
    run = begin(store)
    moment = [clock()]
    gate = store.runs.gate(run, lambda: moment[0], timedelta(seconds=10))
    with pytest.raises(CarrelError) as late, gate.chunk() as turn:
        moment[0] += timedelta(seconds=11)
        placed = store.keepings.place(ORDER, lambda: moment[0])
        assert not placed.waited  # the gate's time is over: whoever was inside counts as dead
        moment[0] += timedelta(seconds=5)
        with pytest.raises(CarrelError) as unchecked:
            turn.check()
        assert unchecked.value.code == "RUN-006"
    assert late.value.code == "RUN-006"
    assert "committed" in late.value.faults[0].changed
    (entry,) = store.keepings.entries(Kind.LEGAL_HOLD, moment[0])
    assert entry.in_force_from == moment[0]


def test_numbers_are_in_no_repr_and_in_no_list(store: Store) -> None:
    order = Order(Kind.LEGAL_HOLD, "koha", Scope(persons=(31415926,)), "letter", "court", "Ada")
    store.keepings.place(order, clock)
    shown = (
        repr(order)
        + repr(store.keepings.current("koha", clock()))
        + repr(
            store.keepings.entries(Kind.LEGAL_HOLD, clock()),
        )
    )
    assert "31415926" not in shown
