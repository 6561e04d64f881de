"""A session that is about to end says so, goes on by a link, and what was sent too late is not lost."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from carrel.rights.request import Right
from carrel.web.sign_out_notice import seconds_left
from tests.integration.web.conftest import PASSWORD, Pages, give_password
from tests.integration.web.test_requests import mine
from tests.integration.web.test_routes import token_of

WORDS = 'Why do you keep <b>"this"</b> & that?\nSecond line.'


def test_each_page_says_when_the_session_ends_and_a_link_lets_it_go_on(koha_sqlite, pages: Pages) -> None:
    browser = pages.signed_in(give_password(koha_sqlite, 0))
    idle = pages.premises.portal.idle
    page = browser.get("/en/me/question").text
    notice = page.partition('class="ends"')[2].partition("</div>")[0]
    assert "You will be signed out soon, at" in notice
    assert 'href="/en/me/stay" target="_blank"' in notice
    shown = re.search(r'href="(/ends/(\d+)\.css)"', page)
    assert shown
    assert int(shown[2]) == (idle - timedelta(minutes=2)).total_seconds()
    style = pages.browser().get(shown[1])
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert f" {shown[2]}s " in style.text
    assert pages.browser().get("/ends/61.css").status_code == 404
    pages.clock.go_on(idle - timedelta(seconds=30))
    assert "You are still signed in" in browser.get("/en/me/stay").text
    pages.clock.go_on(idle - timedelta(seconds=30))
    assert browser.get("/en/me").status_code == 200, "it went on"
    pages.clock.go_on(idle)
    assert browser.get("/en/me/stay").headers["location"] == "/en/sign-in"
    browser = pages.signed_in(give_password(koha_sqlite, 0))
    for path in ("/en/", "/en/about", "/en/", "/es/"):  # made once for everybody; the hour is each one's own
        text = browser.get(path).text
        assert f'href="/ends/{shown[2]}.css"' in text, path
        assert 'href="/' + path[1:3] + '/me/stay"' in text
        assert "hour-at-which" not in text
    assert "/ends/" not in pages.browser().get("/en/about").text, "nobody is signed in"


def test_near_the_longest_time_the_notice_comes_sooner() -> None:
    from datetime import UTC, datetime

    at = datetime(2026, 11, 28, tzinfo=UTC)
    assert [seconds_left(at + timedelta(seconds=one), at) for one in (1200, 240, 180, 30, 0)] == [1080, 120, 90, 10, 10]


@pytest.mark.parametrize("wish", ["question", "challenge"])
def test_what_was_sent_too_late_waits_until_its_person_is_signed_in_again(koha_sqlite, pages: Pages, wish: str) -> None:
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    token = token_of(browser)
    pages.clock.go_on(pages.premises.portal.idle)
    fields = {"form": token, "words": WORDS, "pick": "accuracy", "password": "never", "sure": "yes"}
    late = browser.post(f"/en/me/{wish}", data=fields)
    assert late.status_code == 401
    assert "it is still here" in late.text
    assert "never" not in late.text
    assert "<b>" not in late.text

    def carried(page: str) -> str:
        found = re.search(r'name="unsent" value="([^"]*)"', page)
        assert found
        return html.unescape(found[1])

    wrong = browser.post("/en/sign-in", data={"name": card, "password": "guess", "unsent": carried(late.text)})
    assert wrong.status_code == 401
    again = browser.post("/en/sign-in", data={"name": card, "password": PASSWORD, "unsent": carried(wrong.text)})
    assert again.status_code == 200
    assert not mine(pages, koha_sqlite, card), "nothing is sent in anybody's name by itself"
    assert WORDS.replace("\n", "") in html.unescape(again.text).replace("\n", "")
    assert "<b>" not in again.text
    new = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', again.text.partition("<main")[2]))
    assert set(new) == {"form", "pick"}
    done = browser.post(f"/en/me/{wish}", data={**new, "words": WORDS})
    assert done.status_code == 303
    [made] = mine(pages, koha_sqlite, card)
    assert made.right is {"question": Right.QUESTION, "challenge": Right.CHALLENGE}[wish]
    kept = [place for place in pages.store.folder.rglob("*") if place.is_file()]
    assert not any(b"Second line" in place.read_bytes() for place in kept), "but sealed, nowhere"


def test_what_no_page_of_ours_carried_is_not_shown(koha_sqlite, pages: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    for odd in ("x", "[]", '["me/password", [["words", "x"]]]', '["//evil.example", []]', '["me/question", [[1, 2]]]',
                '["me/question", 7]', "[" * 5_000):  # fmt: skip
        answer = pages.browser().post("/en/sign-in", data={"name": card, "password": PASSWORD, "unsent": odd})
        assert (answer.status_code, answer.headers.get("location")) in {(303, "/en/me"), (200, None)}, odd
        assert "evil" not in answer.text
    browser = pages.browser()
    assert browser.post("/en/me/password", data={"words": "x", "new": "secret"}).headers["location"] == "/en/sign-in"
    assert browser.post("/en/me/question", data={"words": "  "}).headers["location"] == "/en/sign-in"
