"""Koha 24.11, 25.05 and 25.11: the whole loop, and one person out of every table, each as its own update steps make it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from carrel.systems.sample.koha_versions import VERSIONS
from tests.integration.run import library
from tests.integration.run import other_records as records
from tests.integration.run.koha_release import Releases
from tests.integration.run.person_seed import Seeder

OTHERS = [version for version in VERSIONS if version != "25.05"]
CARD, USER = "K7700123", "reader7700"


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    return Releases(tmp_path_factory.mktemp("releases"))


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def at(request: pytest.FixtureRequest, releases: Releases, dialect: str, tmp_path: Path) -> Iterator[Any]:
    """Makes a library of a version; its policy lets settled charges lose the card."""
    made = []

    def of(version: str, policy: str = "mit-libraries") -> library.Library:
        koha = releases.of(request, dialect, version, tmp_path)
        made.append(koha)
        return library.make(tmp_path / "site", koha, policy=policy)

    yield of
    for koha in made:
        koha.dispose()
        if koha.server is not None:
            koha.server.drop_limited_users()


def state(elm: library.Library) -> dict[str, list[str]]:
    """Every row of every table."""
    return {
        name: [repr(row) for row in elm.koha.rows(f"SELECT * FROM {name}")]
        for name in sa.inspect(elm.koha.engine()).get_table_names()
    }


def one(elm: library.Library, query: str) -> int:
    [(count,)] = elm.koha.rows(query)
    return int(str(count))


@pytest.mark.slow
@pytest.mark.parametrize("version", OTHERS)
def test_the_whole_loop(at, version):
    elm = at(version)
    records.rule_all(elm)
    begun = elm.folder.parent / "begun"
    words = ("--dsn-file", elm.folder / "koha.dsn", "--folder", begun, "--time-zone", library.zone_of(elm.koha))
    told = elm.run("init", "koha", *words, "--json", site=False).told
    assert told["product_version"].startswith(version)
    assert told["differences"] == []  # every name is as mapped, and the version is proved
    schema = next(one for one in elm.run("check", "--json").told["checks"] if one["name"] == "schema")
    assert schema["state"] == "ok"

    if version == "25.11":
        orphaned(elm)
    elm.dispose()
    assert elm.ok("verify")["verified"] is True
    swept = elm.ok("sweep", "--pairs", 300)
    assert (swept["led_back"], swept["not_swept"]) == (0, 0)
    assert swept["pairs"] > 50
    again = elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "again.json")
    assert again["plan"]["states"]["due"] == 0
    assert [path for path in again["plan"]["paths"] if path["rows"] or path["strays"]] == []
    if version == "25.11":
        assert_parted(elm)


def orphaned(elm):
    """Koha's own anonymising has taken the patron out of a hold and a reader out of a loan, and nothing else."""
    stand_in = elm.koha.sample.anonymous_patron
    for table, key, name in (("old_reserves", "reserve_id", "hold_group_id"), ("old_issues", "issue_id", "booking_id")):
        row = one(elm, f"SELECT min({key}) FROM {table} WHERE {name} IS NOT NULL")
        elm.sql(f"UPDATE {table} SET borrowernumber = {stand_in}, timestamp = timestamp WHERE {key} = {row}")


def assert_parted(elm):
    """What came with 25.11 names nobody for what was due by rule, and what was not due is as it was."""
    stand_in = elm.koha.sample.anonymous_patron
    cut = f"(borrowernumber IS NULL OR borrowernumber = {stand_in})"
    assert one(elm, f"SELECT count(*) FROM old_issues WHERE {cut} AND booking_id IS NOT NULL") == 0
    assert one(elm, f"SELECT count(*) FROM old_reserves WHERE {cut} AND hold_group_id IS NOT NULL") == 0
    assert one(elm, f"SELECT count(*) FROM old_reserves WHERE {cut}") > 0
    named = "SELECT count(*) FROM statistics WHERE illrequest_id IS NOT NULL"
    assert one(elm, f"{named} AND borrowernumber IS NULL") == 0
    assert 0 < one(elm, named) < one(elm, "SELECT count(*) FROM statistics WHERE type = 'interlibrary'")
    assert one(elm, "SELECT count(*) FROM issues WHERE booking_id IS NOT NULL") > 0  # open loans keep theirs
    orphans = "SELECT count(*) FROM pseudonymized_metadata_values WHERE transaction_id IN "
    assert one(elm, f"{orphans}(SELECT id FROM pseudonymized_transactions WHERE hashed_borrowernumber = '')") == 0
    assert one(elm, "SELECT count(*) FROM pseudonymized_metadata_values") > 0


