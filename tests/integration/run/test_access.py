"""``carrel access``: everything that is held of one person, for that person, and nobody else in it."""

from __future__ import annotations

import csv
import io
import json
import signal
import stat
import time
import zipfile
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from carrel.ledger.leaf import decode_leaf
from carrel.retention.identifiers import Subject
from carrel.store.ledger_folder import LedgerFolder
from carrel.systems import age_file, map_files, policy_files
from carrel.systems.secret import Secret
from carrel.systems.sql import live
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.person_data import PersonData
from carrel.systems.sql.person_layout import AnswerLayout
from tests.integration.json_schema import faults_of
from tests.integration.run import library
from tests.integration.run.person_seed import Seeder

CARD, USER, MAIL, PHONE = "K7700123", "reader7700", "q.person77@elm.example", "0611223344"
FIRST, LAST, STREET = "Quirina", "Okonkwo-Vale", "Nowhere Lane 77"
OTHER = {"cardnumber": "K8800456", "userid": "reader8800", "email": "o.other88@oak.example", "phone": "0622334455",
         "firstname": "Ottoline", "surname": "Brackwater-Finn", "address": "Elsewhere Road 88"}  # fmt: skip
OTHERS_NEEDLES = ("K8800456", "reader8800", "o.other88@oak.example", "0622334455", "Ottoline Brackwater-Finn",
                  "Brackwater-Finn, Ottoline", "Brackwater-Finn", "Elsewhere Road 88")  # fmt: skip
SECRET = "$2a$08$averysecrethashofapassword"
PASSPHRASE = "correct horse battery staple"


def subject(small):
    seed = Seeder(small.koha)
    number = seed.patron(
        cardnumber=CARD, userid=USER, email=MAIL, phone=PHONE, firstname=FIRST, surname=LAST, address=STREET,
        password=SECRET, contactname="Wilhelmina Guarde", dateenrolled="2019-04-05",
    )  # fmt: skip
    small.needles |= {str(number), CARD, USER, MAIL, f"{FIRST} {LAST}", STREET, SECRET, PASSPHRASE}
    return seed, number


def asked(small, text=CARD):
    place = small.folder.parent / "card.txt"
    place.write_text(f"{text}\n")
    return place


def opened(small, *more, out="answer.zip.age", code=0, text=CARD):
    """What the command told, and the files of the package."""
    words = small.folder.parent / "words.txt"
    words.write_text(PASSPHRASE + "\n")
    words.chmod(0o600)
    place = small.folder.parent / out
    place.unlink(missing_ok=True)
    told = small.ok(
        "access", asked(small, text), "--as", "Cal Example", "--identity", "photo id", "--out", place,
        "--age-passphrase-file", words, *more, code=code,
    )["access"]  # fmt: skip
    plain = age_file.opened(place.read_bytes(), PASSPHRASE.encode())
    with zipfile.ZipFile(io.BytesIO(plain)) as package:
        assert package.testzip() is None
        return told, {name: package.read(name).decode() for name in package.namelist()}


def tables(files):
    """The entries of the answer by table."""
    answer = json.loads(files["answer.json"])
    assert faults_of(answer, json.loads(files["access.schema.json"])) == []
    return {
        table["table"]: table["entries"]
        for system in answer["systems"]
        for records in system["records"]
        for table in records["tables"]
    }, answer


