"""``carrel disclose produce``: exactly what an order asks for, of nobody else, or a statement that none were found."""

from __future__ import annotations

import csv
import io
import json
import signal
import stat
import time
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from carrel.cli.disclose_production import Wish, carry_out
from carrel.disclosure import release_note
from carrel.errors import CarrelError
from carrel.ledger.leaf import decode_leaf
from carrel.store.key_file import read_verifier
from carrel.store.ledger_folder import LedgerFolder
from carrel.systems import age_file, production_package
from tests.integration.run import library
from tests.integration.run.person_seed import Seeder
from tests.integration.run.ready_case import ready_case
from tests.integration.run.test_consent import policy

CARD, USER, MAIL = "K7700123", "reader7700", "q.person77@elm.example"
FIRST, LAST, STREET = "Quirina", "Okonkwo-Vale", "Nowhere Lane 77"
NEIGHBOUR = {"cardnumber": "K8800456", "userid": "reader8800", "email": "o.other88@oak.example", "phone": "0622334455",
             "firstname": "Ottoline", "surname": "Brackwater", "address": STREET}  # fmt: skip
GUARANTOR = {"cardnumber": "K8800457", "userid": "reader8801", "email": "w.guard@oak.example", "phone": "0622334456",
             "firstname": "Wilhelm", "surname": "Guarde-Finn", "address": "Elsewhere Road 88"}  # fmt: skip
OTHERS = tuple(
    value for one in (NEIGHBOUR, GUARANTOR) for name, value in one.items() if value != STREET and name != "firstname"
)
PASSPHRASE = "correct horse battery staple"
WORDING = "the titles borrowed on card K7700123, with the dates of borrowing, in March 2026"
SCOPE = f"""\
format version: 1
instrument: subpoena
parts:
  - id: loans
    wording: {WORDING}
    people: [{{id: holder, card: {CARD}}}]
    records: loans
    from: 2026-03-01
    until: 2026-04-01
    fields:
      title of the item: the titles borrowed
      issuedate: the dates of borrowing
"""
CAL = ("--as", "Cal Example")


def person(elm):
    seed = Seeder(elm.koha)
    number = seed.patron(cardnumber=CARD, userid=USER, email=MAIL, phone="0611223344", firstname=FIRST, surname=LAST,
                         address=STREET, dateenrolled="2019-04-05", borrowernotes="")  # fmt: skip
    elm.needles |= {CARD, USER, MAIL, f"{FIRST} {LAST}", STREET, PASSPHRASE, *OTHERS}
    return seed, number


def words(elm):
    place = elm.folder.parent / "words.txt"
    place.write_text(PASSPHRASE + "\n")
    place.chmod(0o600)
    return place


def scoped(elm, text=SCOPE):
    place = elm.folder.parent / "scope.yaml"
    place.write_text(text)
    return place


def call(elm, text, *more):
    out = elm.folder.parent / "release.zip.age"
    out.unlink(missing_ok=True)
    case = ("--case", ready_case(elm, text)) if "--case" not in more else ()
    given = ("--out", out, "--age-passphrase-file", words(elm), *CAL, *case, *more)
    return ("disclose", "produce", scoped(elm, text), *given)


def produced(elm, text=SCOPE, *more, code=0):
    """What the command told, the files of the package, and its manifest."""
    told = elm.ok(*call(elm, text, *more), code=code)["production"]
    place = Path(told["file"])
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    plain = age_file.opened(place.read_bytes(), PASSPHRASE.encode())
    with zipfile.ZipFile(io.BytesIO(plain)) as package:
        files = {name: package.read(name).decode() for name in package.namelist()}
    key = read_verifier(str(elm.folder / "keys" / "ledger.vkey"))
    open_zip = place.with_suffix(".zip")
    open_zip.write_bytes(plain)
    assert production_package.check(open_zip, None, key).files == len(files) - 2
    return told, files, json.loads(files["manifest.json"])


def refused(elm, text, *more, code=2, error):
    elm.refused(*call(elm, text, *more), code=code, error=error)
    assert not (elm.folder.parent / "release.zip.age").exists()


def table_of(files, name):
    return list(csv.DictReader(io.StringIO(files[name].removeprefix("\ufeff"))))


