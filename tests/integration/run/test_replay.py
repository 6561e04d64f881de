"""``carrel replay``: real backups by each tool, a real restore, and everybody who came back with it out again."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.consent.event import Act as ConsentAct
from carrel.consent.event import Channel as ConsentChannel
from carrel.consent.event import ConsentEvent
from carrel.errors import CarrelError
from carrel.ledger.leaf import decode_leaf
from carrel.rights.event import Act, Event
from carrel.rights.request import PERSON, Right
from carrel.store.ledger_folder import LedgerFolder
from carrel.systems import map_files
from carrel.systems.sql import present_people
from tests.conftest import unavailable
from tests.integration.run import library
from tests.integration.run.backup_site import ago, declare
from tests.integration.run.chain_site import CHAINED
from tests.integration.run.test_erasure import CARD, USER, mentions
from tests.integration.run.test_erasure import erased as erase
from tests.integration.run.test_erasure import subject as erased_one
from tests.integration.run.test_kill_anywhere import driven
from tests.integration.run.test_rectify import NEW_STREET, OLD_STREET
from tests.integration.run.test_restrict import ASK as RESTRICT
from tests.integration.run.test_restrict import LIFT, applied, own
from tests.integration.run.test_restrict import planned as asked
from tests.integration.servers.backup_tools import Repo

OTHER, THIRD = "K7700456", "K7700789"


def dump(elm: library.Library, target: Path) -> None:
    """The whole database, as the library's own job would write it."""
    if elm.koha.dialect == "sqlite":
        shutil.copyfile(str(sa.make_url(elm.koha.url).database), target)
        return
    if shutil.which("mariadb-dump") is None:
        unavailable("mariadb-dump missing: apt-get install mariadb-client")
    words = [
        "mariadb-dump",
        "--no-defaults",
        f"--socket={elm.koha.server.socket_path}",
        "--user=root",
        elm.koha.database,
    ]
    with target.open("wb") as file:
        subprocess.run([*words, "--single-transaction"], stdout=file, check=True)


def load(elm: library.Library, source: Path) -> None:
    """The database as it was."""
    if elm.koha.dialect == "sqlite":
        place = str(sa.make_url(elm.koha.url).database)
        for ending in ("-journal", "-wal", "-shm"):
            Path(f"{place}{ending}").unlink(missing_ok=True)
        shutil.copyfile(source, place)
        return
    words = ["mariadb", "--no-defaults", f"--socket={elm.koha.server.socket_path}", "--user=root", elm.koha.database]
    with source.open("rb") as file:
        subprocess.run(words, stdin=file, check=True)


def backed_up(elm, repo, tmp_path):
    """A copy of now, and the way back to it."""
    if not isinstance(repo, Repo):
        return repo.backed_up(elm)
    folder = tmp_path / "dumps"
    folder.mkdir(exist_ok=True)
    target = folder / "koha.sql"
    dump(elm, target)
    copy = repo.back_up(target, ago(0.02))

    def restore():
        repo.take_out(copy, target)
        elm.koha.dispose()
        load(elm, target)

    return copy, restore


def planned(elm, *more, code=0, name="replay.json"):
    place = elm.folder / name
    return place, elm.ok("replay", "plan", *more, "--as", "Cal Example", "--out", place, code=code)


@pytest.fixture(
    params=[
        "restic on mariadb",
        pytest.param("borg on sqlite", marks=pytest.mark.deep),
        pytest.param("pgbackrest", marks=pytest.mark.deep),
        pytest.param("mariadb-backup", marks=pytest.mark.deep),
    ]
)
def restored(request, bare, tmp_path):
    """A library of each kind with a backup by each tool."""
    if request.param in CHAINED:
        koha, repo = request.getfixturevalue("whole_server")(request.param)
        elm = library.make(tmp_path / "site", koha)
        declare(elm, repo)
        return elm, repo
    tool, _, dialect = request.param.split()
    koha = request.getfixturevalue(f"small_{dialect}")
    elm, repo = library.make(tmp_path / "site", koha), bare(tool)
    declare(elm, repo)
    return elm, repo


