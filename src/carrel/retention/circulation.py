"""Circulation in counts: what a library must still be able to tell of its loans once no loan names its reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What a loan is counted under: codes of the product, and the month of the checkout as ``2026-11``.

    A code, or a month, that the product does not know is empty.
    """

    month: str
    branch: str
    item_type: str
    category: str


@dataclass(frozen=True, slots=True)
class LinkedLoan:
    """One loan that names its reader, as it is read beside a chunk; it lives as long as the chunk is cut."""

    loan: int
    person: int
    cell: Cell

    def __repr__(self) -> str:
        return f"LinkedLoan({self.loan})"  # never the reader


@dataclass(frozen=True, slots=True)
class CountedLoan:
    """One loan as it is counted: nobody is named any more.

    Attributes:
        loan: its id; kept until the cut of its chunk is known to be committed, and no longer.
        cell: where it counts.
        reader_of_cell: it is the last loan of its reader in this cell, so the reader counts with it.
        reader_of_branch: the same for branch and month.
        running: its month was not over when it was cut, so that its reader may come back and be counted again.
    """

    loan: int
    cell: Cell
    reader_of_cell: bool
    reader_of_branch: bool
    running: bool


def counted(chunk: Iterable[LinkedLoan], others: Iterable[LinkedLoan], month: str) -> tuple[CountedLoan, ...]:
    """Count the loans of a chunk, right before they are parted from their readers.

    Args:
        chunk: the loans that are about to be cut.
        others: every other loan, open or closed, that still names one of the same readers.
        month: the present one; a later loan of it may still come.

    Returns:
        One entry per loan of the chunk.

    Guarantees:
        Whatever the order and the chunks in which all loans of a past month are cut, each reader of a cell, and of a
        branch and month, is counted exactly once: with the last loan that goes.
    """
    rest = list(others)
    cells = {(one.person, one.cell) for one in rest}
    branches = {(one.person, one.cell.branch, one.cell.month) for one in rest}
    found = []
    for one in chunk:
        in_cell, in_branch = (one.person, one.cell), (one.person, one.cell.branch, one.cell.month)
        found.append(
            CountedLoan(
                one.loan, one.cell, in_cell not in cells, in_branch not in branches, running=one.cell.month >= month
            )
        )
        cells.add(in_cell)
        branches.add(in_branch)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class CellCount:
    """What was counted in one cell.

    Attributes:
        loans: counted.
        readers: who had them, each once; at most so many where ``at_most``.
        least: of the readers at least so many are different people.
        at_most: some were cut before their month was over, and may have been counted again.
    """

    loans: int = 0
    readers: int = 0
    least: int = 0
    at_most: bool = False

    def plus(self, other: CellCount) -> CellCount:
        """Both together: what was counted before, and a further chunk."""
        return CellCount(
            self.loans + other.loans,
            self.readers + other.readers,
            max(self.least, other.least),
            self.at_most or other.at_most,
        )

    @property
    def surely(self) -> int:
        """Readers who are different people without doubt."""
        return self.least if self.at_most else self.readers


def by_cell(loans: Iterable[CountedLoan]) -> dict[Cell, CellCount]:
    """The loans of one chunk, cell by cell."""
    return _summed((one.cell, one.reader_of_cell, one.running) for one in loans)


def by_branch(loans: Iterable[CountedLoan]) -> dict[Cell, CellCount]:
    """The loans of one chunk, by branch and month alone; type and category of these cells are empty."""
    return _summed((Cell(one.cell.month, one.cell.branch, "", ""), one.reader_of_branch, one.running) for one in loans)


def _summed(told: Iterable[tuple[Cell, bool, bool]]) -> dict[Cell, CellCount]:
    found: defaultdict[Cell, CellCount] = defaultdict(CellCount)
    for cell, reader, running in told:
        # Inside one chunk every reader is counted once, so the sum of the readers is a sum of different people.
        so_far = found[cell]
        readers = so_far.readers + reader
        found[cell] = CellCount(so_far.loans + 1, readers, readers, so_far.at_most or running)
    return dict(found)
