"""A release: the cubes that leave the house together, with the rule by which cells of them are hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.cube import MOST_CELLS, PERSONS, ROWS, cells_of
from carrel.deidentification.statistics.dimension import Dimension, Node
from carrel.deidentification.statistics.small_cells import CellRule, CountedBy, SumRule, Zeros
from carrel.errors import Condition, fault

KIND = "carrel statistics"
VERSION = 1
HIGHEST = 1 << 50  # a figure above it is none that a library counted


@dataclass(frozen=True)
class ToldCube:
    """A cube as it is told.

    Attributes:
        name: of the cube.
        population: what is counted; cubes of one population share their cells.
        dimensions: its axes.
        figures: of each measure the cells in order, the last dimension fastest; None where a cell is hidden.
        decimals: of each sum; its figures are in the smallest unit.
    """

    name: str
    population: str
    dimensions: tuple[Dimension, ...]
    figures: Mapping[str, tuple[int | None, ...]]
    decimals: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As a file holds it."""
        return {
            "name": self.name,
            "population": self.population,
            "dimensions": [
                {
                    "name": one.name,
                    "levels": list(one.levels),
                    "nodes": [[node.level, node.label, node.parent] for node in one.nodes],
                }
                for one in self.dimensions
            ],
            "decimals": dict(self.decimals),
            "figures": {name: list(told) for name, told in self.figures.items()},
        }

    def spot(self, cell: int) -> tuple[int, ...]:
        """The node of each dimension that a cell is of."""
        found = []
        for one in reversed(self.dimensions):
            cell, at = divmod(cell, len(one.nodes))
            found.append(at)
        return tuple(reversed(found))


@dataclass(frozen=True)
class Release:
    """Cubes told together.

    Attributes:
        name: of the release.
        rule: by which cells are hidden.
        cubes: as they are told.
        base: to which all counts are rounded; 0 where they are exact. A rounded release hides nothing.
        off: how far a rounded total can be off.
    """

    name: str
    rule: CellRule
    cubes: tuple[ToldCube, ...]
    base: int = 0
    off: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As the file holds it."""
        return {
            "format_version": VERSION,
            "kind": KIND,
            "release": self.name,
            "rule": self.rule.as_dict(),
            **({"rounded_to": self.base, "totals_off_by": self.off} if self.base else {}),
            "cubes": [one.as_dict() for one in self.cubes],
        }

    @classmethod
    def of_dict(cls, body: object, at: str) -> Release:
        """From a file.

        Args:
            body: as JSON gave it.
            at: what errors call the file.

        Raises:
            CarrelError: STC-006, it is none.
        """
        try:
            return _release(body)
        except _OddError as odd:
            raise fault(
                faults.RELEASE,
                at=at,
                wanted=odd.wanted,
                found="something else",
                fix="name a file of `carrel stats cube`",
            ) from None


def joined(releases: Sequence[Release]) -> Release:
    """Several releases as one, for somebody who has them all; under the strictest of their rules.

    Raises:
        CarrelError: STC-006, they go by rules that cannot be joined.
    """
    first = releases[0]
    if any(one.rule.zeros is not first.rule.zeros for one in releases):
        raise fault(
            faults.RELEASE,
            at=", ".join(one.name for one in releases),
            wanted="releases that show zeros, or hide them, all alike",
            found="both",
            fix="audit them one by one",
        )
    if len(releases) > 1 and any(one.base for one in releases):
        raise fault(
            faults.RELEASE,
            at=", ".join(one.name for one in releases),
            wanted="releases that hide cells",
            found="one that is rounded",
            fix="audit it by itself",
        )
    sums = {name: rule for one in releases for name, rule in one.rule.sums.items()}
    rule = CellRule(
        max(one.rule.persons for one in releases), max(one.rule.width for one in releases), first.rule.zeros, sums,
        _counted_by(releases),
    )  # fmt: skip
    names: dict[str, int] = {}
    cubes = []
    for one in releases:
        for cube in one.cubes:
            seen = names[cube.name] = names.get(cube.name, 0) + 1
            cubes.append(cube if seen == 1 else replace(cube, name=f"{cube.name} ({seen})"))
    return Release(first.name, rule, tuple(cubes), first.base, first.off)


def _counted_by(releases: Sequence[Release]) -> CountedBy | None:
    """Records where one of them counts records; unknown where one does not tell."""
    ways = {one.rule.counted_by for one in releases}
    return CountedBy.RECORDS if CountedBy.RECORDS in ways else None if None in ways else CountedBy.PERSONS


class _OddError(Exception):
    """What a release should have where it has something else."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