def test_backed_up_disposed_erased_restored_and_out_again(restored, tmp_path):
    elm, repo = restored
    seed, number = erased_one(elm)
    seed.row("messages", borrowernumber=number, message=f"card {CARD}", message_type="L")
    copy, restore = backed_up(elm, repo, tmp_path)
    elm.dispose()
    cut = elm.linked()
    done, _ = erase(elm)
    assert (done["outcome"], done["still_there"]) == ("applied, residue until", {})
    restore()
    assert mentions(elm, CARD)
    assert elm.linked() > cut
    # The plan finds her without knowing anybody, and the system is closed from then on.
    place, told = planned(elm, "--from", copy[:40])
    assert len(told["plan"]["erasures"]) == told["closed"]["people"] == 1
    assert told["closed"]["rows_past_their_time"] > 0
    elm.refused("replay", "apply", place, code=6, error="APR-008")
    elm.approve(place)
    first = elm.ok("replay", "apply", place, code=5)["replay"]
    assert (first["erased_again"], first["opened"], first["closed"]["people"]) == (1, False, 0)
    assert not mentions(elm, str(number), CARD, USER)
    assert elm.ok("verify", code=5)["closed"] is True
    elm.dispose()  # the loans of an ordinary run are all that is left
    assert elm.linked() == cut
    assert elm.ok("replay", "open")["opened"] is True
    given = elm.folder.parent / "number.txt"
    given.write_text(f"{number}\n")
    swept = elm.ok("sweep", "--person", given, "--by-number")
    assert (swept["rows"], swept["named_in_texts"]) == (0, {})
    assert elm.ok("replay", "apply", place)["replay"]["erased_again"] == 1  # nothing is left to do
    leaves = [decode_leaf(one) for one in LedgerFolder(elm.folder / "ledger").entries()]
    assert [one.fields["action"] for one in leaves if one.kind == "replay"] == ["closed", "opened"]


def test_a_restriction_is_switched_again_and_a_correction_is_a_task(pine, tmp_path):
    elm, repo = pine
    seed, _ = erased_one(elm)
    kept = seed.patron(cardnumber=OTHER, autorenew_checkouts=1)
    corrected = seed.patron(cardnumber=THIRD, address=OLD_STREET)
    elm.needles |= {str(kept), str(corrected), OTHER, THIRD, OLD_STREET, NEW_STREET}
    copy, restore = backed_up(elm, repo, tmp_path)
    erase(elm)
    place, restriction = asked(elm, RESTRICT, head=f"card number: {OTHER}")
    applied(elm, place)
    correct(elm)
    restore()
    elm.dispose()
    assert own(elm, kept, "autorenew_checkouts") == (1,)
    noticed = [one["detail"] for one in elm.ok("check", code=3)["checks"] if one["name"] == "restore"]
    assert noticed == ["1 person who was erased has a record again: was it restored?"]
    assert noticed[0] in elm.ok("audit", code=3)["process"]
    place, told = planned(elm, "--from", copy)
    assert told["plan"]["restrictions"] == [restriction["case"]]
    [task] = told["plan"]["tasks"]
    assert (task["kind"], task["fields"]) == ("rectification", ["postal address: street"])
    elm.approve(place)
    assert elm.ok("replay", "apply", place, code=5)["replay"]["closed"]["tasks"] == [task]
    assert own(elm, kept, "autorenew_checkouts") == (0,)
    correct(elm)  # by the library's own file on the case
    # Had it been restored once more out of the same copy, nobody could see that, so it is said.
    _, told = planned(elm, "--restored-again", code=3)
    again = told["closed"]["tasks"]
    assert ([one["fields"] for one in again], task in again) == ([task["fields"]] * 2, True)
    for one in again:
        elm.ok("replay", "settle", one["case"], "--as", "Ada Example")
    assert elm.ok("replay", "open")["opened"] is True
    assert own(elm, corrected, "address") == (NEW_STREET,)
    elm.refused("replay", "open", code=2, error="RPL-004")


