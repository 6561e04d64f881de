"""The first run on a system goes in stages, with a pause at each (DESIGN 5)."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

FIRST_LOANS = 1_000


class Stage(enum.StrEnum):
    """How far a first run has come, in order. After REST the system is under way and nights are ordinary."""

    THOUSAND = "1,000 loans"
    PERCENT = "1 %"
    TENTH = "10 %"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Step:
    """What one apply may do.

    Attributes:
        stage: of the first run; REST in every later night.
        at_most: loans; None for all that are due.
    """

    stage: Stage
    at_most: int | None


def next_step(done: Collection[Stage], due: int) -> Step | None:
    """The next stage of a first run: 1,000 loans, 1 %, 10 %, the rest.

    A stage that would cut no more than one before it proves nothing new and is left out; a stage that would cut all
    that is due is the rest.

    Args:
        done: stages that were cut, verified and swept clean.
        due: loans that are due now.

    Returns:
        The next step, or None when the first run is over.

    Guarantees:
        Stages only grow; from any state, doing each step ends in at most four.
    """
    if Stage.REST in done:
        return None
    reached = max((_loans(stage, due) for stage in done), default=0)
    for stage in (Stage.THOUSAND, Stage.PERCENT, Stage.TENTH):
        size = _loans(stage, due)
        least = reached if stage is Stage.THOUSAND else max(reached, FIRST_LOANS)
        if stage not in done and least < size < due:
            return Step(stage, size)
    return Step(Stage.REST, None)


def stage_size(stage: Stage, due: int) -> int | None:
    """The loans of a stage, of so many that were due when it was planned; None for the rest."""
    return None if stage is Stage.REST else _loans(stage, due)


def _loans(stage: Stage, due: int) -> int:
    match stage:
        case Stage.THOUSAND:
            return FIRST_LOANS
        case Stage.PERCENT:
            return -(-due // 100)
        case Stage.TENTH:
            return -(-due // 10)
        case Stage.REST:
            return due
