"""``carrel mailing-list`` against a private GNU Mailman: who may not be written to goes off, who agreed comes on."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from carrel.cli.mailing_told import list_checks
from carrel.inventory.mailing_list import MailingList
from carrel.retention.outcome import Outcome
from carrel.systems.check import State
from carrel.systems.mailing_lists import mailman
from carrel.systems.site_file import load_site
from tests.integration.run import library
from tests.integration.run.consent_desk import CAMPAIGN, DEE, NEWS
from tests.integration.run.test_consent import policy
from tests.integration.run.test_consent_audit import evidence
from tests.integration.servers.mailman import LIST, PASSWORD, USER


def course(site):
    with site.elm.store as store:
        return store.mailing_lists.course("news")


def test_a_list_comes_to_hold_what_consents_say_and_is_read_back(listed):
    site = listed("ann", "bob", "cyd", "dan", "eva")
    for who in ("ann", "bob", "cyd", "eva"):
        site.desk.say("give", who)
    site.elm.sql("UPDATE borrowers SET dateexpiry = '2020-01-01' WHERE cardnumber = 'K99eva'")
    site.declare(url="http://127.0.0.1:9/3.1")  # nobody is told now, so that cyd stays on the list
    site.desk.say("withdraw", "cyd", code=3)
    site.declare()
    site.tool.join("BOB@oak.example", "cyd@oak.example", "dan@oak.example", "eva@oak.example", "else@fir.example")
    site.tool.join("cyd@oak.example", role="owner")
    before = site.elm.checksum()
    found = site.plan()["found"]
    assert (found["members"], found["to_take_off"], found["to_put_on"]) == ("1-9", "1-9", "1-9")
    assert len(site.names()) == 5, "a plan changes nothing"
    done = site.apply()
    assert (done["outcome"], done["taken_off"], done["put_on"]) == ("verified", "1-9", "1-9")
    assert site.names() == ["ann", "bob", "else@fir.example"]
    assert site.tool.members(role="owner") == ["cyd@oak.example"], "who runs a list is not written to by that"
    again = site.apply()
    assert (again["outcome"], again["taken_off"], again["put_on"]) == ("verified", 0, 0)
    assert site.plan(code=0)["found"]["standing"]["on no record, and not put there by Carrel"] == "1-9"
    site.declare("strangers: removed")
    site.apply()
    assert site.names() == ["ann", "bob"]
    assert site.elm.checksum() == before
    assert course(site).outcome is Outcome.VERIFIED
    lines = (site.tool.folder / "var" / "logs").rglob("*")
    asked = [line for one in lines for line in one.read_text().splitlines() if '"GET' in line or '"POST' in line]
    assert asked
    assert not [line for line in asked if "@" in line or "%40" in line], "no address in what servers log of requests"


def test_a_no_goes_off_at_once_and_a_yes_with_the_next_night(listed):
    site = listed("ann", "bob")
    site.desk.say("give", "ann")
    site.apply()
    told = site.desk.say("give", "bob")
    assert (told["lists"], site.names()) == ([], ["ann"])
    site.elm.run("run-due")
    assert site.names() == ["ann", "bob"]
    told = site.desk.say("withdraw", "ann")
    assert told["lists"] == [{"list": "news", "off": 1, "outcome": "verified", "code": None}]
    assert site.names() == ["bob"]
    assert site.desk.say("withdraw", "ann")["lists"] == [
        {"list": "news", "off": 0, "outcome": "verified", "code": None}
    ]
    site.desk.say("withdraw", "bob", "--everything", purpose=None)
    assert site.names() == []


def test_whoever_leaves_at_the_tool_stays_off_until_the_next_yes(listed):
    """To leave by the link of a letter is a no; a night that puts the person on again would make nothing of it."""
    site = listed("ann", "bob", "cyd", "dan")
    for who in ("ann", "bob", "cyd"):
        site.desk.say("give", who)
    site.apply()
    site.apply()
    site.tool.leave("ann@oak.example", "cyd@oak.example")
    site.desk.say("give", "dan")
    site.elm.run("run-due")
    assert site.names() == ["bob", "dan"], "who never was there comes on, who left does not"
    found = site.plan(code=0)["found"]
    assert (found["left_at_the_tool"], found["to_put_on"]) == ("1-9", 0)
    assert "left at the tool and stay off until their next yes" in site.elm.run("mailing-list", "apply", *DEE).out
    assert site.names() == ["bob", "dan"]
    for word in ("withdraw", "give"):
        site.desk.say(word, "ann")
    assert site.apply()["put_on"] == "1-9"
    assert site.names() == ["ann", "bob", "dan"]
    assert site.apply("--put-back")["put_on"] == "1-9"
    assert site.names() == ["ann", "bob", "cyd", "dan"]
    site.tool.leave("dan@oak.example")
    site.apply()
    site.desk.say("withdraw", "dan")
    site.apply()
    with site.elm.store as store:
        tags = store.consents.own_tags("koha")
        assert tags.address("dan@oak.example") not in store.mailing_lists.seen("news"), "a no is remembered once"


def test_a_tool_that_is_away_is_told_by_the_night_and_is_a_finding_until_then(listed):
    site = listed("ann", "bob")
    for who in ("ann", "bob"):
        site.desk.say("give", who)
    site.apply()
    away = "http://127.0.0.1:9/3.1"
    site.declare(url=away)
    told = site.desk.say("withdraw", "ann", code=3)
    assert told["states"] == {NEWS: "withdrawn"}
    assert told["lists"] == [{"list": "news", "off": 0, "outcome": "not reached", "code": "CNS-018"}]
    answer = site.elm.run("consent", "withdraw", site.desk.card("ann"), "--purpose", NEWS, "--channel", "desk", *DEE)
    assert (answer.code, "the tool may write to it" in answer.out.replace("\n", " ")) == (3, True)
    assert site.desk.mails() == ["bob@oak.example"], "it holds in every export at once"
    first = course(site).owed_since
    assert first is not None
    done = site.apply(code=1)
    assert (done["outcome"], done["errors"][0]["code"]) == ("not reached", "CNS-018")
    night = site.elm.run("run-due", "--json")
    assert "CNS-018" in night.told["findings"]
    assert any("CNS-018" in one["findings"] for one in night.told["health"]["systems"])
    left = course(site)
    assert (left.outcome, left.code, left.owed_since) == (Outcome.NOT_REACHED, "CNS-018", first)
    [one] = list_checks(load_site(site.elm.folder))
    assert (one.state, "CNS-018" in one.detail) == (State.FINDING, True)
    assert site.names() == ["ann", "bob"]
    site.declare()
    night = site.elm.run("run-due")
    assert "Mailing list news: verified; 1-9 members taken off, 0 put on" in night.out
    assert "CNS-018" not in night.text
    assert site.names() == ["bob"]
    assert (course(site).outcome, course(site).owed_since) == (Outcome.VERIFIED, None)
    checks = site.elm.run("doctor", "--json").told["checks"]
    assert [one["state"] for one in checks if one["name"] == "mailing list news"] == ["ok"]


@pytest.mark.deep
def test_a_list_that_is_owed_for_longer_than_a_night_is_a_finding_of_the_audit(listed):
    site = listed("ann")
    site.desk.say("give", "ann")
    assert evidence(site.elm, "OWWL-8") == {"OWWL-8": "cannot tell"}, "nobody has read it yet"
    site.apply()
    site.declare(url="http://127.0.0.1:9/3.1")
    site.desk.say("withdraw", "ann", code=3)
    assert evidence(site.elm, "OWWL-8") == {"OWWL-8": "holds"}, "what waits for tonight is no finding"
    left = course(site)
    with site.elm.store as store:
        store.mailing_lists.settle(replace(left, outcome=Outcome.VERIFIED, code=""), left.at + timedelta(seconds=1))
        store.mailing_lists.owe("news", "koha", Outcome.NOT_REACHED, "CNS-018", left.at - timedelta(days=2))
    assert evidence(site.elm, "OWWL-8") == {"OWWL-8": "finding"}


def test_a_password_travels_encrypted_or_not_at_all(listed, tmp_path):
    """Before the tool stands a proxy with a certificate that only `ca_file` names."""
    site, heard = listed("ann"), []
    site.desk.say("give", "ann")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key.pem",
         "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    near, _ = server.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), context.wrap_socket(near, server_side=True) as line:
                    said = line.recv(65536)
                    while b"\r\n\r\n" not in said or len(said.partition(b"\r\n\r\n")[2]) < length(said):
                        said += line.recv(65536)
                    heard.append(said)
                    with socket.create_connection(("127.0.0.1", site.tool.port)) as far:
                        far.sendall(said)
                        while answer := far.recv(65536):
                            line.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        url = f"https://localhost:{server.getsockname()[1]}/3.1"
        site.declare(url=url)
        assert site.apply(code=1)["errors"][0]["code"] == "CNS-018"
        assert heard == []
        site.declare(f"ca_file: {tmp_path / 'cert.pem'}", url=url)
        assert site.apply()["outcome"] == "verified"
    assert (site.names(), len(heard) > 3) == (["ann"], True)


def length(said):
    found = re.search(rb"(?i)content-length: ([0-9]+)", said)
    return int(found[1]) if found else 0


def test_whoever_stands_on_no_record_any_more_is_known_by_a_hash(listed):
    """An address that changed in the product itself, and a record that was deleted there: nobody told Carrel."""
    site = listed("ann", "bob", "cyd")
    for who in site.desk.cards:
        site.desk.say("give", who)
    site.apply()
    site.elm.sql("UPDATE borrowers SET email = 'new@oak.example' WHERE cardnumber = 'K99ann'")
    site.elm.sql("DELETE FROM borrowers WHERE cardnumber = 'K99bob'")
    standing = site.plan()["found"]["standing"]
    assert (standing["on no record any more"], standing["on no record, and not put there by Carrel"]) == ("1-9", 0)
    site.apply()
    assert site.names() == ["cyd", "new"]
    with site.elm.store as store:
        tags = store.consents.own_tags("koha")
        gone = [tags.address(f"{one}@oak.example") for one in ("ann", "bob")]
        assert store.mailing_lists.ours("news", gone) == frozenset(), "read back as gone, they are forgotten"


def test_a_restriction_a_correction_and_an_erasure_go_off_at_once(listed):
    site = listed("ann", "bob", "cyd")
    elm = site.elm
    for who in site.desk.cards:
        site.desk.say("give", who)
    site.apply()
    elm.edit("may: [consent, export]", "may: [consent, export, requests]")
    elm.ok("request", "open", "restriction", "--card", site.desk.card("ann"), "--channel", "desk", "--identity",
           "photo id", *DEE)  # fmt: skip
    assert site.names() == ["bob", "cyd"]
    words, plan = elm.folder.parent / "words.yaml", elm.folder / "correct.json"
    words.write_text("card number: K99bob\ncorrect:\n  email address: {main: bobby@oak.example}\n")
    elm.needles |= {"bobby@oak.example"}
    elm.ok("plan", "--rectify", words, "--as", "Cal Example", "--out", plan)
    elm.approve(plan)
    elm.ok("apply", plan)
    assert site.names() == ["cyd"]
    plan = elm.folder / "erase.json"
    elm.ok("plan", "--erase", site.desk.card("cyd"), "--as", "Cal Example", "--out", plan)
    elm.approve(plan)
    elm.ok("apply", plan)
    assert site.names() == []
    site.tool.join("cyd@oak.example")  # an old list is loaded into the tool again
    site.apply()
    assert site.names() == ["bobby"]


def test_where_no_consent_is_needed_a_person_puts_people_on_and_no_night(listed):
    site = listed("ann", "bob", "cyd")
    policy(site.elm, "worcester")
    site.declare(purpose=CAMPAIGN)
    site.tool.join("cyd@oak.example")
    site.desk.say("withdraw", "cyd", purpose=CAMPAIGN)
    assert site.names() == []
    site.elm.run("run-due")
    assert (site.names(), course(site).counts["waits"]) == ([], 2)
    done = site.apply()
    assert (done["needs_consent"], done["outcome"]) == (False, "verified")
    assert site.names() == ["ann", "bob"]
    with site.elm.store as store:
        [export] = store.contact_exports.of("koha")
    assert (export.purpose, export.recipient, export.written) == (CAMPAIGN, "the library", 2)


def test_without_the_key_nobody_goes_and_nobody_comes(listed):
    """Whoever said no could be anybody; the list stays as it is, and the night tells."""
    site = listed("ann", "bob")
    site.desk.say("give", "ann")
    site.apply()
    site.desk.say("give", "bob")
    key = site.elm.folder / "consent" / "key"
    kept = key.read_bytes()
    key.write_bytes(bytes(32))
    assert site.apply(code=4)["errors"][0]["code"] == "CNS-007"
    assert (site.names(), course(site).outcome) == (["ann"], Outcome.FAILED)
    key.write_bytes(kept)
    site.apply()
    assert site.names() == ["ann", "bob"]


def test_a_recipient_that_the_policy_bars_is_told_nothing(listed):
    site = listed("ann")
    site.desk.say("give", "ann")
    for recipient, error in (("mailing service", "CNS-011"), ("somebody", "CNS-012")):
        site.declare(recipient=recipient, url="http://127.0.0.1:9/3.1")
        assert site.apply(code=4)["errors"][0]["code"] == error
    assert site.desk.say("withdraw", "ann")["lists"] == [], "it was not asked, so nothing is told of it"
    site.declare()
    site.desk.say("give", "ann")
    site.apply()
    site.declare(recipient="mailing service")
    site.desk.say("withdraw", "ann")
    assert site.names() == [], "an address that was seen there goes off all the same"


def test_what_is_refused(listed):
    site = listed("ann")
    elm, secret = site.elm, site.elm.folder / "list.dsn"
    elm.refused("mailing-list", "plan", "others", code=2, error="CNS-017")
    elm.refused("mailing-list", "apply", "--as", "Cal Example", code=4, error="HLD-006")
    secret.write_text("wrong\n")
    assert site.plan(code=1)["errors"][0]["code"] == "CNS-019"
    secret.write_text(f"{PASSWORD}\n")
    secret.chmod(0o644)
    assert site.plan(code=4)["errors"][0]["code"] == "SIT-005"
    secret.chmod(0o600)
    place = elm.folder / "carrel.yaml"
    text = place.read_text()
    place.write_text(text.replace(LIST, "none.lists.example"))
    assert site.plan(code=1)["errors"][0]["code"] == "CNS-020"
    for old, new in (
        ("/3.1", "/3.0"),
        ("http://127.0.0.1", "http://lists.example"),
        ("recipient:", "system: other, recipient:"),
        ("interface: mailman", "interface: listserv"),
    ):
        place.write_text(text.replace(old, new))
        elm.refused("mailing-list", "plan", code=2, error="SIT-001")
    place.write_text(text + text.partition("mailing_lists:\n")[2])
    answer = elm.refused("mailing-list", "plan", code=2, error="SIT-001")
    assert "another of the mailing_lists has this" in answer.err


def test_whoever_else_answers_there_is_told_nothing_and_quoted_nowhere(listed):
    site, heard = listed("ann"), []
    site.desk.say("give", "ann")
    with socket.create_server(("127.0.0.1", 0)) as server:
        site.declare(url=f"http://127.0.0.1:{server.getsockname()[1]}/3.1")

        def answer(said):
            one, _ = server.accept()
            with one:
                heard.append(one.recv(65536))
                one.sendall(said)

        for said in (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
            b'HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{"list_id": "another"}',
            b"HTTP/1.1 418 Other\r\nContent-Length: 15\r\n\r\nann@oak.example",
        ):
            threading.Thread(target=answer, args=(said,), daemon=True).start()
            assert site.apply(code=1)["errors"][0]["code"] == "CNS-020"
    assert len(heard) == 4
    assert b"oak.example" not in b"".join(heard)


def test_a_tool_that_says_nothing_holds_nobody_up(listed):
    site = listed("ann")
    site.desk.say("give", "ann")
    site.apply()
    os.killpg(site.tool.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        told = site.desk.say("withdraw", "ann", code=3)
        assert told["lists"][0]["code"] == "CNS-018"
        assert time.monotonic() - began < 30
    finally:
        os.killpg(site.tool.process.pid, signal.SIGCONT)
    site.apply()
    assert site.names() == []


@pytest.mark.parametrize(("kind", "verb"), [("MailmanList", "remove"), ("MailmanList", "add")])
def test_killed_at_any_step_the_next_call_brings_the_list_on(listed, tmp_path, kind, verb):
    site = listed("ann", "bob", "cyd")
    for who in ("ann", "bob"):
        site.desk.say("give", who)
    site.tool.join("cyd@oak.example")
    script = tmp_path / "die.py"
    script.write_text(
        "import os, signal, sys\n"
        "from carrel.systems.mailing_lists import mailman\n"
        f"old = mailman.{kind}.{verb}\n"
        "def die(self, *given):\n"
        "    old(self, *given)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"mailman.{kind}.{verb} = die\n"
        "from carrel.cli.main import main\n"
        "main(sys.argv[1:])\n"
    )
    dead = subprocess.run(
        [sys.executable, str(script), "mailing-list", "apply", *DEE, "--site", str(site.elm.folder)],
        env=library.environment(), check=False, capture_output=True,
    )  # fmt: skip
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    assert course(site).outcome is Outcome.UNVERIFIED
    if verb == "add":
        assert site.names() == ["ann"]
        site.elm.sql("DELETE FROM borrowers WHERE cardnumber = 'K99ann'")  # it was noted before it came on
        site.apply()
        assert site.names() == ["bob"]
    else:
        assert site.apply()["outcome"] == "verified"
        assert site.names() == ["ann", "bob"]


def test_a_withdrawal_while_people_come_on_is_not_overtaken(listed, monkeypatch, capsys):
    """It comes after the people were judged, and before the address goes; and once after it was put on record."""
    from carrel.cli.main import main
    from carrel.store.contact_exports import ContactExports

    site = listed("ann", "bob", "cyd")
    for who in site.desk.cards:
        site.desk.say("give", who)
    add, record, rounds = mailman.MailmanList.add, ContactExports.record, []

    def late(self, address):
        if address == "ann@oak.example" and "ann" not in rounds:
            rounds.append("ann")
            site.desk.say("withdraw", "ann")
        return add(self, address)

    def meanwhile(self, *given):
        if "bob" not in rounds:
            rounds.append("bob")
            site.desk.say("withdraw", "bob")
        return record(self, *given)

    monkeypatch.setattr(mailman.MailmanList, "add", late)
    monkeypatch.setattr(ContactExports, "record", meanwhile)
    with pytest.raises(SystemExit) as left:
        main(["mailing-list", "apply", *DEE, "--site", str(site.elm.folder)])
    assert (left.value.code, rounds) == (0, ["bob", "ann"])
    assert site.names() == ["cyd"]
    site.elm.assert_no_leak(capsys.readouterr().out)


def test_a_list_that_somebody_else_fills_is_told_as_not_verified(listed, monkeypatch, capsys):
    from carrel.cli.main import main

    site = listed("ann", "bob")
    site.desk.say("give", "ann")
    site.tool.join("bob@oak.example")
    remove = mailman.MailmanList.remove

    def again(self, number):
        done = remove(self, number)
        site.tool.join("bob@oak.example")
        return done

    monkeypatch.setattr(mailman.MailmanList, "remove", again)
    with pytest.raises(SystemExit) as left:
        main(["mailing-list", "apply", *DEE, "--site", str(site.elm.folder)])
    assert left.value.code == 5
    out = capsys.readouterr().out
    assert "CNS-021" in out
    site.elm.assert_no_leak(out)
    assert (course(site).outcome, course(site).code) == (Outcome.UNVERIFIED, "CNS-021")


@pytest.mark.deep
def test_an_address_that_the_tool_bans_is_missing_and_told(listed):
    site = listed("ann", "bob")
    for who in site.desk.cards:
        site.desk.say("give", who)
    site.tool.ask("POST", f"/lists/{LIST}/bans", email="ann@oak.example")
    done = site.apply()
    assert (done["outcome"], done["not_taken"], site.names()) == ("verified", "1-9", ["bob"])


def test_several_addresses_in_a_field_and_several_pages_of_members(listed, monkeypatch):
    site = listed("ann", "bob", "cyd", "dan", "eva")
    site.elm.sql(
        "UPDATE borrowers SET email = 'no address; ann@oak.example, a2@oak.example' WHERE cardnumber = 'K99ann'"
    )
    for who in site.desk.cards:
        site.desk.say("give", who)
    site.tool.join("a2@oak.example")
    site.apply()
    assert site.names() == ["a2", "ann", "bob", "cyd", "dan", "eva"]
    assert len(re.findall("@", " ".join(site.tool.members()))) == 6
    entry = {
        "name": "news", "interface": "mailman", "url": site.tool.url, "list": LIST, "purpose": NEWS,
        "recipient": "the library", "user": USER, "password_file": str(site.elm.folder / "list.dsn"),
    }  # fmt: skip
    for size in (2, 6, 7):
        monkeypatch.setattr(mailman, "PAGE", size)
        with mailman.opened(MailingList.model_validate(entry)) as there:
            assert len(there.members()) == 6, size


@pytest.mark.deep
def test_two_at_once_end_alike(listed):
    site = listed("ann", "bob", "cyd", "dan")
    for who in ("ann", "bob", "cyd"):
        site.desk.say("give", who)
    site.tool.join("dan@oak.example")
    both = [site.elm.start("mailing-list", "apply", *DEE, "--json") for _ in range(2)]
    answers = [site.elm.done(one) for one in both]
    assert [one.code for one in answers] == [0, 0], [one.text for one in answers]
    assert site.names() == ["ann", "bob", "cyd"]


def test_screens_show_counts_within_a_hundred_columns(listed):
    site = listed("ann", "bob")
    site.desk.say("give", "ann")
    site.tool.join("bob@oak.example", "else@fir.example")
    for words in (("mailing-list", "plan"), ("mailing-list", "apply", *DEE), ("mailing-list", "plan")):
        answer = site.elm.run(*words)
        assert answer.code in {0, 3}, answer.text
        assert "fir.example" not in answer.text
        assert all(len(line) <= 100 for line in answer.out.splitlines())