def test_what_stands_of_a_number_that_nobody_has_is_nobody_s_who_gets_it(pine, tmp_path):
    """Who was registered after the copy was made is gone with the restore, and the product gives the number again."""
    elm, repo = pine
    seed, there = erased_one(elm)
    copy, restore = backed_up(elm, repo, tmp_path)
    gone = seed.patron(cardnumber=OTHER)
    elm.needles |= {OTHER}
    at = datetime.now(UTC)
    yes = ConsentEvent(ConsentAct.GIVEN, "news", ConsentChannel.DESK, "Dee Example", at, at)
    with elm.store as store:
        for number in (there, gone):
            store.consents.add("koha", number, (yes,), None, lambda *_: ())
            store.requests.open(Right.QUESTION, "koha", number, "my own words", "web", "en", PERSON, at)
        [asked] = store.requests.of_person("koha", gone)
    restore()
    elm.dispose()
    # Another place of backups was lost with the server: it stands in the way only where nothing else has the copy.
    lost = f"  - {{name: lost, tool: dump folder, place: {tmp_path}/lost, files: ['*'], systems: [koha]}}\n"
    elm.edit("backups:\n", f"backups:\n{lost}")
    elm.refused("replay", "plan", "--from", "none", "--as", "Cal Example", code=1, error="BAK-002")
    shown = elm.run("replay", "plan", "--from", copy, "--as", "Cal Example").out
    assert shown.count("1 person who has no record") == 2
    assert max(map(len, shown.splitlines())) <= 100
    assert elm.ok("replay", "open")["opened"] is True
    with elm.store as store:
        tags = store.consents.tags("koha")
        assert [one.act for one in store.consents.of(tags.number(gone))] == [ConsentAct.GIVEN, ConsentAct.WITHDRAWN]
        assert [one.act for one in store.consents.of(tags.number(there))] == [ConsentAct.GIVEN]
        assert store.requests.of_person("koha", gone) == ()
        assert len(store.requests.of_person("koha", there)) == 1
        # Whoever has the number now cannot be taken for the one who asked.
        assert store.requests.subject(asked.id) is None
        here = Event(Act.IDENTIFIED, datetime.now(UTC), "Dee Example", {"how": "a card at the desk"})
        with pytest.raises(CarrelError, match="RGT-020"):
            store.requests.add(asked.id, here, whose=("koha", gone))


def correct(elm):
    request = elm.folder.parent / "correct.yaml"
    request.write_text(f"card number: {THIRD}\ncorrect: {{postal address: {{street: {NEW_STREET}}}}}\n")
    place = elm.folder / "rectify.json"
    elm.ok("plan", "--rectify", request, "--as", "Cal Example", "--out", place)
    elm.approve(place)
    elm.ok("apply", place)


@pytest.mark.deep
def test_every_verb_that_tells_how_a_system_stands_says_that_it_is_closed(pine):
    elm, _ = pine
    elm.dispose()
    planned(elm, code=3)
    words = "closed until the sweep is clean"
    assert any(words in one["detail"] for one in elm.ok("check", code=3)["checks"])
    assert any(words in one["detail"] for one in elm.run("doctor", "--json").told["checks"])
    told = elm.run("verify", "--json")
    assert (told.code, told.told["closed"], told.told["verified"]) == (5, True, False)
    assert words in elm.run("verify").out
    night = elm.run("run-due")
    assert night.code != 0
    assert f"RPL-002: a system was restored, and is {words}" in night.out
    health = json.loads((elm.folder / "health" / "health.json").read_text())
    assert "RPL-002" in health["systems"][0]["findings"]
    assert elm.ok("replay", "open")["opened"] is True
    told = elm.ok("verify")
    assert (told["closed"], told["verified"]) == (False, True)


@pytest.fixture
def pine(bare, small_sqlite, tmp_path):
    """A small library on SQLite with a folder of dumps."""
    elm, repo = library.make(tmp_path / "site", small_sqlite), bare("dump folder")
    declare(elm, repo)
    return elm, repo


