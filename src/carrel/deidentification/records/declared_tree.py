"""Hierarchies that a library declares: groups of categories, regions of branches, or lists of values with levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carrel.deidentification.records.hierarchy import ANY, NO_VALUE


@dataclass(frozen=True, slots=True)
class DeclaredTree:
    """Values with the groups that they belong to.

    Attributes:
        chains: for each value its labels, the value itself first.
        depth: how many labels each has.
    """

    chains: Mapping[str, tuple[str, ...]]
    depth: int
    is_ordered: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The levels."""
        return ("value", "group", *(f"group {one}" for one in range(2, self.depth)))[: self.depth]

    def chain(self, value: str) -> tuple[str, ...] | None:
        """The labels of a value; None where it was not declared."""
        return self.chains.get(value)

    def order(self, label: str) -> object:
        """By name."""
        return label


@dataclass(frozen=True, slots=True)
class Values:
    """Values as they are, which belong to no group: a level with the value, and one that tells nothing."""

    names: tuple[str, ...] = ("value",)
    is_ordered: bool = False

    def chain(self, value: str) -> tuple[str, ...] | None:
        """The value."""
        return (value,) if value not in {ANY, NO_VALUE} else None

    def order(self, label: str) -> object:
        """By name."""
        return label


def tree_of(declared: Mapping[str, Any]) -> DeclaredTree:
    """A tree as a file writes it: groups with lists of values, or with groups in turn.

    Args:
        declared: such as ``{adults: [AD, SR], children: {small: [K], school: [J]}}``.

    Raises:
        ValueError: a value stands twice, a group holds nothing, or a name is one of those that Carrel writes itself.
    """
    found: dict[str, tuple[str, ...]] = {}
    _walk(declared, (), found)
    if not found:
        raise ValueError("write groups with their values, such as {adults: [AD, SR], children: [J]}")
    depth = max(map(len, found.values()))
    # A value with fewer groups above it than others keeps its own name until its group begins.
    chains = {value: (value,) * (depth - len(one)) + one for value, one in found.items()}
    _require_nested(list(chains.values()))
    return DeclaredTree(chains, depth)


def _walk(node: Mapping[str, Any], above: tuple[str, ...], found: dict[str, tuple[str, ...]]) -> None:
    for name, below in node.items():
        group = (str(name), *above)
        if str(name) in above:
            raise ValueError("a group stands within itself")
        if isinstance(below, Mapping) and below:
            _walk(below, group, found)
        elif isinstance(below, Sequence) and not isinstance(below, str) and below:
            for value in map(str, below):
                if value in found:
                    raise ValueError("a value stands in two groups")
                _refuse_own((value, *group))
                found[value] = (value, *group)
        else:
            raise ValueError("write each group with a list of its values")


def listed(lines: Sequence[Sequence[str]]) -> DeclaredTree:
    """A hierarchy as a list: each line a value, its group, the group of that, and so on.

    Args:
        lines: of the file, all of one length; a last column that is the same everywhere may be there, or not.

    Raises:
        ValueError: lines of different length, a value twice, or a group that lies in two groups.
    """
    rows = [tuple(cell.strip() for cell in line) for line in lines if any(cell.strip() for cell in line)]
    if not rows or len({len(row) for row in rows}) > 1:
        raise ValueError("each line needs a value and as many groups as the others")
    if len(rows[0]) > 1 and len({row[-1] for row in rows}) == 1:
        rows = [row[:-1] for row in rows]
    _require_nested(rows)
    if len({row[0] for row in rows}) < len(rows):
        raise ValueError("a value stands twice")
    for row in rows:
        _refuse_own(row)
    return DeclaredTree({row[0]: row for row in rows}, len(rows[0]))


def _require_nested(rows: Sequence[tuple[str, ...]]) -> None:
    for level in range(len(rows[0]) - 1):
        if len({row[level : level + 2] for row in rows}) > len({row[level] for row in rows}):
            raise ValueError(f"a name on level {level + 1} lies in two groups of level {level + 2}")


def _refuse_own(names: Sequence[str]) -> None:
    if any(one in {ANY, NO_VALUE, ""} for one in names):
        raise ValueError(f"'{ANY}', '{NO_VALUE}' and nothing at all are no names of values or groups")
