"""``carrel station``: public computers, what is left on them, and which of them are silent."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.at_site import json_option, open_site, site_option
from carrel.cli.option_values import NEW_FILE, WORDS, writing
from carrel.cli.screen import put_json, put_line, put_table, say

if TYPE_CHECKING:
    from carrel.inventory.site import Site
    from carrel.inventory.stations import Stations

_SECRET_BYTES = 32


@click.group()
def station() -> None:
    """Public computers: what is left on them, and which are silent."""


@station.command(name="list", epilog="Example: carrel station list")
@site_option
@json_option
def list_stations(site_path: Path, as_json: bool) -> int:
    """Tell how each public computer stands, by the reports that the machines left.

    Read-only. A machine is clean where it reported in time and nothing outlived what the policy allows, in any report
    of the last seven days. Exit code 3 when something was left behind, a machine is silent or cannot be told, or a
    report is not believed.
    """
    from carrel.accountability.station_standing import Standing
    from carrel.cli.at_site import now
    from carrel.cli.stations_told import stations_told
    from carrel.errors import Exit

    site = open_site(site_path)
    _require(site)
    told = stations_told(site, now())
    if as_json:
        put_json(told.as_dict())
    else:
        put_table(
            f"{amount(len(told.machines), 'public computer')} under policy {told.policy}",
            ("", "machine", "group", "last report (UTC)", ""),
            [
                (one.standing.value, one.machine, one.group, f"{one.last:%Y-%m-%d %H} h" if one.last else "", one.says)
                for one in sorted(told.machines, key=lambda one: (list(Standing).index(one.standing), one.machine))
            ],
        )
        for line in told.lines():
            put_line(line, hang=2)
    return int(Exit.FINDINGS if told.open else Exit.DONE)


@station.command(epilog="Example: carrel station key reading-room-1 --out reading-room-1.key")
@click.argument("machine", type=WORDS)
@click.option("--out", required=True, type=NEW_FILE, help="Where the copy for the machine goes.")
@click.option("--replace", is_flag=True, help="Make a new one in place of the one that the machine has.")
@site_option
@json_option
def key(machine: str, out: Path, replace: bool, site_path: Path, as_json: bool) -> None:
    """Make the secret with which a public computer signs its reports.

    One copy stays in the site's folder, the other goes to the machine, where only its administrator may read it.
    """
    from carrel.systems.durable_file import replace_file
    from carrel.systems.station_drop import keep_secret, require_free

    stations = _require(open_site(site_path))
    require_free(stations, machine, replace=replace)
    made = secrets.token_hex(_SECRET_BYTES)
    with writing(out):
        replace_file(out, f"{made}\n", mode=0o600)  # first: a secret in force that no machine has would silence it
    keep_secret(stations, machine, made)
    if as_json:
        put_json({"key": {"machine": machine, "out": str(out)}})
    else:
        say(f"The machine's copy is in {out}. Move it there, readable by its administrator alone, and delete it here.")


@station.command(epilog="Example: carrel station probe --out carrel_probe.py")
@click.option("--out", required=True, type=NEW_FILE, help="Where the probe goes.")
@json_option
def probe(out: Path, as_json: bool) -> None:
    """Write out the probe that runs on a public computer: one file of Python, with nothing to install.

    It reads, and changes nothing. Its report holds counts and ages; `--help` of the file tells how it is run.
    """
    from importlib import resources

    text = (resources.files("carrel.systems") / "station_probe.py").read_bytes()
    with writing(out):
        out.write_bytes(text)
    digest = hashlib.sha256(text).hexdigest()
    if as_json:
        put_json({"probe": {"out": str(out), "sha256": digest}})
    else:
        say(f"The probe is in {out}.")
        say(f"SHA-256: {digest}")


@station.command(epilog="Example: carrel station tidy")
@site_option
@json_option
def tidy(site_path: Path, as_json: bool) -> None:
    """Delete reports of public computers that are older than 35 days.

    Only reports that a machine of the site signed go; what else lies in the folder is left.
    """
    from carrel.cli.at_site import now
    from carrel.systems.station_drop import tidy as delete_old

    gone = delete_old(_require(open_site(site_path)), now())
    if as_json:
        put_json({"deleted": gone})
    else:
        say(f"{amount(gone, 'report')} deleted.")


def _require(site: Site) -> Stations:
    from carrel.accountability import faults
    from carrel.errors import fault

    if site.stations is None:
        raise fault(
            faults.STATION_UNKNOWN,
            at="site file",
            wanted="a block 'stations:' with the folder for reports and the machines",
            found="none",
            fix="write it as docs/stations.md shows",
        )
    return site.stations
