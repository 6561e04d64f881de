"""``carrel disclose``: from the paper at the desk to its end, on each database where it matters, with every wrong turn."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from carrel.cli.host_account import account
from carrel.cli.main import cli
from carrel.ledger.leaf import decode_leaf
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.store import FILE
from tests.integration.run.test_consent import policy
from tests.integration.run.test_erasure import CARD, given, subject
from tests.integration.run.test_requests import clauses

TODAY = date.today()  # noqa: DTZ011  (days before it are past in every zone)
ADA, LOU, DEE, BEA, MO = (("--as", f"{name} Example") for name in ("Ann", "Lou", "Dee", "Bea", "Mo"))
PEOPLE = """people:
  - {name: Ann Example, role: director, may: [custodian, authorised officer]}
  - {name: Lou Example, role: staff, may: [counsel]}
  - {name: Dee Example, role: staff}
  - {name: Bea Example, role: staff}
  - {name: Mo Example, role: systems librarian, may: [hold, custodian]}
"""
WORDS = "All loans of the person whose card is named, of the year 2025."


def staffed(elm, name: str):
    policy(elm, name)
    elm.edit("people:\n", PEOPLE)
    return elm


@pytest.fixture
def elm(small_stored):
    """On each database, with the store in a file or on a server."""
    return staffed(small_stored, "worcester")


def stored(elm) -> str:
    """Everything that stands in the store, as text."""
    if elm.store_place is None:
        with sqlite3.connect(elm.folder / FILE) as store:
            return "\n".join(store.iterdump())
    place = elm.store_place
    names = place.rows(f"SELECT tablename FROM pg_tables WHERE schemaname = '{place.schema}'")
    return "\n".join(str(row) for (name,) in names for row in place.rows(f'SELECT t::text FROM "{name}" t'))


def opened(elm, instrument="subpoena", *more, who=DEE, dates=True, code=0):
    days = ("--from", "2025-01-01", "--until", "2025-12-31") if dates else ()
    words = ("disclose", "open", instrument, "--served-on", "an employee", "--sender", "a law firm", *days, *more, *who)
    return elm.ok(*words, code=code)["case"]["id"]


def shown(elm, name, who=ADA):
    return elm.ok("disclose", "show", name, *who)["case"]


def cleared(elm, name):
    """Every step of worcester's subpoena, by whom the policy names."""
    elm.ok("disclose", "record", name, "tell the board", *ADA)
    elm.ok("disclose", "record", name, "tell the patron", *ADA)
    elm.ok("disclose", "record", name, "counsel on form", *LOU)
    elm.ok("disclose", "record", name, "counsel on showing", *LOU)
    paper = elm.folder.parent / "scan.pdf"
    paper.write_bytes(b"%PDF-1.7 not really " * 9000)
    elm.ok("disclose", "document", "add", name, paper, "--paper", "the subpoena", *DEE)


def by_hand(elm, name):
    elm.ok("disclose", "by-hand", name, "--because", "sign-up sheets, on paper", *ADA)


def test_a_subpoena_is_preserved_first_led_step_by_step_and_leaves_by_two_people(elm) -> None:
    subject(elm)
    words = elm.folder.parent / "words.txt"
    words.write_text(WORDS)
    name = opened(elm, "subpoena", "--card", given(elm), "--words", words)
    case = shown(elm, name)
    assert case["holds"]
    assert "preserve" not in case["missing"]
    assert elm.ok("hold", "list")["legal_holds"] == []
    for refused, who, code in (
        (("sign", name), ADA, "DSC-004"), (("sign", name), LOU, "DSC-003"), (("release", name), LOU, "DSC-004"),
        (("record", name, "counsel on showing"), LOU, "DSC-002"), (("record", name, "counsel on form"), ADA, "DSC-003"),
        (("record", name, "no such step"), ADA, "DSC-002"), (("show", name), BEA, "DSC-001"),
    ):  # fmt: skip
        elm.refused("disclose", *refused, *who, code=2 if code == "DSC-001" else 4, error=code)
    cleared(elm, name)
    assert shown(elm, name)["state"] == "ready"
    elm.refused("disclose", "sign", name, *ADA, code=4, error="DSC-004")  # nothing to sign is there yet
    elm.refused("disclose", "by-hand", name, "--because", "on paper", *DEE, code=4, error="DSC-003")
    by_hand(elm, name)
    elm.ok("disclose", "sign", name, *ADA)
    elm.refused("disclose", "release", name, *ADA, code=4, error="DSC-009")
    assert elm.ok("disclose", "release", name, *DEE)["case"]["state"] == "released"
    elm.refused("disclose", "sign", name, *ADA, code=4, error="DSC-002")
    told = elm.ok("disclose", "show", name, "--words", "--salts", *ADA)["case"]
    assert told["words"][0] == WORDS
    assert len(told["leaves"]) == len(told["events"])
    dump = stored(elm)
    assert name in dump
    assert CARD not in dump
    assert "law firm" not in dump


