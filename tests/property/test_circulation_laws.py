"""Laws of counting: once each, whatever the nights; and nothing that is told gives a merged cell back."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.accountability.circulation_told import OTHER, OTHER_BRANCHES, Month, renewed, told
from carrel.retention.circulation import Cell, CellCount, LinkedLoan, by_branch, by_cell, counted

MONTHS, BRANCHES, TYPES, CATEGORIES = ("2026-08", "2026-09"), "AB", "XY", "PJ"
CELLS = [Cell(m, b, t, c) for m in MONTHS for b in BRANCHES for t in TYPES for c in CATEGORIES]
LOANS = st.lists(st.tuples(st.integers(1, 6), st.sampled_from(CELLS)), max_size=40).map(
    lambda drawn: [LinkedLoan(number, person, cell) for number, (person, cell) in enumerate(drawn)]
)


def summed(*counts):
    whole = defaultdict(CellCount)
    for one in counts:
        for cell, count in one.items():
            whole[cell] = whole[cell].plus(count)
    return {cell: (count.loans, count.readers) for cell, count in whole.items()}


@settings(deadline=None)
@given(LOANS, st.data())
def test_the_nights_together_count_what_one_count_of_all_counts(loans, data):
    """In any order and any chunks, and whatever is still kept in between."""
    waiting = data.draw(st.permutations(loans))
    cells, branches = [], []
    while waiting:
        size = data.draw(st.integers(1, len(waiting)))
        chunk, waiting = waiting[:size], waiting[size:]
        night = counted(chunk, waiting, "2026-11")
        assert [one.loan for one in night] == [one.loan for one in chunk]
        cells.append(by_cell(night))
        branches.append(by_branch(night))
    once = counted(loans, (), "2026-11")
    assert summed(*cells) == summed(by_cell(once))
    assert summed(*branches) == summed(by_branch(once))
    for cell, (number, readers) in summed(*cells).items():
        own = [one for one in loans if one.cell == cell]
        assert (number, readers) == (len(own), len({one.person for one in own}))
    for cell, (_, readers) in summed(*branches).items():
        own = [one for one in loans if (one.cell.month, one.cell.branch) == (cell.month, cell.branch)]
        assert readers == len({one.person for one in own})


@settings(deadline=None)
@given(LOANS, st.data())
def test_in_a_running_month_readers_are_bounded_from_both_sides(loans, data):
    """Those whose loans are gone already may come back and count again."""
    waiting, cells = data.draw(st.permutations(loans)), []
    while waiting:
        size = data.draw(st.integers(1, len(waiting)))
        chunk, waiting = waiting[:size], waiting[size:]
        cells.append(by_cell(counted(chunk, (), "2026-08")))
    whole = defaultdict(CellCount)
    for one in cells:
        for cell, count in one.items():
            whole[cell] = whole[cell].plus(count)
    for cell, count in whole.items():
        people = len({one.person for one in loans if one.cell == cell})
        assert count.at_most
        assert count.surely <= people <= count.readers


FEW_OR_MANY = st.one_of(
    st.tuples(st.integers(1, 25), st.integers(1, 9)), st.tuples(st.integers(10, 80), st.integers(10, 80))
)


@st.composite
def months(draw):
    cells, branches = {}, {}
    for cell in draw(st.sets(st.sampled_from([one for one in CELLS if one.month == "2026-08"]), min_size=1)):
        loans, readers = draw(FEW_OR_MANY)
        cells[cell] = CellCount(loans, min(loans, readers), min(loans, readers))
        place = Cell(cell.month, cell.branch, "", "")
        before = branches.get(place, CellCount())
        least = max(before.readers, cells[cell].readers)
        branches[place] = CellCount(
            before.loans + loans, draw(st.integers(least, before.readers + cells[cell].readers))
        )
    return cells, branches


@settings(max_examples=300, deadline=None)
@given(months())
def test_nothing_that_is_told_gives_a_merged_cell_back(drawn):
    cells, branches = drawn
    (month,) = told(cells, branches, "2026-09")
    if not month.parts:
        return
    assert month.loans == sum(count.loans for count in cells.values()), "the sum is the true one"
    alone = {
        (part.branch, part.item_type, part.category): part.loans for part in month.parts if part.item_type != OTHER
    }
    assert all(part.loans >= 10 for part in month.parts)
    merged = defaultdict(list)
    of_branch = {part.branch for part in month.parts}
    for cell, count in cells.items():
        name = (cell.branch, cell.item_type, cell.category)
        if name in alone:
            assert alone[name] == count.loans
            assert count.readers >= 10, "who stands alone are ten or more"
        else:
            merged[cell.branch if cell.branch in of_branch else OTHER_BRANCHES].append(count)
    for place, members in merged.items():
        whole = sum(count.loans for count in members)
        assert (place, OTHER, OTHER, whole) in {(p.branch, p.item_type, p.category, p.loans) for p in month.parts}
        few = [count for count in members if count.readers < 10]
        many = [count for count in members if count.readers >= 10]
        assert len(members) > 1
        for _ in few:
            # The lowest and the highest figure that one of them could have, for whoever knows all that is told, and
            # that what was merged besides is no larger than what was left alone.
            highest = whole - (len(few) - 1) - 10 * len(many)
            lowest = 1
            if len(few) == 1 and place != OTHER_BRANCHES:
                left = [loans for (branch, *_), loans in alone.items() if branch == place]
                lowest = max(1, whole - len(many) * min(left)) if left else 1
            assert highest - lowest >= 9, (place, members, month)
    for one in month.readers:
        assert one.readers == "0-9" or int(one.readers) >= 10


@settings(deadline=None)
@given(months(), st.data())
def test_two_tellings_never_differ_by_a_few(drawn, data):
    cells, branches = drawn
    (old,) = told(cells, branches, "2026-09")
    more = {}
    for cell, count in cells.items():
        late = data.draw(st.integers(0, 14))
        more[cell] = CellCount(count.loans + late, count.readers + min(late, 3), count.least)
    (new,) = told(more, branches, "2026-09")
    now = renewed(old, new)
    before = {(p.branch, p.item_type, p.category): p.loans for p in old.parts}
    after = {(p.branch, p.item_type, p.category): p.loans for p in now.parts}
    assert all(
        after[name] == loans or abs(after[name] - loans) >= 10 for name, loans in before.items() if name in after
    )
    if before.keys() != after.keys():
        assert abs(now.loans - old.loans) >= 10
    assert renewed(None, new) == new
    assert Month.of_dict(now.as_dict()) == now
