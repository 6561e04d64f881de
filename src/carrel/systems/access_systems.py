"""The systems of a library, opened for answers alone: no difference from a map keeps anybody from reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from carrel.inventory.site import Site, System
from carrel.retention.records import in_force_there
from carrel.systems import branch_policies, site_file
from carrel.systems.access_answer import OpenSystem
from carrel.systems.sql import accounts, live
from carrel.systems.sql.session_limits import SILENCE_SECONDS


@contextmanager
def opened(site: Site, system: System, *, silence: int = SILENCE_SECONDS) -> Iterator[OpenSystem]:
    """One system, by the account that reads.

    A cut is refused where map and database differ in a way that could do harm. An answer is not: a person's right does
    not wait for a map, and what cannot be read is told.

    Args:
        site: whose.
        system: of it.
        silence: seconds for which its server may say nothing.

    Raises:
        CarrelError: SIT-…, SQL-…, MAP-001 and others: it cannot be opened.
    """
    policies = branch_policies.load(site, system)
    system_map = site_file.map_in_force(system, policies.way.records)
    engine = accounts.open_compared(system, read_only=True, silence=silence)
    try:
        with engine.connect() as connection:
            schema = live.read(connection, system_map, at=system.name)
            stand_in = live.stand_in(connection, system_map, at=system.name)
        there = in_force_there(system_map, policies.way.records, schema)
        yield OpenSystem(system.name, engine, schema, there, policies.policies[0], ZoneInfo(system.time_zone), stand_in)
    finally:
        engine.dispose()
