"""``carrel request``: from the letter on the desk to the answer, with every plan and every task that belongs to it."""

from __future__ import annotations

import base64
import json
import re
import shutil
import sqlite3
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from carrel.cli.request_audit import request_facts
from carrel.ledger.leaf import decode_leaf
from carrel.store import tables
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.owed_leaves import OwedLeaves
from carrel.store.store import FILE
from carrel.systems.site_file import load_site
from tests.integration.run import library
from tests.integration.run.consent_desk import CAMPAIGN
from tests.integration.run.test_consent import people, policy
from tests.integration.run.test_erasure import CARD, FIRST, LAST, MAIL, USER, given, subject

DEE = ("--as", "Dee Example")
WORDS = "Erase all that you hold on me, please."
TODAY = date.today()  # noqa: DTZ011  (days before it are past in every zone)
VENDOR = "cover images"
RIGHTS = """
rights:
  erasure: {within: gdpr, clauses: [WPL-1.1]}
  question: {within: 14 days, owner: the director}
  controllers:
    - {name: campus police, says: Keeps films., for: [films], contact: the police}
"""


def ruled(elm):
    """Worcester's policy with clocks, a recipient that is told, and somebody at the desk for requests."""
    policy(elm, "worcester")
    place = elm.folder / "policy.yaml"
    text = place.read_text(encoding="utf-8")
    start = text.index("\nrights:\n")
    end = re.compile(r"\n(?=[a-z])").search(text, start + 1).start()  # the block that follows
    text = text[:start] + RIGHTS + text[end:]
    told = f"recipients:\n  {VENDOR}:\n    says: Shows covers.\n    told of: [erasure, rectification]\n"
    place.write_text(text.replace("recipients:\n", told, 1))
    if "Dee Example" not in (elm.folder / "carrel.yaml").read_text():
        elm.edit("people:\n", "people:\n  - {name: Dee Example, role: staff, may: [requests, consent, export, plan]}\n")
    else:
        elm.edit("may: [consent, export]", "may: [requests, consent, export, plan]")
    return elm


@pytest.fixture
def elm(small):
    """On each database."""
    return ruled(small)


@pytest.fixture
def quick(small_sqlite, tmp_path):
    """For what no dialect decides."""
    return ruled(library.make(tmp_path / "site", small_sqlite))


def words_file(elm, text=WORDS):
    place = elm.folder.parent / "words.txt"
    place.write_text(text)
    return place


def opened(elm, right="erasure", *more, card=True):
    who = ("--card", given(elm)) if card else ()
    return elm.ok("request", "open", right, *who, "--channel", "desk", *DEE, *more)["request"]["id"]


def identified(elm, right="erasure", *more):
    return opened(elm, right, "--identity", "photo id", *more)


def shown(elm, name):
    return elm.ok("request", "show", name)["request"]


def no(elm, *words, code, error):
    """A call that is refused with this error; whether the library's database changed is not asked."""
    answer = elm.run(*words)
    assert (answer.code, error in answer.codes) == (code, True), answer.text


def clauses(elm):
    """The evidence of an audit, by clause."""
    told = elm.ok("audit", code=3)["clauses"]
    return {one["clause"]: one["evidence"] for one in told if "evidence" in one}


def erased(elm, name, code=0):
    place = elm.folder / "erase.json"
    plan = ("plan", "--erase", given(elm), "--request", name, *DEE, "--out", place)
    elm.ok(*plan)
    elm.approve(place)
    elm.ok("apply", place, code=code)
    return place


