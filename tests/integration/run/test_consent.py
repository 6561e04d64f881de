"""``carrel consent`` and ``carrel export contacts``: who agreed, who took it back, and whose address may leave."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from datetime import date, timedelta

import pytest

from carrel.cli.main import main
from carrel.ledger.leaf import decode_leaf
from carrel.store.consents import Consents
from carrel.store.contact_exports import ContactExports
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.store import FILE
from tests.integration.run import library
from tests.integration.run.consent_desk import CAMPAIGN, DEE, NEWS, opened, rows
from tests.integration.run.person_seed import Seeder

TODAY = date.today()  # noqa: DTZ011  (days before it are past in every zone)


def people(elm, *names, **values):
    """A desk, and patrons whose cards are in use, each with an address."""
    desk, seed = opened(elm), Seeder(elm.koha)
    elm.sql("UPDATE borrowers SET email = NULL, B_email = NULL, emailpro = NULL, dateexpiry = '2999-01-01'")
    for name in names:
        card, mail = f"K99{name}", f"{name}@oak.example"
        given = {"cardnumber": card, "email": mail, "address": f"{name} street", "dateexpiry": "2999-01-01", **values}
        number = seed.patron(**given)
        desk.cards[name] = card
        elm.needles |= {card, mail, str(number)}
    return desk


def policy(elm, name):
    """The same library under another policy that ships."""
    from importlib import resources

    shipped = resources.files("carrel.policy") / "shipped" / f"{name}.yaml"
    (elm.folder / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))


@pytest.fixture
def owwl(small):
    """On each database."""
    policy(small, "owwl")
    return small


@pytest.fixture
def quick(small_sqlite, tmp_path):
    """For what no dialect decides."""
    elm = library.make(tmp_path / "site", small_sqlite)
    policy(elm, "owwl")
    return elm


def test_who_says_yes_and_no_at_two_desks_at_once_is_told_to_the_tools_as_no(quick, monkeypatch):
    """The second word comes while the first one's file is made: both are told, and the later one counts."""
    desk = people(quick, "ann")
    folder = quick.folder.parent / "changes"
    whole, once = Consents.untold, []

    def meanwhile(self, system):
        found = whole(self, system)
        if found and not once:
            once.append(1)
            desk.say("withdraw", "ann")
        return found

    words = ("consent", "give", desk.card("ann"), "--purpose", NEWS, "--channel", "desk", *DEE, "--site", quick.folder)
    with monkeypatch.context() as patch:
        patch.setattr(Consents, "untold", meanwhile)
        with pytest.raises(SystemExit) as end:
            main([*map(str, words)])
    assert end.value.code == 0
    files = sorted(folder.iterdir())
    assert len(files) == 2, "each desk wrote its own"
    lines = [line for place in files for line in rows(place)]
    last = max(line["since"] for line in lines)
    assert "no" in {line["may be written to"] for line in lines if line["since"] == last}
    assert desk.mails() == []
    assert len(list(folder.iterdir())) == 2, "nothing is told twice"


@pytest.mark.everywhere
def test_only_who_agreed_goes_and_the_same_call_differs_by_policy(owwl):
    """Nobody before the first consent; whoever agreed; not whoever took it back; under worcester's policy all but those."""
    desk = people(owwl, "ann", "bob", "cyd")
    before = owwl.checksum()
    told, place = desk.export(CAMPAIGN)
    assert (told["written"], rows(place), told["needs_consent"]) == (0, [], True)
    desk.say("give", "ann", purpose=CAMPAIGN)
    desk.say("give", "bob", purpose=CAMPAIGN)
    told, place = desk.export(CAMPAIGN)
    assert [(row["given name"], row["email address"]) for row in rows(place)] == [
        ("Given", "ann@oak.example"), ("Given", "bob@oak.example"),
    ]  # fmt: skip
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    [(number,)] = owwl.koha.rows("SELECT count(*) FROM borrowers WHERE surname <> ''")
    assert 40 <= told["left_out"]["never agreed"] <= int(number)  # without the stand-in, and who agreed
    assert desk.say("withdraw", "bob", purpose=CAMPAIGN)["states"] == {CAMPAIGN: "withdrawn"}
    assert desk.mails(CAMPAIGN) == ["ann@oak.example"]
    policy(owwl, "worcester")
    told, place = desk.export(CAMPAIGN)
    assert (told["needs_consent"], told["clauses"]) == (False, ["WPL-3.7"])
    assert [row["email address"] for row in rows(place)] == ["ann@oak.example", "cyd@oak.example"]
    assert set(rows(place)[0]) == {"email address"}  # the clause names two fields, and no name
    assert told["left_out"]["consent withdrawn, or objected"] == "1-9"
    assert owwl.checksum() == before