def test_a_defect_and_a_challenge_keep_it_closed(elm) -> None:
    name = opened(elm, dates=False)
    assert [one["what"] for one in shown(elm, name)["defects"]] == ["no period is named"]
    assert shown(elm, name)["state"] == "defective"
    elm.refused("disclose", "record", name, "counsel on form", *LOU, code=4, error="DSC-002")
    elm.refused("disclose", "cure", name, "d1", "--because", "so", *DEE, code=4, error="DSC-003")
    elm.refused("disclose", "cure", name, "d7", "--because", "so", *LOU, code=2, error="DSC-005")
    elm.ok("disclose", "cure", name, "d1", "--because", "a new paper names the year", *LOU)
    hold = elm.folder.parent / "number.txt"
    hold.write_text("1")
    elm.refused("disclose", "preserve", name, *DEE, code=2, error="DSC-021")
    elm.ok("disclose", "preserve", name, "--item", "1", *DEE)
    cleared(elm, name)
    by_hand(elm, name)
    elm.ok("disclose", "sign", name, *ADA)
    elm.ok("disclose", "defect", name, "--what", "no seal", *LOU)
    elm.refused("disclose", "release", name, *DEE, code=4, error="DSC-004")
    elm.ok("disclose", "cure", name, "d2", "--because", "sealed now", *LOU)
    elm.refused("disclose", "release", name, *DEE, code=4, error="DSC-004")  # read and signed anew
    elm.ok("disclose", "challenge", name, "--because", "no good cause", *LOU)
    assert shown(elm, name)["state"] == "challenged"
    elm.ok("disclose", "challenge", name, "--ruling", "quashed", "--because", "by the court", *LOU)
    elm.refused("disclose", "record", name, "counsel on form", *LOU, code=4, error="DSC-002")
    elm.ok("disclose", "refuse", name, "--ground", "the court set it aside", "--because", "see the ruling", *ADA)
    assert shown(elm, name)["state"] == "refused"


def test_a_sealed_case_leaves_no_trace_for_whoever_is_not_named(elm) -> None:
    before = [elm.ok("disclose", "list", *MO), elm.ok("disclose", "report")]
    name = opened(elm, "national-security order", "--item", "1")
    statute = ("--basis", "statute", "--statute", "silence on federal access")
    days = ("--starts", TODAY, "--ends", TODAY + timedelta(days=90))
    elm.refused("disclose", "silence", name, *statute, *days, *DEE, code=4, error="DSC-013")
    elm.refused("disclose", "silence", name, "--basis", "judgement", *days, *DEE, code=4, error="DSC-012")
    order = ("--basis", "order", "--court", "District court")
    past = ("--starts", TODAY - timedelta(days=9), "--ends", TODAY - timedelta(days=2))
    elm.refused("disclose", "silence", name, *order, *past, *DEE, code=2, error="DSC-014")
    elm.refused("disclose", "silence", name, *order, *days, "--indefinite", *DEE, code=2, error="DSC-014")
    tells = ("--may-tell", "Ann Example", "--may-tell", "Lou Example")
    assert elm.ok("disclose", "silence", name, *order, *days, *tells, *DEE)["case"]["notice"] == "suspended"
    assert [elm.ok("disclose", "list", *MO), elm.ok("disclose", "report")] == before
    for words in (("show", name), ("note", name, "--because", "x"), ("sign", name), ("show", "dsc-nothere")):
        elm.refused("disclose", *words, *MO, code=2, error="DSC-001")
    for step in ("tell the patron", "tell the board"):
        elm.refused("disclose", "record", name, step, *ADA, code=4, error="DSC-002")
    assert [one["id"] for one in elm.ok("disclose", "list", *LOU)["cases"]] == [name]
    elm.ok("disclose", "silence", name, "--lift", "--because", "the court lifted it", *LOU)
    assert shown(elm, name, MO)["notice"] == "due"


