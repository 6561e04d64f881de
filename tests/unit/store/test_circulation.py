"""Counts in the store: added once, in flight until it is known, and never again after they were put back."""

from carrel.retention.circulation import Cell, CellCount, CountedLoan
from carrel.store.circulation import BRANCHES, CELLS

CELL, PLACE = Cell("2026-08", "CPL", "BK", "PT"), Cell("2026-08", "CPL", "", "")


def loan(number, *, reader=True):
    return CountedLoan(number, CELL, reader, reader, running=False)


def told(store):
    counts = store.circulation.counts("koha")
    return {grain: {cell: (one.loans, one.readers) for cell, one in cells.items()} for grain, cells in counts.items()}


def test_a_chunk_counts_once(store):
    store.circulation.intend("koha", [loan(1), loan(2, reader=False)])
    assert told(store) == {CELLS: {}, BRANCHES: {}}, "nothing counts before the cut is committed"
    assert set(store.circulation.in_flight("koha")) == {1, 2}
    for _ in range(2):
        store.circulation.settle("koha")
        assert told(store) == {CELLS: {CELL: (2, 1)}, BRANCHES: {PLACE: (2, 1)}}
    assert store.circulation.in_flight("koha") == ()
    store.circulation.intend("koha", [loan(3)])
    store.circulation.settle("koha")
    assert told(store)[CELLS] == {CELL: (3, 2)}, "a month that is written is added to"


def test_a_chunk_that_was_never_committed_counts_when_it_is(store):
    store.circulation.intend("koha", [loan(1), loan(2)])
    store.circulation.settle("koha", not_cut={1, 2})
    assert told(store) == {CELLS: {}, BRANCHES: {}}
    store.circulation.intend("koha", [loan(1)])
    store.circulation.intend("koha", [loan(1), loan(2)])  # the chunk was tried again
    store.circulation.settle("koha")
    assert told(store)[CELLS] == {CELL: (2, 2)}


def test_what_was_put_back_and_cut_again_counts_once(store):
    store.circulation.intend("koha", [loan(1), loan(2)])
    store.circulation.settle("koha")
    store.circulation.put_back("koha", [1, 2])
    store.circulation.put_back("koha", [2])
    store.circulation.intend("koha", [loan(1), loan(3)])
    store.circulation.settle("koha")
    assert told(store)[CELLS] == {CELL: (3, 3)}
    store.circulation.intend("koha", [loan(2)])
    store.circulation.settle("koha")
    assert told(store)[CELLS] == {CELL: (3, 3)}


def test_systems_are_counted_apart(store):
    store.circulation.intend("koha", [loan(1)])
    store.circulation.intend("other", [loan(1)])
    store.circulation.settle("koha")
    assert told(store)[CELLS] == {CELL: (1, 1)}
    assert store.circulation.counts("other")[CELLS] == {}
    assert store.circulation.in_flight("other") == (1,)


def test_what_was_told_is_kept(store):
    body = {"month": "2026-08", "parts": [], "readers": []}
    store.circulation.tell("koha", {"2026-08": body})
    assert store.circulation.told("koha") == {"2026-08": body}
    assert store.circulation.counts("koha")[CELLS].get(CELL, CellCount()) == CellCount()
