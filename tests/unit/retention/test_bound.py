from __future__ import annotations

from carrel.retention.bound import bound, bounds


def test_before_the_first_ordinary_night_it_is_two_per_cent_of_the_table() -> None:
    assert bound((), 100_000) == 2_000
    assert bound((), 4_999) == 100


def test_then_it_is_three_times_the_median_of_fourteen_nights() -> None:
    assert bound((1_000, 1_200, 5_000), 100) == 3_600
    assert bound((90_000,) * 20 + (1_000,) * 14, 0) == 3_000
    assert bound((0, 0, 1), 10**9) == 100


def test_the_sites_own_bound_decides() -> None:
    assert bound((1_000,), 10**6, by_site=7) == 7
    assert bound((), 0, by_site=0) == 0


def test_the_bounds_of_a_plan() -> None:
    assert bounds(
        {"loan": "old_issues", "bill": "accountlines", "note": "messages"},
        {"loan": (500, 700)},
        {"accountlines": 50_000, "old_issues": 10**6},
        {"messages": 3},
    ) == {"loan": 1_800, "bill": 1_000, "note": 3}