def test_an_informal_ask_ends_in_the_script_and_a_list_of_readers_is_refused(elm) -> None:
    assert elm.ok("disclose", "script", "informal ask")["script"]["outcomes"] == ["refused"]
    name = opened(elm, "informal ask")
    elm.refused("disclose", "sign", name, *ADA, code=4, error="DSC-004")
    elm.ok("disclose", "refuse", name, "--ground", "no legal process", "--because", "no paper", *DEE)
    wish = opened(elm, "subpoena", "--readers", "--item", "1")
    elm.refused("disclose", "sign", wish, *ADA, code=4, error="DSC-008")
    elm.ok("disclose", "refuse", wish, "--ground", "it asks for the readers of a title", "--because", "many", *ADA)
    order = opened(elm, "subpoena", "--order-names-title", "--item", "1")
    cleared(elm, order)
    elm.refused("disclose", "sign", order, *ADA, code=4, error="DSC-004")
    elm.ok("disclose", "record", order, "counsel on the list of readers", *LOU)
    by_hand(elm, order)
    elm.ok("disclose", "sign", order, *ADA)


def test_an_alternate_acts_only_while_somebody_else_recorded_the_absence(elm) -> None:
    until = ("--until", TODAY + timedelta(days=30))
    elm.refused("disclose", "delegate", "custodian", "--to", "Bea Example", *until, *ADA, code=4, error="DSC-010")
    policy(elm, "manhattan")
    elm.refused("disclose", "delegate", "custodian", "--to", "Ann Example", *until, *ADA, code=4, error="DSC-010")
    elm.refused("disclose", "delegate", "custodian", "--to", "Bea Example", *ADA, code=4, error="DSC-010")
    elm.ok("disclose", "delegate", "custodian", "--to", "Bea Example", *until, *ADA)
    name = opened(elm, "public-records request")
    excepted = ("record", name, "exception", "--cite", "K.S.A. 45-221(a)(23)")
    elm.refused("disclose", *excepted, *BEA, code=2, error="DSC-001")
    away = ("disclose", "absence", "custodian", "--of", "Ann Example")
    elm.refused(*away, *BEA, code=4, error="DSC-011")
    elm.ok(*away, *DEE)
    elm.ok("disclose", *excepted, *BEA)
    elm.ok(*away, "--over", *DEE)
    elm.refused("disclose", "record", name, "open part", "--finding", "all", *BEA, code=4, error="DSC-003")
    elm.refused("disclose", "list", "--as", "Nobody", code=4, error="DSC-003")


