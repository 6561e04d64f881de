"""Laws of released cubes: the interval attack fails on them, by a solver and by counting out every table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carrel.deidentification.statistics import rounding
from carrel.deidentification.statistics.cube import Cube, is_additive, relations, slab
from carrel.deidentification.statistics.dimension import Dimension, dimension_of
from carrel.deidentification.statistics.hidden_system import system_of
from carrel.deidentification.statistics.interval_attack import attack
from carrel.deidentification.statistics.release import Release, ToldCube
from carrel.deidentification.statistics.release_making import make
from carrel.deidentification.statistics.rounding import rounded
from carrel.deidentification.statistics.small_cells import CellRule, Zeros, sensitive
from carrel.errors import CarrelError

LAW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def folded(dimensions: tuple[Dimension, ...], base: np.ndarray) -> np.ndarray:
    """The figures of all totals, from those of the leaves."""
    for axis, dimension in enumerate(dimensions):
        out = np.zeros((*base.shape[:axis], len(dimension.nodes), *base.shape[axis + 1 :]), dtype=np.int64)
        for at, leaf in enumerate(dimension.leaves):
            for node in dimension.way_up(leaf):
                out[slab(axis, base.ndim, node)] += np.take(base, at, axis=axis)
        base = out
    return base


def flat(name: str, count: int) -> Dimension:
    return dimension_of(name, [name], [(f"{name}{at}",) for at in range(count)])


def tree(name: str, count: int) -> Dimension:
    return dimension_of(name, [name, "group"], [(f"{name}{at}", f"g{at % 2}") for at in range(count)])


def cube_of(dimensions: tuple[Dimension, ...], base: np.ndarray, population: str = "p", name: str = "c") -> Cube:
    rows = folded(dimensions, base)
    return Cube(name, population, dimensions, rows, rows, rows)  # each record is another person


@st.composite
def cubes(draw: st.DrawFn, depth: int, highest: int = 9, longest: int = 4) -> Cube:
    dimensions = tuple(
        draw(st.sampled_from([flat, tree]))(name, draw(st.integers(2, 3 if depth > 2 else longest)))
        for name in "abc"[:depth]
    )
    shape = [len(one.leaves) for one in dimensions]
    cells = draw(st.lists(st.integers(0, highest), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    return cube_of(dimensions, np.array(cells, dtype=np.int64).reshape(shape))


RULES = st.builds(
    CellRule, persons=st.integers(2, 4), width=st.integers(1, 4), zeros=st.sampled_from([Zeros.SHOWN, Zeros.SUPPRESSED])
)


def tables(cube: ToldCube, least: int, most: int) -> Iterator[np.ndarray]:
    """Every table of whole numbers that agrees with what is told, counted out leaf by leaf; no solver in it."""
    shape = tuple(len(one.nodes) for one in cube.dimensions)
    told = np.array([-1 if one is None else one for one in cube.figures["rows"]]).reshape(shape)
    spots = list(product(*(one.leaves for one in cube.dimensions)))
    above = [list(product(*(one.way_up(at) for one, at in zip(cube.dimensions, spot, strict=True)))) for spot in spots]
    last = {cell: at for at, cells in enumerate(above) for cell in cells}  # the leaf with which a total is whole
    sums = np.zeros(shape, dtype=np.int64)

    def place(at: int) -> Iterator[np.ndarray]:
        if at == len(spots):
            yield sums.copy()
            return
        known = told[spots[at]]
        for value in [known] if known >= 0 else range(least, most + 1):
            for cell in above[at]:
                sums[cell] += value
            if all(
                told[cell] < 0 or (sums[cell] == told[cell] if last[cell] == at else sums[cell] <= told[cell])
                for cell in above[at]
            ):
                yield from place(at + 1)
            for cell in above[at]:
                sums[cell] -= value

    return place(0)


def spans(cube: ToldCube, least: int, most: int) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    hidden = [at for at, one in enumerate(cube.figures["rows"]) if one is None]
    for table in tables(cube, least, most):
        for at in hidden:
            low, high = found.get(at, (1 << 40, -1))
            found[at] = min(low, int(table.flat[at])), max(high, int(table.flat[at]))
    return found


def told_of(cube: Cube, hidden: np.ndarray) -> ToldCube:
    figures = tuple(None if out else int(one) for one, out in zip(cube.rows.flat, hidden.flat, strict=True))
    return ToldCube(cube.name, cube.population, cube.dimensions, {"rows": figures})


@LAW
@given(cube=cubes(2, 4, 3), rule=RULES)
def test_no_hidden_figure_is_told_by_counting_out_every_table(cube: Cube, rule: CellRule) -> None:
    made = make("r", [cube], rule, ["rows"])
    told = made.release.cubes[0]
    most = int(cube.rows.max()) + rule.width + 1
    for low, high in spans(told, rule.least, most).values():
        assert high - low >= rule.width


@settings(LAW, max_examples=15)
@given(cube=cubes(3), rule=RULES, more=st.booleans())
def test_a_released_cube_of_three_dimensions_resists_the_attack(cube: Cube, rule: CellRule, more: bool) -> None:
    made = make("r", [cube], rule, ["rows", "persons"] if more else ["rows"])
    assert attack(system_of(Release.of_dict(made.release.as_dict(), "r")), seed=1).narrow == ()


@LAW
@given(cube=cubes(2), rule=RULES)
def test_what_is_told_is_true_and_small_cells_are_not_told(cube: Cube, rule: CellRule) -> None:
    figures = make("r", [cube], rule, ["rows"]).release.cubes[0].figures["rows"]
    few = sensitive(cube, rule)
    for at, figure in enumerate(figures):
        assert figure is None or (figure == cube.rows.flat[at] and not few.flat[at])
        if cube.rows.flat[at] == 0:
            assert (figure is None) == (rule.zeros is Zeros.SUPPRESSED)


@LAW
@given(cube=cubes(2), rule=RULES)
def test_hidden_cells_that_a_told_total_sums_up_are_of_enough_persons(cube: Cube, rule: CellRule) -> None:
    told = make("r", [cube], rule, ["rows"]).release.cubes[0]
    hidden = np.array([one is None for one in told.figures["rows"]]).reshape(cube.shape)
    for axis, node, parts in relations(cube.dimensions):
        out = np.moveaxis(hidden[slab(axis, 2, list(parts))], axis, -1)
        group = np.where(out, np.moveaxis(cube.rows[slab(axis, 2, list(parts))], axis, -1), 0).sum(axis=-1)
        known = out.any(axis=-1) & ~hidden[slab(axis, 2, node)]
        empty = (group == 0) & (rule.zeros is Zeros.SUPPRESSED)
        assert ((group >= rule.persons) | ~known | empty).all()


@LAW
@given(cube=cubes(2, longest=3), seed=st.integers(0, 1 << 20), data=st.data())
def test_the_attack_finds_exactly_what_counting_out_finds(cube: Cube, seed: int, data: st.DataObject) -> None:
    hidden = np.array(data.draw(st.lists(st.booleans(), min_size=cube.rows.size, max_size=cube.rows.size)))
    hidden[0] = False  # so that there is an end to counting
    hidden[:] &= cube.rows.ravel() > 0
    rule = CellRule(persons=3, width=3)
    told = told_of(cube, hidden.reshape(cube.shape))
    if int(hidden.sum()) > 8:
        return
    counted = spans(told, rule.least, int(cube.rows[0, 0]))
    narrow = {at for at, (low, high) in counted.items() if high - low < rule.width}
    assert {one.cell for one in attack(system_of(Release("r", rule, (told,))), seed).narrow} == narrow


@LAW
@given(cube=cubes(2), rule=RULES, seed=st.integers(0, 1 << 20))
def test_the_order_of_anything_does_not_matter(cube: Cube, rule: CellRule, seed: int) -> None:
    paths = [(node.label, *([cube.dimensions[0].nodes[node.parent].label] if node.parent > 0 else []))
             for at, node in enumerate(cube.dimensions[0].nodes) if at in cube.dimensions[0].leaves]  # fmt: skip
    shuffled = list(np.random.default_rng(seed).permutation(np.array(paths, dtype=object)))
    again = dimension_of(cube.dimensions[0].name, cube.dimensions[0].levels, [tuple(one) for one in shuffled])
    assert again == cube.dimensions[0]
    assert is_additive(cube.dimensions, cube.rows)
    first, second = make("r", [cube], rule, ["rows"]), make("r", [cube], rule, ["rows"])
    assert first.release == second.release


@settings(LAW, max_examples=15)
@given(data=st.data(), rule=RULES)
def test_two_cubes_of_one_release_resist_being_read_together(data: st.DataObject, rule: CellRule) -> None:
    one, two, three = flat("a", 3), flat("b", 3), flat("c", 2)
    base = np.array(data.draw(st.lists(st.integers(0, 6), min_size=18, max_size=18)), dtype=np.int64).reshape(3, 3, 2)
    first, second = cube_of((one, two), base.sum(axis=2)), cube_of((one, three), base.sum(axis=1), name="d")
    try:
        made = make("r", [first, second], rule, ["rows"])
    except CarrelError as refused:
        assert refused.code == "STC-005"
        return
    assert attack(system_of(made.release)).narrow == ()
    hidden = [{at for at, one in enumerate(cube.figures["rows"]) if one is None} for cube in made.release.cubes]
    shared = [(node * 4, node * 3) for node in range(4)]  # of each value of the first dimension, the total
    assert all((left in hidden[0]) == (right in hidden[1]) for left, right in shared)


@pytest.mark.parametrize("zeros", list(Zeros))
def test_a_cube_without_small_cells_is_told_whole(zeros: Zeros) -> None:
    cube = cube_of((flat("a", 3), flat("b", 3)), np.full((3, 3), 50))
    assert all(
        one is not None for one in make("r", [cube], CellRule(zeros=zeros), ["rows"]).release.cubes[0].figures["rows"]
    )


@LAW
@given(cube=cubes(2, 30), base=st.sampled_from([3, 5, 10]))
def test_rounded_figures_add_up_and_are_beside_the_true_ones(cube: Cube, base: int) -> None:
    figures, off = rounded(cube, base)
    assert is_additive(cube.dimensions, figures)
    assert (figures % base == 0).all()
    assert int(np.abs(figures - cube.rows).max()) == off
    leaves = np.ix_(*(one.leaves for one in cube.dimensions))
    assert (np.abs(figures[leaves] - cube.rows[leaves]) < base).all()
    assert (figures[leaves][cube.rows[leaves] % base == 0] == cube.rows[leaves][cube.rows[leaves] % base == 0]).all()
    if not any(len(one.levels) > 1 for one in cube.dimensions):
        assert off < base  # of two plain dimensions it is always possible


@settings(LAW, max_examples=10)
@given(cube=cubes(3, 30), base=st.sampled_from([3, 5]))
def test_what_is_carried_adds_up_too(cube: Cube, base: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounding, "MOST_SOLVED", 0)
        figures, _ = rounded(cube, base)
    assert is_additive(cube.dimensions, figures)
    leaves = np.ix_(*(one.leaves for one in cube.dimensions))
    assert (np.abs(figures[leaves] - cube.rows[leaves]) < base).all()
    assert abs(int(figures[0, 0, 0] - cube.rows[0, 0, 0])) <= base
