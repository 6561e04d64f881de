"""Choices on the pages: given and taken back as by the command, to the words that stood there, by the person alone."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from carrel.consent.state import State
from carrel.web.choices import Choices, choices_of
from carrel.web.patron import Patron
from tests.integration.web.conftest import Pages, give_password, pages_of, sent

NEWS = "library news"


@pytest.fixture
def owwl(koha_sqlite, tmp_path: Path) -> Iterator[Pages]:
    with pages_of(tmp_path, koha_sqlite.url, "koha", policy="owwl") as made:
        yield made


def number_of(koha, card: str) -> int:
    ((number,),) = koha.rows(f"SELECT borrowernumber FROM borrowers WHERE cardnumber = '{card}'")
    return int(number)


def standing(pages: Pages, koha, card: str) -> Choices:
    return choices_of(pages.premises, Patron(pages.premises.doors["ils"], number_of(koha, card)), "en")


def state(pages: Pages, koha, card: str, purpose: str) -> State:
    found = standing(pages, koha, card)
    return next(one.standing.state for one in (*found.optional, *found.others) if one.purpose == purpose)


def digest(text: str, purpose: str) -> str:
    found = re.search(
        rf'name="purpose" value="{purpose}">\s*<input type="hidden" name="digest" value="([0-9a-f]{{64}})"', text
    )
    assert found is not None
    return found[1]


def test_yes_and_no_are_one_button_each_and_stand_on_record(koha_sqlite, owwl: Pages, tmp_path: Path) -> None:
    card, other = give_password(koha_sqlite, 0), give_password(koha_sqlite, 1)
    with koha_sqlite.engine().begin() as connection:
        connection.exec_driver_sql(f"UPDATE borrowers SET email = 'ann@oak.example' WHERE cardnumber = '{card}'")
    browser = owwl.signed_in(card)
    text = browser.get("/en/me/choices").text
    assert "checked" not in text, "nothing is ticked beforehand"
    purpose = standing(owwl, koha_sqlite, card).optional[0].purpose
    assert state(owwl, koha_sqlite, card, purpose) is State.NEVER_ASKED
    answer = sent(browser, "choices", {"act": "give", "purpose": purpose, "digest": digest(text, purpose)})
    assert "We wrote down that you said yes." in answer.text
    assert state(owwl, koha_sqlite, card, purpose) is State.GIVEN
    (event,) = standing(owwl, koha_sqlite, card).history
    assert (event.channel, event.taker, event.language) == ("web", "the person", "en")
    rows = [
        row
        for place in sorted((tmp_path / "changes").iterdir())
        for row in csv.DictReader(place.read_text().splitlines())
    ]
    assert [(row["email address"], row["may be written to"]) for row in rows] == [("ann@oak.example", "yes")]
    answer = sent(browser, "choices", {"act": "withdraw", "purpose": purpose})
    assert "We wrote down that you said no." in answer.text
    assert state(owwl, koha_sqlite, card, purpose) is State.WITHDRAWN
    assert len(standing(owwl, koha_sqlite, card).history) == 2
    assert standing(owwl, koha_sqlite, other).history == (), "of nobody else"
    assert "Nothing yet." in owwl.signed_in(other).get("/en/me/choices").text


def test_a_yes_is_to_the_words_that_were_shown(koha_sqlite, owwl: Pages, tmp_path: Path) -> None:
    card = give_password(koha_sqlite, 0)
    browser = owwl.signed_in(card)
    text = browser.get("/en/me/choices").text
    purpose = standing(owwl, koha_sqlite, card).optional[0].purpose
    before = digest(text, purpose)
    for place in (tmp_path / "texts").glob("*.yaml"):
        place.write_text(place.read_text().replace("says: >-", "says: >-\n  Now we sell it."))
    answer = sent(browser, "choices", {"act": "give", "purpose": purpose, "digest": before})
    assert answer.status_code == 409
    assert "The library has changed the words" in answer.text
    assert state(owwl, koha_sqlite, card, purpose) is State.NEVER_ASKED
    for data in ({"act": "give", "purpose": "selling"}, {"act": "withdraw", "purpose": "' OR 1"}, {"act": "x"}, {}):
        assert sent(browser, "choices", data).status_code == 422
    assert standing(owwl, koha_sqlite, card).history == ()


def test_new_words_that_ask_again_are_a_no_until_the_next_yes(koha_sqlite, owwl: Pages, tmp_path: Path) -> None:
    card = give_password(koha_sqlite, 0)
    browser = owwl.signed_in(card)
    sent(
        browser, "choices", {"act": "give", "purpose": NEWS, "digest": digest(browser.get("/en/me/choices").text, NEWS)}
    )
    for place in (tmp_path / "texts").glob("library-news.1.*.yaml"):
        text = place.read_text().replace("version: 1", "version: 2").replace("asks again: false", "asks again: true")
        (tmp_path / "texts" / place.name.replace(".1.", ".2.")).write_text(text)
    page = browser.get("/en/me/choices").text
    assert "but to older words" in page
    box = page.split('aria-labelledby="p1"')[1].split("</section>")[0]
    assert ("Yes, I want this" in box, "No, stop it" in box) == (True, True)
    sent(browser, "choices", {"act": "give", "purpose": NEWS, "digest": digest(page, NEWS)})
    assert state(owwl, koha_sqlite, card, NEWS) is State.GIVEN
    assert "words of version 2" in browser.get("/en/me/choices").text
    assert "Quiero recibir" in browser.get("/es/me/choices").text, "in the language of the page"


def test_silence_ends_with_a_yes_that_says_so(koha_sqlite, owwl: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = owwl.signed_in(card)
    purpose = standing(owwl, koha_sqlite, card).optional[0].purpose
    assert "no mail of this kind at all" in sent(browser, "choices", {"act": "silence"}).text
    assert standing(owwl, koha_sqlite, card).silent
    text = browser.get("/en/me/choices").text
    assert "A yes below ends that." in text
    sent(browser, "choices", {"act": "give", "purpose": purpose, "digest": digest(text, purpose)})
    assert not standing(owwl, koha_sqlite, card).silent
    assert state(owwl, koha_sqlite, card, purpose) is State.GIVEN


def test_what_asks_nobody_can_be_objected_to(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    found = standing(pages, koha_sqlite, card)
    assert [one.purpose for one in found.others] == ["library campaign"]
    assert "Leave me out" in browser.get("/en/me/choices").text
    sent(browser, "choices", {"act": "withdraw", "purpose": "library campaign"})
    assert state(pages, koha_sqlite, card, "library campaign") is State.WITHDRAWN
    assert (
        sent(browser, "choices", {"act": "give", "purpose": "library campaign", "digest": "0" * 64}).status_code == 422
    )
