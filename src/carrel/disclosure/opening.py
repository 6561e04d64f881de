"""How a case begins: what has to be said of what came, and which step the preservation hold is."""

from __future__ import annotations

import enum

from carrel.disclosure import faults
from carrel.disclosure.asked_days import FROM, UNTIL, days_wrong
from carrel.disclosure.event import Event, require_seen
from carrel.disclosure.precedence import Processes
from carrel.disclosure.process import Does, Instrument, Process
from carrel.errors import fault


class ServedOn(enum.StrEnum):
    """On whom it was served: what comes to one employee is the library's all the same (WPL-1.3)."""

    LIBRARY = "the library"
    EMPLOYEE = "an employee"
    VOLUNTEER = "a volunteer"
    DIRECTOR = "a director or trustee"


NAMED_BY_ORDER, WISHED = "named by the order", "wished for"


def require_opening(event: Event, processes: Processes) -> Process:
    """Whether a case may begin like this.

    Args:
        event: `Act.RECEIVED`, with instrument, served on, from, dated, from day, until day and title.
        processes: of the policies in force.

    Returns:
        By which it will be led.

    Raises:
        CarrelError: DSC-005, a kind of paper that is none, or a day that is none; DSC-006, a term has hidden signs.

    Guarantees:
        A list of readers that is asked for without an order that names the title may be opened, and can only be
        refused.
    """
    require_seen(event)
    wrong = []
    if event.term("instrument") not in set(Instrument):
        wrong.append(f"instrument: {', '.join(Instrument)}")
    if event.term("served on") not in set(ServedOn):
        wrong.append(f"served on: {', '.join(ServedOn)}")
    if event.term("title") not in {"", NAMED_BY_ORDER, WISHED}:
        wrong.append(f"title: {NAMED_BY_ORDER}, or {WISHED}")
    wrong += days_wrong(event.terms, ("dated", FROM, UNTIL))
    if wrong:
        raise fault(
            faults.MISSING,
            at=event.act,
            wanted="; ".join(wrong),
            found="nothing, or something else",
            because="by it the policy says what is done",
            fix="say it",
        )
    return processes.of(Instrument(event.term("instrument")))


def preserving(process: Process) -> str:
    """The step with which what is asked for is kept; empty where the policy asks for none."""
    return next((one.id for one in process.steps if one.does is Does.PRESERVE), "")
