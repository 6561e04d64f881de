"""A correction that a person makes on the pages: planned, approved by the person's own password, written, read back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carrel.cli import case_attempt, record
from carrel.cli.at_site import now
from carrel.cli.erasure_plan import basis_of
from carrel.cli.rectify_apply import APPROVED_BY, carried_out
from carrel.cli.rectify_plan import planned
from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.outcome import Outcome
from carrel.retention.person_request import NUMBER
from carrel.retention.staleness import MAX_AGE, refuse_stale

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.retention.person_request import Wanted
    from carrel.store.gate import ChunkGate

THE_PERSON = "the person"  # who plans and approves: nobody else sees these values before they stand there


def correct(here: Premises, number: int, wanted: tuple[Wanted, ...]) -> bool:
    """Write new values into the record of whoever is signed in.

    Args:
        here: open, by the account that carries out.
        number: of the person, who gave the password for this.
        wanted: fields that the site lets people change, with their new values.

    Returns:
        Whether every value was read back after the commit.

    Raises:
        CarrelError: as `carrel plan --rectify` and `carrel apply`: REQ-003 to REQ-008, RUN-001, RUN-003, SQL-005.
            Nothing is written then.

    Guarantees:
        All of it in one transaction. Killed after it, the case is ended by the next such correction.
    """
    cases = here.store.person_cases
    cases.purge(now())
    with _holding(here) as gate:
        _end_interrupted(here, gate)
        asked, terms = {"by": NUMBER, "said": str(number)}, {APPROVED_BY: THE_PERSON}
        plan = planned(here, number, asked, wanted, THE_PERSON, now(), terms)
        try:
            report = carried_out(here, plan, gate)
        except CarrelError:
            cases.end(plan.case)  # the person looks at the record and asks anew
            raise
    record.deliver(here.site, here.store, now())
    return report.outcome is not Outcome.UNVERIFIED


def _end_interrupted(here: Premises, gate: ChunkGate) -> None:
    """End what a killed process left: the values were written or not, and writing them again changes nothing."""
    cases = here.store.person_cases
    for plan in cases.interrupted(here.system.name, Kind.RECTIFICATION):
        if plan.terms.get(APPROVED_BY) != THE_PERSON:
            continue  # somebody of the library carries it on
        try:
            refuse_stale(plan, basis_of(here), now(), MAX_AGE)
            carried_out(here, plan, gate)
        except CarrelError:
            cases.end(plan.case)


@contextmanager
def _holding(here: Premises) -> Iterator[ChunkGate]:
    with case_attempt.holding(here) as owner:
        if here.store.signals.stopped() is not None:
            raise fault(
                faults.STOPPED,
                at=here.system.name,
                found="the stop flag",
                fix="`carrel stop --clear --as NAME`; until then the pages change no record",
            )
        yield here.store.person_cases.gate(here.system.name, owner, now)
