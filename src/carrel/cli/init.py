"""``carrel init``: look at a system, then write a site file and a policy to start from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.account_statements import put_statements, rights, statements
from carrel.cli.option_values import FILE, FREE_FOLDER, WORDS
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.inventory.drift import Drift
    from carrel.inventory.schema import LiveSchema
    from carrel.inventory.system_map import SystemMap
    from carrel.systems.secret import Secret


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
        put_statements(system_map, "DATABASE", _kind_of(dsn, dsn_file, system_map), policy, as_json=as_json)
        return
    zone = _zone(time_zone)
    secret = _secret(dsn, dsn_file)
    site_draft.free(folder, ["carrel.yaml", f"{system_map.system}.dsn", "policy.yaml", site_draft.GRANTS])
    declared = session_zone == "declared"
    access = Access(system_map.system, secret, session_zone=zone if declared else None, declared_zone=zone)
    schema, drifts = _look(access, system_map)
    system_map = records.in_force_there(system_map, schedules, schema)
    files = site_draft.draft(system_map, library=library, dsn=secret, policy=policy, time_zone=zone, declared=declared)
    database = "" if schema.dialect == "sqlite" else str(access.url.database)
    if database:
        files = (*files, site_draft.grants(statements(system_map, database, schema.dialect, policy)))
    written = site_draft.write(folder, files)
    if as_json:
        put_json(
            {
                "written": [str(place) for place in written],
                "product_version": schema.product_version,
                "server": f"{schema.dialect} {schema.server_version}",
                "differences": [one.as_dict() for one in drifts],
                "grants": rights(system_map, database, schema.dialect) if database else {},
            }
        )
        return
    _tell_found(system_map, schema, drifts)
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
    looked = f"tables in the database: {len(schema.tables)}"
    say(f"  {looked}; {amount(len(found), 'difference')} from the map")
    if found:
        rows = [(one.severity, one.kind, one.at) for one in found[:20]]
        put_table("Differences", ("leads to", "kind", "where"), rows)


def _tell_next(system_map: SystemMap, written: list[Path], policy: str, *, accounts: bool) -> None:
    from carrel.systems.site_draft import GRANTS

    say("written:")
    for place in written:
        say(f"  {place}")
    here = written[0].parent
    say("next:")
    say(f"  1. edit {here / 'policy.yaml'}, a copy of {policy!r}, and check it:")
    say(f"     carrel policy lint {here / 'policy.yaml'}")
    if accounts:
        name = system_map.system
        say(f"  2. make the two accounts: write passwords into {here / GRANTS}, and have the server run it;")
        say(f"     write each address into a file (0600): {name}.dsn reads; {name}-apply.dsn carries out, and")
        say("     is named by apply_dsn_file in carrel.yaml")
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