@pytest.mark.everywhere
def test_an_erasure_goes_from_the_letter_to_the_answer(elm):
    """Nothing before identity; a plan; what was read back; the vendor told; and only then an answer."""
    subject(elm)
    name = opened(elm, "erasure", "--words", words_file(elm))
    assert shown(elm, name)["state"] == "received"
    elm.refused("plan", "--erase", given(elm), "--request", name, *DEE, code=4, error="RGT-012")
    elm.ok("request", "identify", name, given(elm), "--identity", "card at the desk", *DEE)
    no(elm, "request", "answer", name, *DEE, code=4, error="RGT-013")
    place = elm.folder / "erase.json"
    elm.ok("plan", "--erase", given(elm), "--request", name, *DEE, "--out", place)
    assert [one["outcome"] for one in shown(elm, name)["plans"]] == [None]
    elm.refused("apply", place, code=6, error="APR-008")  # nobody approved it: that is no erasure
    assert [one["outcome"] for one in shown(elm, name)["plans"]] == [None]  # nothing was begun
    assert "carried out" not in elm.run("request", "show", name).out.split("Events:")[1]
    elm.approve(place)
    elm.ok("apply", place)
    again = elm.run("apply", place)
    assert (again.code, "--by-number" in again.out) == (0, True)  # what to look again with
    elm.ok("apply", place)  # the same again tells nothing new
    told = shown(elm, name)
    [plan] = told["plans"]
    [task] = told["tasks"]
    assert (task["to"], task["told"], told["state"]) == (VENDOR, False, "waiting for others")
    no(elm, "request", "answer", name, *DEE, code=4, error="RGT-013")
    elm.ok("request", "tell", name, task["id"], *DEE)
    elm.ok("request", "reply", name, task["id"], *DEE)
    if not plan["settled"]:  # the server's own log holds old values for a while, and the letter says so
        assert plan["outcome"] == "applied, residue until"
        no(elm, "request", "answer", name, *DEE, code=4, error="RGT-013")
        elm.ok("request", "waive", name, plan["case"], "--because", "the log goes in time", *DEE)
    assert elm.ok("request", "answer", name, *DEE)["request"]["state"] == "answered"
    letter = elm.run("request", "letter", name, *DEE).out
    assert "It is answered." in letter
    assert "cannot be read back" in letter  # what stays so that nobody writes by mistake
    assert "Head Librarian" in letter
    acts = [one["act"] for one in shown(elm, name)["events"]]
    assert acts[:4] == ["received", "identified", "planned", "carried out"]
    assert acts.count("carried out") == 1
    no(elm, "request", "note", name, "--because", "late", *DEE, code=4, error="RGT-012")
    ledger = [decode_leaf(entry) for entry in LedgerFolder(elm.folder / "ledger").entries()]
    owed = 0
    with elm.store as store:
        owed = OwedLeaves(store._database).count()
        facts = request_facts(load_site(elm.folder), store, "koha", datetime.now(UTC))
        assert (facts.silence_seen, facts.silence_missing, facts.addresses_missing) == (1, 0, 0)
        assert facts.addresses_seen > 0
        address = store.consents.own_tags("koha").address(MAIL)
        with store._database.writing() as connection:  # somebody takes the address off the list by hand
            assert connection.execute(tables.suppression.delete().where(tables.suppression.c.tag == address)).rowcount
        facts = request_facts(load_site(elm.folder), store, "koha", datetime.now(UTC))
        assert (facts.silence_missing, facts.addresses_missing) == (0, 1)
    assert sum(one.kind == "request" for one in ledger) + owed >= len(acts)


def test_what_failed_is_told_as_what_it_is_and_mended(quick):
    """A database that swallows a change: the request says so, stays open, and is answered when nothing is left."""
    _, number = subject(quick)
    name = identified(quick)
    quick.sql(
        "CREATE TRIGGER swallow BEFORE DELETE ON borrowers "
        f"WHEN OLD.borrowernumber = {number} BEGIN SELECT RAISE(IGNORE); END"
    )
    place = quick.folder / "erase.json"
    told = quick.run("plan", "--erase", given(quick), "--request", name, *DEE, "--out", place)
    if told.code == 0:
        quick.approve(place)
        assert quick.run("apply", place).code != 0
        [plan] = shown(quick, name)["plans"]
        assert plan["outcome"] in {"failed", "not reached", "applied, unverified"}
        assert not plan["settled"]
    no(quick, "request", "answer", name, *DEE, code=4, error="RGT-013")
    quick.sql("DROP TRIGGER swallow")
    erased(quick, name)
    told = shown(quick, name)
    assert told["plans"][-1]["outcome"] == "verified"
    assert all(one["settled"] for one in told["plans"])


@pytest.mark.parametrize("right", ["access", "portability"])
def test_who_asked_for_a_copy_gets_it_before_the_erasure(quick, right):
    """Asked for before the plan or after it; nobody can hand out what is erased. Whoever was not identified is nobody."""
    subject(quick)
    card, place = given(quick), quick.folder / "erase.json"
    plan = ("plan", "--erase", card, *DEE, "--out", place)
    anybody = opened(quick, right)
    quick.ok(*plan)
    quick.approve(place)
    quick.ok("request", "identify", anybody, card, "--identity", "photo id", *DEE)
    assert anybody in quick.refused("apply", place, code=4, error="RGT-028").err
    quick.refused(*plan, code=4, error="RGT-028")
    package = ("access", card, "--request", anybody, "--identity", "photo id", "--plain", "--out")
    quick.ok(*package, quick.folder.parent / "package", *DEE)
    quick.ok("apply", place)