def test_silence_restriction_expiry_and_what_nobody_knows(owwl):
    desk = people(owwl, "ann", "bob", "cyd", "dan", "eva")
    for who in desk.cards:
        desk.say("give", who)
    assert len(desk.mails()) == 5
    owwl.sql("UPDATE borrowers SET dateexpiry = '2020-01-01' WHERE cardnumber = 'K99ann'")
    desk.say("withdraw", "bob", "--everything", purpose=None)
    request, plan = owwl.folder.parent / "request.yaml", owwl.folder / "restrict.json"
    request.write_text("card number: K99cyd\nrestrict: {ground: needed for a claim, keep: yes}\n")
    owwl.ok("plan", "--restrict", request, "--as", "Cal Example", "--out", plan)
    owwl.approve(plan)
    owwl.ok("apply", plan)
    owwl.sql("UPDATE borrowers SET email = NULL WHERE cardnumber = 'K99dan'")
    told, place = desk.export()
    assert [row["email address"] for row in rows(place)] == ["eva@oak.example"]
    assert {reason: count for reason, count in told["left_out"].items() if reason != "never agreed"} == {
        "use restricted": "1-9", "asked for silence, or erased": "1-9", "card expired": "1-9", "no such address": "1-9",
    }  # fmt: skip
    # Silence goes with the address too: a new record with it is nobody who may be written to.
    Seeder(owwl.koha).patron(borrowernumber=7_700_001, cardnumber="K99new", userid="new", email="BOB@oak.example")
    desk.cards["new"] = "K99new"
    card = desk.card("new")
    give = ("consent", "give", card, "--purpose", NEWS, "--channel", "desk")
    desk.refused("CNS-008", 4, *give)
    policy(owwl, "worcester")
    assert not [one for one in desk.mails(CAMPAIGN) if one.lower() == "bob@oak.example"]
    policy(owwl, "owwl")
    owwl.ok(*give, "--lift-silence", *DEE)
    owwl.sql("UPDATE borrowers SET dateexpiry = '2999-01-01' WHERE cardnumber = 'K99new'")
    assert "BOB@oak.example" in desk.mails()


