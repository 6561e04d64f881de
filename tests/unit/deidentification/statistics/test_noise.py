"""Noise keeps its promise as OpenDP measures it, and a budget is never overdrawn."""

from __future__ import annotations

import sys
from collections import Counter
from decimal import Decimal
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.deidentification.statistics.budget import Spending, left, require
from carrel.deidentification.statistics.noise import Mechanism, Promise, noisy
from carrel.errors import CarrelError


def test_the_scale_follows_the_cap_and_the_mean_stays() -> None:
    one, scale = noisy([0] * 4000, Promise(Mechanism.LAPLACE, 1.0, 0.0, 1))
    many, wide = noisy([0] * 4000, Promise(Mechanism.LAPLACE, 1.0, 0.0, 20))
    assert scale == pytest.approx(1.0, rel=0.01)
    assert wide == pytest.approx(20.0, rel=0.01)
    assert abs(sum(one)) / 4000 < 0.2  # eight standard errors
    assert sum(map(abs, many)) / 4000 == pytest.approx(20, rel=0.25)
    assert all(isinstance(figure, int) for figure in one)


def test_the_noise_of_neighbours_differs_by_no_more_than_the_promise() -> None:
    """Of two libraries that differ in one person of one loan: no result is more than e to the epsilon likelier."""
    promise, draws = Promise(Mechanism.LAPLACE, 1.0, 0.0, 1), 40_000
    without = Counter(noisy([10] * draws, promise)[0])
    with_one = Counter(noisy([11] * draws, promise)[0])
    for figure in range(8, 14):
        assert with_one[figure] / without[figure] < exp(1.0) * 1.15
        assert without[figure] / with_one[figure] < exp(1.0) * 1.15


def test_gaussian_noise_wants_a_delta_and_laplace_takes_none() -> None:
    drawn, scale = noisy([100], Promise(Mechanism.GAUSSIAN, 1.0, 1e-6, 1))
    assert len(drawn) == 1
    assert 3 < scale < 8
    for odd in (
        Promise(Mechanism.GAUSSIAN, 1.0, 0.0, 1),
        Promise(Mechanism.LAPLACE, 1.0, 1e-6, 1),
        Promise(Mechanism.LAPLACE, 0.0, 0.0, 1),
    ):
        with pytest.raises(CarrelError) as refused:
            noisy([1], odd)
        assert refused.value.code == "STC-015"


def test_without_opendp_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    with pytest.raises(CarrelError) as refused:
        noisy([1], Promise(Mechanism.LAPLACE, 1.0, 0.0, 1))
    assert refused.value.code == "STC-001"
    assert "carrel[noise]" in str(refused.value)


AMOUNTS = st.decimals(0, 2, places=3).map(lambda one: Spending(one, Decimal(0)))


@given(asked=st.lists(AMOUNTS, max_size=12))
def test_a_budget_is_never_overdrawn(asked: list[Spending]) -> None:
    budget, spent = Spending(Decimal(4), Decimal(0)), []
    for one in asked:
        try:
            require(budget, spent, one, "account")
        except CarrelError as refused:
            assert refused.code == "STC-016"
            assert sum(x.epsilon for x in [*spent, one]) > 4
            continue
        spent.append(one)
    assert left(budget, spent).epsilon >= 0
