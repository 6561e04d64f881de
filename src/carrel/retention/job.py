"""The work of one run as a list of jobs: stretches that several workers carry out beside each other.

A person's loans are in exactly one stretch, and a step begins only when the one before it is done: first the loans,
then what was held while they were walked, then the strays: of paths that touch each other's rows one after another, as
one worker alone would go.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carrel.retention.pace import WINDOW_LOANS, Mode
from carrel.retention.ports import Bounds
from carrel.retention.stage import Stage
from carrel.retention.strays import Strays, walks_of

# More jobs than workers, so that nobody waits long for the last one; not so many that each is less than a chunk.
_LEAST_PER_WORKER, _MOST_PER_WORKER = 2, 16
STRAYS_PER_WORKER = 2


class Work(enum.StrEnum):
    """What a job walks."""

    LOANS = "loans"
    AGAIN = "loans again"
    STRAYS = "strays"


@dataclass(frozen=True, slots=True)
class Stretch:
    """One job.

    Attributes:
        step: no job of a later step begins before this one is done.
        work: what is walked.
        paths: of the map; several where each is too small to be parted: they are walked one after another.
        begin: the walk begins behind this number; None at the beginning.
        end: and ends with this one; None at the end of the index.
        alone: only whoever leads the run may do it.
    """

    step: int
    work: Work
    paths: tuple[str, ...]
    begin: int | None = None
    end: int | None = None
    alone: bool = False

    @property
    def bounds(self) -> Bounds:
        """The numbers among which its walk stays."""
        return Bounds(self.begin, self.end)


@dataclass(frozen=True, slots=True)
class Spread:
    """How rows lie along a column: so many in each stretch of ``width`` numbers, by the stretch's place.

    Attributes:
        width: a power of two, so that no border is chosen by anybody's number.
        counts: place to rows; the numbers from ``place * width`` on.
    """

    width: int
    counts: Mapping[int, int]

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    def borders(self, pieces: int) -> tuple[int, ...]:
        """The last numbers of all pieces but the last one, about as many rows in each.

        Args:
            pieces: at most so many.

        Guarantees:
            Ascending, each once.
        """
        share, so_far, found = self.rows / max(1, pieces), 0, list[int]()
        for place in sorted(self.counts):
            if so_far >= share * (len(found) + 1):
                found.append(place * self.width - 1)
            so_far += self.counts[place]
        return tuple(found[: max(0, pieces - 1)])


def pieces_of(loans: int, workers: int) -> int:
    """Into how many jobs the loans of a run are parted: a full chunk each, and some for every worker.

    Args:
        loans: due.
        workers: two or more.
    """
    wanted = -(-loans // WINDOW_LOANS)
    return max(1, min(loans, max(_LEAST_PER_WORKER * workers, min(wanted, _MOST_PER_WORKER * workers))))


def lay_out(
    loans: str, borders: tuple[int, ...], strays: Sequence[Strays], side_by_side: int = 1
) -> tuple[Stretch, ...]:
    """The jobs of a run, in their order.

    Args:
        loans: the path of the loans themselves.
        borders: persons with whom a stretch ends, ascending.
        strays: of each path, in the order of the map.
        side_by_side: so many jobs of small paths are made of one step.

    Guarantees:
        Every number is in exactly one stretch of its path, also one that nobody has yet. Paths that hinder each other
        come one after the other, as `carrel.retention.strays.walks_of` has them.
    """
    jobs = [Stretch(0, Work.LOANS, (loans,), begin, end) for begin, end in _stretches(borders)]
    jobs.append(Stretch(1, Work.AGAIN, (loans,)))
    first = jobs[-1].step + 1
    for walk in walks_of(strays, side_by_side):
        one, paths = walk.strays[0], tuple(each.path for each in walk.strays)
        jobs += [
            Stretch(first + walk.step, Work.STRAYS, paths, begin, end, one.alone)
            for begin, end in _stretches(one.borders)
        ]
    return tuple(jobs)


def _stretches(borders: tuple[int, ...]) -> tuple[tuple[int | None, int | None], ...]:
    return tuple(zip((None, *borders), (*borders, None), strict=True))


def one_worker_because(  # noqa: PLR0911  (one return per reason)
    *, mode: Mode, stage: Stage, undo: bool, copy: bool, one_writer: bool, begun: bool
) -> str:
    """Why one worker does a run alone, although more were asked for; empty where they may share it.

    Args:
        mode: of the system.
        stage: of the run.
        undo: before-images go into a capsule.
        copy: it is a rehearsal.
        one_writer: the database lets one writer in at a time.
        begun: one worker has begun it.
    """
    if one_writer:
        return "this database lets one writer in at a time"
    if mode is Mode.DESK:
        return "mode desk: the desk keeps its half of the time, and two workers would share the other half"
    if stage is not Stage.REST:
        return "a stage of a first run"
    if copy:
        return "a rehearsal"
    if undo:
        return "its undo capsule is written by one process"
    if begun:
        return "one worker began it, and goes on from where it was"
    return ""
