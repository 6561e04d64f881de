"""What every change of one person's record shares at the terminal: its request, its attempt, its plan on a screen."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import plan_file
from carrel.cli.erasure_approve import Form
from carrel.cli.erasure_plan import basis_of
from carrel.cli.premises import now
from carrel.cli.screen import number, put_table, say
from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.erasure_approval import approver, refuse_unapproved
from carrel.retention.person_plan import PersonPlan
from carrel.retention.person_request import LONGEST
from carrel.retention.staleness import refuse_stale
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from carrel.store.sealed_cases import RUNNING

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.retention.approval import Kind
    from carrel.store.gate import ChunkGate

_BEGUN_STAYS_GOOD = timedelta(days=7)
_WIDTH = 100


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
            found=type(wrong).__name__,
            fix="name a file that you may read",
        ) from None
    return text, at


def require_person(here: Premises, number: int) -> None:
    """Refuse the number that stands for all readers, and the one that stands for nobody.

    Raises:
        CarrelError: ERA-001.
    """
    if number in {here.stand_in, 0}:
        raise fault(
            faults.NO_SUBJECT,
            at=here.system.name,
            wanted="the number of one person",
            found="that of the product's anonymous patron, or of nobody",
            fix="look at the person's record, and give it again",
        )


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
    name, owner, began = here.system.name, new_owner(), now()
    if name != plan.system or here.system.copy_of is not None:
        raise fault(
            faults.OTHER_SYSTEM, at=f"system {name}", wanted=plan.system, found=name, fix=f"--system {plan.system}"
        )
    case = here.store.person_cases.case(plan.case)
    started = case.started_at if case.state == RUNNING else None
    # What may have been written before a process died is looked at to its end, also a day later.
    refuse_stale(plan, basis_of(here), began, here.system.max_plan_age if started is None else _BEGUN_STAYS_GOOD)
    notes = [given.note for given in here.store.approvals.of_system(name)]
    refuse_unapproved(plan, approver(plan, notes, here.site.people, started or began, plan.kind))
    here.store.leases.acquire(name, owner, LEASE_TTL, began)
    try:
        if here.store.signals.stopped() is not None:
            raise fault(
                faults.STOPPED,
                at=plan.case,
                found="the stop flag",
                fix="`carrel stop --clear`, then apply the same plan again",
            )
        yield here.store.person_cases.gate(name, owner, now)
    finally:
        with suppress(CarrelError):
            here.store.leases.release(name, owner, now())


def show(plan: PersonPlan) -> None:
    """The plan as a person reads it."""
    say(f"{plan.case}: {plan.kind} of one person's record in {plan.system}, under {plan.policy}")
    for name, said in plan.terms.items():
        say(f"{name}: {said}")
    if plan.changes:
        put_table(
            "What is written",
            ("what", "table", "column", "act", "rows", "because"),
            [(one.what, one.table, one.column, one.act, number(one.rows), one.why) for one in plan.changes],
            right=(4,),
        )
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


def put_line(text: str, lead: str) -> None:
    """One line of a list, wrapped to the width of a screen."""
    wrapped = textwrap.wrap(text, _WIDTH - len(lead), break_on_hyphens=False) or [""]
    say(lead + f"\n{' ' * len(lead)}".join(wrapped))
