"""Hierarchies: how a value is made coarser, step by step, until it tells nothing.

Each hierarchy gives for a value its label on every level at once, so that the levels cannot contradict each other; that
values which share a label share all the coarser ones is a law that tests hold every hierarchy to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from carrel.deidentification.records.coded_column import Array, CodedColumn, coded_column

ANY: Final = "*"
NO_VALUE: Final = "(none)"
ANY_LEVEL: Final = "any"


class Hierarchy(Protocol):
    """A way to make values of one kind coarser.

    Attributes:
        names: of the levels, the finest first, without the last one, which tells nothing.
        is_ordered: whether values stand in an order of which a range means something.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The levels."""
        ...

    @property
    def is_ordered(self) -> bool:
        """Whether values stand in an order."""
        ...

    def chain(self, value: str) -> tuple[str, ...] | None:
        """The label of a value on each level of ``names``; None where the hierarchy does not cover it."""
        ...

    def order(self, label: str) -> object:
        """By what labels of the finest level stand in order."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """A hierarchy of which only some levels are used.

    Attributes:
        whole: the hierarchy.
        names: its levels that are used.
    """

    whole: Hierarchy
    names: tuple[str, ...]

    @property
    def is_ordered(self) -> bool:
        """As of the hierarchy."""
        return self.whole.is_ordered

    def chain(self, value: str) -> tuple[str, ...] | None:
        """As of the hierarchy, on the levels that are used."""
        whole = self.whole.chain(value)
        return whole and tuple(label for name, label in zip(self.whole.names, whole, strict=True) if name in self.names)

    def order(self, label: str) -> object:
        """As of the hierarchy: it orders labels of any level."""
        return self.whole.order(label)


@dataclass(frozen=True, slots=True)
class Coding:
    """How the values of a column became codes.

    Attributes:
        column: with its levels.
        codes: the code of each value, in the order in which the values came.
        uncovered: values that the hierarchy does not cover.
        uncovered_rows: rows that have one of them.
    """

    column: CodedColumn
    codes: Array
    uncovered: int
    uncovered_rows: int


def code(
    name: str, hierarchy: Hierarchy, values: Sequence[str | None], rows: Sequence[int], *, as_missing: bool = False
) -> Coding:
    """Give every value of a column a code.

    Args:
        name: of the column.
        hierarchy: of its values.
        values: none twice; None stands for no value.
        rows: that have each value.
        as_missing: a value that the hierarchy does not cover counts as none.

    Returns:
        The coding. Values with one label on the finest level share a code, so what is finer is never seen again.
    """
    from numpy import array, int32, int64

    missing = (NO_VALUE,) * len(hierarchy.names)
    chains: dict[tuple[str, ...], int] = {}
    found: list[tuple[str, ...]] = []
    uncovered = uncovered_rows = 0
    for value, amount in zip(values, rows, strict=True):
        text = (value or "").strip()
        chain = hierarchy.chain(text) if text else missing
        if chain is None:
            uncovered, uncovered_rows, chain = uncovered + 1, uncovered_rows + amount, missing
        found.append(chain)
        chains[chain] = chains.get(chain, 0) + amount
    ordered = sorted(chains, key=lambda one: _place(hierarchy, one))
    seats = {chain: at for at, chain in enumerate(ordered)}
    column = coded_column(
        name, [(*one, ANY) for one in ordered], (*hierarchy.names, ANY_LEVEL),
        array([chains[one] for one in ordered], int64), is_ordered=hierarchy.is_ordered,
    )  # fmt: skip
    codes = array([seats[one] for one in found], int32)
    return Coding(column, codes, 0 if as_missing else uncovered, 0 if as_missing else uncovered_rows)


def _place(hierarchy: Hierarchy, chain: tuple[str, ...]) -> tuple[object, ...]:
    """Missing values first; then in order, or groups beside each other."""
    if chain[0] == NO_VALUE:
        return (0,)
    if hierarchy.is_ordered:
        return (1, hierarchy.order(chain[0]))
    return (1, *reversed(chain))
