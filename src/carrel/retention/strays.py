"""In which order the strays of a run are cut by several workers: what touches the same rows, one after another.

One worker goes path by path, in the map's order. Several go in steps. A path waits only for those before it that change
what it reads or changes, or read what it changes; of all others it cannot matter which comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Touch:
    """The tables that the strays of a path have to do with.

    Attributes:
        reads: what decides which rows are strays.
        changes: what is changed, deleted or filled with them, by the database's own rules as well.
        alone: nobody knows all of it, as where a trigger fires: it waits for all, and all wait for it.
    """

    reads: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    alone: bool = True

    def hinders(self, other: Touch) -> bool:
        """Whether it matters which of two comes first."""
        if self.alone or other.alone:
            return True
        return bool(self.changes & (other.reads | other.changes) or other.changes & self.reads)


@dataclass(frozen=True, slots=True)
class Strays:
    """The strays of one path, as they are parted.

    Attributes:
        path: of the map.
        borders: last numbers of all stretches but the last one.
        alone: only whoever leads the run may take them, because they are handed over.
        touch: what they have to do with; all there is, unless told.
    """

    path: str
    borders: tuple[int, ...] = ()
    alone: bool = False
    touch: Touch = Touch()


@dataclass(slots=True)
class Walk:
    """Paths that one worker walks one after another, or one path that several share by its stretches.

    Attributes:
        step: it begins when all walks of earlier steps are done.
        strays: in their order; more than one only of paths that are not parted.
    """

    step: int
    strays: list[Strays] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Another small path may follow in it."""
        return not any(one.borders or one.alone for one in self.strays)


def walks_of(strays: Sequence[Strays], side_by_side: int = 1) -> tuple[Walk, ...]:
    """The walks over all strays of a run, by step.

    Args:
        strays: of each path, in the order of the map.
        side_by_side: so many walks over small paths are made of one step.

    Guarantees:
        Of two paths that hinder each other the earlier one is walked first: in an earlier step, or earlier in the same
        walk. Every path is in exactly one walk.
    """
    walks: list[Walk] = []
    for one in strays:
        before = [walk for walk in walks if any(one.touch.hinders(other.touch) for other in walk.strays)]
        step = max((walk.step for walk in before), default=0)
        last = [walk for walk in before if walk.step == step]
        small = not (one.borders or one.alone)
        if small and len(last) == 1 and last[0].is_open:
            last[0].strays.append(one)
            continue
        step += bool(last)
        beside = [walk for walk in walks if walk.step == step and walk.is_open]
        if small and len(beside) >= side_by_side:
            _shortest(beside).strays.append(one)
        else:
            walks.append(Walk(step, [one]))
    # What is parted is most work, and begins first.
    return tuple(sorted(walks, key=lambda walk: (walk.step, walk.is_open)))


def _shortest(walks: Iterable[Walk]) -> Walk:
    return min(walks, key=lambda walk: len(walk.strays))
