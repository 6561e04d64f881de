"""Records that a run hands over to the archives: written beside each chunk, settled after a kill, closed at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.cli.premises import Premises, now
from carrel.cli.run_leaves import what_planned
from carrel.errors import CarrelError, fault
from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.ledger.word import slug
from carrel.retention import bag, faults
from carrel.store.archive_folder import ArchiveFolder, ArchivePackage, Sealed
from carrel.store.custody import HandedOver
from carrel.store.faults import UNKNOWN_ENTRY, UNKNOWN_PLAN
from carrel.systems.sql.archived_rows import ArchivedRows, Chunk, Row

if TYPE_CHECKING:
    from carrel.retention.plan import Plan
    from carrel.systems.sql.loans import SqlLoans


def transfers(here: Premises) -> bool:
    """Whether the policy has records of this system transferred."""
    return any(path.archived for path in here.system_map.ruled)


def require_archives(here: Premises) -> None:
    """Refuse a policy that transfers records where the site names nobody who takes them.

    Raises:
        CarrelError: ARC-001.
    """
    if transfers(here) and here.site.archives is None:
        raise fault(
            faults.NO_ARCHIVES,
            at="carrel.yaml",
            wanted="archives: {folder: PLACE, custodian: NAME}",
            found="no 'archives:'",
            because="the policy says 'then: transfer to archives'",
            fix="name the folder from which the archives fetch, and who they are",
        )


class Handover:
    """The package of one run.

    Args:
        here: open, with the account that carries out.
        plan: that is carried out.
        run: its id.
    """

    def __init__(self, here: Premises, plan: Plan, run: str) -> None:
        self._here, self._plan, self._run = here, plan, run
        wanted = here.site.archives is not None and here.system.copy_of is None
        # A rehearsal deletes the copy's rows and hands nothing over: they would be there twice.
        self._folder = ArchiveFolder(here.site.archives.folder) if wanted and here.site.archives else None
        self._package = None if self._folder is None else self._folder.package(here.system.name, run)
        self.rows = ArchivedRows(self, here.schema) if self._package is not None and transfers(here) else None

    def add(self, chunk: Chunk) -> list[list[Row]]:
        """Take a chunk's rows; what is read back from the disk."""
        return self._open.add(chunk)

    def committed(self) -> None:
        """What was added last is gone from the system."""
        self._open.committed()

    def dropped(self) -> None:
        """What was added last is still there."""
        self._open.drop()

    def settle(self, loans: SqlLoans) -> None:
        """Bring what a killed process left to its end: chunks that were committed or not, packages of other runs.

        Args:
            loans: inside their session, with the lease of the system in this process's hand.
        """
        if self._folder is None:
            return
        for package in self._folder.open_packages(self._here.system.name):
            plan = self._plan if package.run == self._run else self._plan_of(package.run)
            if plan is None:
                continue
            self._resolve(package, loans)
            if package.run != self._run:
                self._close(package, plan, package.run)
        self._note()

    def close(self, loans: SqlLoans) -> None:
        """The run is over: close its package, and note who answers for the records from now on."""
        if self._package is not None:
            self._resolve(self._package, loans)
            self._close(self._package, self._plan, self._run)
            self._note()

    @property
    def _open(self) -> ArchivePackage:
        if self._package is None:
            raise RuntimeError("nothing is handed over without a folder")
        return self._package

    def _plan_of(self, run: str) -> Plan | None:
        """The plan of a run; None where the store knows no such run: others may put folders of theirs there too."""
        try:
            return self._here.store.plans.get(self._here.store.runs.get(run).plan_digest)
        except CarrelError as wrong:
            if wrong.code in {UNKNOWN_ENTRY.code, UNKNOWN_PLAN.code}:
                return None
            raise

    def _resolve(self, package: ArchivePackage, loans: SqlLoans) -> None:
        rows = ArchivedRows(self, self._here.schema)
        for chunk in package.unsettled():
            committed = chunk.committed
            if committed is None:
                # Rows that are still there may have been changed: what was written of them is stale, and goes.
                committed = not rows.there(loans.connection, chunk.table, chunk.rows)
            (package.committed if committed else package.drop)(chunk.places)
        loans.connection.rollback()

    def _close(self, package: ArchivePackage, plan: Plan, run: str) -> Sealed | None:
        assert self._here.site.archives is not None  # noqa: S101  (there is no folder without it)
        custody = bag.Custody(
            self._here.site.library,
            self._here.site.archives.custodian,
            plan.system,
            plan.policy,
            plan.basis.policy_digest,
            plan.digest,
            run,
        )
        names = {name for path in self._here.system_map.ruled for name in (path.table, *path.cut.takes_along)}
        schemas = {
            name: bag.schema(
                name, [(one.name, one.type, one.nullable) for one in self._here.schema.tables[name].columns]
            )
            for name in names
            if name in self._here.schema.tables and package.holds(name)
        }
        return package.seal(custody, schemas, now())

    def _note(self) -> None:
        """Every closed package of this system stands in the store, with its leaf; also one of a process that died."""
        assert self._folder is not None  # noqa: S101  (asked by the callers)
        assert self._here.site.archives is not None  # noqa: S101  (there is no folder without it)
        known = {one.package for one in self._here.store.custody.all()}
        begin = f"{self._here.system.name}@"
        names = set(self._folder.closed_names(self._here.system.name)) - known
        plans = {name: plan for name in names if (plan := self._plan_of(name.removeprefix(begin))) is not None}
        for sealed in self._folder.sealed(plans):
            plan = plans[sealed.name]
            one = HandedOver(
                sealed.name,
                self._here.system.name,
                sealed.records,
                sealed.files,
                sealed.digest,
                self._here.site.archives.custodian,
                plan.digest,
                now(),
            )
            self._here.store.custody.record(one, [leaf_of(plan, one)])


def leaf_of(plan: Plan, one: HandedOver) -> OpenLeaf:
    """What the ledger is told: the package's digest and a count."""
    told: dict[str, int | str | list[str]] = {
        **what_planned(plan),
        "package_digest": one.digest,
        "records": banded(one.records),
        "files": one.files,
        "custodian": slug(one.given_to),
        "finished": utc_seconds(one.at),
    }
    return OpenLeaf("transfer", one.at, told)
