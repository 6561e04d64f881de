"""The attacks that small cells are hidden from, carried out: by subtraction, by two releases, by two tables."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from carrel.deidentification.statistics import interval_attack
from carrel.deidentification.statistics.cube import Cube, Sums, slab
from carrel.deidentification.statistics.differencing import small_differences
from carrel.deidentification.statistics.dimension import Dimension, dimension_of
from carrel.deidentification.statistics.hidden_system import system_of
from carrel.deidentification.statistics.interval_attack import attack
from carrel.deidentification.statistics.release import Release, ToldCube, joined
from carrel.deidentification.statistics.release_making import make
from carrel.deidentification.statistics.small_cells import CellRule, SumRule, sensitive
from carrel.errors import CarrelError

BRANCH = dimension_of(
    "branch", ["branch", "region"], [("CPL", "city"), ("FPL", "city"), ("MPL", "rural"), ("SPL", "rural")]
)
KIND = dimension_of("type", ["type"], [("BK",), ("DVD",), ("KIT",)])
LOANS = np.array([[120, 60, 30], [90, 41, 3], [70, 33, 25], [55, 22, 21]])
RULE = CellRule()


def folded(dimensions: tuple[Dimension, ...], base: np.ndarray) -> np.ndarray:
    for axis, dimension in enumerate(dimensions):
        out = np.zeros((*base.shape[:axis], len(dimension.nodes), *base.shape[axis + 1 :]), dtype=np.int64)
        for at, leaf in enumerate(dimension.leaves):
            for node in dimension.way_up(leaf):
                out[slab(axis, base.ndim, node)] += np.take(base, at, axis=axis)
        base = out
    return base


def cube(base: np.ndarray = LOANS, dimensions: tuple[Dimension, ...] = (BRANCH, KIND), name: str = "c") -> Cube:
    rows = folded(dimensions, base)
    return Cube(name, "loans", dimensions, rows, rows, rows)


def told(one: Cube, hidden: np.ndarray) -> ToldCube:
    figures = tuple(None if out else int(figure) for figure, out in zip(one.rows.flat, hidden.flat, strict=True))
    return ToldCube(one.name, one.population, one.dimensions, {"rows": figures})


def at(one: Cube, *labels: str) -> int:
    spot = [next(n for n, node in enumerate(axis.nodes) if node.label == label)
            for axis, label in zip(one.dimensions, labels, strict=True)]  # fmt: skip
    return int(np.ravel_multi_index(spot, one.shape))


def test_one_hidden_cell_is_told_by_subtraction_and_a_release_of_carrel_is_not() -> None:
    full = cube()
    bare = Release("r", RULE, (told(full, sensitive(full, RULE)),))
    [found] = attack(system_of(bare)).narrow
    assert (found.cell, found.low, found.high) == (at(full, "FPL", "KIT"), 3.0, 3.0)
    made = make("r", [full], RULE, ["rows"])
    assert made.outcome.narrow == ()
    assert made.release.cubes[0].figures["rows"][at(full, "FPL", "KIT")] is None
    assert made.release.cubes[0].figures["rows"][0] == 570  # the total of all is still told
    assert made.counted[0].hidden < 12


def test_two_hidden_cells_of_one_line_are_told_together_and_a_release_adds_a_third() -> None:
    full = cube(np.array([[120, 4, 3], [90, 41, 30], [70, 33, 25], [55, 22, 21]]))
    made = make("r", [full], RULE, ["rows"])
    figures = made.release.cubes[0].figures["rows"]
    own = [at(full, "CPL", kind) for kind in ("BK", "DVD", "KIT")]
    assert figures[at(full, "CPL", "(all)")] is None or all(figures[one] is None for one in own)


def test_two_tables_of_one_release_are_attacked_together() -> None:
    """Each by itself hides the branch's total; read together, one tells it."""
    first = cube(name="first")
    second = cube(LOANS.sum(axis=1), (BRANCH,), name="second")
    hidden = np.zeros(first.shape, dtype=bool)
    for labels in (
        ("FPL", "KIT"),
        ("FPL", "(all)"),
        ("city", "KIT"),
        ("city", "(all)"),
        ("(all)", "KIT"),
        ("(all)", "(all)"),
    ):
        hidden.flat[at(first, *labels)] = True
    one = Release("r", RULE, (told(first, hidden),))
    assert attack(system_of(one)).narrow == ()
    both = joined([one, Release("s", RULE, (told(second, np.zeros(second.shape, dtype=bool)),))])
    assert attack(system_of(both)).narrow
    made = make("r", [first, second], RULE, ["rows"])
    assert attack(system_of(made.release)).narrow == ()


def test_releases_that_contradict_each_other_are_told() -> None:
    one = Release("r", RULE, (told(cube(), np.zeros(cube().shape, dtype=bool)),))
    more = LOANS.copy()
    more[0, 0] += 20
    two = Release("s", RULE, (told(cube(more), np.zeros(cube().shape, dtype=bool)),))
    with pytest.raises(CarrelError) as refused:
        system_of(joined([one, two]))
    assert refused.value.code == "STC-007"
    figures = list(one.cubes[0].figures["rows"])
    figures[0] += 1
    with pytest.raises(CarrelError) as refused:
        system_of(Release("r", RULE, (replace(one.cubes[0], figures={"rows": tuple(figures)}),)))
    assert refused.value.code == "STC-007"
    hidden = np.zeros(cube().shape, dtype=bool)
    hidden.flat[[at(cube(), "CPL", "BK"), at(cube(), "CPL", "DVD")]] = True
    odd = told(cube(), hidden)
    figures = list(odd.figures["rows"])
    figures[at(cube(), "CPL", "(all)")] = 1  # less than what is told of the kits alone
    with pytest.raises(CarrelError) as refused:
        attack(system_of(Release("r", RULE, (replace(odd, figures={"rows": tuple(figures)}),))))
    assert refused.value.code == "STC-007"


