"""What every change of one person's record shares at the terminal: its request, its attempt, its plan on a screen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import case_attempt, plan_file, screen
from carrel.cli.at_site import now
from carrel.cli.because import show_reasons
from carrel.cli.erasure_approve import Form
from carrel.cli.screen import number, put_line, put_table, say, tell_written
from carrel.errors import fault
from carrel.retention import faults
from carrel.retention.person_plan import PersonPlan
from carrel.retention.person_request import LONGEST

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.retention.approval import Kind
    from carrel.store.gate import ChunkGate


def request_text(given: Path) -> tuple[str, str]:
    """The whole request, and what errors call it; it is never repeated.

    Raises:
        CarrelError: REQ-001, it cannot be read.
    """
    at = "input" if str(given) == "-" else str(given)
    try:
        text = sys.stdin.read(LONGEST + 1) if at == "input" else given.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise fault(
            faults.REQUEST,
            at=at,
            wanted="a text file in UTF-8, with YAML or JSON",
            found=(wrong.strerror if isinstance(wrong, OSError) else None) or "other bytes",
            fix="name a file that you may read",
        ) from None
    return text, at


def form(kind: Kind) -> Form:
    """How such a plan is read, shown and signed."""
    return Form(kind, plan_file.read_person, show)


@contextmanager
def attempt(here: Premises, plan: PersonPlan) -> Iterator[ChunkGate]:
    """Hold the system for one attempt at an approved plan, or refuse.

    Yields:
        The gate that the change goes through.

    Raises:
        CarrelError: APR-007 stale, APR-008 not approved, RUN-001 another run, RUN-003 stopped, RUN-010 another system.
    """
    case = here.store.person_cases.case(plan.case)
    with case_attempt.attempt(here, plan, case, plan.kind) as owner:
        if here.store.signals.stopped() is not None:
            raise fault(
                faults.STOPPED,
                at=plan.case,
                found="the stop flag",
                fix="`carrel stop --clear --as NAME`, then apply the same plan again",
            )
        yield here.store.person_cases.gate(here.system.name, owner, now)


def tell(made: PersonPlan, target: Path, *, as_json: bool) -> None:
    """A plan that was just written, for a program or a person."""
    if as_json:
        screen.put_json({"plan": made.as_dict(), "file": str(target)})
        return
    show(made)
    tell_written(target)


def show(plan: PersonPlan) -> None:
    """The plan as a person reads it."""
    say(f"{plan.case}: {plan.kind} of one person's record in {plan.system}, under {plan.policy}")
    for name, said in plan.terms.items():
        say(f"{name}: {said}")
    if plan.changes:
        put_table(
            "What is written",
            ("what", "table", "column", "act", "rows"),
            [(one.what, one.table, one.column, one.act, number(one.rows)) for one in plan.changes],
            right=(4,),
        )
        show_reasons((one.why, one.what) for one in plan.changes)
    places = [one for one in plan.remains if one.table]
    if places:
        put_table(
            "What stays as it is",
            ("what", "table", "rows", "because"),
            [(one.what, one.table, number(one.rows), one.why) for one in places],
            right=(2,),
        )
    for one in plan.remains:
        if not one.table:
            put_line(f"{one.what}: {one.why}", "  - ")
    for notice in plan.notices:
        put_line(notice, "note: ")