def test_a_system_that_is_away_is_not_reached_and_says_so(quick):
    subject(quick)
    name = identified(quick)
    place = quick.folder / "erase.json"
    quick.ok("plan", "--erase", given(quick), "--request", name, *DEE, "--out", place)
    quick.approve(place)
    dsn = next(quick.folder.glob("*.dsn"))
    there = dsn.read_text()
    dsn.write_text("sqlite:////nowhere/at/all.db\n")
    assert quick.run("apply", place).code != 0
    assert [one["outcome"] for one in shown(quick, name)["plans"]] == ["not reached"]
    dsn.write_text(there)
    quick.ok("apply", place)
    assert [one["outcome"] for one in shown(quick, name)["plans"]] == ["verified"]


def test_who_asks_twice_and_a_card_that_nobody_has_are_told(quick):
    subject(quick)
    erase = ("request", "open", "erasure", "--channel", "desk", *DEE, "--card")
    first = opened(quick)
    assert first in quick.run(*erase, given(quick)).out
    assert first not in quick.run("request", "open", "access", *erase[3:], given(quick)).out
    nobody = quick.run(*erase, given(quick, "K7700998"))
    assert (nobody.code, "open it without --card" in " ".join(nobody.err.split())) == (2, True)


def test_what_editors_leave_in_a_file_finds_nobody_else_and_loses_no_words(quick):
    """A mark that nobody sees, another coding, a sign that a server takes for the end; and a file saved empty."""
    subject(quick)
    place, words = quick.folder.parent / "odd.card", quick.folder.parent / "odd.txt"
    show = ("consent", "show", place)
    place.write_text(f"\ufeff{CARD}\r\n", encoding="utf-8")
    assert quick.run(*show).code == 0
    for odd in (f"{CARD}\n".encode("utf-16"), f"{CARD}\0\n".encode(), f"\x1b[2K{CARD}\n".encode(), b"\xff\n", b"\n"):
        place.write_bytes(odd)
        told = quick.refused(*show, code=2, error="ERA-001")
        assert "no line that can be read" in told.err, odd
    opening = ("request", "open", "question", "--channel", "letter", "--words", words, *DEE)
    for empty in ("", " \n\t", "\u200b\ufeff\n"):
        words.write_text(empty, encoding="utf-8")
        no(quick, *opening, code=2, error="RGT-014")
    assert quick.ok("request", "list")["requests"] == []


def test_nothing_is_done_to_one_person_because_another_asked(quick):
    seed, _ = subject(quick)
    other = "K7700999"
    seed.patron(cardnumber=other)
    name = identified(quick)
    plan = ("--request", name, *DEE)
    no(quick, "plan", "--erase", given(quick, other), *plan, code=4, error="RGT-020")
    ask = quick.folder.parent / "ask.yaml"
    ask.write_text(f"card number: {CARD}\nrestrict: {{ground: needed for a claim, keep: yes}}\n")
    no(quick, "plan", "--restrict", ask, *plan, code=4, error="RGT-012")  # of another right
    access = (
        "access",
        given(quick, other),
        "--plain",
        "--identity",
        "photo id",
        "--out",
        quick.folder.parent / "a.zip",
    )
    no(quick, *access, "--request", name, *DEE, code=4, error="RGT-012")
    mine = identified(quick, "access")
    given(quick, other)
    no(quick, *access, "--request", mine, *DEE, code=4, error="RGT-020")
    assert not (quick.folder.parent / "a.zip").exists()
    no(quick, "plan", "--erase", given(quick), "--request", "req-zzzzzzzzzzzz", *DEE, code=2, error="RGT-011")
    assert quick.run("plan", "--request", name, *DEE).code == 2