def test_a_booking_that_stays_leads_to_no_loan_that_was_cut(at, dialect):
    elm = at("25.11", policy="mit-11.2")  # a policy without a rule for bookings
    before = elm.koha.rows("SELECT issue_id, booking_id FROM old_issues WHERE booking_id IS NOT NULL")
    elm.dispose()
    assert len(elm.koha.rows("SELECT booking_id FROM bookings")) > len(before)
    cut = f"SELECT issue_id, booking_id FROM old_issues WHERE borrowernumber = {elm.koha.sample.anonymous_patron}"
    left = dict(elm.koha.rows(cut))
    loan, booking = next((loan, booking) for loan, booking in before if loan in left)
    assert set(left.values()) == {None}
    assert elm.ok("sweep", "--pairs", 300)["led_back"] == 0
    elm.sql(f"UPDATE old_issues SET booking_id = {booking}, timestamp = timestamp WHERE issue_id = {loan}")
    assert elm.ok("sweep", "--pairs", 300, code=3)["led_back"] == 1


@pytest.mark.parametrize("version", OTHERS)
def test_one_person_goes_out_of_every_table(at, version):
    elm = at(version, policy="worcester")
    seed = Seeder(elm.koha)
    number = seed.patron(cardnumber=CARD, userid=USER, firstname="Quirina", surname="Okonkwo-Vale")
    elm.needles |= {str(number), CARD, USER}
    before = state(elm)
    said = seed.traces(number, CARD, USER)
    came = {name for change in seed.map.versions.changes if change.since == version for name in change.person}
    assert came - {"sip_accounts"} <= set(said)  # of a machine's account there is a test of its own
    assert bool(came) == (version == "25.11")
    assert len(said) > 75
    card = elm.folder.parent / "card.txt"
    card.write_text(f"{CARD}\n")
    place = elm.folder / "erase.json"
    plan = elm.ok("plan", "--erase", card, "--as", "Cal Example", "--out", place)["plan"]
    assert {one["table"] for one in plan["goes"]} >= set(said)
    elm.approve(place)
    done = elm.ok("apply", place)["erasure"]
    assert done["outcome"] in {"verified", "applied, residue until"}
    assert (done["still_there"], done["for_a_human"]) == ({}, {})
    after = state(elm)
    for name, rows in before.items():
        lost = [row for row in rows if row not in after[name] and CARD not in row]
        assert not lost, (name, lost[:2])
    held = {name for name, rows in after.items() for row in rows if str(number) in row or CARD in row or USER in row}
    assert held == set()


def test_the_account_of_a_machine_is_not_erased_under_it(at, dialect):
    elm = at("25.11", policy="worcester")
    seed = Seeder(elm.koha)
    number = seed.patron(cardnumber=CARD, userid=USER)
    seed.row("sip_accounts", login_id=USER)
    elm.needles |= {str(number), CARD, USER}
    card = elm.folder.parent / "card.txt"
    card.write_text(f"{CARD}\n")
    answer = elm.run("plan", "--erase", card, "--as", "Cal Example", "--out", elm.folder / "erase.json")
    assert answer.code == 4, answer.text
    assert "account of a self-check machine" in answer.out + answer.err


@pytest.mark.parametrize(("tables", "number"), [("24.11", "23.1100000"), ("25.11", "26.0500000")])
def test_a_version_that_nobody_looked_at(releases, request, tmp_path, tables, number):
    koha = releases.of(request, "sqlite", tables, tmp_path)
    elm = library.make(tmp_path / "site", koha)
    elm.sql(f"UPDATE systempreferences SET value = '{number}' WHERE variable = 'Version'")
    assert elm.run("check").code == 3
    elm.plan()  # every difference is classified, so it runs
    elm.sql("ALTER TABLE old_issues ADD COLUMN mood varchar(20)")
    refused = elm.refused("plan", "--as", "Cal Example", "--out", elm.folder / "again.json", code=4, error="MAP-003")
    assert "version" in refused.err
    local = elm.folder / "maps" / "local.yaml"
    local.parent.mkdir()
    local.write_text("columns: {old_issues: [mood]}\n")
    elm.edit("    map: koha\n", "    map: koha\n    local_map: maps/local.yaml\n")
    elm.plan("third.json")
    koha.dispose()


def test_what_was_carried_back_to_25_05_is_cut_there(releases, request, tmp_path):
    koha = releases.of(request, "sqlite", "25.05", tmp_path)
    elm = library.make(tmp_path / "site", koha, policy="mit-11.2")
    elm.sql(
        "ALTER TABLE issues ADD COLUMN booking_id integer REFERENCES bookings (booking_id) ON DELETE SET NULL",
        "ALTER TABLE old_issues ADD COLUMN booking_id integer REFERENCES bookings (booking_id) ON DELETE SET NULL",
        "UPDATE old_issues SET booking_id = (SELECT min(booking_id) FROM bookings)",
    )
    elm.dispose()
    stand_in = koha.sample.anonymous_patron
    cut = f"SELECT count(*) FROM old_issues WHERE borrowernumber = {stand_in}"
    assert one(elm, cut) > 0
    assert one(elm, f"{cut} AND booking_id IS NOT NULL") == 0  # those too that Koha itself had cut before
    assert one(elm, f"SELECT count(*) FROM old_issues WHERE borrowernumber <> {stand_in} AND booking_id IS NULL") == 0
    koha.dispose()