def test_a_no_holds_for_the_address_on_whichever_record_it_stands(quick):
    """A parent's address on a child's record; who lives there said no, by objecting, by silence, or by a restriction."""
    desk = people(quick, "ann", "kid", "bob", "cyd")
    policy(quick, "worcester")
    quick.sql("UPDATE borrowers SET email = 'Ann@Oak.Example' WHERE cardnumber = 'K99kid'")
    assert desk.mails(CAMPAIGN) == ["ann@oak.example", "Ann@Oak.Example", "bob@oak.example", "cyd@oak.example"]
    desk.say("withdraw", "ann", purpose=CAMPAIGN)
    told, place = desk.export(CAMPAIGN)
    assert [row["email address"] for row in rows(place)] == ["bob@oak.example", "cyd@oak.example"]
    assert told["left_out"]["same address as somebody who said no"] == "1-9"
    assert told["left_out"]["consent withdrawn, or objected"] == "1-9"
    changes = quick.folder.parent / "changes"
    policy(quick, "owwl")
    told = desk.say("give", "kid", purpose=CAMPAIGN)["told"]  # the child's own yes does not undo the parent's no
    [line] = rows(changes / told["file"])
    assert (line["email address"], line["may be written to"]) == ("Ann@Oak.Example", "no")
    assert desk.mails(CAMPAIGN) == []
    desk.say("give", "kid", "--lift-silence", purpose=CAMPAIGN)  # somebody of the library asked whose address it is
    assert desk.mails(CAMPAIGN) == ["Ann@Oak.Example"]
    desk.say("give", "ann", purpose=CAMPAIGN)
    assert desk.mails(CAMPAIGN) == ["ann@oak.example", "Ann@Oak.Example"]
    # Whoever asked for silence and has another address by now: that one is left out as well, the old one too.
    policy(quick, "worcester")
    desk.say("withdraw", "ann", "--everything", purpose=None)
    quick.sql("UPDATE borrowers SET email = 'bob@oak.example' WHERE cardnumber = 'K99ann'")
    assert desk.mails(CAMPAIGN) == ["cyd@oak.example"]
    # Put into the record and out again, an address leaves nothing behind.
    quick.sql("UPDATE borrowers SET email = 'else@oak.example' WHERE cardnumber = 'K99ann'")
    assert desk.mails(CAMPAIGN) == ["bob@oak.example", "cyd@oak.example"]
    # The same of a restriction, from the moment of the request.
    quick.edit("may: [consent, export]", "may: [consent, export, requests]")
    quick.ok("request", "open", "restriction", "--card", desk.card("cyd"), "--channel", "desk", "--identity", "photo id",
             *DEE)  # fmt: skip
    quick.sql("UPDATE borrowers SET email = 'cyd@oak.example' WHERE cardnumber = 'K99bob'")
    assert desk.mails(CAMPAIGN) == []


def test_what_is_refused(quick):
    desk = people(quick, "ann")
    out = quick.folder.parent / "out.csv"
    call = ("export", "contacts", "--out", out)
    for purpose, recipient, error in (
        (NEWS, "friends group", "CNS-011"),
        (NEWS, "mailing service", "CNS-011"),
        (NEWS, "somebody", "CNS-012"),
        ("circulation", "the library", "CNS-010"),
    ):
        answer = desk.refused(error, 4, *call, "--purpose", purpose, "--recipient", recipient)
        assert "OWWL-" in answer.err or "OWWL-" in answer.out
    desk.refused("CNS-004", 2, *call, "--purpose", "sales", "--recipient", "the library")
    news = ("--purpose", NEWS, "--recipient", "the library")
    desk.refused("CNS-013", 4, *call, *news, "--field", "telephone number")
    assert not out.exists()
    out.write_text("older\n")
    desk.refused("CNS-015", 2, *call, *news)
    assert out.read_text() == "older\n"
    quick.refused("export", "contacts", "--out", out, *news, "--as", "Cal Example", code=4, error="HLD-006")
    give = ("consent", "give", desk.card("ann"), "--channel", "desk")
    desk.refused("CNS-005", 2, *give, "--purpose", "circulation")
    desk.refused("CNS-004", 2, *give, "--purpose", "sales")
    desk.refused("CNS-003", 2, *give, "--purpose", NEWS, "--language", "fi")
    desk.refused("CNS-006", 2, *give, "--purpose", NEWS, "--on", "2999-01-01")
    desk.cards["zed"] = "no such card"
    desk.refused("ERA-001", 2, "consent", "give", desk.card("zed"), "--channel", "desk", "--purpose", NEWS)


def test_a_lost_key_stops_every_export(quick):
    desk = people(quick, "ann")
    desk.say("give", "ann")
    key = quick.folder / "consent" / "key"
    kept = key.read_bytes()
    for other in (None, os.urandom(32)):
        key.unlink() if other is None else key.write_bytes(other)
        out = quick.folder.parent / "out.csv"
        call = ("export", "contacts", "--purpose", NEWS, "--recipient", "the library", "--out", out)
        desk.refused("CNS-007", 4, *call)
        desk.refused("CNS-007", 4, "consent", "withdraw", desk.card("ann"), "--purpose", NEWS, "--channel", "desk")
        assert not out.exists()
        assert key.exists() == (other is not None)
    key.write_bytes(kept)
    assert desk.mails() == ["ann@oak.example"]


