"""The course of a run: the loans, then the strays, until nothing is left or somebody stops it.

Pure but for its ports, as the walks that it is made of.
"""

from __future__ import annotations

from carrel.retention.job import Stretch, Work
from carrel.retention.ports import Position, StrayPosition
from carrel.retention.walk import End, Means, Tally, walk_loans, walk_strays

# The walk is repeated for loans that the desk had locked; what is still locked then waits for the next night.
_PASSES = 3


def carry_out(means: Means, at_most: int | None = None) -> Tally:
    """Cut what is due, from where an interrupted run had come to.

    Args:
        means: of the run.
        at_most: loans of this stage, with the strays of their readers; None for everything.

    Returns:
        What was done, and why it ended.

    Raises:
        CarrelError: the server refused or is gone; RUN-008 when the desk held its locks through every try.

    Guarantees:
        Killed at any moment and started again, it ends in the same state; started once more, it changes nothing.
    """
    tally = Tally()
    means.system.prepare(means.life())
    resumed = means.journal.resume()
    strays = means.system.path_names()
    if resumed is not None and resumed.path == means.afterwards:
        return tally
    if resumed is not None and resumed.path in strays:
        if at_most is not None:
            # Which readers this stage had come to died with its process; their late traces go with a later stage.
            tally.end = End.STAGE
            return tally
        first = strays.index(resumed.path)
        return walk_strays(means, tally, strays[first:], StrayPosition(resumed.path, resumed.person))
    for number in range(_PASSES):
        if not walk_loans(means, tally, resumed if number == 0 else None, at_most):
            # A stage ends with the late traces of its own readers, so that a sweep can judge it.
            by_person = means.system.path_names(by_person=True)
            return tally if tally.end is End.STOPPED else walk_strays(means, tally, by_person, None, tally.whole_until)
        if not means.system.any_due(means.life()):
            break
    return walk_strays(means, tally, strays, None)


def carry_out_job(means: Means, job: Stretch) -> Tally:
    """Carry out one job of a run that several workers share, from where an earlier owner of it had come to.

    Args:
        means: of this worker; its journal is the job's.
        job: claimed.

    Returns:
        What was done; STOPPED when the worker is to halt, and then the job goes back to the list.

    Raises:
        CarrelError: as `carry_out`; RUN-002 when another process took the job over: nothing of the chunk was changed.

    Guarantees:
        As of `carry_out`, of the rows of this job.
    """
    tally = Tally()
    means.system.prepare(means.life())
    resumed = means.journal.resume()
    match job.work:
        case Work.LOANS:
            walk_loans(means, tally, resumed, None, job.bounds)
        case Work.AGAIN:
            _again(means, tally, resumed)
        case Work.STRAYS:
            first, place = 0, StrayPosition(job.paths[0], -1 if job.begin is None else job.begin)
            if resumed is not None and resumed.path in job.paths:
                first, place = job.paths.index(resumed.path), StrayPosition(resumed.path, resumed.person)
            walk_strays(means, tally, job.paths[first:], place, job.end)
    return tally


def _again(means: Means, tally: Tally, resumed: Position | None) -> None:
    """What the desk, or a process that was killed, held while its stretch was walked."""
    for number in range(_PASSES - 1):
        if not means.system.any_due(means.life()):
            return
        if not walk_loans(means, tally, resumed if number == 0 else None, None):
            return
