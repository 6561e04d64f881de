"""The store as the rest of Carrel opens it: one object, one noun each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from carrel.errors import fault
from carrel.retention.backup_plan import BackupPlan
from carrel.retention.clearing_plan import ClearingPlan
from carrel.store import faults, ownership
from carrel.store.account_heads import AccountHeads
from carrel.store.approvals import Approvals
from carrel.store.authority_record import AuthorityRecord
from carrel.store.circulation import Circulation
from carrel.store.condition import Condition, condition_of
from carrel.store.consents import Consents
from carrel.store.contact_exports import ContactExports
from carrel.store.counts import Counts
from carrel.store.custody import CustodyChanges
from carrel.store.database import PATIENCE, Database, url_of
from carrel.store.disclosures import Disclosures
from carrel.store.erasures import Erasures
from carrel.store.expiries import Expiries
from carrel.store.forgotten_disclosures import ForgottenDisclosures
from carrel.store.jobs import Jobs
from carrel.store.keepings import Keepings
from carrel.store.leases import Leases
from carrel.store.lots import Lots
from carrel.store.mailing_lists import MailingLists
from carrel.store.migration import upgrade
from carrel.store.nights import Nights
from carrel.store.open_joins import OpenJoins
from carrel.store.owed_leaves import OwedLeaves
from carrel.store.person_cases import PersonCases
from carrel.store.plans import Plans
from carrel.store.portal_attempts import PortalAttempts
from carrel.store.portal_sessions import PortalSessions
from carrel.store.releases import Releases
from carrel.store.replays import Replays
from carrel.store.request_cases import RequestCases
from carrel.store.requests import Requests
from carrel.store.residues import Residues
from carrel.store.restrictions import Restrictions
from carrel.store.risk_measurements import RiskMeasurements
from carrel.store.runs import Runs
from carrel.store.server_home import SCHEMA
from carrel.store.signals import Signals
from carrel.store.staff_accounts import StaffAccounts
from carrel.store.staff_passkeys import StaffPasskeys
from carrel.store.staff_sessions import StaffSessions
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
        self.jobs = Jobs(database, folder)
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
        self.backup_expiries = Expiries(database, BackupPlan)
        self.clearings = Expiries(database, ClearingPlan)
        self.replays = Replays(database)
        self.requests = Requests(database, folder)
        self.request_cases = RequestCases(database, self.requests)
        self.restrictions.with_requests(self.requests)
        self.disclosures = Disclosures(database, folder)
        self.forgotten = ForgottenDisclosures(database, folder)
        self.consents = Consents(database, folder)
        self.contact_exports = ContactExports(database)
        self.mailing_lists = MailingLists(database)
        self.risks = RiskMeasurements(database)
        self.portal_sessions = PortalSessions(database)
        self.portal_attempts = PortalAttempts(database, folder)
        self.staff_accounts = StaffAccounts(database, folder)
        self.authority = AuthorityRecord(database)
        self.staff_passkeys = StaffPasskeys(database)
        self.staff_sessions = StaffSessions(database)
        self.releases = Releases(database)
        self.account_heads = AccountHeads(database)

    @classmethod
    def open(
        cls,
        place: str | Path,
        folder: Path | None = None,
        patience: timedelta = PATIENCE,
        *,
        schema: str = SCHEMA,
        now: Callable[[], datetime] | None = None,
    ) -> Store:
        """Open a store, making or upgrading it when needed.

        Args:
            place: the site's folder, the path of an SQLite file, or the URL of a PostgreSQL database.
            folder: where run keys lie; beside the file unless given, required with a URL of a server.
            patience: how long to wait for another writer.
            schema: of the PostgreSQL database in which the store lies.
            now: this machine's clock, to be compared with the server's; not compared unless given.

        Raises:
            CarrelError: STO-001 when it cannot be opened, STO-002 when a newer Carrel wrote it, STO-008 when it takes
                no writes, STO-009 when it is another site's, STO-010 when the clocks differ.
        """
        if folder is None and "://" not in str(place) and Path(place).is_dir():
            place = Path(place) / FILE
        url = url_of(place)
        if folder is None and url.get_backend_name() != "sqlite":
            raise fault(
                faults.UNREADABLE,
                at=str(url.host or ""),
                wanted="a folder for the keys of runs",
                found="none named",
                fix="name the site's folder",
            )
        database = Database(url, patience, schema)
        here = folder or Path(str(url.database)).parent
        try:
            ownership.require_ours(database, here, here / FILE)
            database.prepare(now)
            upgrade(database)
            ownership.claim(database, here)
        except BaseException:
            database.close()
            raise
        return cls(database, here)

    @property
    def place(self) -> str:
        """Where it is, without a secret."""
        return self._database.home.place

    def condition(self) -> Condition | None:
        """How a store on a server stands; None of a file."""
        return condition_of(self._database)

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