@pytest.mark.everywhere
def test_every_row_that_holds_the_person_is_told_and_nobody_else(small):
    seed, number = subject(small)
    other = seed.patron(**OTHER)
    said = seed.traces(number, CARD, USER)
    (event,) = small.koha.rows(
        "SELECT max(p.id) FROM pseudonymized_transactions p JOIN old_issues o ON o.itemnumber = p.itemnumber AND "
        f"o.issuedate = p.datetime AND o.borrowernumber = {number}"
    )
    seed.row("pseudonymized_borrower_attributes", transaction_id=event[0], code="DEPT", attribute="needle of a trait")
    seed.row("borrower_relationships", guarantor_id=other, guarantee_id=number, relationship="parent")
    seed.row("messages", borrowernumber=number, manager_id=other,
             message=f"Ottoline Brackwater-Finn ({OTHER['cardnumber']}) called for {FIRST}, mail {OTHER['email']}")  # fmt: skip
    seed.row("message_queue", borrowernumber=number, to_address=MAIL, cc_address=OTHER["email"], content="Dear reader")
    told, files = opened(small)
    held, answer = tables(files)
    everything = "\n".join(files.values())
    # Read apart from all of this: every row of every table that holds the number in a column of persons, or the card.
    acted = {(one["table"], one["column"]): one["entries"] for one in answer["systems"][0]["acted"]}
    seen = 0
    for name, table in seed.schema.tables.items():
        wanted = {str(number), CARD, USER}
        by = set(seed.map.person_columns.get(name, ())) | ({"borrowernumber"} & set(table.column_names))
        for column in sorted(by & set(table.column_names)):
            rows = small.koha.rows(f"SELECT {column} FROM {name}")
            mine = sum(str(one) in wanted for (one,) in rows)
            seen += mine
            shown = [one for one in held.get(name, ()) if str(one["values"].get(column)) in wanted]
            # A row that is counted for one column can be shown for another, so there may be more.
            assert mine <= len(shown) + acted.get((name, column), 0), (name, column, mine, len(shown))
    assert seen > 80
    assert said.keys() - {"pseudonymized_borrower_attributes"} <= {*held, *(name for name, _ in acted)}
    assert all(needle in everything for needle in (CARD, USER, MAIL, PHONE, LAST, STREET))
    assert [needle for needle in OTHERS_NEEDLES if needle in everything] == []
    assert "needle of a trait" in everything
    assert SECRET not in everything
    assert "Wilhelmina" not in everything
    own = {CARD, USER, MAIL, f"{FIRST} {LAST}", STREET, str(number), SECRET, PASSPHRASE}
    strangers = small.needles - own
    assert len(strangers) > 100
    for word in own:  # such as reader7700, which holds somebody else's reader7
        everything = everything.replace(word, "")
    assert sorted(needle for needle in strangers if needle in everything) == []
    assert told["complete"]
    assert told["systems"][0]["records"]["your record"] > 5


@pytest.mark.one_database
def test_csv_holds_what_json_holds_and_the_page_asks_nobody(small):
    seed, number = subject(small)
    for n in range(620):  # more than are read at once
        seed.row("search_history", userid=number, query_desc=f"=needle {n}")
    _, files = opened(small)
    held, _ = tables(files)
    assert len(held["search_history"]) == 620
    (name,) = [one for one in files if one.endswith("search-history.csv")]
    rows = list(csv.DictReader(io.StringIO(files[name].removeprefix("\ufeff"))))
    assert sorted(one["query_desc"] for one in rows) == sorted(f"'=needle {n}" for n in range(620))
    assert rows[0]["sessionid"].startswith("[it serves to sign in, or opens something")
    page = files["index.html"]
    assert "<script" not in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert "The first 500 are shown" in page
    assert "your record" in page.lower()
    assert STREET in page
    assert "no purpose" not in page.split("Your record")[1][:400]


@pytest.mark.one_database
def test_a_past_loan_tells_the_day_on_which_it_goes(small):
    seed, number = subject(small)
    seed.row("old_issues", borrowernumber=number, returndate="2026-11-20 10:00:00", issuedate="2026-11-01 10:00:00",
             date_due="2026-11-25 23:59:00")  # fmt: skip
    _, files = opened(small)
    held, answer = tables(files)
    (loan,) = held["old_issues"]
    kinds = {one["name"]: one for one in answer["systems"][0]["records"]}
    past = kinds["loans of the past"]
    keep = {rule["keep"] for rule in past["rules"]}
    assert keep == {"7 days"}  # the policy of this library
    assert date.fromisoformat(loan["goes_by"]) == date(2026, 11, 27)
    assert past["why"]
    assert past["since"] == "2026-11-01T10:00:00"
    assert kinds["your record"]["since"].startswith("2019-04-05")