def test_who_may_act_is_on_record_with_its_account_and_leaf_and_tampering_is_told(elm) -> None:
    def history(code=0):
        told = elm.ok("staff", "history", code=code)
        return [one for one in told["entries"] if one["act"] != "rights"], told

    def night() -> set[str]:
        elm.ok("run-due", code=6)
        health = json.loads((elm.folder / "health" / "health.json").read_text())
        return set(health["systems"][0]["findings"])

    policy(elm, "manhattan")
    elm.edit("may: [hold, custodian]", "may: [hold, custodian, staff]")
    elm.ok("disclose", "delegate", "custodian", "--to", "Bea Example", "--until", TODAY + timedelta(days=30), *ADA)
    elm.ok("disclose", "absence", "custodian", "--of", "Ann Example", *DEE)
    elm.ok("staff", "invite", "Bea Example", *MO)
    entries, _ = history()
    assert [(one["act"], one["whom"], one["by"], one["account"], one["leaf"]) for one in entries] == [
        ("delegated", "Ann Example", "Ann Example", account(), "owed"),
        ("absent", "Ann Example", "Dee Example", account(), "owed"),
        ("invited", "Bea Example", "Mo Example", account(), "owed"),
    ]
    assert "STF-005" not in night()
    entries, told = history()
    assert all(isinstance(one["leaf"], int) for one in entries)
    rights = {one["whom"]: one["rights"] for one in told["entries"] if one["act"] == "rights"}
    assert rights["Bea Example"] == "role staff; may nothing"
    shown = elm.ok("ledger", "show", "--kind", "authority", "--site", elm.folder, "--folder", elm.folder / "ledger")
    said = [one for one in shown["leaves"] if one["index"] == entries[1]["leaf"]]
    assert (
        f"absent (office custodian, from {entries[1]['from']}), by Dee Example at the account {account()}"
        in (said[0]["says"])
    )
    out = elm.run("ledger", "show", "--kind", "authority", "--site", elm.folder, "--folder", elm.folder / "ledger").out
    assert "Ann Example: absent" in out
    audit = elm.ok("audit", code=3)
    assert not [one for one in audit["process"] if "who may act" in one]
    with elm.store as store, store._database.writing() as connection:
        connection.exec_driver_sql("update disclosure_office set holder = 'Mo Example' where turn = 'absent'")
    _, told = history(code=5)
    assert (told["unfit"], told["lost"], told["loose"]) == (1, 1, [])
    assert "NO LEAF" in elm.run("staff", "history").out
    assert "STF-005" in night()
    audit = elm.ok("audit", code=3)
    assert [one for one in audit["process"] if one.startswith("1 entry on who may act does not stand")]


def test_an_emergency_is_released_first_and_looked_at_after_by_somebody_else(elm) -> None:
    policy(elm, "manhattan")
    name = opened(elm, "emergency", who=ADA)
    elm.refused("disclose", "release", name, *ADA, code=2, error="DSC-005")
    elm.ok("disclose", "release", name, "--because", "told the officers who it was", *ADA)
    assert elm.ok("disclose", "list", *ADA, code=3)["late"] == 1
    elm.run("run-due")
    health = json.loads((elm.folder / "health" / "health.json").read_text())
    assert "DSC-020" in health["systems"][0]["findings"]
    review = ("disclose", "record", name, "director's review", "--finding", "it had to be")
    elm.refused(*review, *ADA, code=4, error="DSC-009")
    assert elm.ok(*review, *MO)["case"]["state"] == "reviewed afterwards"
    assert elm.ok("disclose", "list", *ADA)["cases"] == []
    told = clauses(elm)
    assert told["MPL-1"]["state"] == "holds"
    assert "MPL-4.1" not in told


def test_papers_come_back_whole_and_only_to_who_knows_of_the_case(elm, tmp_path) -> None:
    name, paper, out = opened(elm, "subpoena", "--item", "1"), tmp_path / "paper", tmp_path / "out.pdf"
    paper.write_bytes(bytes(range(256)) * 1000)
    add = ("disclose", "document", "add", name)
    told = elm.ok(*add, paper, "--paper", "the subpoena", *DEE)["document"]
    elm.refused(*add, paper, "--paper", "a poem", *DEE, code=2, error="DSC-005")
    elm.refused(*add, paper, *BEA, code=2, error="DSC-001")
    get = ("disclose", "document", "get", name, told["id"], "--out", out)
    elm.ok(*get, *LOU)
    assert out.read_bytes() == paper.read_bytes()
    elm.refused(*get, *BEA, code=2, error="DSC-001")
    sealed = elm.folder / "disclosures" / f"{told['id']}.sealed"
    sealed.write_bytes(sealed.read_bytes()[:-1])
    out.unlink()
    elm.refused(*get, *LOU, code=4, error="DSC-016")
    assert not out.exists()
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(1024 * 1024 * 1024)
    elm.refused(*add, big, *DEE, code=2, error="DSC-015")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for odd in (pipe, "/dev/zero"):  # nothing that could keep the desk waiting
        elm.refused(*add, odd, *DEE, code=2, error="CLI-003")
    (elm.folder / "disclosures" / f"{name}.key").unlink()
    elm.refused("disclose", "show", name, *DEE, code=2, error="DSC-001")
    assert elm.ok("disclose", "list", *ADA, code=3)["whole"] is False


