"""``carrel init``: look at a system, then write a site file and a policy to start from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.option_values import FILE, FREE_FOLDER, WORDS
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.inventory.drift import Drift
    from carrel.inventory.schema import LiveSchema
    from carrel.inventory.system_map import SystemMap
    from carrel.systems.secret import Secret

READER, DOER = "carrel_read", "carrel_apply"


@click.command(epilog="Example: carrel init koha --dsn-file koha.dsn --time-zone Europe/Helsinki")
@click.argument("product")
@click.option(
    "--dsn", envvar="CARREL_DSN", show_envvar=True, help="Address of the database; other users may see it here."
)
@click.option(
    "--dsn-file",
    type=FILE,
    help="File (mode 0600) whose first line is the address.",
)
@click.option("--policy", default="worcester", show_default=True, help="A policy that comes with Carrel, to edit.")
@click.option(
    "--folder",
    default=".",
    show_default=True,
    type=FREE_FOLDER,
    help="Folder to write into.",
)
@click.option("--time-zone", metavar="ZONE", help="Zone of the library's clocks, such as America/New_York.")
@click.option(
    "--session-zone",
    type=click.Choice(["server", "declared"]),
    default="server",
    show_default=True,
    help="Whether sessions keep the server's zone, or take the declared one as Koha does where it names one.",
)
@click.option("--library", type=WORDS, default="Our library", show_default=True, help="Name of the library.")
@click.option("--grants-only", is_flag=True, help="Print the rights that Carrel needs, and stop.")
@click.option(
    "--product-version",
    metavar="VERSION",
    help="With --grants-only: the product's version, such as 25.11; the one that the map is written for by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def init(
    product: str,
    dsn: str | None,
    dsn_file: Path | None,
    policy: str,
    folder: Path,
    time_zone: str | None,
    session_zone: str,
    library: str,
    grants_only: bool,
    product_version: str | None,
    as_json: bool,
) -> None:
    """Look at a system and write a site file and a policy to start from.

    PRODUCT is a map that 'carrel map list' shows. The database is only read. Nothing is written if it cannot be read,
    or if one of the files is there already.
    """
    from carrel.cli.screen import put_json
    from carrel.retention import records
    from carrel.systems import map_files, policy_files, site_draft
    from carrel.systems.sql.database import Access

    system_map = map_files.load(product)
    policy_files.require_shipped(policy)
    schedules = policy_files.load(policy).record_schedules()
    system_map = records.in_force(system_map, schedules)
    if product_version is not None:
        system_map = _of_version(system_map, product_version, known=not grants_only)
        system_map = records.in_force(system_map, schedules)
    if grants_only:
        _put_grants(system_map, "DATABASE", _kind_of(dsn, dsn_file, system_map), policy, as_json=as_json)
        return
    zone = _zone(time_zone)
    secret = _secret(dsn, dsn_file)
    site_draft.free(folder, ["carrel.yaml", f"{system_map.system}.dsn", "policy.yaml"])
    declared = session_zone == "declared"
    access = Access(system_map.system, secret, session_zone=zone if declared else None, declared_zone=zone)
    schema, drifts = _look(access, system_map)
    system_map = records.in_force_there(system_map, schedules, schema)
    files = site_draft.draft(system_map, library=library, dsn=secret, policy=policy, time_zone=zone, declared=declared)
    written = site_draft.write(folder, files)
    database = "" if schema.dialect == "sqlite" else str(access.url.database)
    if as_json:
        put_json(
            {
                "written": [str(place) for place in written],
                "product_version": schema.product_version,
                "server": f"{schema.dialect} {schema.server_version}",
                "differences": [one.as_dict() for one in drifts],
                "grants": _grants(system_map, database, schema.dialect) if database else {},
            }
        )
        return
    _tell_found(system_map, schema, drifts)
    if database:
        _put_grants(system_map, database, schema.dialect, policy, as_json=False)
    # Last, so that it stands on the screen below a list of rights.
    _tell_next(system_map, written, policy, accounts=bool(database))


def _of_version(system_map: SystemMap, version: str, *, known: bool) -> SystemMap:
    from carrel.cli.map_versions import of_version
    from carrel.inventory.version_change import release

    if known:
        raise click.UsageError("--product-version goes with --grants-only: the database tells its own")
    if release(version) is None:
        raise click.UsageError("--product-version is written as 25.11")
    return of_version(system_map, version)


def _zone(written: str | None) -> str:
    from carrel.errors import fault
    from carrel.systems import faults
    from carrel.systems.site_file import is_zone

    if written is None or not is_zone(written):
        raise fault(
            faults.ZONE,
            at="--time-zone",
            wanted="the name of a place, such as America/New_York or Europe/Helsinki",
            found=repr(written[:40]) if written else "none",
            because="it is declared, never guessed",
            fix="add --time-zone with the zone in which the library's clocks run",
        )
    return written


def _secret(dsn: str | None, dsn_file: Path | None) -> Secret:
    from carrel.systems.secret import Secret, from_file

    if (dsn is None) == (dsn_file is None):
        raise click.UsageError("give the address of the database, with --dsn or with --dsn-file")
    found = from_file(dsn_file) if dsn_file is not None else Secret(dsn or "", "--dsn")
    prefix = "sqlite:///"
    value = found.reveal()
    if value.startswith(prefix) and not value.startswith((prefix + "/", prefix + ":")):
        # The file is named from here; the site file will be read from anywhere.
        return Secret(prefix + str(Path(value.removeprefix(prefix)).absolute()), found.source)
    return found


def _look(access: object, system_map: SystemMap) -> tuple[LiveSchema, tuple[Drift, ...]]:
    from carrel.inventory import drift
    from carrel.inventory.map_version import as_found
    from carrel.systems.sql import live
    from carrel.systems.sql.database import Access, connect

    assert isinstance(access, Access)  # noqa: S101  (the type is imported late, with the driver)
    engine = connect(access, read_only=True)
    try:
        with engine.connect() as connection:
            schema = live.read(connection, system_map, at=access.name)
    finally:
        engine.dispose()
    drifts = drift.compare(as_found(system_map, schema), schema)
    # What is not the product's database at all gets no site file; what merely differs does, and doctor tells.
    drift.require((one for one in drifts if one.kind is drift.Kind.MISSING_TABLE), access.name)
    return schema, drifts


def _tell_found(system_map: SystemMap, schema: LiveSchema, drifts: Iterable[Drift]) -> None:
    from carrel.cli.screen import put_table

    found = list(drifts)
    say(f"{system_map.title} {schema.product_version} on {schema.dialect} {schema.server_version}")
    say(f"  {amount(len(schema.tables), 'table')}; {amount(len(found), 'difference')} from the map")
    if found:
        rows = [(one.severity, one.kind, one.at) for one in found[:20]]
        put_table("Differences", ("leads to", "kind", "where"), rows)


def _tell_next(system_map: SystemMap, written: list[Path], policy: str, *, accounts: bool) -> None:
    if accounts:
        say("")
    say("written:")
    for place in written:
        say(f"  {place}")
    here = written[0].parent
    say("next:")
    say(f"  1. edit {here / 'policy.yaml'}, a copy of {policy!r}, and check it:")
    say(f"     carrel policy lint {here / 'policy.yaml'}")
    if accounts:
        say(f"  2. make the two accounts above, and write each address into its file (0600): {system_map.system}.dsn")
    else:
        say(f"  2. see that the address in its file is right: {system_map.system}.dsn")
    say("  3. make keys for the people who approve: carrel key new --help")
    say(f"  4. carrel doctor --site {here / 'carrel.yaml'}")
    say(f"  5. carrel plan --site {here / 'carrel.yaml'}")


def _kind_of(dsn: str | None, dsn_file: Path | None, system_map: SystemMap) -> str:
    """The server whose grants are wanted: by the address, where one is given, else by the names in the map."""
    if dsn is not None or dsn_file is not None:
        address = _secret(dsn, dsn_file).reveal()
        return "postgresql" if address.startswith("postgres") else "mariadb"
    # Only PostgreSQL has tables in schemas of their own.
    return "postgresql" if any("." in name for name in system_map.columns) else "mariadb"


def _account(name: str, dialect: str) -> str:
    return name if dialect == "postgresql" else f"'{name}'@'localhost'"


def _grants(system_map: SystemMap, database: str, dialect: str) -> dict[str, list[str]]:
    from carrel.systems.sql.grants import SWEEP, Purpose, needed

    accounts = ((Purpose.READ, _account(READER, dialect)), (Purpose.APPLY, _account(DOER, dialect)))
    least = {
        purpose.value: [one.sql(database, account, dialect) for one in needed(system_map, purpose, dialect)]
        for purpose, account in accounts
    }
    more = [SWEEP.sql(database, account, dialect) for _, account in accounts]
    return {**least, "sweep": [one for one in more if one not in least[Purpose.APPLY.value]]}


def _put_grants(system_map: SystemMap, database: str, dialect: str, policy: str, *, as_json: bool) -> None:
    from carrel.cli.screen import put_json

    found, there = _grants(system_map, database, dialect), dialect == "postgresql"
    if as_json:
        put_json({"grants": found})
        return
    say("")
    if there:
        say(f"-- The least rights for the policy {policy}.")
        say("-- Names of tables, columns and triggers can be seen by every account.")
    else:
        say(f"-- The least rights for the policy {policy}.")
        say("-- REFERENCES and TRIGGER on the database show the names of tables, columns and")
        say("-- triggers, and no row: without them a trigger or a plugin's table could not be seen.")
    for purpose, name in (("read", READER), ("apply", DOER)):
        account = _account(name, dialect)
        say("")
        say(f"CREATE USER {account} {'PASSWORD' if there else 'IDENTIFIED BY'} '...';")
        for line in found[purpose]:
            say(line)
        for line in (one for one in found["sweep"] if one.endswith(f"{account};")):
            say("-- For the sweep, which looks for a join that leads back in every table:")
            say(line)
