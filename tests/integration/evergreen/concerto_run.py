"""One policy on Evergreen's public sample data from plan to sweep, and what it took and left, in counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sample.evergreen.schema import SEARCH_PATH
from tests.integration.evergreen import concerto, person_site
from tests.integration.evergreen.conftest import Evergreen

if TYPE_CHECKING:
    from pathlib import Path

    from carrel.inventory.system_map import SystemMap
    from carrel.policy.resolve import Policy
    from tests.integration.servers.postgresql import PostgreSQLServer

TEMPLATE = "concerto_template"
EMPTY = "deleted AND family_name = ''"


@dataclass(frozen=True)
class Outcome:
    """What one policy did to the data.

    Args:
        policy, system_map: in force.
        before, after: by table, rows that name somebody but the account of the installation; of a table that names
            nobody by a number, all rows.
        plan, run: as `carrel` told them.
        verified: `carrel verify` afterwards found nothing left.
        led_back: loans that a second sweep led back to their reader.
    """

    policy: Policy
    system_map: SystemMap
    before: dict[str, int]
    after: dict[str, int]
    plan: dict[str, Any]
    run: dict[str, Any]
    verified: bool
    led_back: int


def prepare(server: PostgreSQLServer, files: Path) -> None:
    """A database with the data, some of it closed, to which nobody is connected."""
    server.sql(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)", f"CREATE DATABASE {TEMPLATE}")
    engine = sa.create_engine(server.url(TEMPLATE))
    with engine.connect() as connection:
        concerto.load(connection, files)
        concerto.close_some(connection)
    engine.dispose()


def copy_of(server: PostgreSQLServer, policy: str) -> Evergreen:
    """A copy of it for one policy; `dispose` of it when all is done."""
    name = "concerto_" + "".join(one if one.isalnum() else "_" for one in policy)
    server.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    server.sql(f"ALTER DATABASE {name} SET search_path = {SEARCH_PATH}")
    return Evergreen(server, name, None)  # type: ignore[arg-type]  # no sample: nothing of it was invented


def carried_out(own: Evergreen, folder: Path, name: str) -> Outcome:
    """Plan, approve and apply (the data is small enough for one stage); verify; sweep once more."""
    policy = policy_files.load(name)
    system_map = in_force(map_files.load("evergreen"), policy.record_schedules())
    site = person_site.make(folder, own, policy=name)
    before = _named(own, system_map)
    place = site.approved()
    run = site.ok("apply", place)["run"]
    verified = site.ok("verify")["verified"]
    swept = site.ok("sweep")
    told = json.loads(place.read_text())
    return Outcome(policy, system_map, before, _named(own, system_map), told, run, verified, swept["led_back"])


def _named(own: Evergreen, system_map: SystemMap) -> dict[str, int]:
    loans = system_map.loans
    columns = {loans.closed.table: {loans.closed.person}, system_map.people.table: {system_map.people.key}}
    for path in system_map.paths:
        columns.setdefault(path.table, set()).update({path.person} if path.person else ())
    columns |= {table: set() for table in system_map.not_yet_covered if table not in columns}
    counts = {table: own.one(_count(table, names)) for table, names in sorted(columns.items())}
    people = system_map.people.table
    # The row of an erased patron stays, because others name it; it holds nothing but its number.
    return counts | {people: counts[people] - own.one(f"SELECT count(*) FROM {people} WHERE {EMPTY}")}


def _count(table: str, names: set[str | None]) -> str:
    somebody = " OR ".join(f"CAST({name} AS text) NOT IN ('0', '1')" for name in sorted(filter(None, names)))
    return f"SELECT count(*) FROM {table}" + (f" WHERE {somebody}" if somebody else "")
