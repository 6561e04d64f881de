"""Classes of rows on one node of the lattice, small enough to count every coarser node from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carrel.deidentification.records.coded_column import Array, CodedColumn
from carrel.deidentification.records.sensitive_column import Condition, SensitiveCounts

Node = tuple[int, ...]
_MOST_KEYS = 1 << 62
_FEW_KEYS = 1 << 16


@dataclass(frozen=True, slots=True)
class ClassTable:
    """Rows that are alike on a node, each class once.

    Attributes:
        node: the level of each column.
        codes: the group of each column and class.
        weights: rows of each class.
        starts, persons: the persons of each class, none twice, up to the limit; None where rows are counted.
        sensitive: the values of each sensitive column.
    """

    node: Node
    codes: Array
    weights: Array
    starts: Array | None
    persons: Array | None
    sensitive: tuple[SensitiveCounts, ...] = ()

    def __len__(self) -> int:
        return int(self.weights.shape[0])

    def is_below(self, node: Node) -> bool:
        """Whether a node can be counted from this table."""
        return all(mine <= other for mine, other in zip(self.node, node, strict=True))


@dataclass(frozen=True, slots=True)
class Counted:
    """What a node costs.

    Attributes:
        node: the level of each column.
        left_out: rows of classes that are too small, or miss a condition.
        penalty: what these lose, over all rows, beyond what their values would lose.
        surely_left_out, sure_penalty: the same of what is left out on every node below as well.
        table: its classes.
        good: of each class whether it stays.
    """

    node: Node
    left_out: int
    penalty: float
    surely_left_out: int
    sure_penalty: float
    table: ClassTable
    good: Array

    @property
    def sizes(self) -> Array:
        """Rows of each class that stays."""
        return self.table.weights[self.good]


def base_table(
    columns: Sequence[CodedColumn], codes: Array, persons: Array | None, sensitive: Sequence[Array] = ()
) -> ClassTable:
    """A table with a class for each row.

    Args:
        columns: of the rows.
        codes: of each column and row, on the columns' first level.
        persons: of each row, or a negative number where a row is nobody's; None to count rows.
        sensitive: of each sensitive column, the code of each row.
    """
    import numpy as np

    rows = codes.shape[1]
    node = (0,) * len(columns)
    grouped = np.stack([one.levels[0].groups[codes[at]] for at, one in enumerate(columns)]).astype(np.int32)
    weights = np.ones(rows, np.int64)
    told = tuple(SensitiveCounts.of(one, rows) for one in sensitive)
    if persons is None:
        return ClassTable(node, grouped, weights, None, None, told)
    named = persons >= 0
    starts = np.zeros(rows + 1, np.int64)
    np.cumsum(named, out=starts[1:])
    return ClassTable(node, grouped, weights, starts, persons[named].astype(np.int32), told)


def counted(
    columns: Sequence[CodedColumn], table: ClassTable, node: Node, least: int, rows: int,
    conditions: Sequence[Condition] = (),
) -> Counted:  # fmt: skip
    """Count a node from a table below it.

    Args:
        columns: quasi-identifiers.
        table: below the node.
        node: to be counted.
        least: persons, or rows, from which a class may stay.
        rows: of all, over which the penalty is taken.
        conditions: of each sensitive column of the table.
    """
    import numpy as np

    from carrel.deidentification.records.compiled import class_counting as loops

    maps = [one.between(table.node[at], node[at]) for at, one in enumerate(columns)]
    losses = [one.levels[node[at]].losses[maps[at]] for at, one in enumerate(columns)]
    offsets = np.cumsum([0, *(len(one) for one in maps[:-1])]).astype(np.int64)
    flat = np.concatenate(maps).astype(np.int64)
    classes, first = class_numbers(
        table.codes, flat, offsets, [len(one.levels[node[at]].labels) for at, one in enumerate(columns)]
    )
    count = len(first)
    weights = loops.added_up(classes, table.weights, count)
    starts = persons = None
    sizes = weights
    if table.starts is not None:
        starts, persons, sizes = loops.persons_joined(classes, table.starts, table.persons, count, least)
    told = tuple(one.rolled_up(classes) for one in table.sensitive)
    surely, fully = sizes >= least, None
    for one, condition in zip(told, conditions, strict=True):
        surely = surely & one.holds(condition, weights, monotone_only=True)
    for one, condition in zip(told, conditions, strict=True):
        if not condition.is_monotone:
            fully = (surely if fully is None else fully) & one.holds(condition, weights)
    cost = [
        loops.left_out(good, weights, first, table.codes, offsets, np.concatenate(losses))
        for good in (surely, *(() if fully is None else (fully,)))
    ]
    codes = np.stack([maps[at][table.codes[at][first]] for at in range(len(columns))]).astype(np.int32)
    return Counted(
        node, int(cost[-1][0]), cost[-1][1] / rows, int(cost[0][0]), cost[0][1] / rows,
        ClassTable(node, codes, weights, starts, persons, told), surely if fully is None else fully,
    )  # fmt: skip


def class_numbers(codes: Array, flat: Array, offsets: Array, widths: Sequence[int]) -> tuple[Array, Array]:
    """A number for each row, equal where the mapped codes of all columns are; and the first row of each number.

    Args:
        codes: of each column and row.
        flat: the map of each column, one behind the other.
        offsets: where each begins.
        widths: into how many groups each column is mapped.
    """
    import numpy as np

    from carrel.deidentification.records.compiled import class_counting as loops

    parts: list[tuple[list[int], int]] = []  # columns whose groups fit together in one number
    for at, width in enumerate(widths):
        if width < 2:  # noqa: PLR2004  (it tells nothing apart)
            continue
        if parts and parts[-1][1] * width < _MOST_KEYS:
            parts[-1] = ([*parts[-1][0], at], parts[-1][1] * width)
        else:
            parts.append(([at], width))
    classes: Array = np.zeros(codes.shape[1], np.int32)
    first: Array = np.zeros(min(1, codes.shape[1]), np.int32)
    for taken, width in parts:
        space = width
        strides = np.array([_product(widths[one] for one in taken[:at]) for at in range(len(taken))], np.int64)
        keys = loops.keys_of(codes[taken], flat, offsets[taken], strides)
        found = len(first)
        if found > 1:  # of what came before
            if space > _MOST_KEYS // found:
                keys, _ = _numbered(keys, space)
                space = codes.shape[1]
            keys = keys + classes.astype(np.int64) * space
        classes, first = _numbered(keys, space * found)
    return classes, first


def _numbered(keys: Array, space: int) -> tuple[Array, Array]:
    from carrel.deidentification.records.compiled import class_counting as loops

    rows = keys.shape[0]
    made: tuple[Array, Array]
    if space <= max(_FEW_KEYS, 4 * rows):
        made = loops.numbered_dense(keys, space)
    else:
        made = loops.numbered_hashed(keys, max(4, (2 * rows - 1).bit_length()))
    return made


def _product(numbers: Iterable[int]) -> int:
    made = 1
    for one in numbers:
        made *= one
    return made