@pytest.mark.one_database
def test_the_ledger_and_the_screen_tell_counts_alone(small):
    subject(small)
    told, _ = opened(small)
    leaves = [
        decode_leaf(entry) for _, entry in LedgerFolder(small.folder / "ledger").backwards() if b'"access"' in entry
    ]
    (leaf,) = leaves
    assert leaf.kind == "access"
    assert leaf.fields["case"] == told["case"]
    assert (leaf.fields["outcome"], leaf.fields["identity"], leaf.fields["package"]) == ("whole", "photo-id", "age")
    answer = small.run(
        "access", asked(small), "--as", "Cal Example", "--identity", "signed in", "--plain",
        "--out", small.folder.parent / "plain.zip",
    )  # fmt: skip
    assert answer.code == 0, answer.text
    # Where the site of a test lies is as long as the machine has it.
    assert max(map(len, answer.out.replace(str(small.folder.parent), "").splitlines())) <= 100
    assert stat.S_IMODE((small.folder.parent / "plain.zip").stat().st_mode) == 0o600
    assert not list(small.folder.rglob("*.zip"))


@pytest.mark.one_database
def test_what_is_refused(small):
    subject(small)
    place = small.folder.parent / "a.zip"
    words = ("--as", "Cal Example", "--identity", "photo id", "--out", place)
    small.refused("access", asked(small, "K0000000"), *words, "--plain", code=2, error="RGT-003")
    small.refused("access", asked(small), *words, code=4, error="RGT-004")
    short = small.folder.parent / "short.txt"
    short.write_text("cat\n")
    short.chmod(0o600)
    small.refused("access", asked(small), *words, "--age-passphrase-file", short, code=2, error="RGT-006")
    place.write_text("mine")
    small.refused("access", asked(small), *words, "--plain", code=1, error="RGT-005")
    assert place.read_text() == "mine"
    small.refused(
        "access", asked(small), "--as", "Ada Example", "--identity", "photo id", "--plain", code=4, error="HLD-006"
    )


@pytest.mark.one_database
def test_tables_without_an_index_are_left_out_of_a_quick_answer_and_named(small):
    seed, number = subject(small)
    seed.traces(number, CARD, USER)
    told, files = opened(small, "--quick", code=3)
    missing = {one["table"]: one["code"] for one in told["systems"][0]["unread"]}
    assert set(missing.values()) == {"RGT-008"}
    assert set(missing) <= set(told["systems"][0]["without_index"])
    assert files["index.html"].count("It takes too long to look up at once.") == len(missing)
    assert not json.loads(files["answer.json"])["complete"]


@pytest.mark.one_database
def test_a_deleted_record_is_told_by_what_it_left(small):
    seed, number = subject(small)
    seed.row(
        "deletedborrowers",
        borrowernumber=number,
        cardnumber=CARD,
        userid=USER,
        surname=LAST,
        firstname=FIRST,
        email=MAIL,
    )
    seed.row("statistics", borrowernumber=number, datetime="2026-01-02 03:04:05", type="issue")
    small.sql(f"DELETE FROM borrowers WHERE borrowernumber = {number}")
    told, files = opened(small)
    assert told["systems"][0]["record_deleted"]
    held, _ = tables(files)
    assert {"deletedborrowers", "statistics"} <= held.keys()
    assert "Your record here was deleted" in files["index.html"]


@pytest.mark.one_database
def test_a_table_that_may_not_be_read_is_named(small):
    seed, number = subject(small)
    seed.row("messages", borrowernumber=number, message="a note")
    tables_of = [name for name in seed.schema.tables if name != "messages"]
    url = small.koha.limited_user([f"SELECT ON `{name}`" for name in tables_of])
    small.secret("koha.dsn", url)
    told, files = opened(small, code=3)
    assert {one["table"]: one["code"] for one in told["systems"][0]["unread"]} == {"messages": "SQL-012"}
    assert "Could not be read: notes of the staff on a patron (SQL-012)" in files["index.html"]


