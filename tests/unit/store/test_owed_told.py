"""What `carrel doctor` says of leaves that wait: those of requests wait for a night, and nothing went wrong."""

from __future__ import annotations

from datetime import timedelta

from carrel.cli.owed_told import owed_checks
from carrel.ledger.leaf import OpenLeaf
from carrel.rights.request import Right
from carrel.store.store import Store
from tests.unit.store.plan_values import NOW


def told(store: Store, after: timedelta) -> list[tuple[str, str]]:
    return [(one.state.value, one.detail) for one in owed_checks(store, NOW + after)]


def test_what_a_request_adds_is_no_finding_until_a_night_has_passed_it_by(store: Store) -> None:
    assert told(store, timedelta()) == []
    store.requests.open(Right.ERASURE, "koha", 51, "", "desk", "en", "Dee", NOW, how="photo id")
    count = store.owed.count()
    assert told(store, timedelta(hours=20)) == [
        ("ok", f"the next night appends {count} leaves about requests and consents")
    ]
    [(state, detail)] = told(store, timedelta(days=3))
    assert state == "finding"
    assert "no night appended them" in detail


def test_nothing_is_told_of_legal_process(store: Store) -> None:
    store.owed.add([OpenLeaf("disclosure", NOW, {"commitment": "0" * 64})], NOW)
    assert told(store, timedelta()) == told(store, timedelta(days=30)) == []
    assert store.owed.count() == 0
    assert store.owed.any()


def test_what_a_dead_process_left_is_a_finding_at_once(store: Store) -> None:
    store.owed.add([OpenLeaf("run", NOW, {"applied": 100}), OpenLeaf("request", NOW, {"commitment": "0" * 64})], NOW)
    states = told(store, timedelta())
    assert [one for one, _ in states] == ["finding", "ok"]
    assert "1 leaf of an earlier run waits for it: the process ended" in states[0][1]
