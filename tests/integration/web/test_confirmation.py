"""A yes on the pages waits for whoever reads the address: by a link, once, over a real mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from carrel.consent.state import State
from carrel.errors import CarrelError
from carrel.systems.site_file import load_site
from carrel.web import confirmation
from tests.integration.test_mail import Inbox, taking_mail
from tests.integration.web.conftest import Pages, give_password, pages_of, sent
from tests.integration.web.test_choices import NEWS, address, digest, number_of, standing, state

MORE = "mail: {{host: 127.0.0.1, port: {port}, encryption: none, from: library@oak.example, to: [desk@oak.example]}}\n"
MAIL = "ann@oak.example"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A real mail server on this machine."""
    with taking_mail() as made:
        yield made


@pytest.fixture
def pages(koha_sqlite, tmp_path: Path, inbox: Inbox) -> Iterator[Pages]:
    text = "confirm: by mail, texts: texts, changes: changes"
    with pages_of(
        tmp_path, koha_sqlite.url, "koha", policy="owwl", more=MORE.format(port=inbox.server.port), consent=text
    ) as made:
        yield made


def said_yes(browser):
    return sent(browser, "choices", {"act": "give", "purpose": NEWS, "digest": digest(browser.get("/en/me/choices").text, NEWS)})  # fmt: skip


def letters(inbox: Inbox) -> list[tuple[list[str], str]]:
    return [(to, mail.get_content()) for mail, _, to in inbox.taken]


def link(text: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/en/confirm/\S+)", text)
    assert found
    return found[1]


def test_a_yes_counts_when_the_address_says_so_and_once(
    koha_sqlite, pages: Pages, inbox: Inbox, tmp_path: Path
) -> None:
    card = give_password(koha_sqlite, 0)
    address(koha_sqlite, card, MAIL)
    answer = said_yes(pages.signed_in(card))
    assert "We sent a letter to your e-mail address." in answer.text
    assert state(pages, koha_sqlite, card, NEWS) is State.NEVER_ASKED
    assert not list((tmp_path / "changes").iterdir()), "no tool is told of an address that nobody confirmed"
    [(to, letter)] = letters(inbox)
    assert to == [MAIL]
    plain = re.sub(r"http\S+", "", letter)
    assert card not in plain
    assert MAIL not in plain
    assert not re.search(rf"\b{number_of(koha_sqlite, card)}\b", plain)
    there, reader = link(letter), pages.browser()  # whoever reads the mail is signed in nowhere
    shown = reader.get(there)
    assert (shown.status_code, "Yes, I want this" in shown.text) == (200, True)
    assert state(pages, koha_sqlite, card, NEWS) is State.NEVER_ASKED, "a program that opens links says yes to nothing"
    assert "We wrote down that you said yes." in reader.post(there).text
    assert state(pages, koha_sqlite, card, NEWS) is State.GIVEN
    assert reader.post(there).status_code == 404, "once"
    kept = [
        one for one in tmp_path.rglob("*") if one.is_file() and "changes" not in one.parts and one.name != "koha.db"
    ]
    assert not any(MAIL.encode() in one.read_bytes() or there[-40:].encode() in one.read_bytes() for one in kept)


@pytest.mark.parametrize("change", ["the address", "the words", "the day", "a sign of it", "another key"])
def test_a_link_is_good_only_while_nothing_changed(
    koha_sqlite, pages: Pages, inbox: Inbox, tmp_path: Path, change: str
) -> None:
    card = give_password(koha_sqlite, 0)
    address(koha_sqlite, card, MAIL)
    said_yes(pages.signed_in(card))
    there = link(letters(inbox)[0][1])
    if change == "the address":
        address(koha_sqlite, card, "victim@oak.example")
    elif change == "the words":
        for place in (tmp_path / "texts").glob("*.yaml"):
            place.write_text(place.read_text().replace("says: >-", "says: >-\n  Now we sell it."))
    elif change == "the day":
        pages.clock.go_on(confirmation.LASTS)
    elif change == "a sign of it":
        there = there[:-12] + ("A" if there[-12] != "A" else "B") + there[-11:]
    else:
        (pages.store.folder / "portal" / "key").write_bytes(bytes(32))
    for answer in (pages.browser().get(there), pages.browser().post(there)):
        assert answer.status_code == 404
        assert "Nothing was written down." in answer.text
    assert state(pages, koha_sqlite, card, NEWS) is State.NEVER_ASKED


def test_whoever_typed_anothers_address_silences_nobody_and_changes_no_address(koha_sqlite, pages: Pages) -> None:
    mallory, victim = give_password(koha_sqlite, 0), give_password(koha_sqlite, 1)
    for card in (mallory, victim):
        address(koha_sqlite, card, MAIL)
    browser = pages.signed_in(mallory)
    sent(browser, "choices", {"act": "silence"})
    assert standing(pages, koha_sqlite, mallory).silent
    assert not standing(pages, koha_sqlite, victim).silent, "the list has the number of whoever asked, and no address"
    page = browser.get("/en/me/correct").text
    at_once = page.partition('action="/en/me/correct"')[2].partition("</form>")[0]
    assert MAIL not in at_once, "a new address is looked at by somebody of the library"
    assert 'name="email address: main"' in page
    assert "telephone" in at_once


def test_letters_are_few_and_none_goes_where_it_cannot(koha_sqlite, pages: Pages, inbox: Inbox) -> None:
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    address(koha_sqlite, card, f"{MAIL}, victim@oak.example")
    answer = said_yes(browser)
    assert (answer.status_code, "more than one e-mail address" in answer.text) == (422, True)
    address(koha_sqlite, card, MAIL)
    assert [said_yes(browser).status_code for _ in range(6)] == [200] * 5 + [429]
    assert len(inbox.taken) == 5
    pages.clock.go_on(confirmation.LASTS + timedelta(minutes=1))
    browser = pages.signed_in(card)
    inbox.refuses = [MAIL]
    answer = said_yes(browser)
    assert (answer.status_code, "We cannot send mail right now." in answer.text) == (503, True)
    address(koha_sqlite, card, "")
    assert "We wrote down that you said yes." in said_yes(browser).text, "nobody's address could be meant"


def test_it_needs_a_mail_server(tmp_path: Path) -> None:
    text = "library: Elm\npolicy: owwl\nsystems: []\nconsent: {confirm: by mail}\n"
    (tmp_path / "carrel.yaml").write_text(text)
    with pytest.raises(CarrelError) as wrong:
        load_site(tmp_path)
    assert "write 'mail:' too" in str(wrong.value.faults)


def test_a_link_that_could_not_be_carried_out_is_still_good(koha_sqlite, pages: Pages, inbox: Inbox, tmp_path: Path) -> None:  # fmt: skip
    """The system cannot be opened as it is pressed; nothing is written, and the same link works when it can."""
    card = give_password(koha_sqlite, 0)
    address(koha_sqlite, card, MAIL)
    said_yes(pages.signed_in(card))
    [(_, letter)] = letters(inbox)
    reader, there = pages.browser(), link(letter)
    assert reader.get(there).status_code == 200
    dsn, hidden = tmp_path / "ils.dsn", tmp_path / "ils.dsn.away"
    dsn.rename(hidden)
    assert reader.post(there).status_code == 503
    assert state(pages, koha_sqlite, card, NEWS) is State.NEVER_ASKED
    hidden.rename(dsn)
    assert "We wrote down that you said yes." in reader.post(there).text
    assert reader.post(there).status_code == 404
