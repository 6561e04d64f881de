"""The attack on hidden figures: how low and how high each can be, for somebody who reads everything that is told.

Solved by HiGHS. To show that a figure is wide enough, no lowest and highest is needed: two cubes that agree with all
that is told and differ enough in it are. So whole directions are tried first, and single figures only where that did
not do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.cube import PERSONS, ROWS, Array
from carrel.deidentification.statistics.hidden_system import HiddenSystem
from carrel.deidentification.statistics.solver import linear_program, quiet_solver
from carrel.errors import CarrelError, fault

_ROUNDS = 24  # directions that are tried
_SLACK = 1e-3  # of the solver; a count that is known so closely is known
_REPORTED = 20  # figures that are told too closely, after which the attack has succeeded
_WHOLE = 200  # unknowns of a group of figures whose intervals are solved in whole numbers too
_SMALL = 400  # unknowns of a group that is solved by the simplex method
_WITHOUT_MATCH = "no figures that agree with all that is told"


@dataclass(frozen=True, slots=True)
class Interval:
    """A hidden figure that is known too closely.

    Attributes:
        cube: where it stands.
        cell: its place there.
        measure: of it.
        low: the least that it can be.
        high: the most.
        whole: whether this holds in whole numbers only.
    """

    cube: str
    cell: int
    measure: str
    low: float
    high: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the attack found.

    Attributes:
        hidden: how many figures are hidden.
        narrow: those that are known too closely; at most twenty are told.
        in_whole: of how many figures it was solved in whole numbers too; of the others in any numbers.
        solved: how often the solver was asked.
        interval: the narrowest interval of a hidden count that was shown: each can differ by as much or more. None
            where none is hidden, or the attack ended before it was known.
    """

    hidden: int
    narrow: tuple[Interval, ...]
    in_whole: int
    solved: int
    interval: int | None = None


def attack(system: HiddenSystem, seed: int = 0) -> Outcome:
    """Try to tell each hidden figure.

    Args:
        system: what is known.
        seed: of the directions; the outcome does not depend on it.

    Raises:
        CarrelError: STC-001, HiGHS is not installed; STC-007, nothing agrees with what is told; STC-011, the solver
            gave no answer.
    """
    narrow: list[Interval] = []
    whole = solved = 0
    spans: list[float] = []
    for own, rows in _groups(system):
        group = _Group(system, own, rows, np.random.default_rng(seed))
        narrow += group.run(_REPORTED - len(narrow))
        whole += len(own) if group.in_whole else 0
        solved += group.solved
        spans += group.spans
        if len(narrow) >= _REPORTED:
            break
    spans += [one.high - one.low for one in narrow if one.measure in {ROWS, PERSONS}]
    interval = int(min(spans) + _SLACK) if spans else None
    return Outcome(len(system), tuple(narrow), whole, solved, interval)


def _groups(system: HiddenSystem) -> list[tuple[list[int], list[int]]]:
    """Unknowns that no relation joins are solved apart."""
    leader = list(range(len(system)))

    def find(one: int) -> int:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for unknowns, *_ in system.rows:
        first = find(int(unknowns[0]))
        for one in unknowns[1:]:
            leader[find(int(one))] = first
    groups: dict[int, tuple[list[int], list[int]]] = {}
    for one in range(len(system)):
        groups.setdefault(find(one), ([], []))[0].append(one)
    for row, (unknowns, *_) in enumerate(system.rows):
        groups[find(int(unknowns[0]))][1].append(row)
    return list(groups.values())


