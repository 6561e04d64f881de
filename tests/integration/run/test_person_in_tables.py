"""One person's rows in tables and CSV files of the site file: told, counted, taken out and looked for again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.integration.run import library
from tests.integration.run.booking_site import ZONE, bookings, local
from tests.integration.run.person_seed import Seeder
from tests.integration.run.test_access import opened

CARD, USER, MAIL = "K7700123", "reader7700", "q.person77@elm.example"
FIRST, LAST = "Quirina", "Okonkwo-Vale"
PERSON = "person: {card: card}"
CSV = """Job;Time;Login;Mail;Document
1;2026-02-01 10:00:00;reader7700;;letter.pdf
2;2026-02-01 10:05:00;reader9999;;other.pdf
3;2026-02-01 10:06:00;;q.person77@elm.example;"two
lines.pdf"
4;2026-02-01 10:07:00;reader9999;q.person77@elm.example;between.pdf
"""


@pytest.fixture
def elm(small_sqlite, tmp_path):
    return library.make(tmp_path / "site", small_sqlite)


def person(elm):
    seed = Seeder(elm.koha)
    number = seed.patron(cardnumber=CARD, userid=USER, email=MAIL, firstname=FIRST, surname=LAST)
    elm.needles |= {CARD, USER, MAIL, f"{FIRST} {LAST}"}
    card = elm.folder.parent / "card.txt"
    card.write_text(f"{CARD}\n")
    return number, card


def booked(pcs, card, *ended, who="somebody"):
    for at in ended:
        pcs.sql(
            "INSERT INTO pc_bookings (station, card, who, started, ended, minutes) VALUES "
            f"('pc-1', '{card}', '{who}', '{at}', '{at}', 60)"
        )


def printed(elm, more="", text=CSV):
    """A folder of print jobs, declared beside the bookings; nobody else reads it."""
    folder = elm.folder.parent / "print"
    folder.mkdir(exist_ok=True)
    (folder / "jobs.csv").write_text(text)
    entry = (
        f"  - {{name: prints, root: {folder}, patterns: ['*.csv'], delimiter: ';', record: computer bookings, "
        f"purpose: provide, until: ended, key: Job, clock: Time, zone: {ZONE}, "
        f"person: {{Login: user name, Mail: email}}{more}}}\n"
    )
    elm.edit("tables:\n", f"tables:\n{entry}")
    return folder / "jobs.csv"


def planned(elm, card):
    place = elm.folder / "erase.json"
    plan = elm.ok("plan", "--erase", card, "--as", "Cal Example", "--out", place)["plan"]
    elm.approve(place)
    return place, {one["table"]: one for one in plan["goes"] if one["table"].startswith("table ")}, plan


def test_an_erasure_takes_the_persons_rows_whatever_their_age_and_nobody_elses(elm, scratch):
    pcs = bookings(elm, scratch, f"zone: {ZONE}, {PERSON}")
    _, card = person(elm)
    jobs = printed(elm)
    booked(pcs, CARD, local(1), local(500), local(-5))
    booked(pcs, CARD.lower(), local(2))
    booked(pcs, "K7700124", local(1), local(900), who=CARD)  # a card in another column names nobody
    pcs.sql(f"INSERT INTO pc_bookings (station, card, who) VALUES ('pc-2', '{CARD}', 'without a time')")
    found = elm.ok("sweep", "--person", card, code=3)
    assert (found["named_by_number"]["table pcs"], found["named_by_number"]["table prints"]) == (5, 2)
    assert found["for_a_human"]["table prints"] == 1
    place, goes, _ = planned(elm, card)
    assert {name: (one["act"], one["rows"]) for name, one in goes.items()} == {
        "table pcs": ("delete", 5), "table prints": ("delete", 2),
    }  # fmt: skip
    done = elm.ok("apply", place)["erasure"]
    assert (done["rows"]["table pcs.delete"], done["rows"]["table prints.delete"]) == (5, 2)
    assert done["outcome"] in {"verified", "applied, residue until"}
    assert done["for_a_human"]["table prints"] == 1  # another's login beside the person's address
    assert [row[1] for row in pcs.rows("id, card")] == ["K7700124"] * 2
    kept = CSV.splitlines(keepends=True)
    assert jobs.read_text() == kept[0] + kept[2] + kept[5]
    assert elm.ok("apply", place)["erasure"]["rows"] == done["rows"]


def test_columns_are_emptied_where_the_entry_says_so(elm, scratch):
    pcs = bookings(elm, scratch, f"zone: {ZONE}, blank: [card, who], {PERSON}", "de-identify")
    _, card = person(elm)
    booked(pcs, CARD, local(1), local(2), who=f"{FIRST} {LAST}")
    booked(pcs, "K7700124", local(1))
    before = pcs.rows("id, station, started, ended, minutes")
    place, goes, _ = planned(elm, card)
    assert (goes["table pcs"]["act"], goes["table pcs"]["sets"]) == ("change", {"card": "empty", "who": "empty"})
    done = elm.ok("apply", place)["erasure"]
    assert done["rows"]["table pcs.change"] == 2
    assert pcs.rows("card, who") == [("", None), ("", None), ("K7700124", "somebody")]
    assert pcs.rows("id, station, started, ended, minutes") == before


KILLED = """
import os
from carrel.systems.sql.dated_rows import DatedRows
real, left = DatedRows._cut, [1]
def cut(*words):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), 9)
    real(*words)