def rows_of(files, name):
    """The rows of a file by the names of the database, as `fields.csv` tells them."""
    columns = {one["field"]: one["column"] for one in table_of(files, "fields.csv") if one["file"] == name}
    return [{columns[field]: value for field, value in row.items()} for row in table_of(files, name)]


def loan(seed, number, day, *, back=None, **more):
    return seed.row("old_issues", borrowernumber=number, issuedate=day, returndate=back or day,
                    date_due="2026-12-31 23:59:00", **more)  # fmt: skip


@pytest.mark.everywhere
def test_exactly_the_records_of_the_period_and_nothing_of_the_neighbours(small):
    elm = small
    seed, number = person(elm)
    other = seed.patron(**NEIGHBOUR)
    guarantor = seed.patron(**GUARANTOR)
    seed.patron(cardnumber="K8800458", userid="reader8802", firstname="Trude", surname="Marrowby")
    seed.row("borrower_relationships", guarantor_id=guarantor, guarantee_id=number, relationship="parent")
    for day in ("2026-02-28 23:59:59", "2026-04-01 00:00:00", "2025-03-10 10:00:00"):
        loan(seed, number, day)
    ((item,),) = elm.koha.rows("SELECT min(itemnumber) FROM items")
    for day in ("2026-03-01 00:00:00", "2026-03-15 12:00:00", "2026-03-31 23:59:59"):
        loan(
            seed,
            number,
            day,
            note=f"Ottoline Brackwater ({NEIGHBOUR['cardnumber']}) collects for {FIRST}, or Brackwater's son; ask"
            " TRUDE  MARROWBY, or marrowby trude, or Trude X. Marrowby",
            issuer_id=other,
            itemnumber=item,
        )
    loan(seed, other, "2026-03-15 12:00:00")
    loan(seed, guarantor, "2026-03-15 12:00:00")
    text = (
        SCOPE
        + f"""\
      note: notes on them
      issuer_id: who lent them
  - id: holder
    wording: the name, address and notes of the holder of the card as it stands today
    people: [{{id: holder, card: {CARD}}}]
    records: registrations
    as it stands: as it stands today
    fields: {{name: the name, postal address: address, family member or relative: holder}}
"""
    )
    text = text.replace(WORDING, f"{WORDING}, with who lent them and notes on them")
    told, files, manifest = produced(elm, text)
    loans = rows_of(files, "records/loans/holder/koha/old_issues.csv")
    assert sorted(one["issuedate"] for one in loans) == [
        "2026-03-01 00:00:00", "2026-03-15 12:00:00", "2026-03-31 23:59:59",
    ]  # fmt: skip
    assert set(loans[0]) == {"issuedate", "note", "issuer_id", "_title"}
    assert all(one["_title"] for one in loans)
    heads = set(table_of(files, "records/loans/holder/koha/old_issues.csv")[0])
    assert heads == {"Borrowed on", "Who lent it", "Note", "Title"}
    fields = [one for one in table_of(files, "fields.csv") if one["column"] == "issuer_id"]
    assert [(one["table"], one["field"], one["words of the order"]) for one in fields] == [
        ("old_issues", "Who lent it", "who lent them")
    ]
    assert {one["issuer_id"] for one in loans} == {"[withheld: staff]"}
    assert all(FIRST in one["note"] and "another person" in one["note"] for one in loans)
    everything = "\n".join(files.values())
    assert [one for one in OTHERS if one in everything] == []
    assert "marrowby" not in everything.casefold()
    assert str(other) not in everything
    assert str(guarantor) not in everything
    (record,) = rows_of(files, "records/holder/holder/koha/borrowers.csv")
    assert (record["surname"], record["address"]) == (LAST, STREET)
    assert "email" not in record
    assert MAIL not in everything
    assert (told["kind"], told["records"]) == ("production", manifest["records"])
    # Every column of every file is traced to words that stand in the order.
    for part in manifest["parts"]:
        for one in part["produced"]:
            assert [column["column"] for column in one["columns"]] == list(rows_of(files, one["file"])[0])
            assert all(column["words"] in part["wording"] for column in one["columns"])
    searched = manifest["searched"][0]
    assert searched["account"]
    assert "backups and copies of databases" in manifest["not_searched"]
    assert told["texts_to_read"] == 3


