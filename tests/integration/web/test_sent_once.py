"""A form of the staff that is sent twice is taken once, also where both arrive at the same time."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from carrel.rights.event import Act
from carrel.rights.request import Right
from carrel.web import sent_once
from tests.integration.web.conftest import Pages, pages_of
from tests.integration.web.route_kinds import KNOWN
from tests.integration.web.staff_site import PASSWORD, cheap_hashes, code, people, set_up, signed_in

ASK = "/staff/en/ask"


@pytest.fixture
def pages(koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    cheap_hashes(monkeypatch)
    with pages_of(tmp_path, koha_sqlite.url, "koha", policy="owwl", more=people()) as made:
        set_up(made, "Flo Example")
        yield made


def opened(browser, path: str) -> dict[str, str]:
    """What every form of a page carries, as a browser has it after the page was opened."""
    text = browser.get(path).text.partition("<main")[2]
    return dict(re.findall(r'type="hidden" name="(form|once)" value="([0-9a-f]+)"', text.partition("</main>")[0]))


def test_a_second_click_writes_no_second_request(pages: Pages) -> None:
    flo = signed_in(pages, "Flo Example")
    sent = {**opened(flo, ASK), "right": "access", "channel": "desk", "answer_in": "en", "words": ""}
    token = flo.cookies["carrel-staff"]

    def click(_: int) -> tuple[int, str]:
        with pages.browser() as browser:
            browser.cookies.set("carrel-staff", token)
            answer = browser.post(ASK, data=sent)
            return answer.status_code, answer.headers["location"]

    with ThreadPoolExecutor(3) as both:
        answers = sorted(both.map(click, range(3)))
    made = [one.id for one in pages.store.requests.all(open_only=True)]
    assert len(made) == 1
    assert answers == sorted([(303, "/staff/en/"), (303, "/staff/en/"), (303, f"/staff/en/requests/{made[0]}")])
    assert flo.post(ASK, data={**sent, "words": "another"}).status_code == 303
    pages.clock.go_on(timedelta(seconds=1))
    assert flo.post(ASK, data={**sent, **opened(flo, ASK)}).status_code == 303, "somebody else who asks the same"
    assert len(pages.store.requests.all(open_only=True)) == 3


def test_what_was_refused_may_be_sent_again_as_it_is(pages: Pages, tmp_path: Path) -> None:
    flo = signed_in(pages, "Flo Example")
    sent = {**opened(flo, ASK), "right": "access", "channel": "desk", "answer_in": "en", "words": "x", "card": "none"}
    assert [flo.post(ASK, data=sent).status_code for _ in range(2)] == [422, 422], "not told as taken"
    del sent["card"]
    dsn = tmp_path / "carrel.yaml"
    text = dsn.read_text()
    dsn.write_text("nonsense")
    assert flo.post(ASK, data=sent).status_code == 503
    dsn.write_text(text)
    assert flo.post(ASK, data=sent).headers["location"].startswith("/staff/en/requests/req-")


def test_a_note_stands_once_and_its_page_is_shown(pages: Pages) -> None:
    request = pages.store.requests.open(Right.QUESTION, "ils", 3, "", "web", "en", "Ada Example", pages.clock())
    flo, where = signed_in(pages, "Flo Example"), f"/staff/en/requests/{request}"
    sent = {**opened(flo, where), "step": "note", "words": "She rang."}
    assert [flo.post(where, data=sent).headers["location"] for _ in range(2)] == [where, where]
    assert [one.act for one in pages.store.requests.request(request).events].count(Act.NOTED) == 1
    end = {**opened(flo, f"{where}/end"), "step": "answer", "words": "Two letters."}
    assert [flo.post(f"{where}/end", data=end).headers["location"] for _ in range(2)] == [where, where]


def test_what_nobody_knows_to_be_done_is_not_told_as_done(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process fell while it had the form: that it was sent is on record, and nothing else."""
    monkeypatch.setattr(sent_once, "_WAITS", 0.2)
    flo = signed_in(pages, "Flo Example")
    sent = {**opened(flo, ASK), "right": "access", "channel": "desk", "answer_in": "en", "words": "My loans, please."}
    (session,) = pages.store.staff_sessions.of("Flo Example", pages.clock())
    which = hashlib.sha256(json.dumps([session.id, ASK, list(sent.items())]).encode()).hexdigest()
    fallen = [("staff form", which, 1)]
    assert pages.store.portal_attempts.allow(fallen, pages.clock(), timedelta(minutes=1))
    answer = flo.post(ASK, data=sent)
    assert answer.status_code == 503
    assert "Look first whether what you sent was done." in answer.text
    assert "<blockquote>My loans, please.</blockquote>" in answer.text, "or it would have to be typed again"
    assert not pages.store.requests.all(open_only=True)
    pages.clock.go_on(timedelta(seconds=61))
    assert flo.post(ASK, data=sent).headers["location"].startswith("/staff/en/requests/req-")
    pages.clock.go_on(timedelta(seconds=61))
    assert flo.post(ASK, data=sent).headers["location"] == "/staff/en/", "that it was done is known for longer"
    assert len(pages.store.requests.all(open_only=True)) == 1


def test_every_form_that_was_taken_leads_to_a_page() -> None:
    forms = [path for method, path in KNOWN if method == "POST" and path.startswith("/staff/")]
    assert len(forms) > 15
    lost = [path for path in forms for back in ("", "account") if ("GET", sent_once._after(path, back)) not in KNOWN]
    assert not lost


def test_the_second_click_ends_where_the_first_does(pages: Pages) -> None:
    flo, _ = signed_in(pages, "Flo Example"), signed_in(pages, "Flo Example")
    account = "/staff/en/account"
    ends = {**opened(flo, account), "which": "others"}
    assert [flo.post(f"{account}/sessions", data=ends).headers["location"] for _ in range(2)] == [account, account]
    pages.clock.go_on(timedelta(seconds=31))
    proof = {**opened(flo, "/staff/en/prove"), "password": PASSWORD, "code": code(pages), "back": "account/passkeys"}
    answers = [flo.post("/staff/en/prove", data=proof).headers["location"] for _ in range(2)]
    assert answers == [f"{account}/passkeys"] * 2
    gone = {**opened(flo, f"{account}/password"), "which": "none"}
    answers = [flo.post(f"{account}/passkeys/remove", data=gone).headers["location"] for _ in range(2)]
    assert answers == [f"{account}/passkeys"] * 2
    assert flo.get(answers[1]).status_code == 200
