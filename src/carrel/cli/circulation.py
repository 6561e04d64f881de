"""The counts of a night: taken beside each chunk, settled after a kill, told in files of the site's folder."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from carrel.cli.premises import Premises, now
from carrel.store.job_journal import JobTicket
from carrel.systems.sql.circulation import CirculationCounts, still_linked

if TYPE_CHECKING:
    from carrel.retention.circulation import CountedLoan
    from carrel.store.job_journal import Claim
    from carrel.systems.sql.loans import SqlLoans


class NightCounts:
    """Where the counts of one run go.

    Args:
        here: open, with the account that carries out.
    """

    def __init__(self, here: Premises) -> None:
        self._here = here
        self._ticket: JobTicket | None = None
        self._kept, self._system = here.store.circulation, here.system.name
        wanted = here.system.counts and here.system.copy_of is None
        month = f"{now().astimezone(here.zone):%Y-%m}"
        without = here.store.restrictions.restricted(self._system) if wanted else ()
        self.circulation = CirculationCounts(self, month, tuple(without)) if wanted else None

    def add(self, loans: Sequence[CountedLoan]) -> None:
        """Take the loans of a chunk that is about to be committed."""
        self._kept.intend(self._system, loans, self._ticket)

    def committed(self) -> None:
        """Add up what was taken last."""
        self._kept.settle(self._system, job="" if self._ticket is None else self._ticket.claim.key)

    def of_job(self, claim: Claim, loans: SqlLoans) -> None:
        """Count for a job that was claimed, and first what an earlier owner of it left in flight."""
        self._ticket = JobTicket(claim)
        _settle(self._here, loans, claim.key)

    def tell(self) -> None:
        """Write the files anew after a run. One that cannot be written does not undo the run: the next night tries."""
        from carrel.cli.counts import tell

        if self.circulation is not None:
            with suppress(OSError):
                tell(self._here.site, self._here.system, self._here.store, now())


def settle_interrupted(here: Premises, loans: SqlLoans, run: str = "") -> None:
    """Count the last chunks of processes that were killed, if their cut was committed, and forget them if not.

    Args:
        here: open, with the lease of the system.
        loans: inside their session.
        run: one that several workers may share; whoever claims a job of it does the same for that job, because others
            are at work on theirs.
    """
    for job in here.store.circulation.jobs_in_flight(here.system.name):
        if not (run and job.startswith(f"{run}/")):
            _settle(here, loans, job)


def _settle(here: Premises, loans: SqlLoans, job: str) -> None:
    kept, name = here.store.circulation, here.system.name
    if flight := kept.in_flight(name, job):
        kept.settle(name, still_linked(loans.connection, loans.shelf, loans.stand_in, flight), job)
        loans.connection.rollback()