def _release(body: object) -> Release:
    found = _mapping(body, "an object")
    if found.get("kind") != KIND or found.get("format_version") != VERSION:
        _odd(f"'kind' {KIND!r}, 'format_version' {VERSION}")
    rule = _mapping(found.get("rule"), "'rule'")
    zeros = rule.get("zeros")
    if zeros not in set(Zeros):
        _odd("'zeros' shown or suppressed")
    sums = {
        _text(name, "the name of a sum"): SumRule(
            **{key: _count(_mapping(one, "a rule of a sum").get(key), key) for key in ("percent", "share", "width")}
        )
        for name, one in _mapping(rule.get("sums"), "'sums'").items()
    }
    way = rule.get("counted_by")
    if way is not None and way not in set(CountedBy):
        _odd("'counted_by' persons or records")
    limits = CellRule(
        _count(rule.get("persons"), "persons"), _count(rule.get("width"), "width"), Zeros(zeros), sums,
        None if way is None else CountedBy(way),
    )  # fmt: skip
    cubes = tuple(_cube(one) for one in _list(found.get("cubes"), "'cubes'"))
    if not cubes:
        _odd("one cube or more")
    base, off = (_count(found.get(key, 0), key) for key in ("rounded_to", "totals_off_by"))
    if base and (off < base - 1 or any(set(one.figures) != {ROWS} or None in one.figures[ROWS] for one in cubes)):
        _odd("a rounded release with all its counts, and nothing else")
    return Release(_text(found.get("release"), "'release'"), limits, cubes, base, off)


def _cube(body: object) -> ToldCube:
    found = _mapping(body, "a cube")
    dimensions = tuple(_dimension(one) for one in _list(found.get("dimensions"), "'dimensions'"))
    if not dimensions or cells_of(dimensions) > MOST_CELLS:
        _odd("dimensions of at most four million cells")
    told = {
        _text(name, "the name of a measure"): _figures(one, cells_of(dimensions))
        for name, one in _mapping(found.get("figures"), "'figures'").items()
    }
    if ROWS not in told:
        _odd(f"figures of {ROWS!r}")
    patterns = {tuple(one is None for one in figures) for figures in told.values()}
    if len(patterns) != 1:
        _odd("the same cells hidden in each measure")
    decimals = {
        _text(name, "the name of a sum"): _count(one, "decimals")
        for name, one in _mapping(found.get("decimals"), "'decimals'").items()
    }
    if set(decimals) != set(told) - {ROWS, PERSONS}:
        _odd("the decimals of each sum")
    return ToldCube(
        _text(found.get("name"), "'name'"), _text(found.get("population"), "'population'"), dimensions, told, decimals
    )


def _dimension(body: object) -> Dimension:
    found = _mapping(body, "a dimension")
    nodes = []
    for one in _list(found.get("nodes"), "'nodes'"):
        match _list(one, "a node"):
            case [int() as level, str() as label, int() as parent] if type(level) is int and type(parent) is int:
                nodes.append(Node(level, label, parent))
            case _:
                _odd("a node of level, label and the place of its total")
    levels = tuple(_text(one, "the name of a level") for one in _list(found.get("levels"), "'levels'"))
    dimension = Dimension(_text(found.get("name"), "the name of a dimension"), levels, tuple(nodes))
    if not dimension.is_sound():
        _odd("dimensions that are trees, each total before its parts")
    return dimension


def _figures(body: object, cells: int) -> tuple[int | None, ...]:
    found = _list(body, "figures")
    if len(found) != cells or not all(one is None or (type(one) is int and 0 <= one <= HIGHEST) for one in found):
        _odd("whole numbers, or null, as many as the dimensions have cells")
    return tuple(found)


def _mapping(value: object, wanted: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _odd(wanted)
    return value


def _list(value: object, wanted: str) -> list[Any]:
    if not isinstance(value, list):
        _odd(wanted)
    return value


def _text(value: object, wanted: str) -> str:
    if not isinstance(value, str):
        _odd(wanted)
    return value


def _count(value: object, wanted: str) -> int:
    if type(value) is not int or not 0 <= value <= HIGHEST:
        _odd(f"a whole number for {wanted}")
    return value


def _odd(wanted: str) -> NoReturn:
    raise _OddError(wanted)


def contradiction(condition: Condition, at: str, found: str) -> Exception:
    """The error of figures that cannot all be true."""
    return fault(
        condition,
        at=at,
        wanted="totals that are the sums of their parts",
        found=found,
        because="nobody can tell what such figures give away",
        fix="make the release anew; do not change its file by hand",
    )