@pytest.mark.one_database
def test_what_was_disposed_of_is_not_brought_back(small):
    """Copies of records, statistics and pseudonymised rows still lead to the reader: nothing of it is in the package."""
    elm = small
    seed, number = person(elm)
    day = "2026-03-15 12:00:00"
    ((item,),) = elm.koha.rows("SELECT min(itemnumber) FROM items")
    loan(seed, number, day, itemnumber=item)
    elm.sql(f"UPDATE old_issues SET borrowernumber = NULL WHERE borrowernumber = {number}")
    seed.row("statistics", borrowernumber=number, datetime=day, type="issue", itemnumber=item)
    seed.row("deletedborrowers", borrowernumber=number, cardnumber=CARD, surname="Formerly-Called", firstname=FIRST)
    seed.row("pseudonymized_transactions", itemnumber=item, datetime=day, hashed_borrowernumber="a" * 60)
    stands = f"""\
  - id: holder
    wording: the name of the holder, with copies of former records
    people: [{{id: holder, card: {CARD}}}]
    records: registrations
    as it stands: the name of the holder
    fields: {{name: the name}}
"""
    told, files, _ = produced(elm, SCOPE + stands)
    assert [one["table"] for one in told["tables"]] == ["borrowers"]
    assert "Formerly-Called" not in "".join(files.values())
    # Where the order asks for logs and for copies, what still names the person is responsive; what was parted is not.
    logs = SCOPE.replace("records: loans", "records: access logs").replace("issuedate:", "datetime:")
    logs = logs.replace("      title of the item: the titles borrowed\n", "")
    told, files, _ = produced(elm, logs + stands + "    copies: copies of former records\n")
    assert [one["table"] for one in told["tables"]] == ["statistics", "borrowers", "deletedborrowers"]
    assert "Formerly-Called" in "".join(files.values())
    elm.sql(f"DELETE FROM borrowers WHERE borrowernumber = {number}")
    refused(elm, SCOPE, code=4, error="DSC-058")


@pytest.mark.one_database
def test_a_statement_tells_rule_run_and_proof_and_asserts_nothing(disposed):
    elm = disposed
    elm.needles |= {PASSPHRASE}
    told, files, manifest = produced(elm)
    assert told["kind"] == "no responsive records"
    text = files["statement.txt"]
    (evidence,) = manifest["evidence"]
    assert evidence["carried_out_by_a_run"]
    assert evidence["last_verified_run"]["receipt"] in files
    assert f"leaf {evidence['last_verified_run']['leaf']} of the ledger" in text
    assert "Counsel:" in text
    assert "nobody is registered there" in text
    assert "asserts nothing" in text
    assert "binary logs" in text
    assert elm.ok("disclose", "verify", told["file"], "--age-passphrase-file", words(elm))["receipts"] == 1
    # The leaf is a commitment, it tells a day alone, and waits for the night.
    assert not [one for _, one in LedgerFolder(elm.folder / "ledger").backwards() if b'"disclosure"' in one]
    owed = [decode_leaf(one) for one in elm.store.owed.entries() if b'"disclosure"' in one]
    assert {tuple(one.fields) for one in owed} == {("commitment",)}
    assert {one.at.time() for one in owed} == {datetime.min.time()}
    assert release_note.commitment(manifest["salt"], files["manifest.json"].encode()) in {
        one.fields["commitment"] for one in owed
    }