DatedRows._cut = cut
from carrel.cli.main import main
main()
"""


def test_killed_between_two_pieces_the_same_command_goes_on(elm, scratch_server):
    pcs = bookings(elm, scratch_server, f"zone: {ZONE}, {PERSON}")
    number, card = person(elm)
    booked(pcs, "K7700124", local(1))
    many = ", ".join(f"('pc-1', '{CARD}', 'x', '{local(n / 100)}')" for n in range(450))
    pcs.sql(f"INSERT INTO pc_bookings (station, card, who, ended) VALUES {many}")
    place, goes, _ = planned(elm, card)
    assert goes["table pcs"]["rows"] == 450
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, "apply", str(place), "--site", str(elm.folder)], cwd=elm.folder,
        env=library.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert len(pcs.ids()) == 251
    assert elm.koha.rows(f"SELECT count(*) FROM borrowers WHERE borrowernumber = {number}") == [(1,)]
    done = elm.ok("apply", place)["erasure"]
    assert (done["rows_may_be_more"], len(pcs.ids())) == (True, 1)
    assert elm.koha.rows(f"SELECT count(*) FROM borrowers WHERE borrowernumber = {number}") == [(0,)]


def test_what_cannot_be_looked_into_keeps_the_case_open(elm, scratch):
    """A file whose rows nobody can tell apart, and a table that has gone: never told as done."""
    pcs = bookings(elm, scratch, f"zone: {ZONE}, {PERSON}")
    number, card = person(elm)
    jobs = printed(elm)
    booked(pcs, CARD, local(1))
    place, _, _ = planned(elm, card)
    pcs.sql("ALTER TABLE pc_bookings RENAME TO away")
    answer = elm.run("apply", place)
    assert answer.code != 0
    assert "TBL-001" in answer.codes
    assert elm.koha.rows(f"SELECT count(*) FROM borrowers WHERE borrowernumber = {number}") == [(1,)]
    pcs.sql("ALTER TABLE away RENAME TO pc_bookings")
    jobs.write_text(CSV + '5;2026-02-01 10:00:00;reader7700;"open\n')
    done = elm.ok("apply", place, code=5)["erasure"]
    assert done["still_there"] == {"table prints: files that could not be read": 1}
    jobs.write_text(CSV + "5;2026-02-01 10:00:00;reader7700\n")  # a field is lacking: nobody can tell what it is
    assert elm.ok("apply", place, code=5)["erasure"]["still_there"] == {"table prints": 1}
    jobs.write_text(CSV)
    assert elm.ok("apply", place)["erasure"]["outcome"] in {"verified", "applied, residue until"}
    assert pcs.ids() == []


def test_an_answer_tells_the_persons_rows_and_nobody_elses(elm, scratch):
    pcs = bookings(elm, scratch, f"zone: {ZONE}, {PERSON}")
    person(elm)
    printed(elm)
    booked(pcs, CARD, local(1), local(30))
    booked(pcs, "K7700124", local(1), who="Ottoline Brackwater")
    told, files = opened(elm)
    answer = json.loads(files["answer.json"])
    found = {one["name"]: one for one in answer["systems"]}
    [records] = found["table pcs"]["records"]
    entries = records["tables"][0]["entries"]
    assert [one["values"]["card"] for one in entries] == [CARD, CARD]
    assert all(one["goes_by"] for one in entries)
    assert records["name"] == "computer bookings"
    assert [one["values"]["Login"] for one in found["table prints"]["records"][0]["tables"][0]["entries"]] == [USER]
    assert found["table prints"]["acted"][0]["entries"] == 2  # an address alone can be a family's
    assert not [name for name, text in files.items() if "Brackwater" in text or "K7700124" in text]
    assert not [one for one in told["not_searched"] if one.startswith("table")]
    assert "csv/table-pcs/01-computer-bookings/pcs.csv" in files


def test_a_table_that_names_nobody_is_named_as_not_searched(elm, scratch):
    pcs = bookings(elm, scratch)
    _, card = person(elm)
    booked(pcs, CARD, local(1))
    told, _ = opened(elm)
    assert told["not_searched"] == ["table pcs"]
    _, goes, plan = planned(elm, card)
    assert not goes
    assert any("not looked into: pcs" in one for one in plan["notices"])


def test_rows_that_a_restore_brought_back_are_found_by_cards_that_nobody_has(elm, scratch):
    """A booking program is restored as well; nobody who was erased is known by name or number any more."""
    pcs = bookings(elm, scratch, f"zone: {ZONE}, {PERSON}")
    _, card = person(elm)
    dumps = elm.folder.parent / "dumps"
    dumps.mkdir()
    (dumps / "koha.sql").write_text("a copy")
    elm.edit("    mode: window\n", f"    mode: window\n    dumps:\n      - {{folder: {dumps}, files: ['*.sql']}}\n")
    booked(pcs, CARD, local(1), local(40))
    living = str(elm.koha.rows("SELECT cardnumber FROM borrowers WHERE cardnumber IS NOT NULL LIMIT 1")[0][0])
    elm.needles.add(living)
    booked(pcs, living, local(1))
    place, _, _ = planned(elm, card)
    elm.ok("apply", place)
    assert [row[1] for row in pcs.rows("id, card")] == [living]
    booked(pcs, CARD, local(1), local(40))
    place = elm.folder / "replay.json"
    told = elm.ok("replay", "plan", "--as", "Cal Example", "--out", place)
    assert (told["plan"]["tables"], told["closed"]["tables"]) == ({"pcs": 2}, {"pcs": 2})
    elm.approve(place)
    elm.ok("replay", "apply", place, code=5)  # loans past their time are all that is left
    assert [row[1] for row in pcs.rows("id, card")] == [living]
    elm.dispose()
    assert elm.ok("replay", "open")["opened"] is True