class _Group:
    """Unknowns that hang together, as one model of the solver."""

    def __init__(self, system: HiddenSystem, own: Sequence[int], rows: Sequence[int], dice: Any) -> None:
        self._system, self._own, self._dice = system, list(own), dice
        self._width = np.array([system.width[one] for one in own], dtype=float)
        self._percent = np.array([system.percent[one] for one in own], dtype=float)
        self._least = np.array([system.lower[one] for one in own], dtype=float)
        place = {one: at for at, one in enumerate(own)}
        taken = [system.rows[row] for row in rows]
        # A figure without any bound above is wide enough; a high bound keeps the solver in numbers that it can tell.
        known = [abs(limit) for _, _, low, high in taken for limit in (low, high) if np.isfinite(limit)]
        self._top = 4.0 * (max([*known, *self._least, 0.0]) + self._width.max() + 1.0)
        self._model = _model(
            self._least, self._top, [(np.array([place[int(one)] for one in un]), *rest) for un, *rest in taken]
        )
        self.in_whole = len(own) <= _WHOLE
        self.solved = 0
        self.spans: list[float] = []

    def run(self, most: int) -> list[Interval]:
        """The figures that are known too closely, at most so many."""
        small = len(self._own) <= _SMALL
        self._model.setOptionValue("solver", "simplex" if small else "ipm")
        self._model.setOptionValue("run_crossover", "on" if small else "off")
        low, high = self._directions()
        narrow = []
        for at in np.flatnonzero(~self._wide(low, high)):
            if self._is_wide(low[at], high[at], at):
                continue  # another figure's interval showed it
            bottom, at_bottom = self._extreme(at, 1.0)
            top, at_top = self._extreme(at, -1.0)
            for seen in (at_bottom, at_top):
                low, high = np.minimum(low, seen), np.maximum(high, seen)
            if not self._is_wide(bottom, top, at):
                narrow.append(self._told(at, bottom, top, whole=False))
            if len(narrow) >= most:
                return narrow
        self._note(low, high)
        return narrow if narrow or not self.in_whole else self._in_whole(most)

    def _directions(self) -> tuple[Array, Array]:
        low = np.full(len(self._own), np.inf)
        high = -low
        stalled = 0
        for _ in range(_ROUNDS):
            narrow = ~self._wide(low, high)
            count = int(narrow.sum())
            if not count or stalled > 2:  # noqa: PLR2004  (directions in a row that showed little)
                break
            seen = self._solve(np.where(narrow, self._dice.choice([-1.0, 1.0], len(self._own)), 0.0))
            low, high = np.minimum(low, seen), np.maximum(high, seen)
            left = int((~self._wide(low, high)).sum())
            stalled = stalled + 1 if left > 0.9 * count else 0  # the first one shows no width yet
        return low, high

    def _wide(self, low: Array, high: Array) -> Array:
        with np.errstate(invalid="ignore"):  # before the first solution they are infinite
            return high - low >= np.maximum(self._width, self._percent * high / 100) - _SLACK

    def _is_wide(self, low: float, high: float, at: int) -> bool:
        return bool(high < np.inf) and bool(self._wide(low, high)[at])

    def _extreme(self, at: int, sign: float) -> tuple[float, Array]:
        cost = np.zeros(len(self._own))
        cost[at] = sign
        seen = self._solve(cost)
        return float(seen[at]), seen

    def _solve(self, cost: Array) -> Array:
        import highspy

        self.solved += 1
        self._model.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
        self._model.run()
        status = self._model.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise _contradicted()
        if status != highspy.HighsModelStatus.kOptimal:
            raise fault(
                faults.UNDECIDED,
                wanted="the lowest or the highest that a hidden figure can be",
                found=f"the solver ended with {status.name.removeprefix('k')}",
                because="what is not shown to be wide enough is not told",
                fix="make the cube coarser: fewer values, or fewer dimensions",
            )
        return np.asarray(self._model.getSolution().col_value, dtype=float)

    def _in_whole(self, most: int) -> list[Interval]:
        """The same in whole numbers: they can leave less room than all numbers do."""
        import highspy

        count = len(self._own)
        whole = np.full(count, highspy.HighsVarType.kInteger)
        self._model.setOptionValue("solver", "choose")
        self._model.changeColsIntegrality(count, np.arange(count, dtype=np.int32), whole)
        low, high = np.full(count, np.inf), np.full(count, -np.inf)
        narrow = []
        for at in range(count):
            if self._is_wide(low[at], high[at], at):
                continue
            ends: list[float] = []
            for sign in (1.0, -1.0):
                end, seen = self._extreme(at, sign)
                ends.append(float(round(end)))
                low, high = np.minimum(low, np.round(seen)), np.maximum(high, np.round(seen))
            if not self._is_wide(ends[0], ends[1], at):
                narrow.append(self._told(at, ends[0], ends[1], whole=True))
            if len(narrow) >= most:
                break
        self._note(low, high)
        return narrow

    def _note(self, low: Array, high: Array) -> None:
        """How far apart two solutions have each count, where they are: its interval is no narrower than that."""
        counts = [at for at, one in enumerate(self._own) if self._system.names[one][2] in {ROWS, PERSONS}]
        seen = high[counts] - low[counts]
        self.spans = [float(one) for one in seen[np.isfinite(seen)]]

    def _told(self, at: int, low: float, high: float, *, whole: bool) -> Interval:
        cube, cell, measure = self._system.names[self._own[at]]
        return Interval(cube, cell, measure, round(low, 2) + 0.0, round(high, 2) + 0.0, whole)


def _model(least: Array, top: float, rows: list[Any]) -> Any:
    solver = quiet_solver()
    solver.passModel(linear_program(np.zeros(len(least)), least, np.full(len(least), top), rows))
    return solver


def _contradicted() -> CarrelError:
    return fault(
        faults.CONTRADICTION,
        wanted="figures that can all be true",
        found=_WITHOUT_MATCH,
        because="nobody can tell what such figures give away",
        fix="make the release anew; do not change its file by hand",
    )
