"""Choices on the pages: given and taken back as by the command, to the words that stood there, by the person alone."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from carrel.cli.consent_told import tell_again
from carrel.consent.state import State
from carrel.web.choices import Choices, choices_of
from carrel.web.patron import Patron
from tests.integration.servers.mailman import LIST, USER, Mailman
from tests.integration.servers.mailman import PASSWORD as MAILMAN_PASSWORD
from tests.integration.servers.moving_address import moving_address
from tests.integration.web.conftest import PASSWORD, Pages, give_password, pages_of, sent

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
    answer = sent(browser, "choices", {"act": "end silence"})
    assert "We took you off the list" in answer.text
    found = standing(owwl, koha_sqlite, card)
    assert not found.silent
    assert all(one.standing.state is not State.GIVEN for one in found.optional), "nobody is written to by that"
    assert len(found.history) == len(found.covered)
    assert sent(browser, "choices", {"act": "end silence"}).status_code == 422, "there is none to end"
    sent(browser, "choices", {"act": "silence"})
    assert standing(owwl, koha_sqlite, card).silent
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


def address(koha, card: str, mail: str) -> None:
    with koha.engine().begin() as connection:
        connection.exec_driver_sql(f"UPDATE borrowers SET email = '{mail}' WHERE cardnumber = '{card}'")


def corrected(browser, mail: str) -> None:
    seen = browser.get("/en/me/correct").text.split('name="seen" value="')[1].split('"')[0]
    answer = sent(browser, "correct", {"password": PASSWORD, "seen": seen, "email address: main": mail})
    assert "That is changed" in answer.text


def told(folder: Path, form: str = "*") -> list[tuple[str, str, str]]:
    """What mailing tools were told, file after file."""
    rows = [
        row
        for place in sorted((folder / "changes").glob(form), key=lambda one: one.stat().st_mtime_ns)
        for row in csv.DictReader(place.read_text().splitlines())
    ]
    return [(row["email address"], row["purpose"], row["may be written to"]) for row in rows]


def given(browser) -> str:
    text = browser.get("/en/me/choices").text
    return sent(browser, "choices", {"act": "give", "purpose": NEWS, "digest": digest(text, NEWS)}).text


def test_an_address_that_somebody_typed_in_comes_off_the_list_of_silence_by_nobody_else(
    koha_sqlite, owwl: Pages, tmp_path: Path
) -> None:
    ann, cal = give_password(koha_sqlite, 0), give_password(koha_sqlite, 4)
    address(koha_sqlite, ann, "ann@oak.example")
    address(koha_sqlite, cal, "cal@oak.example")
    sent(owwl.signed_in(ann), "choices", {"act": "silence"})
    number, silence = number_of(koha_sqlite, ann), owwl.store.consents.suppressions
    tags = owwl.store.consents.own_tags("ils")
    owwl.store.consents.forget("ils", {9999: ("gone@oak.example",)}, owwl.clock(), silence=True)
    browser = owwl.signed_in(cal)
    for mail in ("Ann@oak.example", "gone@oak.example"):
        corrected(browser, mail)
        page = given(browser)
        assert "only we at the library can take the address off" in page
        assert silence.among([tags.address(mail)]), mail
        assert not [row for row in told(tmp_path) if row[0].casefold() == mail.casefold() and row[2] == "yes"]
    assert silence.among([tags.number(number)])
    bob, his = give_password(koha_sqlite, 5), tags.address("bob@oak.example")
    address(koha_sqlite, bob, "bob@oak.example")
    corrected(browser, "bob@oak.example")
    sent(browser, "choices", {"act": "silence"})
    sent(owwl.signed_in(bob), "choices", {"act": "silence"})  # an entry of two people is nobody's own any more
    given(browser)
    assert silence.among([his])
    given(owwl.signed_in(ann))  # and what is one's own comes off
    assert not silence.among([tags.number(number), tags.address("ann@oak.example")])


def test_mailing_tools_are_told_of_an_address_that_is_not_the_persons_any_more(
    koha_sqlite, owwl: Pages, tmp_path: Path
) -> None:
    card = give_password(koha_sqlite, 0)
    address(koha_sqlite, card, "old@oak.example")
    browser = owwl.signed_in(card)
    given(browser)
    corrected(browser, "new@oak.example")
    assert [row for row in told(tmp_path) if row[1] == NEWS] == [
        ("old@oak.example", NEWS, "yes"),
        ("old@oak.example", NEWS, "no"),
    ]  # fmt: skip  (of the new one nothing: it could be anybody's)
    (tmp_path / "changes").rename(tmp_path / "away")
    seen = browser.get("/en/me/correct").text.split('name="seen" value="')[1].split('"')[0]
    answer = sent(browser, "correct", {"password": PASSWORD, "seen": seen, "email address: main": "x@oak.example"})
    assert answer.status_code >= 400
    assert koha_sqlite.rows(f"SELECT email FROM borrowers WHERE cardnumber = '{card}'") == [("new@oak.example",)]


def test_mailing_tools_are_told_of_a_restriction_when_it_is_asked_for(koha_sqlite, owwl: Pages, tmp_path: Path) -> None:
    card = give_password(koha_sqlite, 0)
    address(koha_sqlite, card, "ann@oak.example")
    browser = owwl.signed_in(card)
    given(browser)
    (tmp_path / "changes").rename(tmp_path / "away")
    place = sent(browser, "restrict", {"pick": "needed for a claim"}).headers["location"]
    assert number_of(koha_sqlite, card) in owwl.store.restrictions.restricted("ils")
    (tmp_path / "changes").mkdir()
    codes = tell_again(tmp_path, owwl.premises.site, owwl.premises.site.originals, owwl.clock())  # as a night does
    assert codes == ()
    assert ("ann@oak.example", NEWS, "no") in told(tmp_path, f"*.{place.rpartition('/')[2]}.csv")
    other = give_password(koha_sqlite, 3)
    address(koha_sqlite, other, "bob@oak.example")
    answer = sent(owwl.signed_in(other), "restrict", {"pick": "needed for a claim"})
    place = answer.headers["location"]
    assert ("bob@oak.example", NEWS, "no") in told(tmp_path, f"*.{place.rpartition('/')[2]}.csv")


def test_sentences_of_the_policy_are_in_the_language_of_the_page_or_marked(koha_sqlite, owwl: Pages) -> None:
    browser = owwl.signed_in(give_password(koha_sqlite, 0))
    says = owwl.premises.policy.body.purposes["library campaign"].says
    home = browser.get("/es/").text
    assert "Lo que has tomado prestado." in home
    assert "What you have borrowed." not in home
    assert says not in browser.get("/es/me/object").text
    found = re.search(r"<li>Campañas de la biblioteca: ([^<]+)</li>", browser.get("/es/me/choices").text)
    assert found
    assert found[1] == owwl.premises.policy.said_in("es", says)
    assert '<span lang="en">' not in browser.get("/en/").text
    assert "<strong>Avisos de recogida</strong>" in browser.get("/es/me/object").text
    assert "Pickup notices" not in browser.get("/es/me/object").text
    assert "<strong>Pickup notices</strong>" in browser.get("/en/me/object").text


def test_a_no_takes_off_the_mailing_list_at_once_and_the_page_says_whether(
    koha_sqlite, mailman_server: Mailman, tmp_path: Path
) -> None:
    """Off, read back; and where the tool is away, so the page says, and the no stands all the same."""
    mailman_server.make()
    (tmp_path / "list.dsn").write_text(MAILMAN_PASSWORD)
    (tmp_path / "list.dsn").chmod(0o600)
    with moving_address(mailman_server.port) as address:
        lists = (
            f"mailing_lists:\n  - {{name: news, interface: mailman, url: 'http://127.0.0.1:{address.port}/3.1', "
            f"list: {LIST}, purpose: {NEWS}, recipient: the library, user: {USER}, password_file: list.dsn}}\n"
        )
        with pages_of(tmp_path, koha_sqlite.url, "koha", policy="owwl", more=lists) as pages:
            card = give_password(koha_sqlite, 0)
            with koha_sqlite.engine().begin() as connection:
                connection.exec_driver_sql(
                    f"UPDATE borrowers SET email = 'ann@oak.example' WHERE cardnumber = '{card}'"
                )
            browser = pages.signed_in(card)
            text = browser.get("/en/me/choices").text
            sent(browser, "choices", {"act": "give", "purpose": NEWS, "digest": digest(text, NEWS)})
            mailman_server.join("ann@oak.example")
            answer = sent(browser, "choices", {"act": "withdraw", "purpose": NEWS})
            assert "You are not on the mailing list now. We looked again." in answer.text
            assert mailman_server.members() == []
            mailman_server.join("ann@oak.example")
            address.close()
            answer = sent(browser, "choices", {"act": "silence"})
            assert "The mail program does not answer right now." in answer.text
            assert state(pages, koha_sqlite, card, NEWS) is State.WITHDRAWN
            assert mailman_server.members() == ["ann@oak.example"]


def test_what_is_on_record_is_told_as_done_where_the_mailing_tools_cannot_be_told(
    koha_sqlite, owwl: Pages, tmp_path: Path
) -> None:
    """A page that told of a failure would have somebody believe that a yes, or a no, was never written."""
    card, changes = give_password(koha_sqlite, 0), tmp_path / "changes"
    address(koha_sqlite, card, "ann@oak.example")
    browser = owwl.signed_in(card)
    changes.rmdir()
    changes.write_text("no folder")
    give = {"act": "give", "purpose": NEWS, "digest": digest(browser.get("/en/me/choices").text, NEWS)}
    for sent_on, words, there in (
        (give, "We wrote down that you said yes.", State.GIVEN),
        ({"act": "withdraw", "purpose": NEWS}, "We wrote down that you said no.", State.WITHDRAWN),
        ({"act": "silence"}, "you want no mail of this kind at all", State.WITHDRAWN),
    ):
        answer = sent(browser, "choices", sent_on)
        assert answer.status_code == 200
        assert words in answer.text
        assert "We could not tell the mail tools yet." in answer.text
        assert "We read it back" not in answer.text
        assert state(owwl, koha_sqlite, card, NEWS) is there
    changes.unlink()
    changes.mkdir()
    assert tell_again(tmp_path, owwl.premises.site, owwl.premises.site.originals, owwl.clock()) == ()
    assert list(changes.iterdir()), "the night tells them"


def test_no_form_is_told_that_nothing_was_changed_where_nobody_knows(koha_sqlite, owwl: Pages, tmp_path: Path) -> None:
    """Two parts of a form can be written one after the other, and the second fail; asking for a page changes nothing."""
    browser = owwl.signed_in(give_password(koha_sqlite, 0))
    purpose = next(iter(owwl.premises.policy.body.purposes))
    token = browser.get("/en/me/object").text.split('name="form" value="')[1].split('"')[0]
    there, away = tmp_path / "koha.dsn.away", tmp_path / "ils.dsn"
    away.rename(there)
    sent_on = {"form": token, "pick": purpose, "words": "x"}
    answer = browser.post("/en/me/object", data=sent_on)
    assert (answer.status_code, "Nothing was changed" in answer.text) == (503, False)
    assert "Look first whether what you sent was done." in answer.text
    there.rename(away)