def test_who_leaves_or_loses_an_office_in_the_middle_does_nothing_more(elm) -> None:
    name = opened(elm, "subpoena", "--item", "1")
    elm.ok("disclose", "record", name, "tell the board", *ADA)
    elm.edit("may: [custodian, authorised officer]", "may: [plan]")
    elm.refused("disclose", "record", name, "tell the patron", *ADA, code=4, error="DSC-003")
    elm.ok("disclose", "show", name, *ADA)  # she did something in it, and may still look
    elm.edit("  - {name: Ann Example, role: director, may: [plan]}\n", "")
    elm.refused("disclose", "show", name, *ADA, code=4, error="DSC-003")
    elm.ok("disclose", "record", name, "tell the patron", *MO)  # the office has somebody else


def test_whoever_is_disabled_does_nothing_more_and_each_act_tells_the_account_of_the_host(elm) -> None:
    elm.edit("may: [hold, custodian]", "may: [hold, custodian, staff]")
    elm.ok("staff", "invite", "Ann Example", *MO)
    name = opened(elm, "subpoena", "--item", "1")
    elm.ok("disclose", "record", name, "tell the board", *ADA)
    assert [one["account"] for one in shown(elm, name)["events"]] == [account()] * 3
    elm.ok("staff", "disable", "Ann Example", *MO)
    for words in (("record", name, "tell the patron"), ("show", name), ("list",), ("absence", "custodian")):
        elm.refused("disclose", *words, *ADA, code=4, error="DSC-003")
    elm.ok("staff", "enable", "Ann Example", *MO)
    elm.ok("disclose", "record", name, "tell the patron", *ADA)


def test_the_stricter_policy_wins_and_says_so(elm) -> None:
    policy(elm, "mit-libraries")
    told = elm.ok("disclose", "script", "subpoena")["script"]
    assert any("the stricter wins: order" in line for line in told["precedence"])
    name = opened(elm, "subpoena", "--item", "1")
    days = ("--starts", TODAY, "--indefinite")
    elm.refused("disclose", "silence", name, "--basis", "judgement", *days, *ADA, code=4, error="DSC-012")


def test_the_drill_asks_five_visits_and_says_what_went_wrong(elm, tmp_path) -> None:
    visits = elm.ok("disclose", "drill")["visits"]
    assert len(visits) == 5
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"1": "b", "2": "a", "3": "c", "4": "b", "5": "d"}))
    assert elm.ok("disclose", "drill", "--answers", answers)["drill"]["right"] == 5
    answers.write_text(json.dumps({"1": "a", "2": "a", "3": "d", "4": "b", "5": "b"}))
    told = elm.ok("disclose", "drill", "--answers", answers, code=3)["drill"]
    assert [one["visit"] for one in told["answers"] if one["wrong"]] == [1, 3, 5]
    typed = CliRunner().invoke(cli, ["disclose", "drill", "--site", str(elm.folder)], input="z\nB\n(a).\nD)\nb\nd\n")
    assert "4 of 5 visits went well." in typed.output
    assert "1. b: right" in typed.output
    assert "3. d: no." in typed.output
    assert "better, c: Ask them to wait for counsel" in typed.output.replace("\n", " ")
    assert "[WPL-" in typed.output
    for wrong in ("[]", "{", '{"1": "a"}', '{"1": "z", "2": "a", "3": "a", "4": "a", "5": "a"}'):
        answers.write_text(wrong)
        elm.refused("disclose", "drill", "--answers", answers, code=2, error="DSC-019")