def test_in_another_system_too_a_request_is_answered_for_its_own_person_alone(small_sqlite, tmp_path):
    """A plan there is taken only of the record that the same card finds, as `carrel access` looks."""
    there = tmp_path / "there.db"
    elm = ruled(library.make(tmp_path / "site", small_sqlite, others=[("branch", f"sqlite:///{there}")]))
    _, number = subject(elm)
    shutil.copyfile(tmp_path / "koha.db", there)
    with sqlite3.connect(there) as other:
        other.execute("UPDATE borrowers SET cardnumber = 'K7700999', surname = 'Ahab' WHERE borrowernumber <> ? AND "
                      "borrowernumber = (SELECT MAX(borrowernumber) FROM borrowers b WHERE b.borrowernumber <> ?)",
                      (number, number))  # fmt: skip
    name = identified(elm, "erasure", "--system", "koha")
    plan = ("plan", "--erase", given(elm, "K7700999"), "--request", name, *DEE, "--out", elm.folder / "erase.json")
    no(elm, *plan, "--system", "branch", code=4, error="RGT-020")
    assert shown(elm, name)["plans"] == []
    elm.ok("plan", "--erase", given(elm), *plan[3:], "--system", "branch")
    assert [one["system"] for one in shown(elm, name)["plans"]] == ["branch"]
    with sqlite3.connect(there) as other:  # somebody else has that card there: the names share nothing
        other.execute("UPDATE borrowers SET surname = 'Ahab', firstname = 'Captain' WHERE cardnumber = ?", (CARD,))
    no(elm, *plan[:2], given(elm), *plan[3:], "--system", "branch", code=4, error="RGT-010")
    assert len(shown(elm, name)["plans"]) == 1


def test_a_plan_of_a_request_that_was_taken_back_is_not_carried_out(quick):
    subject(quick)
    name = identified(quick)
    place = quick.folder / "erase.json"
    quick.ok("plan", "--erase", given(quick), "--request", name, *DEE, "--out", place)
    quick.approve(place)
    quick.ok("apply", place, "--by-night")
    quick.ok("request", "withdraw", name, *DEE)
    quick.refused("apply", place, code=4, error="RGT-012")
    night = quick.run("run-due", "--json").told
    [told] = night["systems"][0]["erasures"]
    assert (told["outcome"], told["codes"]) == (None, ["RGT-012"])
    with quick.store as store:
        assert not store.erasures.for_night("koha")
    assert quick.koha.rows(f"SELECT 1 FROM borrowers WHERE cardnumber = '{CARD}'")
    assert shown(quick, name)["events"][-1]["by"] == "the person"


def test_the_answer_to_a_person_is_handed_out_for_a_request(quick):
    subject(quick)
    name = identified(quick, "access")
    out = quick.folder.parent / "answer.zip"
    words = ("access", given(quick), "--plain", "--identity", "photo id", "--out", out, "--request", name, *DEE)
    out.write_bytes(b"there already")
    no(quick, *words, code=1, error="RGT-005")
    no(quick, "request", "answer", name, *DEE, code=4, error="RGT-013")
    out.unlink()
    quick.ok(*words)
    plan, again = shown(quick, name)["plans"]
    assert (plan["kind"], plan["outcome"], plan["settled"]) == ("access", "not reached", True)
    assert (again["kind"], again["outcome"]) == ("access", "verified")
    quick.ok("request", "answer", name, *DEE)


def test_a_correction_and_its_recipients(quick):
    subject(quick, address="Wrongly Spelt Lane 7")
    name = identified(quick, "rectification")
    ask = quick.folder.parent / "ask.yaml"
    ask.write_text(f"card number: {CARD}\ncorrect:\n  postal address: {{street: Rightly Spelt Lane 9}}\n")
    place = quick.folder / "rectify.json"
    quick.ok("plan", "--rectify", ask, "--request", name, *DEE, "--out", place)
    quick.approve(place, "--request", ask)
    quick.ok("apply", place)
    told = shown(quick, name)
    assert told["plans"][0]["outcome"] == "verified"
    assert [one["to"] for one in told["tasks"]] == [VENDOR]
    no(quick, "request", "waive", name, "t1", "--because", " ", *DEE, code=2, error="RGT-014")
    quick.ok("request", "waive", name, "t1", "--because", "went out of business", *DEE)
    quick.ok("request", "answer", name, *DEE)


