"""The lattice of all generalisations, and what is known of each node so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from carrel.deidentification.records.class_table import Node
from carrel.deidentification.records.coded_column import Array, CodedColumn

MOST_NODES = 1_000_000
_MOST_AT_ONCE = 32
_FOR_ONE_MORE = 2_000  # nodes that are alive


@dataclass(slots=True)
class Lattice:
    """Every node is alive until it is counted, ruled out by another one, or too costly whatever it holds.

    What rules out: rows that are left out on a node are left out on every node below it. So what fails, fails below;
    and what is lost by leaving rows out on a node is lost below it too.

    Attributes:
        shape: levels of each column.
        least_loss: of each node, were no row left out.
        penalty: of each node, what leaving rows out costs at least.
        alive: of each node.
    """

    shape: Node
    least_loss: Array
    penalty: Array
    alive: Array
    best: float = field(default=float("inf"))

    @classmethod
    def of(cls, columns: Sequence[CodedColumn]) -> Lattice:
        """The lattice of some columns."""
        import numpy as np

        shape = tuple(len(one.levels) for one in columns)
        total: Any = np.zeros(shape)
        for at, one in enumerate(columns):
            along = [1] * len(columns)
            along[at] = shape[at]
            total = total + np.array([one.loss(level) for level in range(shape[at])]).reshape(along)
        return cls(shape, total / max(1, len(columns)), np.zeros(shape), np.ones(shape, bool))

    @property
    def top(self) -> Node:
        """The node that tells nothing."""
        return tuple(one - 1 for one in self.shape)

    @property
    def bound(self) -> Array:
        """What each node loses at least."""
        return self.least_loss + self.penalty

    def failed(self, node: Node) -> None:
        """A node leaves out too many rows: so does every node below."""
        self.alive[_below(node)] = False

    def stood(self, node: Node, penalty: float) -> None:
        """A node leaves out few enough rows; what that costs is lost below it as well."""
        from numpy import maximum

        here = _below(node)
        maximum(self.penalty[here], penalty, out=self.penalty[here])
        self.alive[node] = False

    def is_better(self, loss: float) -> bool:
        """Take a node's loss as the best so far; whether it is. What cannot be better than it, is dead."""
        if loss >= self.best:
            return False
        self.best = loss
        return True

    def prune(self) -> None:
        """Let go of every node that cannot be better than the best one."""
        self.alive &= self.bound < self.best

    def meet(self) -> Node:
        """The highest node below all that are alive."""
        return tuple(
            int(self.alive.any(axis=tuple(other for other in range(len(self.shape)) if other != at)).argmax())
            for at in range(len(self.shape))
        )

    def next_nodes(self) -> list[Node]:
        """The nodes whose answers rule out most others, whichever they are, best first; none where none is alive.

        Of a large lattice there are several: to weigh all its nodes costs more than to count a few.
        """
        import numpy as np

        alive = np.flatnonzero(self.alive)
        if not len(alive):
            return []
        below: Any = self.alive.astype(np.int32)
        for axis in range(len(self.shape)):
            np.cumsum(below, axis=axis, out=below)
        order = np.argsort(self.bound.ravel()[alive], kind="stable")
        dearer: Any = np.empty(len(alive), np.int64)
        dearer[order] = np.arange(len(alive), 0, -1)
        under = below.ravel()[alive]
        score = np.minimum(under, dearer) + 0.1 * np.maximum(under, dearer)
        some = min(_MOST_AT_ONCE, 1 + len(alive) // _FOR_ONE_MORE)
        chosen = np.argsort(-score, kind="stable")[:some]
        return [tuple(int(one) for one in np.unravel_index(int(alive[at]), self.shape)) for at in chosen]


def _below(node: Node) -> tuple[slice, ...]:
    return tuple(slice(0, one + 1) for one in node)