def test_another_database_of_the_same_product_is_refused(pine, tmp_path):
    """Nobody who was erased is in it, so that it would be opened; and the one that was restored is not looked at."""
    elm, repo = pine
    erased_one(elm)
    copy, restore = backed_up(elm, repo, tmp_path)
    erase(elm)
    known = json.loads((elm.folder / "replay" / "units.json").read_text())
    codes = [code for (code,) in elm.koha.rows("SELECT branchcode FROM branches ORDER BY 1")]
    assert known == {"koha": codes}
    restore()

    def swap(to, kept):
        """Give units other codes, but for some of them, as another library has them."""
        for index, code in enumerate(codes[kept:]):
            old, new = (code, f"ELSE{index}") if to else (f"ELSE{index}", code)
            elm.sql(f"UPDATE branches SET branchcode = '{new}' WHERE branchcode = '{old}'")

    swap(to=True, kept=0)
    found = elm.refused("replay", "plan", "--from", copy, "--as", "Cal Example", code=4, error="RPL-006")
    assert codes[0] in found.text
    assert "ELSE0" in found.text
    with elm.store as store:
        assert store.replays.closed("koha") is None  # nothing was begun
    swap(to=False, kept=0)
    place, told = planned(elm, "--from", copy)
    assert told["closed"]["people"] == 1
    elm.approve(place)
    # Between the plan and the apply the address file is changed.
    swap(to=True, kept=0)
    elm.refused("replay", "apply", place, code=4, error="RPL-006")
    elm.refused("replay", "open", code=4, error="RPL-006")
    swap(to=False, kept=0)
    noted = elm.folder / "replay" / "units.json"
    for damaged in ("", '{"koha": 1}'):
        noted.write_text(damaged)
        elm.refused("replay", "open", code=4, error="RPL-006")
    noted.unlink()  # somebody compared the units by hand
    assert elm.ok("replay", "open", code=5)["closed"]["people"] == 1


@pytest.mark.deep
def test_a_number_that_is_given_again_is_nobody_s_who_was_erased(pine, tmp_path):
    """After a restore the product counts from where it was: somebody new can get the number of who is gone."""
    elm, repo = pine
    _, restore = backed_up(elm, repo, tmp_path)
    seed, number = erased_one(elm)
    erase(elm)
    restore()
    seed.patron(borrowernumber=number, cardnumber=OTHER)
    elm.needles |= {OTHER}
    elm.dispose()
    _, told = planned(elm, code=3)
    assert told["plan"] is None
    assert told["closed"]["people"] == 0
    [task] = told["closed"]["tasks"]
    assert (task["kind"], task["fields"]) == ("erasure", ["a record under that number with another card"])
    elm.refused("replay", "settle", "case-other", "--as", "Ada Example", code=2, error="RPL-005")
    elm.refused("replay", "settle", task["case"], "--as", "Cal Example", code=4, error="HLD-006")
    _, sure = planned(elm, "--card-changed")  # somebody who knows that nobody was registered meanwhile
    assert len(sure["plan"]["erasures"]) == 1
    elm.ok("replay", "settle", task["case"], "--as", "Ada Example")
    assert elm.ok("replay", "open")["opened"] is True
    assert elm.koha.rows(f"SELECT cardnumber FROM borrowers WHERE borrowernumber = {number}") == [(OTHER,)]


def test_what_cannot_be_done_keeps_the_system_closed(pine, tmp_path):
    elm, repo = pine
    seed, number = erased_one(elm)
    held = seed.patron(cardnumber=OTHER, autorenew_checkouts=1)
    elm.needles |= {str(held), OTHER}
    place, _ = asked(elm, RESTRICT, head=f"card number: {OTHER}")
    applied(elm, place)
    _, restore = backed_up(elm, repo, tmp_path)
    [listed] = elm.ok("restriction", "list")["restrictions"]
    place, _ = asked(elm, LIFT, "--lift", "lift.json", f"case: {listed['case']}")
    applied(elm, place)
    erase(elm)
    restore()
    elm.dispose()
    # The book was still out when the backup was made; and somebody must lift the restriction in the product again.
    item = elm.koha.rows("SELECT itemnumber FROM items WHERE itemnumber NOT IN (SELECT itemnumber FROM issues)")[0][0]
    seed.row("issues", borrowernumber=number, itemnumber=item, date_due="2099-01-01 00:00:00")
    elm.refused("replay", "plan", "--from", "none", "--as", "Cal Example", code=2, error="RPL-003")
    _, told = planned(elm, code=3)
    assert told["closed"]["people"] == 1
    assert [one["kind"] for one in told["closed"]["tasks"]] == ["lifting of a restriction"]
    shown = elm.run("replay", "plan", "--as", "Cal Example", "--out", elm.folder / "r.json")
    assert "cannot be erased now: 1 person" in shown.out
    assert "1 person who was erased is back: carrel replay plan" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 100
    # Without its key nobody could tell whom an entry speaks of; another key is no better.
    key = elm.folder / "replay" / "key"
    kept = key.read_bytes()
    for content in (b"", bytes(32)):
        key.write_bytes(content)
        elm.refused("replay", "open", code=4, error="RPL-001")
    key.write_bytes(kept)
    elm.sql(f"DELETE FROM issues WHERE borrowernumber = {number}")
    place, told = planned(elm)
    shown = elm.run("approve", place, "--as", "Ada Example", "--key", elm.folder / "ada.key")
    assert "erase again" in shown.out
    shown = elm.run("approve", place, "--as", "Ada Example", "--key", elm.folder / "ada.key", "--yes")
    assert "carrel replay apply" in shown.out
    [task] = told["closed"]["tasks"]
    elm.ok("replay", "settle", task["case"], "--as", "Ada Example")
    # A report that somebody saved names the card: what was taken out was, and the system stays closed until it is gone.
    elm.sql(f"INSERT INTO saved_sql (savedsql, report_name) VALUES ('SELECT 1 -- {CARD}', 'one reader')")
    first = elm.ok("replay", "apply", place, code=5)["replay"]
    assert (first["erased_again"], len(first["left"]), first["opened"]) == (0, 1, False)
    assert (
        f"{first['left'][0]}: carried out, and something of the person is left" in elm.run("replay", "apply", place).out
    )
    elm.sql("DELETE FROM saved_sql WHERE report_name = 'one reader'")
    last = elm.ok("replay", "apply", place)["replay"]
    assert (last["erased_again"], last["left"], last["opened"]) == (1, [], True)
    assert not mentions(elm, CARD, USER)