def test_a_restriction_holds_from_the_moment_that_it_is_known_who_asks(small_sqlite, tmp_path):
    """Before anybody planned or approved anything; and an objection ends the use as soon as it is on record."""
    elm = library.make(tmp_path / "site", small_sqlite)
    policy(elm, "worcester")
    desk = people(elm, "ann", "bob")
    ruled(elm)
    assert desk.mails(CAMPAIGN) == ["ann@oak.example", "bob@oak.example"]
    name = elm.ok("request", "open", "restriction", "--card", desk.card("ann"), "--channel", "desk", *DEE)["request"][
        "id"
    ]
    assert desk.mails(CAMPAIGN) == ["ann@oak.example", "bob@oak.example"]  # anybody could have asked
    elm.ok("request", "identify", name, desk.card("ann"), "--identity", "photo id", *DEE)
    assert desk.mails(CAMPAIGN) == ["bob@oak.example"]
    ask, place = elm.folder.parent / "ask.yaml", elm.folder / "restrict.json"
    ask.write_text("card number: K99ann\nrestrict: {ground: needed for a claim, keep: yes}\n")
    elm.ok("plan", "--restrict", ask, "--request", name, *DEE, "--out", place)
    elm.approve(place)
    elm.ok("apply", place)
    assert desk.mails(CAMPAIGN) == ["bob@oak.example"]
    told = shown(elm, name)
    assert {one["kind"] for one in told["tasks"]} <= {"switch"}
    for one in told["tasks"]:
        elm.ok("request", "reply", name, one["id"], *DEE)
    elm.ok("request", "answer", name, *DEE)
    assert desk.mails(CAMPAIGN) == ["bob@oak.example"]
    objection = elm.ok("request", "open", "objection", "--card", desk.card("bob"), "--channel", "phone", "--identity",
                       "known to the staff", *DEE)["request"]["id"]  # fmt: skip
    desk.say("withdraw", "bob", "--request", objection, purpose=CAMPAIGN)
    assert desk.mails(CAMPAIGN) == []
    assert shown(elm, objection)["plans"][0]["outcome"] == "verified"
    elm.ok("request", "answer", objection, *DEE)


def test_several_tasks_are_listed_and_settled_at_once_all_or_none(quick):
    subject(quick)
    name = identified(quick, "restriction")
    said = quick.folder.parent / "restrict.yaml"
    said.write_text(f"card number: {CARD}\nrestrict: {{ground: accuracy contested}}\n")
    place = quick.folder / "restrict.json"
    quick.ok("plan", "--restrict", said, "--request", name, *DEE, "--out", place)
    quick.approve(place)
    quick.ok("apply", place)
    waiting = quick.ok("request", "tasks")["tasks"]
    assert len(waiting) > 3
    assert {one["request"] for one in waiting} == {name}
    assert {one["kind"] for one in waiting} == {"switch"}
    before = len(shown(quick, name)["events"])
    no(quick, "request", "tasks", name, "--done", "t1,t99", *DEE, code=4, error="RGT-012")
    no(quick, "request", "answer", name, *DEE, code=4, error="RGT-013")
    assert len(shown(quick, name)["events"]) == before, "none of them"
    quick.ok(
        "request", "tasks", name, "--tell", "t1", "--done", "t2-t3", "--words", words_file(quick, "By hand."), *DEE
    )
    left = quick.ok("request", "tasks", name)["tasks"]
    assert [one["id"] for one in left] == [one["id"] for one in waiting if one["id"] not in {"t2", "t3"}]
    assert [one["told"] for one in left] == [True, *[False] * (len(left) - 1)]
    quick.ok("request", "tasks", name, "--done", "switches", *DEE)
    assert quick.ok("request", "tasks")["tasks"] == []
    with quick.store as store:
        assert store.requests.words_beside(name).count("By hand.") == 3
    assert quick.ok("request", "answer", name, *DEE)["request"]["state"] == "answered"


def test_an_overdue_request_is_a_finding(quick):
    name = opened(quick, "question", "--on", str(TODAY - timedelta(days=20)), card=False)
    fresh = opened(quick, "question", card=False)
    told = quick.ok("request", "list", code=3)
    assert (told["overdue"], [one["id"] for one in told["requests"]]) == (1, [name, fresh])
    assert told["requests"][0]["owner"] == "the director"
    assert "OVERDUE" in quick.run("request", "list").out
    quick.ok("request", "answer", name, "--words", words_file(quick, "We keep them for a week."), *DEE)
    assert quick.ok("request", "list")["overdue"] == 0
    assert shown(quick, name)["late"]
    letter = quick.run("request", "letter", name, *DEE).out
    assert "We keep them for a week." in letter
    no(quick, "request", "open", "question", "--channel", "desk", "--on", str(TODAY + timedelta(days=2)), *DEE,
                  code=2, error="RGT-019")  # fmt: skip