@pytest.mark.one_database
def test_who_borrowed_an_item_is_told_only_where_the_order_names_it(small):
    elm = small
    seed, number = person(elm)
    other = seed.patron(**NEIGHBOUR)
    item = seed.row("items", barcode="T-4711")["itemnumber"]
    loan(seed, number, "2026-03-15 12:00:00", itemnumber=item)
    loan(seed, number, "2026-03-16 12:00:00")
    loan(seed, other, "2026-05-15 12:00:00", itemnumber=item)
    text = """\
format version: 1
instrument: court order
parts:
  - id: title
    wording: who borrowed item T-4711 in March 2026 and when
    items: [T-4711]
    records: loans
    from: 2026-03-01
    until: 2026-04-01
    fields: {issuedate: when}
  - id: who
    wording: who borrowed it as the record is today, by name
    people of: title
    records: registrations
    as it stands: as the record is today
    fields: {name: by name}
"""
    refused(elm, text, code=4, error="DSC-059")
    told, files, manifest = produced(elm, text, "--order-names-title")
    assert manifest["order_names_title"]
    assert [(one["part"], one["person"], one["records"]) for one in told["tables"]] == [
        ("title", "reader-1", 1), ("who", "reader-1", 1),
    ]  # fmt: skip
    everything = "\n".join(files.values())
    assert LAST in everything
    assert [one for one in OTHERS if one in everything] == []
    # The same by the number of the title, which has one more item that nobody borrowed.
    title = seed.row("biblio", title="A Plain Book")["biblionumber"]
    seed.row("items", barcode="T-4712", biblionumber=title)
    elm.sql(f"UPDATE items SET biblionumber = {title} WHERE itemnumber = {item}")
    by_title = text.replace("items: [T-4711]", f"titles: [{{number: '{title}', system: koha}}]")
    told, files, manifest = produced(elm, by_title, "--order-names-title")
    assert [(one["part"], one["records"]) for one in told["tables"]] == [("title", 1), ("who", 1)]
    assert manifest["parts"][0]["titles"] == 1
    assert [one for one in OTHERS if one in "\n".join(files.values())] == []
    refused(elm, by_title, code=4, error="DSC-059")
    refused(elm, by_title.replace("system: koha", "system: annex"), "--order-names-title", error="DSC-050")


@pytest.mark.one_database
def test_an_open_records_reply_has_two_parts(small):
    elm = small
    policy(elm, "manhattan")
    person(elm)
    figures = elm.folder.parent / "figures.csv"
    figures.write_text("month,loans\n2026-03,1204\n")
    text = """\
format version: 1
instrument: public-records request
open records:
  excepted:
    - {records: loans, wording: all loans of March by card, citation: K.S.A. 45-221(a)(23)}
  attached:
    - {file: figures.csv, wording: the number of loans in March}
"""
    told, files, _ = produced(elm, text)
    assert told["kind"] == "open-records reply"
    assert files["produced/01.csv"] == figures.read_text()
    first, second = files["reply.txt"].split("2. PRODUCED")
    assert "K.S.A. 45-221(a)(23)" in first
    assert "produced/01.csv" in second
    for line in (f"{CARD},4", f"{LAST},{FIRST},4", "q@elm.example,4"):
        figures.write_text(f"who,loans\n{line}\n")
        refused(elm, text, code=4, error="DSC-065")


BAD = {
    "no dates": ("    from: 2026-03-01\n    until: 2026-04-01\n", "", 4, "DSC-052"),
    "no such zone": ("    fields:", "    time zone: Middle/Earth\n    fields:", 2, "DSC-053"),
    "an hour that never is": (
        "from: 2026-03-01\n", "from: 2026-03-29 02:30\n    time zone: Europe/Amsterdam\n", 2, "DSC-053",
    ),
    "kind of no system": ("records: loans", "records: camera footage", 2, "DSC-054"),
    "no such field": ("issuedate:", "isuedate:", 2, "DSC-055"),
    "no such system": (f"card: {CARD}", "number: 51, system: annex", 2, "DSC-050"),
    "1 MB of words": (WORDING, WORDING + " x" * (1 << 19), 2, "POL-003"),
}  # fmt: skip


@pytest.mark.one_database
def test_a_scope_that_cannot_be_carried_out_has_a_code(small):
    person(small)
    for why, (old, new, code, error) in BAD.items():
        assert old in SCOPE, why
        refused(small, SCOPE.replace(old, new), code=code, error=error)
    secret = SCOPE.replace("records: loans", "records: registrations").replace("issuedate:", "password:")
    refused(small, secret.replace("      title of the item: the titles borrowed\n", ""), error="DSC-055")


@pytest.mark.deep
@pytest.mark.one_database
def test_two_people_under_one_card_tell_neither_of_the_other(small_mariadb, small_sqlite, tmp_path):
    both = library.make(tmp_path / "site", small_mariadb, others=[("annex", small_sqlite.url)])
    seed, _ = person(both)
    Seeder(small_sqlite).patron(cardnumber=CARD, userid="other", firstname="Ottoline", surname="Brackwater")
    refused(both, SCOPE, code=4, error="DSC-057")
    seed.row("deletedborrowers", borrowernumber=99, cardnumber=CARD, surname="Before", firstname="Somebody")
    refused(both, SCOPE, "--system", "koha", code=4, error="DSC-057")  # the card was another person's before
    assert produced(both, SCOPE, "--system", "annex")[0]["kind"] == "no responsive records"


