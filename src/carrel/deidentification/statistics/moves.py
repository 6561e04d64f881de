"""Moves along one dimension: which nodes go up by one and which down, so that every total still is its sum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice, product

import numpy as np

from carrel.deidentification.statistics.cube import Array
from carrel.deidentification.statistics.dimension import Dimension

MOST_WAYS = 4_000  # moves of one node that are looked at


@dataclass(frozen=True, slots=True)
class Move:
    """One way in which figures can shift along a dimension.

    Attributes:
        plus: the nodes that go up, the lowest first.
        minus: the nodes that go down, the lowest first; none where the total of all goes up as well.
    """

    plus: tuple[int, ...]
    minus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MoveTable:
    """Moves as arrays, a row to each; a place that a move does not use has the sign 0.

    Attributes:
        nodes: indexes.
        signs: 1, -1 or 0.
        tops: whether the total above the node stays where it is.
    """

    nodes: Array
    signs: Array
    tops: Array

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, rows: Array) -> MoveTable:
        """Only some of the moves."""
        kept = MoveTable(self.nodes[rows], self.signs[rows], self.tops[rows])
        used = (kept.signs != 0).any(axis=0)
        return MoveTable(kept.nodes[:, used], kept.signs[:, used], kept.tops[:, used])


class Reach(IntEnum):
    """Against what a node may move, the nearest first."""

    NEIGHBOURS = 0
    ALL_LEAVES = 1
    TOTAL = 2


def moves_of(dimension: Dimension, node: int, reach: Reach) -> list[Move]:
    """Moves that take a node up, and the leaves of it with it.

    Args:
        dimension: the tree.
        node: of it.
        reach: against the nodes of the same total; against any; or so that the total of all goes up as well.
    """
    for wider in Reach:
        found = list(islice(_inwards(dimension, node, wider), MOST_WAYS)) if reach <= wider < Reach.TOTAL else []
        if found:
            return found
    found = list(islice(_inwards(dimension, node, Reach.ALL_LEAVES), MOST_WAYS))
    return [*(Move(dimension.way_up(leaf), ()) for leaf in dimension.below(node)), *found]


def _inwards(dimension: Dimension, node: int, reach: Reach) -> Iterator[Move]:
    own = dimension.below(node)
    within = set(own)
    parent = dimension.nodes[node].parent
    around = dimension.leaves if reach is Reach.ALL_LEAVES or parent < 0 else dimension.below(parent)
    for leaf, other in product(own, [leaf for leaf in around if leaf not in within]):
        up, down = dimension.way_up(leaf), dimension.way_up(other)
        shared = set(up) & set(down)
        yield Move(tuple(one for one in up if one not in shared), tuple(one for one in down if one not in shared))


def table(moves: list[Move]) -> MoveTable:
    """Moves as arrays."""
    longest = max((len(one.plus) + len(one.minus) for one in moves), default=1)
    nodes = np.zeros((len(moves), longest), dtype=np.int64)
    signs = np.zeros((len(moves), longest), dtype=np.int64)
    tops = np.zeros((len(moves), longest), dtype=bool)
    for row, move in enumerate(moves):
        for at, (node, sign) in enumerate([*((one, 1) for one in move.plus), *((one, -1) for one in move.minus)]):
            nodes[row, at], signs[row, at] = node, sign
        if move.minus:  # else the total of all goes along: nothing above stays
            tops[row, len(move.plus) - 1] = True
            tops[row, len(move.plus) + len(move.minus) - 1] = True
    return MoveTable(nodes, signs, tops)