def test_what_is_refused_keeps_nobodys_records_and_names_nobody_who_is_not_there(elm) -> None:
    def holds() -> int:
        return len(elm.ok("hold", "list", "--sealed", *MO)["legal_holds"])

    long = elm.folder.parent / "long.txt"
    long.write_text("x" * 5001)
    served = ("--served-on", "an employee", "--sender", "a law firm")
    elm.refused("disclose", "open", "subpoena", *served, "--item", "1", "--words", long, *DEE, code=2, error="DSC-006")
    assert holds() == 0
    name = opened(elm, "subpoena", "--item", "1")
    assert holds() == 1
    elm.refused("disclose", "preserve", name, "--item", "2", *BEA, code=2, error="DSC-001")
    assert holds() == 1
    for typed in ("Nobody Atall", "the board", "a law firm"):
        elm.refused("disclose", "name", name, typed, *ADA, code=2, error="DSC-005")
    days = ("--basis", "order", "--court", "x", "--starts", TODAY, "--indefinite")
    elm.refused("disclose", "silence", name, *days, "--may-tell", "Lou Exmaple", *DEE, code=2, error="DSC-005")
    elm.refused("disclose", "silence", name, *days, "--may-tell", "lou example", *DEE, code=4, error="APR-013")
    assert shown(elm, name)["sealed"] is False
    elm.ok("disclose", "silence", name, *days, "--may-tell", "the board", "--may-tell", "Lou Example", *DEE)


def test_a_paper_is_written_into_a_new_file_and_through_no_link(elm, tmp_path) -> None:
    name, paper, out = opened(elm, "subpoena", "--item", "1"), tmp_path / "paper", tmp_path / "out.pdf"
    paper.write_bytes(b"the paper")
    told = elm.ok("disclose", "document", "add", name, paper, *DEE)["document"]
    others = tmp_path / "others"
    others.write_bytes(b"kept")
    get = ("disclose", "document", "get", name, told["id"], "--out", out, *LOU)
    for made in (out, tmp_path / ".out.pdf.part"):
        made.symlink_to(others)
        elm.run(*get)
        assert others.read_bytes() == b"kept"
        made.unlink()
        out.unlink(missing_ok=True)
    out.write_bytes(b"another's")
    elm.refused(*get, code=1, error="RGT-005")
    assert out.read_bytes() == b"another's"


def test_every_night_has_as_many_leaves_and_nothing_tells_of_a_case_between_them(elm) -> None:
    def kinds() -> list[str]:
        return [decode_leaf(entry).kind for entry in LedgerFolder(elm.folder / "ledger").entries()]

    def codes() -> set[str]:
        told = json.loads((elm.folder / "health" / "health.json").read_text())
        return set(told["systems"][0]["findings"])

    def doctor() -> str:
        return re.sub("[0-9.]+ GiB free", "", elm.run("doctor").out)

    elm.ok("run-due", code=6)
    quiet, told = kinds().count("disclosure"), doctor()
    name = opened(elm, "national-security order", "--item", "1")
    silence = ("--basis", "order", "--court", "x", "--starts", TODAY, "--indefinite")
    elm.refused("disclose", "silence", name, *silence, "--may-tell", "the board", *DEE, code=4, error="DSC-024")
    elm.ok("disclose", "silence", name, *silence, "--may-tell", "Lou Example", *DEE)
    assert doctor() == told
    elm.run("undo", "shred", "--due")
    assert kinds().count("disclosure") == quiet == 16  # no batch because of a case
    elm.ok("run-due", code=6)
    assert kinds().count("disclosure") == 2 * quiet
    assert not {"DSC-017", "DSC-022"} & codes()
    with elm.store as store, store._database.writing() as connection:  # the last event alone: the silence itself
        connection.exec_driver_sql("delete from disclosure_event where id = (select max(id) from disclosure_event)")
    (elm.folder / "disclosures" / f"{opened(elm, 'subpoena', '--item', '1')}.key").unlink()
    elm.ok("run-due", code=6)
    assert {"DSC-017", "DSC-022"} <= codes()