def test_the_night_and_the_audit_see_what_is_overdue_and_what_was_altered(quick):
    """An overdue request is in the health files and turns its clause; so does an event that somebody wrote over."""
    policy(quick, "mit-libraries")
    name = opened(quick, "question", "--on", str(TODAY - timedelta(days=20)), card=False)
    quick.run("run-due")
    health = json.loads((quick.folder / "health" / "health.json").read_text())
    assert "RGT-024" in health["systems"][0]["findings"]
    told = clauses(quick)["MITL-10.8"]
    assert (told["state"], told["measured"]["overdue"]) == ("finding", 1)
    no(quick, "request", "answer", name, *DEE, code=2, error="RGT-014")  # a question is answered in words
    quick.ok("request", "answer", name, "--words", words_file(quick, "A week."), *DEE)
    with quick.store as store:  # some of it is in the ledger by now, and some still waits for the next night
        facts = request_facts(load_site(quick.folder), store, "koha", datetime.now(UTC))
        assert (facts.altered, facts.standings[0].state) == (0, "answered")
    with sqlite3.connect(quick.folder / FILE) as store:
        store.execute("UPDATE request_event SET by = 'Cal Example' WHERE act = 'answered'")
    told = clauses(quick)["MITL-10.8"]
    assert (told["state"], told["measured"]["altered since"]) == ("finding", 1)


def test_who_answers_elsewhere_is_named_and_the_person_sees_it(quick):
    name = identified(quick, "access", "--language", "es") if subject(quick) else ""
    no(quick, "request", "tell", name, "--controller", "the mayor", *DEE, code=2, error="RGT-014")
    no(quick, "request", "tell", name, *DEE, code=2, error="RGT-014")
    quick.ok("request", "tell", name, "--controller", "campus police", *DEE)
    [task] = shown(quick, name)["tasks"]
    assert (task["kind"], task["told"], shown(quick, name)["state"]) == ("controller", True, "waiting for others")
    letter = quick.run("request", "letter", name, *DEE).out
    assert "Campus police responde por una parte" in letter
    assert "films: the police" in letter


def test_a_challenge_ends_with_a_decision_and_a_statement(quick):
    subject(quick)
    name = identified(quick, "challenge", "--words", words_file(quick, "That fine is not mine."))
    no(quick, "request", "answer", name, *DEE, code=4, error="RGT-013")
    quick.ok("request", "decide", name, "refused", "--because", "the log says so", *DEE)
    quick.ok("request", "answer", name, *DEE)
    quick.ok("request", "state", name, "--words", words_file(quick, "I still say so."), *DEE)
    assert "statement of disagreement is kept" in quick.run("request", "letter", name, *DEE).out
    assert "not mine" not in quick.run("request", "show", name).out
    told = quick.run("request", "show", name, "--words", *DEE).out
    assert "That fine is not mine." in told
    assert "I still say so." in told
    no(quick, "request", "show", name, "--words", "--as", "Cal Example", code=4, error="HLD-006")


def test_a_refusal_names_its_ground_and_where_to_complain(quick):
    subject(quick)
    name = identified(quick)
    quick.ok("request", "refuse", name, "--ground", "a legal claim", "--because", "a suit is pending", *DEE)
    letter = quick.run("request", "letter", name, *DEE).out
    for words in ("needed for a legal claim", "a suit is pending", "complain"):
        assert words in letter


def test_who_may_not_does_not(quick):
    no(quick, "request", "open", "question", "--channel", "desk", "--as", "Cal Example", code=4, error="HLD-006")
    no(quick, "request", "open", "access", "--channel", "desk", "--identity", "photo id", *DEE, code=2, error="RGT-014")
    no(quick, "request", "open", "access", "--channel", "desk", "--card", given(quick, "K0"), *DEE, code=2,
                  error="ERA-001")  # fmt: skip