@pytest.mark.one_database
def test_what_cannot_be_read_is_told_and_no_statement_is_made_of_it(small):
    elm = small
    seed, number = person(elm)
    tables = [name for name in seed.schema.tables if name != "old_issues"]
    elm.secret("koha.dsn", elm.koha.limited_user([f"SELECT ON `{name}`" for name in tables]))
    refused(elm, SCOPE, code=4, error="DSC-061")
    seed.row("issues", borrowernumber=number, issuedate="2026-03-15 12:00:00")
    told, _, manifest = produced(elm, SCOPE, code=3)
    assert told["records"] == 1
    assert [one["table"] for one in manifest["not_read"] if one["code"]] == ["old_issues"]


@pytest.mark.one_database
def test_a_package_that_was_changed_does_not_hold(small, tmp_path):
    elm = small
    seed, number = person(elm)
    loan(seed, number, "2026-03-15 12:00:00")
    told, files, _ = produced(elm)
    place = Path(told["file"])

    def verify(changed, code, error, *more):
        plain = tmp_path / "plain.zip"
        with zipfile.ZipFile(plain, "w") as package:
            for name, text in changed.items():
                package.writestr(name, text)
        elm.refused("disclose", "verify", plain, *more, code=code, error=error)

    csv_file = "records/loans/holder/koha/old_issues.csv"
    verify({**files, csv_file: files[csv_file] + "\r\n"}, 5, "DSC-064")
    verify({**files, "more.txt": "x"}, 5, "DSC-064")
    verify({name: text for name, text in files.items() if name != csv_file}, 5, "DSC-064")
    verify({**files, "manifest.json": files["manifest.json"].replace("dsc-", "dsd-")}, 5, "DSC-063")
    verify({"manifest.json": "{}"}, 2, "DSC-062")
    verify(files, 5, "DSC-063", "--key", elm.folder / "ada.key")
    elm.refused("disclose", "verify", place, code=2, error="DSC-062")  # no passphrase
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("another passphrase than that\n")
    wrong.chmod(0o600)
    elm.refused("disclose", "verify", place, "--age-passphrase-file", wrong, code=2, error="DSC-062")


@pytest.mark.deep
@pytest.mark.one_database
def test_what_the_command_line_refuses(small):
    elm = small
    person(elm)
    given = call(elm, SCOPE)
    out = elm.folder.parent / "release.zip.age"
    out.write_text("mine")
    elm.refused(*given, code=1, error="RGT-005")
    assert out.read_text() == "mine"
    out.unlink()
    words(elm).write_text("cat\n")
    elm.refused(*given, code=2, error="RGT-006")
    words(elm)
    elm.refused(*(("Ada Example" if one == "Cal Example" else one) for one in given), code=4, error="HLD-006")
    wish = Wish(scoped(elm), "2026-7", out, words(elm), (), names_title=False)
    with pytest.raises(CarrelError) as wrong:
        carry_out(
            wish,
            elm.folder,
            "Cal Example",
            as_json=True,
            clearing=lambda case, scope: f"{case}: counsel has not seen it",
        )
    assert (wrong.value.code, out.exists()) == ("DSC-060", False)
    answer = elm.run(*given)
    assert answer.code == 0, answer.text
    assert max(map(len, answer.out.replace(str(elm.folder.parent), "").splitlines())) <= 100


@pytest.mark.one_database
def test_whoever_is_killed_leaves_no_file(small):
    elm = small
    seed, number = person(elm)
    loan(seed, number, "2026-03-15 12:00:00")
    folder = elm.folder.parent / "out"
    folder.mkdir()
    given = ("disclose", "produce", scoped(elm), "--out", folder / "a.age", "--age-passphrase-file", words(elm), *CAL,
             "--case", ready_case(elm, SCOPE))  # fmt: skip
    process = elm.start(*given)
    links, end = Path(f"/proc/{process.pid}/fd"), time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            if any(str(one.readlink()).startswith(f"{folder}/#") for one in links.iterdir()):
                process.send_signal(signal.SIGKILL)
                break
        except OSError:
            continue
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert list(folder.iterdir()) == []
    assert elm.ok(*given)["production"]["records"] == 1