@pytest.mark.deep
def test_entries_go_with_the_last_backup_that_could_hold_the_person(pine, tmp_path):
    elm, repo = pine
    erased_one(elm)
    copy, _ = backed_up(elm, repo, tmp_path)
    erase(elm)
    with elm.store as store:
        [entry] = store.replays.entries("koha")
    # Under the entry nobody is found without the key, and the key lies outside the database.
    assert entry.tag.encode() not in (elm.folder / "replay" / "key").read_bytes()
    (repo.place / copy).unlink()
    elm.run("run-due")
    with elm.store as store:
        assert store.replays.count("koha") == 1  # an empty folder may be a disk that is not mounted
    dump = tmp_path / "dumps" / "koha.sql"
    before = repo.back_up(dump, ago(1))
    repo.back_up(dump, datetime.now(UTC) + timedelta(minutes=10))
    elm.run("run-due")
    with elm.store as store:
        assert store.replays.count("koha") == 1  # a copy from before is there still
    (repo.place / before).unlink()
    elm.run("run-due")
    with elm.store as store:
        assert store.replays.count("koha") == 0


def test_every_record_is_looked_at_page_by_page(small_sqlite, monkeypatch):
    monkeypatch.setattr(present_people, "_AT_ONCE", 7)
    with small_sqlite.engine().connect() as connection:
        found = list(present_people.numbers(connection, map_files.load("koha").people))
    assert found == [number for (number,) in small_sqlite.rows("SELECT borrowernumber FROM borrowers ORDER BY 1")]


def test_without_a_backup_in_the_site_file_an_erasure_leaves_nothing(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    erased_one(elm)
    erase(elm)
    with elm.store as store:
        assert store.replays.count("koha") == 0
    assert not (elm.folder / "replay").exists()


@pytest.mark.slow
@pytest.mark.deep
def test_a_replay_killed_anywhere_ends_the_same(pine, tmp_path):
    elm, repo = pine
    seed, number = erased_one(elm)
    seed.row("messages", borrowernumber=number, message=f"card {CARD}", message_type="L")
    other = seed.patron(cardnumber=OTHER, autorenew_checkouts=1)
    elm.needles |= {str(other), OTHER}
    _, restore = backed_up(elm, repo, tmp_path)
    erase(elm)
    place, _ = asked(elm, RESTRICT, head=f"card number: {OTHER}")
    applied(elm, place)
    restore()
    elm.dispose()

    def prepare():
        place, _ = planned(elm, name="plan.json")
        elm.approve(place)

    found = driven(elm, tmp_path, prepare, rounds=4, verb=["replay", "apply"])
    assert len(found["steps"]) > 300
    assert found["wrong"] == [], found["wrong"]
    assert (found["further"], found["unchanged"]) == (0, True)
    with elm.store as store:
        assert store.replays.closed("koha") is None
    assert not mentions(elm, CARD, USER)
