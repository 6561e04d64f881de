"""Laws of the order of strays: what hinders each other keeps the map's order, and nothing is walked twice or never."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from carrel.retention.strays import Strays, Touch, walks_of

TABLES = st.frozensets(st.sampled_from("abcdefgh"), max_size=3)
TOUCHES = st.builds(Touch, TABLES, TABLES, st.sampled_from([False] * 9 + [True]))
STRAYS = st.lists(
    st.tuples(TOUCHES, st.sampled_from([(), (), (7,)]), st.sampled_from([False] * 9 + [True])), max_size=12
)


@given(STRAYS, st.integers(1, 4))
def test_paths_that_hinder_each_other_keep_their_order(told, side_by_side) -> None:
    strays = [Strays(f"path {at}", borders, alone, touch) for at, (touch, borders, alone) in enumerate(told)]
    walks = walks_of(strays, side_by_side)
    assert sorted(one.path for walk in walks for one in walk.strays) == sorted(one.path for one in strays)
    assert [walk.step for walk in walks] == sorted(walk.step for walk in walks)
    assert {walk.step for walk in walks} == set(range(len({walk.step for walk in walks})))
    place = {one.path: (walk.step, id(walk), at) for walk in walks for at, one in enumerate(walk.strays)}
    for one, later in combinations(strays, 2):
        if one.touch.hinders(later.touch):
            (step, walk, at), (after, other, then) = place[one.path], place[later.path]
            assert step < after or (walk == other and at < then)
    for walk in walks:
        assert len(walk.strays) == 1 or not any(one.borders or one.alone for one in walk.strays)


@given(TOUCHES, TOUCHES)
def test_it_matters_to_both_or_to_none(one, other) -> None:
    assert one.hinders(other) == other.hinders(one)
    if not (one.alone or other.alone):
        assert one.hinders(other) == bool(
            one.changes & other.changes | one.changes & other.reads | one.reads & other.changes
        )


def test_what_nobody_knows_waits_for_all_and_keeps_all_waiting() -> None:
    reader = Touch(frozenset("a"), frozenset("b"), alone=False)
    walks = walks_of([Strays("one", touch=reader), Strays("all", (1,)), Strays("two", touch=reader)], 4)
    assert [(walk.step, [one.path for one in walk.strays]) for walk in walks] == [
        (0, ["one"]),
        (1, ["all"]),
        (2, ["two"]),
    ]