# -- receipts of vendors ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vendor_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key, days=30):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "opendsr.covers.example")])
    start = datetime.now(UTC) - timedelta(days=60)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(start).not_valid_after(datetime.now(UTC) + timedelta(days=days))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def signed(key, body, domain="opendsr.covers.example"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = base64.b64encode(key.sign(raw, padding.PKCS1v15(), hashes.SHA256())).decode()
    head = f"HTTP/1.1 200 OK\r\nX-OpenDSR-Processor-Domain: {domain}\r\nX-OpenDSR-Signature: {signature}\r\n\r\n"
    return head.encode() + raw


def answer(task, status="completed", **more):
    return {
        "controller_id": "elm", "expected_completion_time": "2026-12-01T00:00:00Z", "api_version": "2.0",
        "subject_request_id": task["vendor_request_id"], "request_status": status, **more,
    }  # fmt: skip


def test_a_signed_receipt_of_a_vendor_ends_its_task_and_no_other_does(quick, vendor_key):
    key = vendor_key
    pem = quick.folder / "covers.pem"
    pem.write_bytes(certificate(key))
    quick.edit(
        "library: Elm Library\n",
        f"library: Elm Library\nvendors:\n  {VENDOR}: {{key: covers.pem, domain: opendsr.covers.example}}\n",
    )
    subject(quick)
    name = identified(quick)
    erased(quick, name)
    [task] = shown(quick, name)["tasks"]
    place = quick.folder.parent / "answer.txt"

    def receipt(raw, *more, code=0, error=""):
        place.write_bytes(raw)
        words = ("request", "receipt", name, task["id"], place, "--vendor-key", VENDOR, *DEE, *more)
        if error:
            no(quick, *words, code=code, error=error)
        else:
            return quick.ok(*words, code=code)["request"]["state"]
        assert shown(quick, name)["tasks"][0]["ended"] is None
        return None

    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    whole = signed(key, answer(task))
    receipt(signed(other, answer(task)), code=4, error="RGT-023")
    receipt(whole.replace(b'"completed"', b'"completed" '), code=4, error="RGT-023")
    receipt(json.dumps(answer(task)).encode(), code=4, error="RGT-023")  # without its headers
    receipt(signed(key, answer(task), domain="evil.example"), code=4, error="RGT-023")
    receipt(signed(key, {**answer(task), "subject_request_id": "6f1a2b3c-0000-4000-8000-000000000000"}), code=4,
            error="RGT-021")  # fmt: skip
    quoted = {"subject_identities": [{"identity_type": "email", "identity_value": "0" * 32, "identity_format": "MD5"}]}
    weak = base64.b64encode(json.dumps(quoted).encode()).decode()
    receipt(signed(key, answer(task, encoded_request=weak)), code=4, error="RGT-022")
    typed = {"identities": [{"identity_type": "email_md5", "identity_value": "0" * 32}]}
    receipt(signed(key, answer(task, **typed)), code=4, error="RGT-022")
    assert (
        receipt(signed(key, answer(task, "pending", encoded_request="")), code=3) == "waiting for others"
    )  # quotes none
    pem.write_bytes(certificate(key, days=-1))
    receipt(whole, code=4, error="RGT-023")
    pem.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert receipt(signed(key, answer(task, "in_progress")), code=3) == "waiting for others"
    assert receipt(whole) == "open"
    assert shown(quick, name)["tasks"][0]["ended"] == "replied"
    with quick.store as store:
        evidence = dict(line.split(": ", 1) for line in store.requests.words_beside(name)[-1].splitlines())
    body = base64.b64decode(evidence["body in base64"])
    signature = base64.b64decode(evidence["X-OpenDSR-Signature"])
    key.public_key().verify(signature, body, padding.PKCS1v15(), hashes.SHA256())  # sealed, and still evidence
    assert b"X-OpenDSR" not in (quick.folder / FILE).read_bytes()
    quick.ok("request", "answer", name, *DEE)


def test_nothing_of_the_person_is_left_in_the_open_and_all_is_forgotten_in_time(quick):
    """What was sealed goes with the time after the end; until then no file tells it in the clear."""
    subject(quick)
    quick.needles |= {CARD, USER, MAIL, f"{FIRST} {LAST}", WORDS}
    name = identified(quick, "erasure", "--words", words_file(quick))
    quick.ok("request", "withdraw", name, *DEE)
    key = quick.folder / "requests" / f"{name}.key"
    assert key.exists()
    with sqlite3.connect(quick.folder / FILE) as store:
        old = (datetime.now(UTC) - timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        store.execute("UPDATE request SET ended_at = ?", (old,))
    quick.ok("request", "list")
    assert not key.exists()
    assert shown(quick, name)["state"] == "withdrawn"
