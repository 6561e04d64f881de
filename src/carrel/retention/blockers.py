"""Blockers: jobs of the product that would do harm after a plan, and what lifts them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from carrel.errors import CarrelError, Fault
from carrel.inventory import site_lines
from carrel.inventory.consumer import Blocker
from carrel.retention import faults
from carrel.retention.plan import Plan

_PROPOSED = timedelta(days=180)


def line(blocker: Blocker) -> str:
    """A blocker as a plan records it."""
    return f"{blocker.consumer}: {blocker.afterwards}"


def of_plan(plan: Plan) -> tuple[Blocker, ...]:
    """The blockers of a plan, as far as it records them."""
    told = (one.partition(": ") for one in plan.blockers)
    return tuple(Blocker(name, (), afterwards, "", "") for name, _, afterwards in told)


def lifted_by(blockers: Iterable[Blocker], today: date) -> str:
    """What to have in the site file, to the letter."""
    names = tuple(one.consumer for one in blockers)
    return "\n".join(
        (
            site_lines.not_used(names),
            "or, for as long as somebody answers for it:",
            site_lines.waived(names, today + _PROPOSED),
        )
    )


def refuse_blocked(at: str, blockers: tuple[Blocker, ...], today: date) -> None:
    """Stop where a destructive consumer is in use.

    Args:
        at: the system, or the plan.
        blockers: of the plan, or as they are now.
        today: on the system's own calendar.

    Raises:
        CarrelError: APR-012, one fault for each; the lines that each proposes are those for all of them.
    """
    if not blockers:
        return
    lines = lifted_by(blockers, today)
    raise CarrelError(
        tuple(
            Fault(
                faults.BLOCKED,
                at=f"{at}: {one.consumer}",
                found=one.afterwards,
                because=one.because,
                fix=f"{one.fix or 'change or stop that job'}; have in carrel.yaml, and plan again:\n{lines}",
            )
            for one in blockers
        )
    )
