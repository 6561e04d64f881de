"""Counts of loans as they may be told: no figure, no sum and no difference of two tellings points at a reader.

A month is cut into parts that do not overlap. A cell with fewer than ten readers is merged; what it is merged with is
chosen so that it could still be any of ten figures, for somebody who knows this rule, every part and every sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from carrel.retention.circulation import Cell, CellCount
from carrel.retention.reasons import FEW, SMALL

OTHER = "(other)"
OTHER_BRANCHES = "(other branches)"
_ROOM = SMALL - 1  # how far apart the lowest and the highest figure must be that a merged cell could have


@dataclass(frozen=True, slots=True)
class Part:
    """Loans of one month that are told together; what was merged is called other."""

    branch: str
    item_type: str
    category: str
    loans: int


@dataclass(frozen=True, slots=True)
class Readers:
    """Different readers of one branch in one month; so many at most where ``at_most``. Fewer than ten are no figure."""

    branch: str
    readers: int | str
    at_most: bool


@dataclass(frozen=True, slots=True)
class Month:
    """What is told of one month; without parts where nothing of it may be told."""

    month: str
    parts: tuple[Part, ...] = ()
    readers: tuple[Readers, ...] = ()

    @property
    def loans(self) -> int:
        """All loans that are told."""
        return sum(part.loans for part in self.parts)

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it and the store keeps it."""
        return {
            "month": self.month,
            "parts": [asdict(part) for part in self.parts],
            "readers": [asdict(one) for one in self.readers],
        }

    @classmethod
    def of_dict(cls, told: Mapping[str, Any]) -> Month:
        """From what the store kept."""
        return cls(
            told["month"],
            tuple(Part(**part) for part in told["parts"]),
            tuple(Readers(**one) for one in told["readers"]),
        )


def told(cells: Mapping[Cell, CellCount], branches: Mapping[Cell, CellCount], before: str) -> tuple[Month, ...]:
    """The months that are over, as they may be told.

    Args:
        cells: everything counted by branch, item type, category and month.
        branches: the same by branch and month.
        before: the first month that is not told yet.

    Guarantees:
        The loans of a month sum up to all that was counted in it, or nothing of it is told.
    """
    months = sorted({cell.month for cell in cells if cell.month < before})
    return tuple(_month(month, cells, branches) for month in months)


def renewed(old: Month | None, new: Month) -> Month:
    """What is told of a month from now on, if something was told before.

    Loans that come back late are counted late. Two tellings of one month are never so near that their difference points
    at somebody: until ten more loans came, in every part that has more, the old telling stands.
    """
    if old is None:
        return new
    loans = _may_follow(
        {(part.branch, part.item_type, part.category): part.loans for part in old.parts},
        {(part.branch, part.item_type, part.category): part.loans for part in new.parts},
    )
    readers = _may_follow(
        {one.branch: one.readers for one in old.readers if isinstance(one.readers, int)},
        {one.branch: one.readers for one in new.readers if isinstance(one.readers, int)},
    )
    return Month(new.month, new.parts if loans else old.parts, new.readers if readers else old.readers)


def _may_follow(old: Mapping[Any, int], new: Mapping[Any, int]) -> bool:
    steps = [new[name] - old[name] for name in old.keys() & new.keys()]
    if old.keys() != new.keys():
        steps.append(sum(new.values()) - sum(old.values()) or 1)
    return all(step == 0 or abs(step) >= SMALL for step in steps)


def _month(month: str, cells: Mapping[Cell, CellCount], branches: Mapping[Cell, CellCount]) -> Month:
    own = {cell: count for cell, count in cells.items() if cell.month == month and count.loans}
    by_branch = {cell.branch: count for cell, count in branches.items() if cell.month == month}
    readers = tuple(
        Readers(branch, count.readers if count.surely >= SMALL else FEW, count.at_most and count.surely >= SMALL)
        for branch, count in sorted(by_branch.items())
    )
    return Month(month, tuple(_parts(own, by_branch)), readers)


@dataclass(frozen=True, slots=True)
class _Member:
    """A cell, or cells that go together: their loans, and the fewest that these could be for all that is told."""

    loans: int
    least: int
    cells: tuple[Cell, ...]


def _parts(cells: Mapping[Cell, CellCount], by_branch: Mapping[str, CellCount]) -> Iterable[Part]:
    of_branch: defaultdict[str, list[_Member]] = defaultdict(list)
    for cell, count in sorted(cells.items()):
        few = count.surely < SMALL
        of_branch[cell.branch].append(_Member(count.loans, 1 if few else SMALL, (cell,)))
    pool: list[_Member] = []
    shown: dict[str, list[Part]] = {}
    for branch, members in of_branch.items():
        known = by_branch.get(branch, CellCount())
        parts = _of_branch(branch, members) if known.surely >= SMALL else None
        if parts is None:
            pool.extend(members)
        else:
            shown[branch] = parts
    wholes = [_whole(of_branch[branch]) for branch in shown]
    merged = _merge(pool, wholes, enough=lambda taken: _readers(taken, by_branch) >= SMALL) if pool else ([], wholes)
    if merged is None:
        return ()
    taken, left = merged
    kept = {one.cells[0].branch for one in left}
    rest = [Part(OTHER_BRANCHES, OTHER, OTHER, sum(one.loans for one in taken))] if taken else []
    return [*(part for branch in sorted(kept) for part in shown[branch]), *rest]


def _of_branch(branch: str, members: Sequence[_Member]) -> list[Part] | None:
    """The parts of one branch; None where they cannot be told without the other branches."""
    few = [one for one in members if one.least < SMALL]
    many = [one for one in members if one.least >= SMALL]
    merged = _merge(few, many) if few else ([], many)
    if merged is None:
        return None
    taken, left = merged
    parts = [Part(branch, one.cells[0].item_type, one.cells[0].category, one.loans) for one in left]
    return [*parts, Part(branch, OTHER, OTHER, sum(one.loans for one in taken))] if taken else parts


def _merge(
    few: Sequence[_Member], many: Sequence[_Member], *, enough: Any = lambda _: True
) -> tuple[list[_Member], list[_Member]] | None:
    """Merge what may not stand alone, with as little else as will do, the smallest first.

    Whoever knows that rule knows that what was taken is no larger than what was left. So what is left must be large
    enough to say little by that.
    """
    taken, left = list(few), sorted(many, key=lambda one: (one.loans, one.cells))
    while not (_safe(taken) and enough(taken) and _says_little(taken[len(few) :], left)):
        if not left:
            return None
        taken.append(left.pop(0))
    return taken, left


def _safe(members: Sequence[_Member]) -> bool:
    return len(members) > 1 and sum(one.loans - one.least for one in members) >= _ROOM


def _says_little(taken: Sequence[_Member], left: Sequence[_Member]) -> bool:
    return not taken or not left or left[0].loans >= max(one.least for one in taken) + _ROOM


def _whole(members: Sequence[_Member]) -> _Member:
    cells = tuple(cell for one in members for cell in one.cells)
    return _Member(sum(one.loans for one in members), sum(one.least for one in members), cells)


def _readers(members: Iterable[_Member], by_branch: Mapping[str, CellCount]) -> int:
    branches = {cell.branch for one in members for cell in one.cells}
    return sum(by_branch[branch].surely for branch in branches if branch in by_branch)
