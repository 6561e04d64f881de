"""The store as the rest of Carrel opens it: one object, one noun each."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from carrel.errors import fault
from carrel.store import faults
from carrel.store.approvals import Approvals
from carrel.store.circulation import Circulation
from carrel.store.counts import Counts
from carrel.store.custody import CustodyChanges
from carrel.store.database import PATIENCE, Database, url_of
from carrel.store.erasures import Erasures
from carrel.store.keepings import Keepings
from carrel.store.leases import Leases
from carrel.store.lots import Lots
from carrel.store.migration import upgrade
from carrel.store.nights import Nights
from carrel.store.open_joins import OpenJoins
from carrel.store.owed_leaves import OwedLeaves
from carrel.store.person_cases import PersonCases
from carrel.store.plans import Plans
from carrel.store.residues import Residues
from carrel.store.restrictions import Restrictions
from carrel.store.runs import Runs
from carrel.store.signals import Signals
from carrel.store.sweeps import Sweeps

FILE = "carrel.sqlite3"


class Store:
    """Carrel's own database, open and up to date.

    Every write is durable before its method returns. Times are arguments; nothing in here reads a clock, except that a
    journal, a gate and a placement are given one.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self.folder = folder
        self.plans = Plans(database)
        self.approvals = Approvals(database)
        self.runs = Runs(database, folder)
        self.leases = Leases(database)
        self.person_cases = PersonCases(database, folder)
        self.restrictions = Restrictions(database, self.person_cases)
        self.keepings = Keepings(database, self.restrictions.keepings)
        self.counts = Counts(database)
        self.custody = CustodyChanges(database)
        self.circulation = Circulation(database)
        self.sweeps = Sweeps(database)
        self.open_joins = OpenJoins(database)
        self.residues = Residues(database)
        self.signals = Signals(database)
        self.nights = Nights(database)
        self.owed = OwedLeaves(database)
        self.erasures = Erasures(database, folder)
        self.lots = Lots(database, folder)

    @classmethod
    def open(cls, place: str | Path, folder: Path | None = None, patience: timedelta = PATIENCE) -> Store:
        """Open a store, making or upgrading it when needed.

        Args:
            place: the site's folder, the path of an SQLite file, or a URL. Nothing but SQLite is supported yet.
            folder: where run keys lie; beside the file unless given, required with a URL of a server.
            patience: how long to wait for another writer.

        Raises:
            CarrelError: STO-001 when it cannot be opened, STO-002 when a newer Carrel wrote it.
        """
        if folder is None and "://" not in str(place) and Path(place).is_dir():
            place = Path(place) / FILE
        url = url_of(place)
        if folder is None and url.get_backend_name() != "sqlite":
            raise fault(
                faults.UNREADABLE,
                at=url.render_as_string(hide_password=True),
                wanted="a folder for the keys of runs",
                found="none named",
                fix="name the site's folder",
            )
        database = Database(url, patience)
        try:
            upgrade(database)
        except BaseException:
            database.close()
            raise
        beside = Path(str(url.database)).parent if database.is_file else Path()
        return cls(database, folder or beside)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
