"""Backups as a site file declares them; what no tool could use is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.inventory.backup import Backup, Tool
from carrel.systems.site_file import parse_site

SITE = """\
library: Elm Library
policy: worcester
systems:
  - {name: koha, map: koha, dsn_file: koha.dsn, time_zone: Europe/Helsinki}
backups:
"""
RESTIC = "name: a, tool: restic, place: repo, password_file: secret, systems: [koha]"
PGBACKREST = "name: p, tool: pgbackrest, place: pg.conf, only: main, systems: [koha]"
MARIADB = "name: m, tool: mariadb-backup, place: copies, systems: [koha]"


def parsed(*entries: str):
    return parse_site(SITE + "".join(f"  - {{{one}}}\n" for one in entries), "carrel.yaml", Path())


def test_relative_places_are_taken_from_the_site_file_and_remote_ones_stay():
    site = parsed(
        RESTIC,
        'name: b, tool: borg, place: "ssh://me@vault.example/./koha", systems: [koha]',
        'name: c, tool: borg, place: "me@vault.example:koha", systems: [koha]',
        "name: d, tool: dump folder, place: dumps, files: ['*.sql'], systems: [koha]",
        PGBACKREST,
        MARIADB,
        'name: e, tool: restic, place: "s3:vault.example/koha", password_file: secret, systems: [koha]',
    ).relative_to(Path("/srv/carrel"))
    assert [one.place for one in site.backups] == [
        "/srv/carrel/repo", "ssh://me@vault.example/./koha", "me@vault.example:koha", "/srv/carrel/dumps",
        "/srv/carrel/pg.conf", "/srv/carrel/copies", "s3:vault.example/koha",
    ]  # fmt: skip
    assert site.backups[0].password_file == Path("/srv/carrel/secret")
    assert site.backups_of(site.systems[0]) == site.backups


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([RESTIC.replace("password_file: secret, ", "")], "password_file"),
        ([RESTIC.replace("restic", "tar")], "restic"),
        ([RESTIC.replace("systems: [koha]", "systems: []")], "at least 1 entry"),
        ([RESTIC.replace("[koha]", "[kohl]")], "name of one of the systems"),
        ([RESTIC, RESTIC.replace("place: repo", "place: other")], "this name already"),
        ([RESTIC, RESTIC.replace("name: a", "name: b")], "write 'only:' in each"),
        ([RESTIC.replace("place: repo", "place: -rf")], "leading '-'"),
        ([RESTIC.replace("repo", '"rest:https://me:secret-word@vault.example/"')], "no password here"),
        ([RESTIC.replace("tool: restic", "tool: restic, files: ['*']")], "goes with"),
        ([PGBACKREST.replace("only: main, ", "")], "name of the stanza"),
        ([PGBACKREST.replace("only: main", "only: 'a b'")], "name of the stanza"),
        ([PGBACKREST.replace("only: main", "only: main, password_file: secret")], "own configuration"),
        ([PGBACKREST.replace("place: pg.conf", "place: 's3:vault.example/x'")], "on this machine"),
        ([PGBACKREST.replace("only: main", "only: main, files: ['*']")], "goes with"),
        ([MARIADB.replace("place: copies", "place: copies, password_file: secret")], "have none"),
        ([MARIADB.replace("place: copies", "place: copies, only: 'a/*'")], "in the folder itself"),
        ([MARIADB.replace("place: copies", "place: 'me@vault.example:copies'")], "of this machine"),
        ([MARIADB, MARIADB.replace("name: m", "name: d")], "write 'only:' in each"),
        (["name: d, tool: dump folder, place: dumps, systems: [koha]"], "files"),
        (["name: d, tool: dump folder, place: dumps, files: ['a/*'], systems: [koha]"], "in the folder itself"),
        (["name: d, tool: dump folder, place: dumps, files: ['*'], only: x, systems: [koha]"], "'place' and 'files'"),
    ],
)
def test_what_no_tool_could_use_is_refused(entries: list[str], said: str):
    with pytest.raises(CarrelError) as told:
        parsed(*entries)
    lines = "\n".join(line for one in told.value.faults for line in one.lines())
    assert told.value.code == "SIT-001"
    assert said in lines
    assert "secret-word" not in lines


def test_two_entries_of_one_repository_each_with_their_own_choice():
    one, other = (f"{RESTIC.replace('name: a', f'name: {name}')}, only: {name}" for name in "ab")
    assert [one.only for one in parsed(one, other).backups] == ["a", "b"]
    assert Backup(name="x", tool=Tool.BORG, place="/srv/x", systems=("koha",)).local
