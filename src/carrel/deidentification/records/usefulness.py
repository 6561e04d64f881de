"""What a release is still good for: how much it tells, and how wrong it answers what librarians ask of such records.

A cell of an answer is estimated as everybody would who has the release alone: a label stands for each of its values
equally often. A record that is left out, or that falls into another cell, is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from carrel.deidentification.records.class_table import Counted
from carrel.deidentification.records.coded_column import Array, CodedColumn
from carrel.deidentification.records.local_recoding import Grouping

_AT_ONCE: Final = 20_000  # groups
_MOST_CELLS: Final = 4_000  # of one column

# What is asked, and by which kinds of columns it is answered.
QUESTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "records by branch": ("branch",),
    "records by month": ("time",),
    "records by branch and month": ("branch", "time"),
    "records by item type": ("item type",),
    "records by branch and item type": ("branch", "item type"),
    "records by patron category": ("patron category",),
    "records by age": ("birth year",),
    "records by postal area": ("postcode",),
    "records by subject": ("call number",),
    "records by patron category and subject": ("patron category", "call number"),
}
# On which level a column answers: the first of these that it has, else its finest one.
_LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "time": ("month", "week", "quarter", "year"),
    "birth year": ("10 years", "20 years", "5 years"),
    "postcode": ("3 signs", "2 signs", "4 signs"),
    "call number": ("hundred", "class", "subclass"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A question, and how wrong the release answers it.

    Attributes:
        question: what is asked.
        wrong: share of all records that stand in another cell than they should, or in none; None: it was not asked.
    """

    question: str
    wrong: float | None


@dataclass(frozen=True, slots=True)
class Usefulness:
    """What is left of the records' use.

    Attributes:
        loss: mean normalised certainty penalty: 0 where everything is told, 1 where nothing is.
        discernibility: sum over all records of how many others each cannot be told from; all, where it is left out.
        average_class: rows of the average class, over k; 1 is the best that can be.
        answers: to the questions that librarians ask.
    """

    loss: float
    discernibility: int
    average_class: float
    answers: tuple[Answer, ...]


def usefulness(
    columns: Sequence[CodedColumn], kinds: Sequence[str], codes: Array, made: Counted | Grouping, loss: float, k: int
) -> Usefulness:
    """Judge a release by the records that it was made of.

    Args:
        columns: quasi-identifiers.
        kinds: what each of them holds, as the release file says it.
        codes: of each column and row.
        made: the release.
        loss: of it.
        k: that was asked for.
    """
    rows, sizes = codes.shape[1], made.sizes
    left_out = rows - int(sizes.sum())
    discernibility = int((sizes.astype(object) ** 2).sum()) + left_out * rows if len(sizes) else left_out * rows
    average = float(sizes.mean()) / k if len(sizes) else 0.0
    answers = tuple(
        Answer(question, _wrong(columns, [kinds.index(one) for one in asked], kinds, codes, made))
        if set(asked) <= set(kinds)
        else Answer(question, None)
        for question, asked in QUESTIONS.items()
    )
    return Usefulness(loss, discernibility, average, answers)


def _wrong(
    columns: Sequence[CodedColumn], asked: Sequence[int], kinds: Sequence[str], codes: Array, made: Counted | Grouping
) -> float | None:
    import numpy as np

    cells, widths = [], []
    for at in asked:
        level = _level(columns[at], kinds[at])
        cells.append(columns[at].levels[level].groups)
        widths.append(len(columns[at].levels[level].labels))
    if max(widths) > _MOST_CELLS:
        return None
    if len(asked) == 1:  # as if by a second column with one cell
        cells.append(np.zeros(1, np.int32))
        widths.append(1)
    seen = cells[0][codes[asked[0]]].astype(np.int64) * widths[1]
    if len(asked) > 1:
        seen += cells[1][codes[asked[1]]]
    truth = np.bincount(seen, minlength=widths[0] * widths[1]).reshape(widths)
    first, weights = _alike(made, asked)
    told: Array = np.zeros(widths)
    for begin in range(0, len(first), _AT_ONCE):
        some = first[begin : begin + _AT_ONCE]
        shares = _shares(columns, made, asked[0], cells[0], widths[0], some)
        other: Array = np.ones((len(some), 1))
        if len(asked) > 1:
            other = _shares(columns, made, asked[1], cells[1], widths[1], some)
        told += (shares * weights[begin : begin + _AT_ONCE, None]).T @ other
    rows = codes.shape[1]
    return float((np.abs(truth - told).sum() + rows - told.sum()) / 2 / rows)


def _alike(made: Counted | Grouping, asked: Sequence[int]) -> tuple[Array, Array]:
    """Groups that have other labels in some columns than all before; and the rows of all groups with such labels."""
    import numpy as np

    labels = made.label_of if isinstance(made, Grouping) else made.table.codes[:, made.good]
    keys: Array = np.zeros(len(made.sizes), np.int64)
    for at in asked:
        keys = keys * (int(labels[at].max(initial=0)) + 1) + labels[at]
    _, first, back = np.unique(keys, return_index=True, return_inverse=True)
    return first, np.bincount(back, weights=made.sizes, minlength=len(first))


def _shares(
    columns: Sequence[CodedColumn], made: Counted | Grouping, at: int, cells: Array, width: int, some: Array
) -> Array:
    import numpy as np

    if isinstance(made, Grouping):
        return made.shares(at, cells, width, some)
    level = columns[at].levels[made.node[at]]
    spread: Array = np.zeros((len(level.labels), width))
    np.add.at(spread, (level.groups, cells), 1.0)
    spread /= spread.sum(axis=1, keepdims=True)
    shares: Array = spread[made.table.codes[at][made.good][some]]
    return shares


def _level(column: CodedColumn, kind: str) -> int:
    names = [one.name for one in column.levels]
    return next((names.index(one) for one in _LEVELS.get(kind, ()) if one in names), 0)
