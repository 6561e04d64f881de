"""A notice about a request goes by real mail where policy and person would have it, and tells nothing of a record."""

from __future__ import annotations

import pytest

from tests.integration.run import library
from tests.integration.run.test_erasure import CARD, FIRST, LAST, MAIL, given, subject
from tests.integration.run.test_requests import DEE, erased, no, opened, ruled, shown
from tests.integration.test_mail import taking_mail

HOW = ("--identity", "photo id")


@pytest.fixture
def inbox():
    with taking_mail() as made:
        yield made


@pytest.fixture
def elm(small_sqlite, tmp_path, inbox):
    made = ruled(library.make(tmp_path / "site", small_sqlite))
    made.edit(
        "library: Elm Library\n",
        "library: Elm Library\nmail: {host: 127.0.0.1, port: PORT, encryption: none, from: library@oak.example, "
        "to: [desk@oak.example]}\n".replace("PORT", str(inbox.server.port)),
    )
    subject(made)
    return made


def allow(elm):
    place = elm.folder / "policy.yaml"
    place.write_text(place.read_text().replace("\nrights:\n", "\nrights:\n  letters: by mail\n", 1))


def by(elm, channel, *more):
    words = ("request", "open", "erasure", "--card", given(elm), "--channel", channel, "--language", "es", *DEE, *more)
    return elm.ok(*words)["request"]["id"]


def mailed(elm, name):
    return elm.ok("request", "letter", name, "--mail", *DEE)


def test_the_notice_tells_number_and_day_and_nothing_of_the_person_or_the_right(elm, inbox):
    name = by(elm, "email", *HOW)
    no(elm, "request", "letter", name, "--mail", *DEE, code=4, error="RGT-026")  # no policy says so
    allow(elm)
    mailed(elm, name)
    [(letter, _, to)] = inbox.taken
    assert to == [MAIL]
    text = letter.get_content()
    assert name in text
    assert "Respondemos a más tardar" in text
    for own in (CARD, FIRST, LAST, MAIL, "borr", "koha"):  # neither who it is nor what was asked, nor where
        assert own not in f"{letter['Subject']}\n{text}", own
    assert "mailed" in elm.run("request", "show", name).out
    assert MAIL not in elm.run("request", "show", name, "--words", *DEE).out
    elm.ok("request", "refuse", name, "--ground", "a legal claim", "--because", "a suit is pending", *DEE)
    mailed(elm, name)  # that it is over is told too, and not why
    last = inbox.taken[-1][0].get_content()
    assert "Hemos terminado." in last
    assert "suit" not in last
    assert shown(elm, name)["state"] == "refused"


def test_who_wrote_on_paper_is_not_known_or_has_no_record_any_more_is_answered_on_paper(elm, inbox):
    allow(elm)
    paper, unknown = by(elm, "letter", *HOW), by(elm, "email")
    no(elm, "request", "letter", paper, "--mail", *DEE, code=4, error="RGT-026")
    no(elm, "request", "letter", unknown, "--mail", *DEE, code=4, error="RGT-012")  # MITL-9.8
    name = by(elm, "web", *HOW)
    erased(elm, name)
    no(elm, "request", "letter", name, "--mail", *DEE, code=4, error="RGT-026")
    assert inbox.taken == []
    assert name in elm.run("request", "letter", name, *DEE).out


def test_what_the_mail_server_does_not_take_is_not_written_down(elm, inbox):
    allow(elm)
    name = by(elm, "email", *HOW)
    inbox.refuses = (MAIL,)
    answer = elm.run("request", "letter", name, "--mail", *DEE)
    assert answer.codes == ["ACC-002"]
    assert MAIL not in answer.text
    assert "mailed" not in elm.run("request", "show", name).out
    assert opened(elm, "question", card=False)
