"""HiGHS as Carrel uses it: silent, on one core, and always the same answer to the same question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from carrel.deidentification.statistics import faults
from carrel.errors import fault


def quiet_solver() -> Any:
    """An empty model of the solver.

    Raises:
        CarrelError: STC-001, HiGHS is not installed.
    """
    try:
        import highspy
    except ImportError:
        raise fault(
            faults.NO_SOLVER,
            wanted="HiGHS, to solve how closely hidden figures are known",
            found="an installation without it",
            fix="pip install 'carrel[analytics]'",
        ) from None

    class Quiet(highspy.Highs):  # type: ignore[misc]  # untyped
        """Its first act is to print who it is, before any option can be set."""

        def enableCallbacks(self) -> None:  # noqa: N802  (theirs)
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    solver = Quiet()
    for name, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        solver.setOptionValue(name, value)
    return solver


def linear_program(cost: Any, lower: Any, upper: Any, rows: Sequence[tuple[Any, Any, float, float]]) -> Any:
    """A model for the solver.

    Args:
        cost: of each unknown.
        lower: the least that it can be.
        upper: the most.
        rows: relations: unknowns, factors, and the sum's least and greatest.
    """
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(rows)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
    lp.row_lower_ = np.array([row[2] for row in rows], dtype=float)
    lp.row_upper_ = np.array([row[3] for row in rows], dtype=float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(row[0]) for row in rows])]).astype(np.int32)
    lp.a_matrix_.index_ = np.concatenate([row[0] for row in rows] or [np.zeros(0)]).astype(np.int32)
    lp.a_matrix_.value_ = np.concatenate([row[1] for row in rows] or [np.zeros(0)])
    return lp