@pytest.mark.one_database
@pytest.mark.parametrize("plain", [True, False])
def test_whoever_is_killed_leaves_no_file(small, plain):
    seed, number = subject(small)
    for n in range(50):
        seed.row("search_history", userid=number, query_desc=f"needle {n}")
    folder = small.folder.parent / "out"
    folder.mkdir()
    words = small.folder.parent / "words.txt"
    words.write_text(PASSPHRASE + "\n")
    words.chmod(0o600)
    how = ("--plain",) if plain else ("--age-passphrase-file", words)
    process = small.start(
        "access", asked(small), "--as", "Cal Example", "--identity", "photo id", "--out", folder / "a.zip", *how
    )
    nameless = f"{folder}/#"
    links = Path(f"/proc/{process.pid}/fd")
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            if any(str(one.readlink()).startswith(nameless) for one in links.iterdir()):
                process.send_signal(signal.SIGKILL)
                break
        except OSError:
            continue
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert list(folder.iterdir()) == []
    assert small.ok(
        "access", asked(small), "--as", "Cal Example", "--identity", "photo id", "--out", folder / "a.zip", *how
    )["access"]["complete"]


@pytest.mark.one_database
def test_a_system_that_does_not_answer_is_named_in_the_reply(small_koha, tmp_path):
    nowhere = sa.make_url(small_koha.url).set(database="nowhere").render_as_string(hide_password=False)
    both = library.make(tmp_path / "site", small_koha, others=[("annex", nowhere)])
    subject(both)
    told, files = opened(both, code=3)
    assert [(one["system"], one["found"]) for one in told["systems"]] == [("koha", True), ("annex", False)]
    (missing,) = told["systems"][1]["unread"]
    assert (missing["table"], missing["code"]) == ("*", "SQL-004")
    answer = json.loads(files["answer.json"])
    assert answer["systems"][1]["unread"][0]["code"] == "SQL-004"
    assert "Could not be read: the whole system (SQL-004)" in files["index.html"]
    both.refused("access", asked(both, "K0000000"), "--as", "Cal Example", "--identity", "photo id", "--plain",
                 "--out", tmp_path / "b.zip", code=2, error="RGT-003")  # fmt: skip
    both.refused("access", asked(both, "51"), "--by-number", "--as", "Cal Example", "--identity", "photo id", "--plain",
                 "--out", tmp_path / "b.zip", code=2, error="RGT-009")  # fmt: skip
    assert not (tmp_path / "b.zip").exists()


@pytest.mark.one_database
def test_one_card_of_two_people_tells_neither_of_the_other(small_mariadb, small_sqlite, tmp_path):
    both = library.make(tmp_path / "site", small_mariadb, others=[("annex", small_sqlite.url)])
    subject(both)
    Seeder(small_sqlite).patron(cardnumber=CARD, userid="other", firstname="Ottoline", surname="Brackwater")
    words = ("--as", "Cal Example", "--identity", "photo id", "--plain", "--out", tmp_path / "b.zip")
    both.refused("access", asked(both), *words, code=4, error="RGT-010")
    assert not (tmp_path / "b.zip").exists()
    assert both.ok("access", asked(both), *words, "--system", "annex")["access"]["systems"][0]["found"]


@pytest.mark.one_database
def test_no_large_table_is_read_whole(small):
    """EXPLAIN of every question on MariaDB: a table is read whole only where no index leads, and then it is told."""
    number = small.koha.rows(
        "SELECT borrowernumber FROM old_issues GROUP BY 1 ORDER BY count(*) DESC LIMIT 1 OFFSET 1"
    )[0][0]
    system_map = map_files.load("koha")
    engine = connect(Access("koha", Secret(small.koha.url, "a test")), read_only=True)
    whole = set()
    with engine.connect() as connection:
        schema = live.read(connection, system_map)
        policy = policy_files.load("worcester")
        data = PersonData(
            connection, AnswerLayout(schema, system_map), Subject(number), policy, ZoneInfo("UTC"), "koha"
        )
        for table, statement in data.statements():
            for row in connection.exec_driver_sql("EXPLAIN " + statement.replace("%", "%%")).mappings():
                # On some rows the server reads a small table whole: that no key could be used is what counts.
                if row["table"] == table and row["type"] == "ALL" and not row["possible_keys"]:
                    whole.add(table)
        told = set(data.read("koha", "Koha").without_index)
    engine.dispose()
    assert whole <= told
    large = {"old_issues", "issues", "statistics", "action_logs", "accountlines", "message_queue", "old_reserves"}
    assert not told & large