def test_a_changed_text_asks_again_and_a_used_one_never_changes(quick):
    desk = people(quick, "ann", "bob")
    folder = quick.folder.parent / "texts"
    first = (folder / "library-news.1.en.yaml").read_text()
    desk.say("give", "ann")
    (folder / "library-news.2.en.yaml").write_text(first.replace("version: 1", "version: 2"))
    desk.say("give", "bob")
    assert desk.mails() == ["ann@oak.example", "bob@oak.example"]  # its author says that nobody is asked again
    third = first.replace("version: 1", "version: 3").replace("asks again: false", "asks again: true")
    (folder / "library-news.3.en.yaml").write_text(third)
    told, _ = desk.export()
    assert (told["written"], told["left_out"]["agreed to an older text"]) == (0, "1-9")
    shown = quick.ok("consent", "show", desk.card("ann"))
    assert {one["purpose"]: one["state"] for one in shown["states"]}[NEWS] == "to be asked again"
    assert desk.say("give", "ann", "--version", 1)["states"] == {NEWS: "to be asked again"}  # an old paper card
    desk.say("give", "ann")
    assert desk.mails() == ["ann@oak.example"]
    (folder / "library-news.3.en.yaml").write_text(third.replace("nothing else changes", "all is the same"))
    found = quick.ok("consent", "texts", code=3)["findings"]
    assert [one["at"] for one in found if one["serious"]] == ["library-news.3.en.yaml"]
    give = ("consent", "give", desk.card("bob"), "--purpose", NEWS, "--channel", "desk")
    desk.refused("CNS-002", 4, *give)
    assert desk.mails() == ["ann@oak.example"]  # the words of its first use hold, whatever the file says
    (folder / "library-news.3.en.yaml").write_text(third)
    desk.say("give", "bob")
    assert len(desk.mails()) == 2
    (folder / "library-news.3.en.yaml").write_text("text: [")
    desk.refused("CNS-001", 2, *give)
    desk.refused("CNS-001", 2, "export", "contacts", "--purpose", NEWS, "--recipient", "the library", "--out",
                 quick.folder.parent / "x.csv")  # fmt: skip


def test_the_order_in_which_the_person_spoke_decides(quick):
    desk = people(quick, "ann")
    week, month = TODAY - timedelta(days=7), TODAY - timedelta(days=30)
    desk.say("withdraw", "ann", "--on", week)
    told = desk.say("give", "ann", "--on", month)  # a paper card that lay in a drawer
    assert (told["states"], told["written"]) == ({NEWS: "withdrawn"}, 1)
    assert desk.say("give", "ann", "--on", week)["states"] == {NEWS: "withdrawn"}  # of one day, the withdrawal
    assert desk.mails() == []
    assert desk.say("give", "ann")["states"] == {NEWS: "given"}
    assert desk.say("give", "ann")["written"] == 0
    history = quick.ok("consent", "show", desk.card("ann"))["history"]
    assert [one["act"] for one in history] == ["withdrawn", "given", "given", "given"]
    assert desk.mails() == ["ann@oak.example"]


def test_screens_show_nobody_within_a_hundred_columns(quick):
    desk, yesterday = people(quick, "ann"), TODAY - timedelta(days=1)
    for words in (
        ("consent", "give", desk.card("ann"), "--purpose", NEWS, "--channel", "paper card", "--on", yesterday, *DEE),
        ("consent", "show", desk.card("ann")),
        ("consent", "list"),
        ("consent", "texts"),
        ("consent", "withdraw", desk.card("ann"), "--everything", "--channel", "phone", *DEE),
        (
            "export",
            "contacts",
            "--purpose",
            NEWS,
            "--recipient",
            "the library",
            "--out",
            quick.folder.parent / "o",
            *DEE,
        ),
    ):
        answer = quick.run(*words)
        assert answer.code in {0, 3}, answer.text
        assert all(len(line) <= 100 for line in answer.out.splitlines() if str(quick.folder.parent) not in line)
    listed = {one["purpose"]: one for one in quick.ok("consent", "list")["purposes"]}
    assert listed[NEWS] == {"purpose": NEWS, "given": 0, "to be asked again": 0, "withdrawn": "1-9"}


