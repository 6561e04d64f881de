"""One dimension of a cube: its values as the leaves of a tree, whose inner nodes are the totals that are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

ALL = "(all)"
NONE = "(none)"


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a dimension, or a total of several.

    Attributes:
        level: 0 of the finest values, one more for each coarser level, and the highest for the total of all.
        label: as it is told.
        parent: index of the total that it is part of; -1 of the total of all.
    """

    level: int
    label: str
    parent: int


@dataclass(frozen=True)
class Dimension:
    """A tree of values; the total of all is node 0, and each parent stands before its children.

    Attributes:
        name: of the dimension.
        levels: names of its levels, the finest first; without the total of all.
        nodes: of the tree.
    """

    name: str
    levels: tuple[str, ...]
    nodes: tuple[Node, ...]

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Of each node the nodes that sum up to it; none of a leaf."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for index, node in enumerate(self.nodes):
            if node.parent >= 0:
                found[node.parent].append(index)
        return tuple(map(tuple, found))

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """The nodes that have no part."""
        return tuple(index for index, parts in enumerate(self.children) if not parts)

    @cached_property
    def inner(self) -> tuple[int, ...]:
        """The nodes that are totals."""
        return tuple(index for index, parts in enumerate(self.children) if parts)

    @cached_property
    def index(self) -> Mapping[tuple[int, str], int]:
        """The node of each level and label."""
        return {(node.level, node.label): at for at, node in enumerate(self.nodes)}

    def way_up(self, node: int) -> tuple[int, ...]:
        """A node and all totals that it is part of, up to the total of all."""
        way = [node]
        while self.nodes[way[-1]].parent >= 0:
            way.append(self.nodes[way[-1]].parent)
        return tuple(way)

    def below(self, node: int) -> tuple[int, ...]:
        """The leaves that a node is the total of; itself, of a leaf."""
        if not self.children[node]:
            return (node,)
        return tuple(leaf for child in self.children[node] for leaf in self.below(child))

    def is_sound(self) -> bool:
        """Whether the nodes are one tree whose leaves are of the finest level, each label once to a level."""
        first = bool(self.nodes) and self.nodes[0].parent == -1 and self.nodes[0].level == len(self.levels)
        rest = all(
            0 <= node.parent < at and node.level == self.nodes[node.parent].level - 1
            for at, node in enumerate(self.nodes)
            if at
        )
        return (
            first
            and rest
            and len(self.index) == len(self.nodes)
            and all(self.nodes[leaf].level == 0 for leaf in self.leaves)
        )


def dimension_of(name: str, levels: Sequence[str], paths: Iterable[Sequence[str]]) -> Dimension | None:
    """The tree of a dimension, from the values that occur together.

    Args:
        name: of the dimension.
        levels: names of its levels, the finest first.
        paths: of each finest value the labels of all levels, the finest first, as they occur.

    Returns:
        None where a label of one level occurs below two of the next: no total would be the sum of its parts.

    Guarantees:
        The order of the paths does not matter.
    """
    depth = len(levels)
    found = sorted({tuple(reversed(path)) for path in paths})
    nodes = [Node(depth, ALL, -1)]
    index: dict[tuple[int, str], int] = {}
    above: dict[tuple[int, str], str | None] = {}
    for path in found:
        parent = 0
        for at, label in enumerate(path):
            level = depth - 1 - at
            before = path[at - 1] if at else None
            if above.setdefault((level, label), before) != before:
                return None
            if (level, label) not in index:
                index[level, label] = len(nodes)
                nodes.append(Node(level, label, parent))
            parent = index[level, label]
    return Dimension(name, tuple(levels), tuple(nodes))
