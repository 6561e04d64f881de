"""A night and an audit where who may act cannot be held against the ledger, or the night took its time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from carrel.cli import authority_told
from carrel.cli.aftermath import follow_up
from carrel.cli.main import cli
from carrel.inventory.site import Site
from carrel.store import clock
from carrel.store.store import Store
from carrel.systems.site_file import load_site
from tests.integration.run import library


@pytest.fixture
def elm(small_sqlite, tmp_path: Path) -> library.Library:
    return library.make(tmp_path / "site", small_sqlite)


def damage(folder: Path) -> None:
    """Change the byte of the newest tile of entries that tells how long its first one is."""
    tiles = [one for one in (folder / "ledger").rglob("*") if one.is_file() and "entries" in one.parts]
    newest = max(tiles, key=lambda one: one.stat().st_mtime_ns)
    whole = bytearray(newest.read_bytes())
    whole[1] ^= 1
    newest.chmod(0o600)
    newest.write_bytes(whole)


def test_a_night_of_more_than_five_minutes_still_puts_on_record_whose_rights_changed(elm) -> None:
    """Its leases were renewed after it began, so the store has seen later times than its beginning."""
    site, now = load_site(elm.folder), datetime.now(UTC)
    with elm.store as store:
        with store._database.writing() as connection:
            clock.observe(connection, now)
        after = follow_up(site, store, (), now - timedelta(minutes=6))
        assert "STO-004" not in after.codes
        assert {one.whom for one in store.authority.entries()} == {one.name for one in site.people}


def test_what_is_written_down_while_the_ledger_is_read_is_not_told_as_without_a_leaf(
    elm, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = authority_told.leaves_of

    def slow(site: Site, store: Store) -> dict[str, str]:
        found = whole(site, store)
        store.staff_accounts.invite(f"Dee {len(store.authority.entries())}", "Ada Example", datetime.now(UTC))
        return found

    with elm.store as store:
        store.staff_accounts.invite("Cal Example", "Ada Example", datetime.now(UTC))
    monkeypatch.setattr(authority_told, "leaves_of", slow)
    ended = CliRunner().invoke(cli, ["staff", "history", "--site", str(elm.folder)])
    assert (ended.exit_code, "NO LEAF" in ended.output) == (0, False), ended.output
    with elm.store as store:
        assert len(store.authority.entries()) == 2, "the ledger was read once"


def test_a_damaged_ledger_is_a_line_of_the_audit_and_a_finding_of_the_night_and_ends_neither(elm) -> None:
    elm.run("run-due")
    damage(elm.folder)
    told = elm.ok("audit", code=5)
    assert [one for one in told["process"] if one.startswith("the ledger does not verify (LED-")]
    for health in (elm.folder / "health").iterdir():
        health.unlink()
    assert elm.run("run-due").code == 6, "a plan waits, as before"
    health = json.loads((elm.folder / "health" / "health.json").read_text())
    assert [one for one in health["systems"][0]["findings"] if one.startswith("LED-")]
