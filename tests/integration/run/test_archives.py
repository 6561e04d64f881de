"""``then: transfer to archives``: rows are in the package or in the system, and never in neither or in both."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from carrel.ledger.leaf import decode_leaf
from carrel.retention import bag
from carrel.store.archive_folder import ArchivePackage
from carrel.store.ledger_folder import LedgerFolder
from carrel.systems import policy_files
from carrel.systems.site_file import load_site, map_in_force
from carrel.systems.sql import grants
from carrel.systems.sql.archived_rows import ArchivedRows
from tests.integration.run import library
from tests.integration.run import other_records as records
from tests.integration.run.person_seed import Seeder
from tests.integration.run.test_kill_anywhere import ROUNDS, driven

CONCERNS = "SELECT id, title FROM tickets ORDER BY id"


def transferring(elm):
    """The library's answered letters go to the archives: two concerns that are due, with their answers, and one that is not."""
    text = (elm.folder / "policy.yaml").read_text()
    rule = r"(active until: answered\n +keep: 30 days\n +then: )de-identify\n( +afterwards:\n(?: {10}.*\n)*)"
    changed, times = re.subn(rule, r"\1transfer to archives\n", text)
    assert times == 1
    (elm.folder / "policy.yaml").write_text(changed.replace("chosen: [then, afterwards]", "chosen: [then]"))
    place = elm.folder.parent / "archives"
    elm.edit("people:\n", f"archives: {{folder: {place}, custodian: Town Archives}}\npeople:\n")
    seed = Seeder(elm.koha)
    elm.sql("DELETE FROM ticket_updates", "DELETE FROM tickets", "DELETE FROM suggestions")
    for number, days in ((1, 40), (2, 50), (3, 3)):
        ticket = seed.row(
            "tickets", id=number, reporter_id=seed.patron(), title=f"wrong year {number} é", body="it is\n1999",
            resolved_date=records.at(days), reported_date=records.at(days + 1),
        )["id"]  # fmt: skip
        seed.row("ticket_updates", id=number, ticket_id=ticket, user_id=seed.patron(), message="mended", public=1)
    elm.needles -= {"wrong year"}
    return place


def payload(place):
    """Every row that is in a closed package, by table."""
    found = {}
    for package in sorted(one for one in place.iterdir() if not one.name.endswith(".open")):
        files = {one.relative_to(package).as_posix(): one.read_bytes() for one in package.rglob("*") if one.is_file()}
        assert bag.faults_of(files) == ()
        for name, content in sorted(files.items()):
            if name.startswith("data/"):
                assert not name.endswith(".pending")
                found.setdefault(name.removesuffix(".ndjson").split("-")[-1], []).extend(bag.rows_of(content))
    return found


def each_once(told):
    """What the crash driver asks after each kill and resume."""
    there = payload(Path(told["archives"]))
    assert sorted(row["id"] for row in there["tickets"]) == [1, 2]
    assert sorted(row["ticket_id"] for row in there["ticket_updates"]) == [1, 2]


def test_what_is_due_is_in_the_package_and_no_more_in_the_system(small):
    place = transferring(small)
    before = {int(row[0]): row for row in small.koha.rows("SELECT id, title, body, reporter_id FROM tickets")}
    plan = small.plan()
    told = json.loads(plan.read_text())
    assert {one["act"] for one in told["paths"] if one["path"] == "concern"} == {"transfer"}
    assert not place.exists()
    small.dispose()
    assert [row[0] for row in small.koha.rows(CONCERNS)] == [3]
    assert small.koha.rows("SELECT ticket_id FROM ticket_updates") == [(3,)]
    there = payload(place)
    assert {row["id"]: (row["id"], row["title"], row["body"], row["reporter_id"]) for row in there["tickets"]} == {
        number: before[number] for number in (1, 2)
    }
    assert sorted(row["ticket_id"] for row in there["ticket_updates"]) == [1, 2]
    [package] = list(place.iterdir())
    said = (package / "bag-info.txt").read_text()
    for line in ("Custody-To: Town Archives", "Custody-From: Elm Library", "Records: 2", "Bagging-Date: 20"):
        assert line in said
    assert (package / "schemas" / "tickets.schema.json").is_file()
    assert [one.stat().st_mode & 0o077 for one in (place, *place.rglob("*"))] == [0] * len([place, *place.rglob("*")])
    [listed] = small.ok("archive", "list")["packages"]
    assert (listed["records"], listed["given_to"]) == (2, "Town Archives")
    leaves = [decode_leaf(one) for one in LedgerFolder(small.folder / "ledger").entries()]
    [leaf] = [one for one in leaves if one.kind == "transfer"]
    assert (leaf.fields["package_digest"], leaf.fields["records"]) == (listed["digest"], "1-9")
    assert small.ok("verify")["verified"]
    # Nothing is due any more: no further package, and what is there stays whole until somebody touches it.
    small.dispose()
    assert [one.name for one in place.iterdir()] == [package.name]
    assert small.ok("archive", "verify")["packages"] == [{"package": package.name, "there": True, "faults": []}]
    [first] = sorted(package.glob("data/*tickets.ndjson"))[:1]
    first.write_bytes(first.read_bytes().replace(b"1999", b"2000"))
    assert small.ok("archive", "verify", code=5)["packages"][0]["faults"] == [f"data/{first.name}"]


