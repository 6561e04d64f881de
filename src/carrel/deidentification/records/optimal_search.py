"""The one generalisation of whole columns that loses least: found without counting most of the lattice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

from carrel.deidentification.records.class_table import ClassTable, Counted, Node, base_table, counted
from carrel.deidentification.records.coded_column import Array, CodedColumn
from carrel.deidentification.records.lattice import Lattice
from carrel.deidentification.records.sensitive_column import Condition

_MOST_KEPT = 24  # tables of classes, in memory
_WIDEST = 3  # columns that are looked at alone


@dataclass(frozen=True, slots=True)
class Optimum:
    """What was found.

    Attributes:
        node: the level of each column.
        loss: mean over all rows and columns; a row that is left out loses all.
        left_out: rows.
        counted: how many nodes were counted.
        nodes: how many there are.
        classes: that it makes.
    """

    node: Node
    loss: float
    left_out: int
    counted: int
    nodes: int
    classes: Counted | None = field(default=None, repr=False, compare=False)


@dataclass(slots=True)
class OptimalSearch:
    """Looks for the node with the least loss among those that leave out few enough rows.

    Args:
        columns: quasi-identifiers.
        codes: of each column and row.
        persons: of each row; None to count rows.
        k: persons, or rows, that each class has at least.
        most_left_out: rows.
        sensitive: the code of each row, of each sensitive column.
        conditions: what each class must hold of each of these.
        told: is told how many nodes were counted, and how many are alive.
    """

    columns: Sequence[CodedColumn]
    codes: Array
    persons: Array | None
    k: int
    most_left_out: int
    sensitive: Sequence[Array] = ()
    conditions: Sequence[Condition] = ()
    told: Callable[[int, int], None] | None = None
    _tables: list[ClassTable] = field(default_factory=list)
    _lattice: Lattice = field(init=False)
    _found: Optimum | None = None
    _count: int = 0

    def run(self) -> Optimum | None:
        """The optimum; None where even the node that tells nothing leaves out too many rows.

        Guarantees:
            No node of the lattice that leaves out few enough rows loses less. Of two that lose the same, which one is
            found depends on values and bounds alone, and not on the order of rows.
        """
        self._lattice = Lattice.of(self.columns)
        rows = self.codes.shape[1]
        if not rows:
            return None
        self._tables = [_sorted(base_table(self.columns, self.codes, self.persons, self.sensitive))]
        self._look(self._lattice.top)
        for width in range(1, min(_WIDEST, len(self.columns) - 1) + 1):
            for taken in combinations(range(len(self.columns)), width):
                self._margin(taken)
            self._compress()
        while nodes := self._lattice.next_nodes():
            for node in nodes:
                if self._lattice.alive[node]:
                    self._look(node)
        one = self._found
        if one is None:
            return None
        count = self._count
        if not any(table.is_below(one.node) for table in self._tables):
            self._tables = [base_table(self.columns, self.codes, self.persons, self.sensitive)]
        classes = self._count_node(one.node)
        return Optimum(one.node, one.loss, one.left_out, count, self._lattice.alive.size, classes)

    def _margin(self, taken: tuple[int, ...]) -> None:
        """Find what fails by a few columns alone: every node with these levels fails with all columns, too."""
        top = self._lattice.top
        spans = [range(top[at]) for at in taken]  # a column that tells nothing was looked at in a narrower margin
        alive = self._lattice.alive
        nodes = {
            levels
            for levels in product(*spans)
            if alive[tuple(slice(levels[taken.index(at)], levels[taken.index(at)] + 1) if at in taken else slice(None)
                     for at in range(len(top)))].any()
        }  # fmt: skip
        base: ClassTable | None = None
        while nodes:
            levels = max(nodes, key=lambda one: (_split(one, nodes), one))
            node = _lifted(top, taken, levels)
            if base is None:
                lowest = tuple(min(one[at] for one in nodes) for at in range(len(taken)))
                base = self._count_node(_lifted(top, taken, lowest)).table
            found = counted(self.columns, base, node, self.k, self.codes.shape[1], self.conditions)
            self._count += 1
            if self._judge(found):
                nodes -= {one for one in nodes if all(a >= b for a, b in zip(one, levels, strict=True))}
            else:
                nodes -= {one for one in nodes if all(a <= b for a, b in zip(one, levels, strict=True))}
        self._lattice.prune()

    def _compress(self) -> None:
        """Count everything that is left from the coarsest table below it."""
        if not self._lattice.alive.any():
            return
        meet = self._lattice.meet()
        found = self._count_node(meet)
        self._tables = [found.table]
        self._judge(found)

    def _look(self, node: Node) -> None:
        found = self._count_node(node)
        source = min(len(one) for one in self._tables if one.is_below(node))
        if len(found.table) < 0.6 * source:
            self._tables.append(found.table)
            if len(self._tables) > _MOST_KEPT:
                self._tables.pop(1)
        self._judge(found)
        self._lattice.prune()
        if self.told is not None:
            self.told(self._count, int(self._lattice.alive.sum()))

    def _count_node(self, node: Node) -> Counted:
        self._count += 1
        source = min((one for one in self._tables if one.is_below(node)), key=len)
        return counted(self.columns, source, node, self.k, self.codes.shape[1], self.conditions)

    def _judge(self, found: Counted) -> bool:
        """Whether a node could leave out few enough rows; what that says of others is noted."""
        if found.surely_left_out > self.most_left_out:
            self._lattice.failed(found.node)
            return False
        self._lattice.stood(found.node, found.sure_penalty)
        if found.left_out > self.most_left_out:
            # Growing can cost a class its evenness, so this says nothing of the nodes below; but for where no row may
            # be left out: classes that all hold a condition still hold it when they are joined.
            if not self.most_left_out:
                self._lattice.failed(found.node)
            return True
        loss = float(self._lattice.least_loss[found.node]) + found.penalty
        if self._lattice.is_better(loss):
            self._found = Optimum(found.node, loss, found.left_out, 0, 0)
        return True


def _lifted(top: Node, taken: tuple[int, ...], levels: tuple[int, ...]) -> Node:
    node = list(top)
    for at, level in zip(taken, levels, strict=True):
        node[at] = level
    return tuple(node)


def _split(node: Node, nodes: set[Node]) -> int:
    below = sum(all(a <= b for a, b in zip(one, node, strict=True)) for one in nodes)
    above = sum(all(a >= b for a, b in zip(one, node, strict=True)) for one in nodes)
    return min(below, above)


def _sorted(table: ClassTable) -> ClassTable:
    """The same with rows that are alike beside each other, so that counting them stays in the cache."""
    import numpy as np

    order = np.lexsort(table.codes[::-1])
    starts = persons = None
    if table.starts is not None and table.persons is not None:
        lengths = np.diff(table.starts)[order]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        named: Array = np.repeat(table.starts[:-1][order], lengths)
        persons = table.persons[named]  # each row has one person at most
    place: Array = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return ClassTable(
        table.node, np.ascontiguousarray(table.codes[:, order]), table.weights[order], starts, persons,
        tuple(one.rolled_up(place) for one in table.sensitive),
    )  # fmt: skip