def test_the_difference_of_two_extracts_tells_three_loans() -> None:
    before = make("r", [cube()], RULE, ["rows"]).release
    later = LOANS.copy()
    later[2, 0] += 3
    found = small_differences(make("r", [cube(later)], RULE, ["rows"], [before]).release, [before])
    assert {one.cell for one in found if one.how == "told twice"} >= {("MPL", "BK"), ("rural", "BK"), ("(all)", "BK")}
    assert small_differences(make("r", [cube()], RULE, ["rows"], [before]).release, [before]) == ()
    later[2, 0] += 20
    assert not small_differences(make("r", [cube(later)], RULE, ["rows"], [before]).release, [before])


def test_what_was_hidden_once_stays_hidden_and_what_was_told_hides_nothing() -> None:
    before = make("r", [cube()], RULE, ["rows"]).release
    grown = LOANS + 100
    after = make("r", [cube(grown)], RULE, ["rows"], [before]).release
    hidden = [
        [n for n, one in enumerate(release.cubes[0].figures["rows"]) if one is None] for release in (before, after)
    ]
    assert hidden[0] == hidden[1]
    assert make("r", [cube(grown)], RULE, ["rows"]).counted[0].hidden == 0


def test_hidden_parts_that_changed_together_by_little_are_told() -> None:
    before = make("r", [cube()], RULE, ["rows"]).release
    hidden = [n for n, one in enumerate(before.cubes[0].figures["rows"]) if one is None]
    later = LOANS.copy()
    later[1, 2] += 4  # only a hidden cell grows
    after = make("r", [cube(later)], RULE, ["rows"], [before]).release
    assert at(cube(), "FPL", "KIT") in hidden
    assert any(one.how in {"hidden parts", "told twice"} for one in small_differences(after, [before]))


def test_whoever_takes_an_earlier_figure_for_unchanged_is_reckoned_with() -> None:
    shown = Release("r", RULE, (told(cube(), np.zeros(cube().shape, dtype=bool)),))
    after = make("r", [cube()], RULE, ["rows"]).release  # hides what was told before
    assert any(one.how == "unchanged since" for one in small_differences(after, [shown])) is False  # nothing is news
    full = cube()
    some = np.zeros(full.shape, dtype=bool)
    some.flat[at(full, "FPL", "KIT")] = True
    half = Release("r", RULE, (told(full, some),))
    found = small_differences(after, [half])
    assert ("FPL", "KIT") in {one.cell for one in found if one.how == "unchanged since"}


def test_a_sum_that_one_reader_dominates_is_hidden_and_its_interval_is_wide_enough() -> None:
    base = LOANS * 100
    total = folded((BRANCH, KIND), base)
    largest = total // 20
    largest.flat[at(cube(), "SPL", "KIT")] = 2000  # of 2100
    sums = Sums(2, total, largest, np.zeros_like(total))
    full = replace(cube(LOANS + 20), sums={"fines": sums})
    rule = CellRule(sums={"fines": SumRule(percent=10, width=1000)})
    assert sensitive(full, rule).sum() == 1
    made = make("r", [full], rule, ["rows", "fines"])
    assert made.outcome.narrow == ()
    assert made.release.cubes[0].figures["fines"][at(full, "SPL", "KIT")] is None
    bare = told(full, sensitive(full, rule))
    pattern = [one is None for one in bare.figures["rows"]]
    both = {**bare.figures, "fines": tuple(None if out else int(v) for v, out in zip(total.flat, pattern, strict=True))}
    found = attack(system_of(Release("r", rule, (replace(bare, figures=both, decimals={"fines": 2}),)))).narrow
    assert {one.measure for one in found} == {"rows", "fines"}


def test_nothing_is_released_that_cannot_be_protected() -> None:
    """Everything else was told before: to hide it now protects nobody."""
    full = cube()
    some = np.zeros(full.shape, dtype=bool)
    some.flat[at(full, "FPL", "KIT")] = True
    with pytest.raises(CarrelError) as refused:
        make("r", [full], RULE, ["rows"], [Release("r", RULE, (told(full, some),))])
    assert refused.value.code == "STC-005"


def test_without_the_solver_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    with pytest.raises(CarrelError) as refused:
        make("r", [cube()], RULE, ["rows"])
    assert refused.value.code == "STC-001"
    assert "carrel[analytics]" in str(refused.value)


def test_a_solver_that_gives_up_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = interval_attack.quiet_solver

    def tired() -> object:
        solver = plain()
        solver.setOptionValue("simplex_iteration_limit", 0)
        solver.setOptionValue("presolve", "off")
        return solver

    made = make("r", [cube()], RULE, ["rows"])
    monkeypatch.setattr(interval_attack, "quiet_solver", tired)
    with pytest.raises(CarrelError) as refused:
        attack(system_of(made.release))
    assert refused.value.code == "STC-011"
