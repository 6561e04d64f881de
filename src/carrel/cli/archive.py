"""``carrel archive``: packages that were handed over to the archives, and whether they are whole."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.amount import amount
from carrel.cli.at_site import json_option, open_site, site_option
from carrel.cli.screen import number, put_json, put_table
from carrel.cli.store_place import open_store


@click.group()
def archive() -> None:
    """Packages for the archives: what was handed over, and whether it is whole."""


@archive.command(name="list", epilog="Example: carrel archive list")
@site_option
@json_option
def list_packages(site_path: Path, as_json: bool) -> None:
    """List what was handed over: since when, how many records, to whom."""
    site = open_site(site_path)
    with open_store(site) as store:
        found = store.custody.all()
    if as_json:
        put_json(
            {
                "packages": [
                    {
                        "package": one.package,
                        "system": one.system,
                        "records": one.records,
                        "files": one.files,
                        "digest": one.digest,
                        "given_to": one.given_to,
                        "plan": one.plan_digest,
                        "at": one.at.isoformat(),
                    }
                    for one in found
                ]
            }
        )
        return
    put_table(
        amount(len(found), "package"),
        ("package", "closed", "records", "files", "given to"),
        [(one.package, f"{one.at:%Y-%m-%d}", number(one.records), number(one.files), one.given_to) for one in found],
        right=(2, 3),
    )


@archive.command(epilog="Example: carrel archive verify")
@site_option
@json_option
def verify(site_path: Path, as_json: bool) -> int:
    """Read every package in the folder again and compare it with its manifests and with the store.

    One that the archives have fetched and taken away is told as gone, and is no fault. Exit code 5 when one is there
    and not whole.
    """
    from carrel.errors import Exit
    from carrel.store.archive_folder import ArchiveFolder

    site = open_site(site_path)
    with open_store(site) as store:
        known = store.custody.all()
    folder = None if site.archives is None else ArchiveFolder(site.archives.folder)
    there = {} if folder is None else {one.name: one for one in folder.sealed()}
    wrong: dict[str, list[str]] = {}
    for one in known:
        if folder is None or one.package not in there:
            continue
        bad = list(folder.faults_of(one.package))
        wrong[one.package] = bad + (["another digest"] if there[one.package].digest != one.digest else [])
    if as_json:
        put_json(
            {
                "packages": [
                    {"package": one.package, "there": one.package in there, "faults": wrong.get(one.package, [])}
                    for one in known
                ]
            }
        )
    else:
        put_table(
            amount(len(known), "package"),
            ("package", "state"),
            [
                (one.package, ("gone" if one.package not in there else ", ".join(wrong[one.package]) or "whole"))
                for one in known
            ],
        )
    return int(Exit.VERIFICATION_FAILED if any(wrong.values()) else Exit.DONE)