def test_mailing_tools_are_told_and_what_they_were_not_told_is_told_next_time(quick):
    desk = people(quick, "ann", "bob")
    folder = quick.folder.parent / "changes"
    told = desk.say("give", "ann")["told"]
    place = folder / told["file"]
    assert [(row["email address"], row["may be written to"]) for row in rows(place)] == [("ann@oak.example", "yes")]
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    folder.rename(folder.with_name("away"))
    answer = quick.run("consent", "withdraw", desk.card("ann"), "--purpose", NEWS, "--channel", "desk", *DEE)
    assert (answer.code, answer.codes) == (1, ["CNS-009"])
    assert desk_mails_without_folder(quick) == 0  # and it holds at once
    folder.with_name("away").rename(folder)
    told = desk.say("give", "bob")["told"]
    assert [(row["email address"], row["may be written to"]) for row in rows(folder / told["file"])] == [
        ("ann@oak.example", "no"), ("bob@oak.example", "yes"),
    ]  # fmt: skip
    assert told["waiting"] == 2


def desk_mails_without_folder(elm):
    """How many addresses an export writes while the mailing tools' folder is away: it ends with an error, and a file."""
    out = elm.folder.parent / "while-away.csv"
    answer = elm.run("export", "contacts", "--purpose", NEWS, "--recipient", "the library", "--out", out, *DEE)
    assert (answer.code, answer.codes) == (1, ["CNS-009"])
    return len(rows(out))


def test_a_copy_of_the_store_tells_nobody_and_the_ledger_tells_nothing(quick):
    desk = people(quick, "ann")
    desk.say("give", "ann")
    desk.say("withdraw", "ann")
    desk.export()
    with sqlite3.connect(quick.folder / FILE) as store:
        store.row_factory = sqlite3.Row
        tables = ("consent_event", "consent_subject", "consent_told", "suppression", "contact_export", "consent_text")
        dump = repr([[tuple(row) for row in store.execute(f"SELECT * FROM {table}")] for table in tables])
    [(number,)] = quick.koha.rows("SELECT borrowernumber FROM borrowers WHERE cardnumber = 'K99ann'")
    assert str(number) not in dump
    assert "oak.example" not in dump
    ledger = LedgerFolder(quick.folder / "ledger")
    leaves = [decode_leaf(raw) for raw in ledger.entries(0, ledger.checkpoint().size)]
    said = [one for one in leaves if one.kind == "consent"]
    assert [set(one.fields) for one in said] == [{"commitment", "policy", "policy_digest"}] * 2
    assert all((one.at.hour, one.at.minute, one.at.second) == (0, 0, 0) for one in said)
    [gone] = [one for one in leaves if one.kind == "contacts"]
    assert (gone.fields["written"], gone.fields["consent"]) == (0, "needed")
    assert "consent-withdrawn-or-objected:1-9" in gone.fields["left_out"]


def test_formulas_are_no_formulas(quick):
    desk = people(quick, "ann", firstname='=HYPERLINK("http://x")', surname="+1", email="-a@oak.example")
    desk.say("give", "ann")
    [row] = rows(desk.export()[1])
    assert (row["given name"][:2], row["family name"], row["email address"]) == ("'=", "'+1", "'-a@oak.example")


