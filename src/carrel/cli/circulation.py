"""The counts of a night: taken beside each chunk, settled after a kill, told in files of the site's folder."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from carrel.cli.premises import Premises, now
from carrel.systems.sql.circulation import CirculationCounts, still_linked

if TYPE_CHECKING:
    from carrel.retention.circulation import CountedLoan
    from carrel.systems.sql.loans import SqlLoans


class NightCounts:
    """Where the counts of one run go.

    Args:
        here: open, with the account that carries out.
    """

    def __init__(self, here: Premises) -> None:
        self._here = here
        self._kept, self._system = here.store.circulation, here.system.name
        wanted = here.system.counts and here.system.copy_of is None
        month = f"{now().astimezone(here.zone):%Y-%m}"
        without = here.store.restrictions.people(self._system).values() if wanted else ()
        self.circulation = CirculationCounts(self, month, tuple(without)) if wanted else None

    def add(self, loans: Sequence[CountedLoan]) -> None:
        """Take the loans of a chunk that is about to be committed."""
        self._kept.intend(self._system, loans)

    def committed(self) -> None:
        """Add up what was taken last."""
        self._kept.settle(self._system)

    def tell(self) -> None:
        """Write the files anew after a run. One that cannot be written does not undo the run: the next night tries."""
        from carrel.cli.counts import tell

        if self.circulation is not None:
            with suppress(OSError):
                tell(self._here.site, self._here.system, self._here.store, now())


def settle_interrupted(here: Premises, loans: SqlLoans) -> None:
    """Count the last chunk of a process that was killed, if its cut was committed, and forget it if not.

    Args:
        here: open, with the lease of the system.
        loans: inside their session.
    """
    kept, name = here.store.circulation, here.system.name
    if flight := kept.in_flight(name):
        kept.settle(name, still_linked(loans.connection, loans.shelf, loans.stand_in, flight))
        loans.connection.rollback()
