"""A cube of exact figures: every combination of values and totals of its dimensions. It never leaves the house."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from carrel.deidentification.statistics.dimension import Dimension

ROWS, PERSONS = "rows", "persons"
MOST_CELLS = 4_000_000

# Arrays of whole numbers, one axis to a dimension; numpy has no types here.
Array = Any


@dataclass(frozen=True, slots=True)
class Sums:
    """A sum by cell, in its smallest unit (cents), and what the largest two persons contribute to it."""

    decimals: int
    total: Array
    largest: Array
    second: Array


@dataclass(frozen=True)
class Cube:
    """Counts over dimensions.

    Attributes:
        name: of the cube.
        population: what its rows are, and where from; cubes of one population share their cells.
        dimensions: its axes.
        rows: records in each cell; they add up.
        people: different persons in each cell, as they are told; one person is in several cells, so they do not add up.
        known: different persons for the rule, where all records without a person count as one more.
        sums: by name.
    """

    name: str
    population: str
    dimensions: tuple[Dimension, ...]
    rows: Array
    people: Array
    known: Array
    sums: Mapping[str, Sums] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many nodes each dimension has."""
        return shape_of(self.dimensions)

    def measure(self, name: str) -> Array:
        """The figures of a measure."""
        return {ROWS: self.rows, PERSONS: self.people}[name] if name in {ROWS, PERSONS} else self.sums[name].total


def shape_of(dimensions: tuple[Dimension, ...]) -> tuple[int, ...]:
    """How many nodes each dimension has."""
    return tuple(len(one.nodes) for one in dimensions)


def cells_of(dimensions: tuple[Dimension, ...]) -> int:
    """How many cells a cube of these dimensions has, totals among them."""
    return prod(shape_of(dimensions))


def relations(dimensions: tuple[Dimension, ...]) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Every way in which cells add up: of the axis, the node that is the total, and its parts."""
    for axis, dimension in enumerate(dimensions):
        for node in dimension.inner:
            yield axis, node, dimension.children[node]


def slab(axis: int, depth: int, node: int | list[int]) -> tuple[Any, ...]:
    """What picks one node, or several, of an axis out of an array with so many axes."""
    return (*(slice(None) for _ in range(axis)), node, *(slice(None) for _ in range(depth - axis - 1)))


def is_additive(dimensions: tuple[Dimension, ...], figures: Array) -> bool:
    """Whether every total is the sum of its parts."""
    depth = len(dimensions)
    return all(
        bool((figures[slab(axis, depth, list(parts))].sum(axis=axis) == figures[slab(axis, depth, node)]).all())
        for axis, node, parts in relations(dimensions)
    )