def test_what_an_erasure_leaves(owwl):
    """The consent ends, the tools are told, nobody can tell who it was, and a hashed entry stays."""
    desk = people(owwl, "ann", "bob")
    owwl.sql("UPDATE borrowers SET emailpro = 'ann@fir.example; a.n@fir.example' WHERE cardnumber = 'K99ann'")
    desk.say("give", "ann")
    [(number,)] = owwl.koha.rows("SELECT borrowernumber FROM borrowers WHERE cardnumber = 'K99ann'")
    place = owwl.folder / "erase.json"
    owwl.ok("plan", "--erase", desk.card("ann"), "--as", "Cal Example", "--out", place)
    owwl.approve(place)
    owwl.ok("apply", place)
    with owwl.store as store:
        assert len(store.consents.own_tags("koha").number(number)) == 64
        events = store.consents.of(store.consents.own_tags("koha").number(number))
        assert [(str(one.act), str(one.channel)) for one in events] == [
            ("given", "desk"), ("withdrawn", "record erased"),
        ]  # fmt: skip
        assert [one.number for one in store.consents.untold("koha")] == [None]
        assert store.consents.suppressions.count() == 4  # the number, and each address of a field that held two
    [told] = (owwl.folder.parent / "changes").glob("consent-changes.case-*.csv")
    assert sorted((row["email address"], row["may be written to"]) for row in rows(told)) == [
        ("a.n@fir.example", "no"), ("ann@fir.example", "no"), ("ann@oak.example", "no"),
    ]  # fmt: skip
    # A restore brings the record back, or a new one gets the number; another record has an address of before.
    Seeder(owwl.koha).patron(borrowernumber=number, cardnumber="K99ann", userid="new", email="other@oak.example")
    Seeder(owwl.koha).patron(
        borrowernumber=number + 1_000, cardnumber="K99again", userid="again", email="a.n@fir.example"
    )
    policy(owwl, "worcester")
    owwl.sql("UPDATE borrowers SET dateexpiry = '2999-01-01'")
    assert desk.mails(CAMPAIGN) == ["bob@oak.example"]


def test_a_withdrawal_while_addresses_are_read_is_not_overtaken(quick, monkeypatch, capsys):
    """An export that began before a withdrawal begins anew; where that never ends, there is no file."""
    desk = people(quick, "ann", "bob")
    for who in ("ann", "bob"):
        desk.say("give", who)
    record, rounds = ContactExports.record, []
    out = quick.folder.parent / "meanwhile.csv"
    call = ["export", "contacts", "--purpose", NEWS, "--recipient", "the library", "--out", str(out), *DEE]

    def meanwhile(self, *given):
        if not rounds:
            rounds.append(1)
            desk.say("withdraw", "ann")
        return record(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(ContactExports, "record", meanwhile)
        with pytest.raises(SystemExit) as left:
            main([*call, "--site", str(quick.folder)])
    assert (left.value.code, rounds) == (0, [1])
    assert [row["email address"] for row in rows(out)] == ["bob@oak.example"]
    out.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(Consents, "state_in", staticmethod(lambda _: object()))
        with pytest.raises(SystemExit) as left:
            main([*call, "--site", str(quick.folder)])
    assert (left.value.code, out.exists()) == (1, False)
    assert "CNS-016" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["settle", "record", "named"])
def test_killed_at_any_step_there_is_a_whole_recorded_file_or_none(quick, step, tmp_path):
    desk = people(quick, "ann")
    desk.say("give", "ann")
    folder = tmp_path / "out"
    folder.mkdir()
    out = folder / "x.csv"
    script = tmp_path / "die.py"
    where = {
        "settle": ("carrel.systems.consent.contact_file", "ContactFile", "settle"),
        "record": ("carrel.store.contact_exports", "ContactExports", "record"),
        "named": ("carrel.systems.consent.contact_file", "NameIt", "__call__"),
    }[step]
    script.write_text(
        "import importlib, os, signal, sys\n"
        f"kind = getattr(importlib.import_module({where[0]!r}), {where[1]!r})\n"
        f"old = getattr(kind, {where[2]!r})\n"
        "def die(self, *given):\n"
        f"    {'pass' if step == 'settle' else 'old(self, *given)'}\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"setattr(kind, {where[2]!r}, die)\n"
        "from carrel.cli.main import main\n"
        "main(sys.argv[1:])\n"
    )
    words = ("export", "contacts", "--purpose", NEWS, "--recipient", "the library", "--out", str(out), *DEE)
    dead = subprocess.run(
        [sys.executable, str(script), *words, "--site", str(quick.folder)], env=library.environment(), check=False,
        capture_output=True,
    )  # fmt: skip
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    with quick.store as store:
        recorded = store.contact_exports.count()
    assert recorded == (0 if step == "settle" else 1)
    assert [one.name for one in folder.iterdir()] == (["x.csv"] if step == "named" else [])
    if step == "named":
        assert [row["email address"] for row in rows(out)] == ["ann@oak.example"]
        out.unlink()
    quick.ok(*words)
    assert [row["email address"] for row in rows(out)] == ["ann@oak.example"]