@pytest.mark.mariadb
def test_the_rights_of_a_night_are_enough(small_mariadb, tmp_path):
    """Rows are locked and read whole by an account that may do what a night needs, and no more."""
    elm = library.make(tmp_path / "site", small_mariadb)
    place = transferring(elm)
    site = load_site(elm.folder)
    ruled = map_in_force(site.systems[0], policy_files.load(elm.folder / "policy.yaml").record_schedules())
    rights = [
        f"{one.privilege}{' (' + ','.join(one.columns) + ')' if one.columns else ''} ON {one.table}"
        for one in (*grants.needed(ruled, grants.Purpose.APPLY), grants.SWEEP)
    ]
    elm.secret("night.dsn", elm.koha.limited_user(rights).replace("?charset=utf8mb4", ""))
    elm.edit("    dsn_file: koha.dsn\n", "    dsn_file: koha.dsn\n    apply_dsn_file: night.dsn\n")
    elm.dispose()
    assert [row[0] for row in elm.koha.rows(CONCERNS)] == [3]
    assert sorted(row["id"] for row in payload(place)["tickets"]) == [1, 2]


def test_who_names_no_archives_transfers_nothing(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    place = transferring(elm)
    elm.edit(f"archives: {{folder: {place}, custodian: Town Archives}}\n", "")
    elm.refused("plan", "--as", "Cal Example", code=2, error="ARC-001")
    elm.edit("then: de-identify", "then: transfer to archives", "policy.yaml")  # of the loans
    elm.refused("plan", "--as", "Cal Example", code=2, error="POL-015")


def test_what_cannot_be_written_or_differs_stays_in_the_system(small_sqlite, tmp_path, monkeypatch, capsys):
    elm = library.make(tmp_path / "site", small_sqlite)
    place = transferring(elm)
    from carrel.cli.main import main

    plan = elm.approved()
    rows = elm.koha.rows(CONCERNS)

    def applied():
        with pytest.raises(SystemExit) as left:
            main(["apply", str(plan), "--site", str(elm.folder)])
        return left.value.code, capsys.readouterr().err

    def refused(error):
        code, told = applied()
        assert (code, error in told) == (1, True)
        assert elm.koha.rows(CONCERNS) == rows

    place.write_text("a file where the folder should be")
    refused("ARC-002")
    place.unlink()
    with monkeypatch.context() as patch:
        add = ArchivePackage.add
        patch.setattr(ArchivePackage, "add", lambda self, chunk: [one[1:] for one in add(self, chunk)])
        refused("SQL-020")
    with monkeypatch.context() as patch:
        patch.setattr(ArchivedRows, "take", lambda *_: 0)
        refused("SQL-020")
    elm.ok("apply", plan)
    assert [row[0] for row in elm.koha.rows(CONCERNS)] == [3]
    assert sorted(row["id"] for row in payload(place)["tickets"]) == [1, 2]


class Died(BaseException):
    """The process ends here."""


def test_rows_changed_after_a_kill_are_written_anew_and_folders_of_others_are_let_be(
    small_sqlite, tmp_path, monkeypatch
):
    """Killed between writing and commit, then the desk changes a record and an answer: one version of each is kept."""
    elm = library.make(tmp_path / "site", small_sqlite)
    place = transferring(elm)
    elm.needles -= {"it is"}
    from carrel.cli.main import main

    def die(*_):
        raise Died

    plan = elm.approved()
    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(ArchivedRows, "require", die)
        main(["apply", str(plan), "--site", str(elm.folder)])
    assert len(elm.koha.rows(CONCERNS)) == 3
    assert list(place.rglob("*.pending"))
    for name in ("koha@copied by hand", "koha@somebody.open", "notes"):
        (place / name / "data").mkdir(parents=True)
    (place / "koha@somebody.open" / "data" / "000001-main-tickets.ndjson.pending").write_text("no JSON\n")
    elm.sql(
        "UPDATE tickets SET title = 'corrected by the desk' WHERE id = 1",
        "UPDATE ticket_updates SET message = 'mended twice' WHERE ticket_id = 2",
    )
    elm.ok("apply", plan)
    assert [row[0] for row in elm.koha.rows(CONCERNS)] == [3]
    assert (place / "koha@somebody.open" / "data" / "000001-main-tickets.ndjson.pending").exists()
    [listed] = elm.ok("archive", "list")["packages"]
    for name in ("koha@copied by hand", "notes"):
        (place / name / "data").rmdir()
        (place / name).rmdir()
    there = payload(place)
    assert sorted((row["id"], row["title"]) for row in there["tickets"]) == [
        (1, "corrected by the desk"), (2, "wrong year 2 é"),
    ]  # fmt: skip
    assert sorted((row["ticket_id"], row["message"]) for row in there["ticket_updates"]) == [
        (1, "mended"), (2, "mended twice"),
    ]  # fmt: skip
    assert listed["records"] == 2


@pytest.mark.slow
@pytest.mark.deep
def test_killed_between_any_two_steps(small_sqlite, tmp_path):
    """After each kill and resume every due row is in exactly one place."""
    elm = library.make(tmp_path / "site", small_sqlite)
    place = transferring(elm)
    inside = elm.folder / "archives"  # so that the driver puts it back with the site, and counts its files as steps
    elm.edit(str(place), str(inside))
    more = {"check": "tests.integration.run.test_archives:each_once", "archives": str(inside)}
    found = driven(elm, tmp_path, rounds=max(4, ROUNDS // 3), **more)
    assert found["wrong"] == [], found["wrong"]
    assert any("archives" in str(step) for step in found["steps"])
    each_once({"archives": str(inside)})
    assert (found["further"], found["unchanged"]) == (0, True)
