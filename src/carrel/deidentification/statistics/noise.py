"""Counts with noise: nobody can tell from them whether any one person was counted (differential privacy, by OpenDP).

The unit is the person, not the record: at most so many records of each are counted, and the noise is made for all of
them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from carrel.deidentification.statistics import faults
from carrel.errors import CarrelError, fault

_UNSURE = 1e-9  # by which the solver of the scale may end above what was asked


class Mechanism(StrEnum):
    """How noise is drawn; both are of whole numbers."""

    LAPLACE = "laplace"
    GAUSSIAN = "gaussian"


@dataclass(frozen=True, slots=True)
class Promise:
    """What noise promises.

    Attributes:
        mechanism: how it is drawn.
        epsilon: how much any one person can change the chance of any result: by a factor of e to its power at most.
        delta: the chance with which that may fail; zero of Laplace.
        cap: records of one person that are counted at most.

    Source: NIST SP 800-226 (2025), unit of privacy and bounded contributions.
    """

    mechanism: Mechanism
    epsilon: float
    delta: float
    cap: int

    def as_dict(self) -> dict[str, Any]:
        """As a file tells it."""
        return {
            "mechanism": f"discrete {self.mechanism.value}",
            "epsilon": self.epsilon,
            "delta": self.delta,
            "unit": "person",
            "records_of_a_person_at_most": self.cap,
        }


def noisy(counts: Sequence[int], promise: Promise) -> tuple[list[int], float]:
    """Counts with noise.

    Args:
        counts: of cells that were named before anybody looked at the records; each person is in them ``cap`` times at
            most.
        promise: that is kept. Randomness is OpenDP's own, from the operating system.

    Returns:
        As many counts, some of them below zero perhaps, and the scale of the noise.

    Raises:
        CarrelError: STC-001, OpenDP is not installed; STC-015, no noise keeps this promise.
    """
    try:
        import opendp.prelude as dp
    except ImportError:
        raise fault(
            faults.NO_SOLVER,
            wanted="OpenDP, to draw noise",
            found="an installation without it",
            fix="pip install 'carrel[noise]'",
        ) from None
    if promise.epsilon <= 0:
        raise _no_promise("an epsilon of zero", "ask for an epsilon between 0.01 and 10")
    dp.enable_features("contrib")
    vector = dp.vector_domain(dp.atom_domain(T="i64"))
    if promise.mechanism is Mechanism.LAPLACE:
        if promise.delta:
            raise _no_promise("a delta above zero", "leave out --delta, or take --mechanism gaussian")
        # Adding or taking away a person changes the counts by the cap in all, and so their sum of changes by that.
        drawn, distance, wanted = dp.m.make_laplace, dp.l1_distance(T="i64"), promise.epsilon
        found = _scaled(dp, lambda scale: drawn(vector, distance, scale=scale), promise.cap, wanted)
        kept = found[0].map(promise.cap) <= promise.epsilon * (1 + _UNSURE)
    else:
        if not promise.delta:
            raise _no_promise("no delta", "name one far below one in the number of persons, such as --delta 1e-6")

        def fixed(scale: float) -> Any:
            plain = dp.m.make_gaussian(vector, dp.l2_distance(T="f64"), scale=scale)
            return dp.c.make_fix_delta(dp.c.make_zCDP_to_approxDP(plain), promise.delta)

        # All records of a person can lie in one cell, so the length of the change is the cap too.
        both = (promise.epsilon, promise.delta)
        found = _scaled(dp, fixed, float(promise.cap), both)
        kept = found[0].map(float(promise.cap))[0] <= promise.epsilon * (1 + _UNSURE)
    if not kept:
        raise _no_promise("noise that promises less", "ask for a larger epsilon")
    return [int(one) for one in found[0](list(counts))], found[1]


def _scaled(dp: Any, make: Any, cap: float, wanted: Any) -> tuple[Any, float]:
    try:
        scale = float(dp.binary_search_param(make, d_in=cap, d_out=wanted, T=float))
        return make(scale), scale
    except (ValueError, dp.OpenDPException):
        raise _no_promise("none that can be drawn", "ask for an epsilon between 0.01 and 10") from None


def _no_promise(found: str, fix: str) -> CarrelError:
    return fault(faults.NOISE, wanted="noise that keeps a promise", found=found, fix=fix)
