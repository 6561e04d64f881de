"""Legal process from the paper at the desk to the package that somebody else hands over, on each database."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from carrel.ledger.leaf import decode_leaf
from carrel.systems import age_file
from tests.integration.run.test_consent import policy
from tests.integration.run.test_disclose import ADA, BEA, DEE, LOU, MO, PEOPLE, cleared, opened, shown
from tests.integration.run.test_erasure import given
from tests.integration.run.test_production import CARD, NEIGHBOUR, PASSPHRASE, SCOPE, loan, person, scoped, words

CAL = ("--as", "Cal Example")
MARCH = ("--from", "2026-03-01", "--until", "2026-03-31")
ASKED = ("--served-on", "an employee", "--sender", "a law firm")
GATHERS = "[custodian, authorised officer, plan]"


@pytest.fixture
def elm(small_stored):
    """On each database, with the store in a file or on a server; two may plan and hold an office."""
    policy(small_stored, "worcester")
    people = PEOPLE.replace("[custodian, authorised officer]", GATHERS)
    small_stored.edit("people:\n", people.replace("hold, custodian", "hold, plan, custodian"))
    return small_stored


def call(elm, case, text, who, *more):
    out = elm.folder.parent / "release.age"
    out.unlink(missing_ok=True)
    return ("disclose", "produce", scoped(elm, text), "--out", out, "--age-passphrase-file", words(elm),
            "--case", case, *who, *more)  # fmt: skip


def refused(elm, case, text, who, *more, code=4, error):
    elm.refused(*call(elm, case, text, who, *more), code=code, error=error)
    assert not (elm.folder.parent / "release.age").exists()


def leaves(elm):
    with elm.store as store:
        return [decode_leaf(one) for one in store.owed.entries() if b'"disclosure"' in one]


def test_a_paper_is_led_gathered_signed_and_handed_over_by_two_and_by_nobody_else(elm):
    """Open, every step, produce, sign, release by a second person, verify; and every wrong turn on the way."""
    seed, number = person(elm)
    seed.patron(**NEIGHBOUR)
    loan(seed, number, "2026-03-15 12:00:00")
    case = elm.ok("disclose", "open", "subpoena", *ASKED, *MARCH, "--card", given(elm, CARD), *DEE)["case"]["id"]
    refused(elm, case, SCOPE, ADA, error="DSC-004")  # before it is cleared
    cleared(elm, case)
    elm.refused("disclose", "sign", case, *ADA, code=4, error="DSC-004")  # there is nothing to sign
    refused(elm, case, SCOPE, CAL, code=2, error="DSC-001")  # who may plan, and knows of no case
    for who in (DEE, LOU):
        refused(elm, case, SCOPE, who, error="HLD-006")  # who knows of it, and may not read systems
    refused(elm, "dsc-abcdefghijkl", SCOPE, ADA, code=2, error="DSC-001")
    for old, new in (
        (CARD, NEIGHBOUR["cardnumber"]), ("from: 2026-03-01", "from: 2026-02-28"), ("until: 2026-04-01", "until: 2026-04-02"),
        ("until: 2026-04-01", "until: 2026-04-01 00:01"), ("instrument: subpoena", "instrument: court order"),
    ):  # fmt: skip
        refused(elm, case, SCOPE.replace(old, new), ADA, error="DSC-060")
    people = f"people: [{{id: holder, card: {CARD}}}]"
    refused(elm, case, SCOPE.replace(people, "items: [T-1]"), ADA, "--order-names-title", error="DSC-060")
    before = len(leaves(elm))
    told = elm.ok(*call(elm, case, SCOPE, ADA))["production"]
    assert (told["kind"], told["records"]) == ("production", 1)
    assert len(leaves(elm)) == before + 2  # of the event and of the package, and each as every other
    assert {tuple(one.fields) for one in leaves(elm)} == {("commitment",)}
    with zipfile.ZipFile(io.BytesIO(age_file.opened(Path(told["file"]).read_bytes(), PASSPHRASE.encode()))) as package:
        manifest = package.read("manifest.json")
    assert "counsel on showing" in json.loads(manifest)["case_cleared"]
    assert shown(elm, case)["package"] == {"kind": "production", "manifest": hashlib.sha256(manifest).hexdigest()}
    elm.refused("disclose", "nothing", case, *ADA, code=4, error="DSC-004")  # something was found
    elm.ok("disclose", "sign", case, *ADA)
    elm.refused("disclose", "release", case, *ADA, code=4, error="DSC-009")
    assert elm.ok("disclose", "release", case, *DEE)["case"]["state"] == "released"
    elm.ok("disclose", "verify", told["file"], "--age-passphrase-file", words(elm))
    refused(elm, case, SCOPE, ADA, error="DSC-002")  # it is over
    elm.ok("run-due", code=6)
    assert not leaves(elm)


def test_a_sealed_case_is_gathered_by_who_is_named_and_is_unknown_to_others(elm, tmp_path):
    person(elm)
    today = date.today()  # noqa: DTZ011  (days around it are the same in every zone)
    case = opened(elm, "subpoena", "--card", given(elm, CARD), dates=False)
    order = ("--basis", "order", "--court", "a court", "--starts", today, "--ends", today + timedelta(days=90))
    elm.ok("disclose", "silence", case, *order, "--may-tell", "Ann Example", "--may-tell", "Lou Example", *DEE)
    refused(elm, case, SCOPE, MO, code=2, error="DSC-001")
    refused(elm, "dsc-nothere", SCOPE, MO, code=2, error="DSC-001")
    refused(elm, case, SCOPE, ADA, error="DSC-004")  # a defect is open: it names no days
    cure = ("disclose", "cure", case, "d1", "--because", "a new paper")
    elm.refused(*cure, "--from", "2026-03-31", "--until", "2026-03-01", *LOU, code=2, error="DSC-005")
    elm.ok(*cure, *MARCH, *LOU)
    for step in ("counsel on form", "counsel on showing"):
        elm.ok("disclose", "record", case, step, *LOU)
    paper = tmp_path / "scan.pdf"
    paper.write_bytes(b"x")
    elm.ok("disclose", "document", "add", case, paper, "--paper", "the subpoena", *DEE)
    refused(elm, case, SCOPE.replace("2026-04-01", "2026-05-01"), ADA, error="DSC-060")
    quiet = json.dumps([elm.ok("disclose", "list", *MO), elm.ok("disclose", "report")])
    assert elm.ok(*call(elm, case, SCOPE, ADA))["production"]["kind"] == "no responsive records"
    assert json.dumps([elm.ok("disclose", "list", *MO), elm.ok("disclose", "report")]) == quiet
    elm.refused("disclose", "sign", case, *ADA, code=4, error="DSC-004")  # a statement is no release
    elm.refused("disclose", "show", case, *BEA, code=2, error="DSC-001")
    assert elm.ok("disclose", "nothing", case, *ADA)["case"]["state"] == "nothing responsive"


def test_a_students_records_wait_and_those_of_nobody_who_was_one_do_not(elm):
    policy(elm, "mit-libraries")
    seed, number = person(elm)
    loan(seed, number, "2026-03-15 12:00:00")
    case = elm.ok("disclose", "open", "subpoena", *ASKED, *MARCH, "--card", given(elm, CARD), *DEE)["case"]["id"]
    elm.ok("disclose", "record", case, "tell the patron", *ADA)
    elm.ok("disclose", "record", case, "counsel on form", *LOU)
    paper = elm.folder.parent / "scan.pdf"
    paper.write_bytes(b"x")
    elm.ok("disclose", "document", "add", case, paper, "--paper", "the subpoena", *DEE)
    refused(elm, case, SCOPE, ADA, error="DSC-004")  # ten days are not over, and whose they are nobody found
    exempt = ("disclose", "exempt", case)
    elm.refused(*exempt, "no student", "--because", "a visitor", *DEE, code=4, error="DSC-003")
    elm.refused(*exempt, "a poem", "--because", "a visitor", *LOU, code=2, error="DSC-005")
    elm.ok(*exempt, "directory information", "--because", "not blocked", *ADA)
    refused(elm, case, SCOPE, ADA, error="DSC-004")  # what somebody borrowed is in no directory
    elm.ok(*exempt, "no student", "--because", "a visitor", *LOU)
    assert elm.ok(*call(elm, case, SCOPE, ADA))["production"]["records"] == 1
    told = shown(elm, case)["education"]
    assert (told["in_package"], told["exemptions"]) == (False, ["directory information", "no student"])
    elm.ok(*exempt, "no student", "--over", "--because", "she was enrolled", *LOU)
    elm.refused("disclose", "sign", case, *ADA, code=4, error="DSC-004")  # what was gathered is judged anew
    refused(elm, case, SCOPE, ADA, error="DSC-004")


def test_who_borrowed_a_title_is_refused_unless_the_order_names_it_and_counsel_saw_that(elm):
    seed, number = person(elm)
    title = seed.row("biblio", title="A Plain Book")["biblionumber"]
    item = seed.row("items", barcode="T-4711", biblionumber=title)["itemnumber"]
    loan(seed, number, "2026-03-15 12:00:00", itemnumber=item)
    text = SCOPE.replace(f"people: [{{id: holder, card: {CARD}}}]", f"titles: [{{number: '{title}', system: koha}}]")
    ask = ("disclose", "open", "subpoena", *ASKED, *MARCH, "--title")
    elm.refused(*ask, "987654321", *DEE, code=2, error="DSC-021")
    wish = elm.ok(*ask, title, *DEE)["case"]["id"]
    cleared(elm, wish)
    refused(elm, wish, text, ADA, "--order-names-title", error="DSC-008")
    elm.refused("disclose", "record", wish, "counsel on the list of readers", *ADA, code=4, error="DSC-003")
    case = elm.ok(*ask, title, "--order-names-title", *DEE)["case"]["id"]
    cleared(elm, case)
    refused(elm, case, text, ADA, "--order-names-title", error="DSC-004")  # counsel has not seen it
    elm.ok("disclose", "record", case, "counsel on the list of readers", *LOU)
    refused(elm, case, text, ADA, error="DSC-059")
    assert elm.ok(*call(elm, case, text, ADA, "--order-names-title"))["production"]["records"] == 1
    seed.row("items", barcode="T-4712", biblionumber=title)  # came later: it is kept before it is told of
    refused(elm, case, text, ADA, "--order-names-title", error="DSC-060")
    elm.ok("disclose", "preserve", case, "--title", title, *DEE)
    elm.ok(*call(elm, case, text, ADA, "--order-names-title"))


@pytest.mark.whole_run
def test_of_two_people_only_the_one_who_is_no_student_passes_and_only_once_both_were_judged(elm):
    policy(elm, "mit-libraries")
    seed, number = person(elm)
    other = seed.patron(**NEIGHBOUR)
    for one in (number, other):
        loan(seed, one, "2026-03-15 12:00:00")
    mine, theirs = given(elm, CARD), elm.folder.parent / "other.txt"
    theirs.write_text(NEIGHBOUR["cardnumber"])
    case = elm.ok("disclose", "open", "subpoena", *ASKED, *MARCH, "--card", mine, "--card", theirs, *DEE)["case"]["id"]
    elm.ok("disclose", "record", case, "tell the patron", *ADA)
    elm.ok("disclose", "record", case, "counsel on form", *LOU)
    paper = elm.folder.parent / "scan.pdf"
    paper.write_bytes(b"x")
    elm.ok("disclose", "document", "add", case, paper, "--paper", "the subpoena", *DEE)
    both = SCOPE.replace(
        f"{{id: holder, card: {CARD}}}", f"{{id: holder, card: {CARD}}}, {{id: other, card: {NEIGHBOUR['cardnumber']}}}"
    )
    exempt, why = ("disclose", "exempt", case, "no student"), ("--because", "a visitor")
    elm.refused(*exempt, "--card", mine, *why, *BEA, code=2, error="DSC-001")
    nobody = elm.folder.parent / "nobody.txt"
    seed.patron(**{**NEIGHBOUR, "cardnumber": "2300009999", "userid": "third"})
    nobody.write_text("2300009999")
    elm.refused(*exempt, "--card", nobody, *why, *LOU, code=2, error="DSC-025")
    elm.refused(*exempt, "--records", "poems", *why, *LOU, code=2, error="DSC-005")
    elm.ok(*exempt, "--card", mine, *why, *LOU)
    refused(elm, case, both, ADA, error="DSC-004")  # the other may be one
    told = shown(elm, case)["education"]
    assert (told["exemptions"], told["findings"]) == ([], [{"exemption": "no student", "records": None, "people": 1}])
    assert elm.ok(*call(elm, case, SCOPE, ADA))["production"]["records"] == 1
    assert shown(elm, case)["education"]["in_package"] is False
    elm.ok(*exempt, "--card", theirs, "--records", "loans", *why, *LOU)
    assert elm.ok(*call(elm, case, both, ADA))["production"]["records"] == 2
    elm.refused(*exempt, "--card", theirs, "--over", *why, *LOU, code=2, error="DSC-005")  # found of loans alone
    elm.ok(*exempt, "--card", theirs, "--records", "loans", "--over", *why, *LOU)
    refused(elm, case, both, ADA, error="DSC-004")
    text = elm.run("disclose", "show", case, *LOU).out
    assert "found: no student (of 1 person)" in text
    assert CARD not in text
