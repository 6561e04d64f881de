"""The premises of one run: site, policy, map, store, and a system's database, opened together and closed together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from carrel import __version__
from carrel.cli import custodian_gate
from carrel.cli.at_site import open_site
from carrel.cli.store_place import open_store
from carrel.inventory import consumer, coverage, drift
from carrel.inventory.replica import Use
from carrel.inventory.schema import LiveSchema
from carrel.inventory.site import Site, System
from carrel.inventory.system import Mode
from carrel.inventory.system_map import SystemMap
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy
from carrel.policy.schedule import LoanSchedule, RecordSchedule
from carrel.retention.consortium import Consortium, InForce
from carrel.retention.lifecycle import ONE_NIGHT, Lifecycle, lifecycle
from carrel.retention.outcome import Outcome
from carrel.retention.payer import Payer, payer_of
from carrel.retention.plan import Basis
from carrel.retention.records import in_force_there
from carrel.retention.stage import Stage
from carrel.store.store import Store
from carrel.systems import branch_policies, map_files, site_file, site_systems
from carrel.systems.sql import accounts, live, replica, unit_rows, whereabouts
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.replica import ReadFrom

_IN_FULL = (Outcome.VERIFIED, Outcome.RESIDUE)


def now() -> datetime:
    """The present, aware. The only clock that the verbs read."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Premises:
    """What a verb works with, open.

    Attributes:
        site, system, system_map: as declared.
        in_force: all policies of this database, and how it is cut by them.
        consortium: the same on the tree of units; None where the site names no policy for a unit.
        store: Carrel's own database.
        engine: connections to the system, or to its replica.
        primary: connections to the system itself.
        read_from: which of the two was chosen; None of a system without a replica, and of verbs that read none.
        schema: as it is now.
        stand_in: the product's anonymous patron.
    """

    site: Site
    system: System
    in_force: InForce
    consortium: Consortium | None
    system_map: SystemMap
    store: Store
    engine: Engine
    schema: LiveSchema
    stand_in: int | None
    primary: Engine
    read_from: ReadFrom | None = None

    @property
    def policy(self) -> Policy:
        """Of the site; of several in force, that of the rest."""
        return self.in_force.policies[0]

    @property
    def original(self) -> System:
        """The system that a copy stands for; else the system itself."""
        return self.site.original_of(self.system)

    @property
    def zone(self) -> ZoneInfo:
        """The declared zone of the system."""
        return ZoneInfo(self.system.time_zone)

    @property
    def schedule(self) -> LoanSchedule:
        """What the policy says of loans; of several, the most protective way to cut them."""
        return self.in_force.way.schedule

    @property
    def records(self) -> Mapping[RecordType, RecordSchedule]:
        """What the policy says of other records; of several, every rule of any."""
        return self.in_force.way.records

    @property
    def basis(self) -> Basis:
        """What a plan made now would be computed from."""
        return Basis(
            policy_digest=self.in_force.digest,
            map_digest=map_files.digest(self.system_map),
            schema_digest=self.schema.digest_of({*self.system_map.columns, *self.system_map.erased_from}),
            product_version=self.schema.product_version,
            carrel_version=__version__,
            site_digest=hashlib.sha256(f"{self.stand_in}|{self.system.time_zone}".encode()).hexdigest(),
            units_digest="" if self.consortium is None else self.consortium.units_digest,
        )

    @property
    def drifts(self) -> tuple[drift.Drift, ...]:
        """Where the live schema differs from the map."""
        return drift.compare(self.system_map, self.schema)

    def effects(self, at: datetime) -> consumer.Effects:
        """What a plan does to the product's own jobs and screens."""
        with self.engine.connect() as connection:
            seen = live.used(connection, self.system_map, at=self.system.name)
        changed = coverage.changed_columns(self.system_map)
        today = at.astimezone(self.zone).date()
        return consumer.effects(self.system_map, changed, self.site.declarations, today, seen=seen)

    def life(self, as_of: datetime, at: datetime) -> Lifecycle:
        """The lifecycle of loans at ``as_of``, with legal holds and exceptions as of ``at``.

        On a copy those of its original keep loans: what is rehearsed is the plan that will run.
        """
        kept = self.store.keepings.current(self.original.name, at)
        return lifecycle(
            self.schedule,
            as_of,
            self.zone,
            kept.legal_holds,
            kept.exceptions,
            records=self.records.values(),
            now=at,
            territory=None if self.consortium is None else self.consortium.territory,
        )

    def owed_until(self, at: datetime) -> datetime:
        """What was due by this instant should be gone at ``at``; what fell due since waits for tonight's run.

        That is one night ago, or when the last plan that was carried out in full was made, whichever is later.
        """
        full = (
            run
            for run in self.store.runs.newest(self.system.name)
            if run.stage is Stage.REST and run.outcome in _IN_FULL
        )
        last = next((self.store.plans.get(run.plan_digest).as_of for run in full), at - ONE_NIGHT)
        return min(at, max(last, at - ONE_NIGHT))

    def payer(self, as_of: datetime) -> Payer | None:
        """What the policy keeps of payers; None where settled charges lose the card."""
        if self.system_map.person is None:
            return None
        return payer_of(self.schedule, self.system_map.person, as_of, self.zone)

    def loans(self) -> SqlLoans:
        """The system's loans under this policy."""
        found = SqlLoans(self.engine, self.system_map, self.schedule, self.zone, self.stand_in, self.system.name)
        found.beside_desk = self.system.mode is Mode.DESK
        return found


def _read(
    system: System, primary: Engine, use: Use | None, several: Consortium | None
) -> AbstractContextManager[tuple[Engine, ReadFrom | None]]:
    if use is None:
        return nullcontext((primary, None))
    return replica.reading(system, primary, use, by_unit=several is not None)


@contextmanager
def enter(
    site_path: Path,
    system_name: str | None,
    *,
    read_only: bool,
    find: Callable[[Site, str | None], System] = site_systems.system_of,
    use: Use | None = None,
) -> Iterator[Premises]:
    """Open everything, or say what stands in the way before anything is touched.

    Args:
        site_path: the site file, or its folder.
        system_name: of the site; may be left out where there is one.
        read_only: whether the database itself shall refuse every write.
        find: the system of that name; takes no copy unless told otherwise. A copy is entered only when it is seen to
            be no other system of the site.
        use: what a replica may be read for; no replica is ever read unless given.
    """
    site = open_site(site_path)
    system = find(site, system_name)
    custodian_gate.in_force(site)  # at a custodian's site there is no policy before there is a request
    policies = branch_policies.load(site, system)
    system_map = site_file.map_in_force(system, policies.way.records, policies.way.schedule)
    site.folder.mkdir(parents=True, exist_ok=True)
    engine = accounts.open_compared(system, read_only=read_only)
    try:
        if system.copy_of is not None:
            whereabouts.require_apart(engine, system.name, site.originals)
        with engine.connect() as connection:
            schema = live.read(connection, system_map, at=system.name)
            system_map = in_force_there(system_map, policies.way.records, schema)
            drift.require(drift.compare(system_map, schema), system.name)
            stand_in = live.stand_in(connection, system_map, at=system.name)
            local = now().astimezone(ZoneInfo(system.time_zone)).replace(tzinfo=None)
            live.refuse_living(connection, system_map, stand_in, local, at=system.name)
            units = unit_rows.consortium_of(connection, policies, system_map, schema, at=system.name)
        with open_store(site) as store, _read(system, engine, use, units) as (chosen, told):
            yield Premises(site, system, policies, units, system_map, store, chosen, schema, stand_in, engine, told)
    finally:
        engine.dispose()
