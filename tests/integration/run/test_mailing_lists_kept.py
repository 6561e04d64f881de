"""What a mailing list remembers, and what is said of one that was not asked."""

from __future__ import annotations

import pytest

from carrel.systems.mailing_lists import mailman
from tests.integration.run.consent_desk import DEE, NEWS
from tests.integration.run.test_mailing_lists import course


def test_who_left_at_the_tool_stays_off_after_a_night_on_which_the_card_had_expired(listed):
    site = listed("ann", "bob")
    for who in ("ann", "bob"):
        site.desk.say("give", who)
    site.apply()
    site.tool.leave("ann@oak.example")
    site.apply()
    for until in ("2020-01-01", "2099-01-01"):
        site.elm.sql(f"UPDATE borrowers SET dateexpiry = '{until}' WHERE cardnumber = 'K99ann'")
        site.apply()
    assert site.names() == ["bob"]


def test_whoever_was_taken_off_for_a_time_comes_on_again(listed):
    site = listed("ann", "bob")
    for who in ("ann", "bob"):
        site.desk.say("give", who)
    site.apply()
    for until, there in (("2020-01-01", ["bob"]), ("2099-01-01", ["ann", "bob"])):
        site.elm.sql(f"UPDATE borrowers SET dateexpiry = '{until}' WHERE cardnumber = 'K99ann'")
        site.apply()
        assert site.names() == there


def test_a_no_that_a_list_of_a_barred_recipient_owes_is_done_by_the_night(listed):
    site = listed("ann")
    site.desk.say("give", "ann")
    site.apply()
    site.declare(recipient="mailing service", url="http://127.0.0.1:9/3.1")
    site.desk.say("withdraw", "ann", code=3)
    site.declare(recipient="mailing service")
    site.elm.run("run-due")
    assert (site.names(), course(site).code) == ([], "CNS-011")


def test_an_address_that_is_corrected_while_it_comes_on_goes_again(listed, monkeypatch, capsys):
    from carrel.cli.main import main

    site = listed("ann", "bob")
    elm = site.elm
    elm.edit("may: [consent, export]", "may: [consent, export, requests]")
    for who in site.desk.cards:
        site.desk.say("give", who)
    words, plan = elm.folder.parent / "words.yaml", elm.folder / "correct.json"
    words.write_text("card number: K99ann\ncorrect:\n  email address: {main: annie@oak.example}\n")
    elm.needles |= {"annie@oak.example"}
    elm.ok("plan", "--rectify", words, "--as", "Cal Example", "--out", plan)
    elm.approve(plan)
    add, done = mailman.MailmanList.add, []

    def late(self, address):
        if address == "ann@oak.example" and not done:
            done.append(elm.ok("apply", plan))
        return add(self, address)

    monkeypatch.setattr(mailman.MailmanList, "add", late)
    with pytest.raises(SystemExit) as left:
        main(["mailing-list", "apply", *DEE, "--site", str(elm.folder)])
    assert (left.value.code, len(done), site.names()) == (0, 1, ["annie", "bob"])
    elm.assert_no_leak(capsys.readouterr().out)


def test_a_no_finds_the_address_however_the_record_spells_it(listed):
    site = listed("ann")
    site.elm.sql("UPDATE borrowers SET email = 'mailto:ann@oak.example' WHERE cardnumber = 'K99ann'")
    site.tool.join("ann@oak.example")
    site.desk.say("give", "ann")
    assert (site.desk.say("withdraw", "ann")["lists"][0]["off"], site.names()) == (1, [])


def test_nothing_is_said_of_a_list_that_was_not_asked(listed):
    site = listed("ann")
    site.tool.join("ann@oak.example")
    site.desk.say("give", "ann")
    site.declare(recipient="mailing service", url="http://127.0.0.1:9/3.1")
    answer = site.elm.run("consent", "withdraw", site.desk.card("ann"), "--purpose", NEWS, "--channel", "desk", *DEE)
    assert (answer.code, "read back" in answer.out.partition("Mailing list")[2]) == (0, False)
