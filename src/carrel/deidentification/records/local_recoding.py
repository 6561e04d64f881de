"""Each group of records made as coarse as it needs to be, and no coarser: less is lost than with one level for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carrel.deidentification.records.coded_column import Array, CodedColumn
from carrel.deidentification.records.hierarchy import ANY

_MOST_NAMED = 30  # values in one label
_MOST_IN_SET = 62  # values of a column that are told one by one


@dataclass(frozen=True, slots=True)
class Grouping:
    """Records in groups, each of which is released as one.

    Attributes:
        groups: of each row.
        labels: of each column, what its groups are called.
        label_of: of each column, the label of each group.
        loss: mean over all rows and columns.
        sizes: rows of each group.
        lows, highs: of each group and column, the least and the largest code.
        sets: of each column that is told value by value, the codes of each group as bits; else None.
    """

    groups: Array
    labels: tuple[tuple[str, ...], ...]
    label_of: tuple[Array, ...]
    loss: float
    sizes: Array
    lows: Array
    highs: Array
    sets: tuple[Array | None, ...]

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.sizes)

    def shares(self, column: int, cells: Array, width: int, some: Array) -> Array:
        """Of some groups, which share of the values that a label stands for lies in each cell.

        Args:
            column: which one.
            cells: the cell of each code.
            width: how many cells there are.
            some: numbers of groups.
        """
        import numpy as np

        one: Array = np.eye(width)[cells]
        bits = self.sets[column]
        if bits is not None:
            there = (bits[some, None] >> np.arange(len(cells), dtype=np.int64)) & 1
            return (there @ one) / there.sum(axis=1, keepdims=True)
        running = np.concatenate([np.zeros((1, width)), np.cumsum(one, axis=0)])
        low, high = self.lows[some, column], self.highs[some, column]
        return (running[high + 1] - running[low]) / (high - low + 1)[:, None]


def grouped(columns: Sequence[CodedColumn], codes: Array, persons: Array | None, k: int) -> Grouping | None:
    """Group records.

    Args:
        columns: quasi-identifiers; values of a tree are taken in the order of its branches.
        codes: of each column and row.
        persons: of each row, negative where it is nobody's; None to count rows.
        k: persons, or rows, of each group.

    Guarantees:
        Which records stand together does not depend on the order in which they came.

    Returns:
        The grouping; None where all records together have fewer than k.
    """
    import numpy as np

    from carrel.deidentification.records.compiled import splitting

    count, width = codes.shape[1], len(columns)
    found = count if persons is None else len(np.unique(persons[persons >= 0]))
    if found < k:
        return None
    rows: Array = np.empty((count, width + (1 if persons is None else 2)), np.int32)
    for at in range(width):
        rows[:, at] = codes[at]
    if persons is not None:
        rows[:, width] = persons
    rows[:, -1] = np.arange(count, dtype=np.int32)
    widths = np.array([one.values for one in columns], np.int64)
    ranges = np.array([one.is_ordered or one.values > _MOST_IN_SET for one in columns])
    starts, lows, highs = splitting.split(rows, width, -1 if persons is None else width, k, widths, ranges)
    sizes = np.diff(starts)
    groups: Array = np.empty(count, np.int32)
    groups[rows[:, -1]] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    labels, label_of, sets, loss = [], [], [], 0.0
    for at, column in enumerate(columns):
        if ranges[at]:
            said = lows[:, at].astype(np.int64) * column.values + highs[:, at]
        else:
            said = np.bitwise_or.reduceat(np.int64(1) << rows[:, at].astype(np.int64), starts[:-1])
        sets.append(None if ranges[at] else said)
        told, back = np.unique(said, return_inverse=True)
        named = [
            _range(column, int(one // column.values), int(one % column.values))
            if ranges[at]
            else _set(column, int(one))
            for one in told
        ]
        seats: dict[str, int] = {}
        seat_of = np.array([seats.setdefault(text, len(seats)) for text, _ in named], np.int32)
        lost = np.array([one for _, one in named])
        loss += float(np.dot(lost[back], sizes)) / count / width
        labels.append(tuple(seats))
        label_of.append(seat_of[back])
    return Grouping(groups, tuple(labels), tuple(label_of), loss, sizes, lows, highs, tuple(sets))


def _range(column: CodedColumn, low: int, high: int) -> tuple[str, float]:
    """What is released for all codes between two, and what that loses."""
    finest, wide, whole = column.levels[0].labels, high - low, column.values - 1
    if wide == 0:
        return finest[low], 0.0
    if wide == whole:
        return ANY, 1.0
    if column.is_ordered:
        return f"{finest[low]} to {finest[high]}", wide / whole
    return _shared(column, low, high)


def _set(column: CodedColumn, bits: int) -> tuple[str, float]:
    """What is released for some codes, one for each bit, and what that loses."""
    codes = [code for code in range(column.values) if bits >> code & 1]
    finest, wide, whole = column.levels[0].labels, len(codes) - 1, column.values - 1
    if wide == 0:
        return finest[codes[0]], 0.0
    if wide == whole:
        return ANY, 1.0
    for level in column.levels[1:-1]:
        if level.sizes[level.groups[codes[0]]] == len(codes) and len({int(level.groups[one]) for one in codes}) == 1:
            return level.labels[level.groups[codes[0]]], wide / whole
    if wide < _MOST_NAMED:
        return " | ".join(finest[one] for one in codes), wide / whole
    return _shared(column, codes[0], codes[-1])


def _shared(column: CodedColumn, low: int, high: int) -> tuple[str, float]:
    """The finest group that two codes share: values of a tree stand in the order of its branches."""
    level = next(one for one in column.levels if one.groups[low] == one.groups[high])
    return level.labels[level.groups[low]], float(level.losses[level.groups[low]])
