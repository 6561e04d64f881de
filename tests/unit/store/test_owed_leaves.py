"""Leaves that are owed: written down with what they tell of, claimed by place, and each told once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.ledger.leaf import OpenLeaf
from carrel.retention.outcome import Outcome
from carrel.store.run import Run
from carrel.store.store import Store
from tests.unit.store.plan_values import NOW
from tests.unit.store.test_runs import NIGHT, begin

LEAF = OpenLeaf("run", NOW, {"applied": 100})


def nobody(start: int, end: int) -> Iterator[bytes]:
    raise AssertionError(f"no reason to read {start} to {end}")


def test_a_run_and_its_leaves_end_together(store: Store) -> None:
    run = begin(store)
    told: list[Run] = []

    def leaves(whole: Run) -> list[OpenLeaf]:
        told.append(whole)
        return [LEAF, LEAF]

    assert store.runs.finish(run.id, "me", Outcome.VERIFIED, NOW, night=NIGHT, leaves=leaves) == told[0]
    assert told[0].state == "finished"
    assert store.owed.count() == 2
    second = begin(store)
    store.runs.abandon(
        second.id, NOW, night=NIGHT, leaves=lambda whole: [OpenLeaf("run", NOW, {"outcome": whole.state})]
    )
    assert store.owed.count() == 3


def test_a_run_whose_leaves_cannot_be_made_has_not_ended(store: Store) -> None:
    run = begin(store)

    def none(_run: Run) -> list[OpenLeaf]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.runs.finish(run.id, "me", Outcome.VERIFIED, NOW, night=NIGHT, leaves=none)
    assert store.runs.get(run.id).state == "running"
    assert store.owed.count() == 0


def test_a_place_that_was_removed_is_told_once(store: Store) -> None:
    run = begin(store)
    store.residues.record(run.id, "koha", "undo capsule", None, NOW)
    for _ in range(3):
        store.residues.clear_place(run.id, "undo capsule", NOW, [LEAF])
    assert store.owed.count() == 1


def test_nothing_owed_is_no_claim(store: Store) -> None:
    assert store.owed.claim(64, nobody) is None


@settings(max_examples=60, deadline=None)  # each example opens a fresh store
@given(st.data())
def test_whoever_is_killed_between_any_steps_each_leaf_stands_once_and_in_order(data: st.DataObject) -> None:
    """A ledger as a list, appended to as a whole; processes that end after any step; others that append meanwhile."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, Store.open(folder + "/carrel.sqlite3") as store:
        ledger: list[bytes] = []
        owed: list[bytes] = []
        for _ in range(data.draw(st.integers(1, 8), label="processes")):
            for _ in range(data.draw(st.integers(0, 3), label="leaves")):
                leaf = OpenLeaf("run", NOW, {"chunks": data.draw(st.integers(0, 2), label="leaf")})
                store.owed.add([leaf], NOW)
                owed.append(leaf.encode())
            last = data.draw(st.sampled_from(["claimed", "appended", "cleared"]), label="killed after")
            if data.draw(st.booleans(), label="another program appends"):
                ledger.append(b"another")
            claimed = store.owed.claim(len(ledger), lambda start, end: iter(ledger[start:end]))
            if claimed is None or last == "claimed":
                continue
            ledger.extend(leaf.encode() for leaf in claimed)
            ledger.append(b"padding")
            if last == "cleared":
                store.owed.clear()
                assert store.owed.count() == 0
        claimed = store.owed.claim(len(ledger), lambda start, end: iter(ledger[start:end])) or ()
        ledger.extend(leaf.encode() for leaf in claimed)
        store.owed.clear()
        assert [entry for entry in ledger if entry not in {b"another", b"padding"}] == owed
        assert store.owed.count() == 0
