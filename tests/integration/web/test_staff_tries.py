"""Trying passwords: whoever only knows a name finds nothing out, and keeps its person out of no browser of hers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from carrel.store import staff_hash
from tests.integration.web.conftest import Pages, pages_of
from tests.integration.web.staff_site import PASSWORD, cheap_hashes, code, form, people, set_up, signed_in

COOKIE = "carrel-staff-browser"
DEE, FLO = "Dee Example", "Flo Example"


@pytest.fixture
def pages(koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    cheap_hashes(monkeypatch)
    with pages_of(tmp_path, koha_sqlite.url, "koha", more=people()) as made:
        for name in (DEE, FLO):
            set_up(made, name)
        yield made


def tried(pages: Pages, browser: TestClient, name: str, password: str = "a guess of somebody") -> int:
    sent = {"name": name, "password": password, "code": code(pages)}
    return int(browser.post("/staff/en/sign-in", data=sent).status_code)


def signed_out(pages: Pages, name: str) -> TestClient:
    """A browser in which somebody signed in before."""
    browser = signed_in(pages, name)
    sent = {"form": form(browser, "/staff/en/")}
    assert browser.post("/staff/en/sign-out", data=sent).headers["clear-site-data"] == '"cache", "storage"'
    assert "carrel-staff" not in browser.cookies
    return browser


def test_whoever_tries_for_another_keeps_her_out_of_no_browser_of_hers(pages: Pages) -> None:
    own, stranger = signed_out(pages, DEE), pages.browser()
    assert [tried(pages, stranger, DEE) for _ in range(9)] == [401] * 8 + [429]
    assert tried(pages, pages.browser(), DEE, PASSWORD) == 429, "a browser that nobody knows waits"
    assert tried(pages, own, "dee  EXAMPLE", PASSWORD) == 303
    for name in map(str, range(60)):
        stranger.post("/staff/en/sign-in", data={"name": f"Nobody {name}", "password": "x", "code": "1"})
    assert tried(pages, pages.browser(), FLO, PASSWORD) == 429, "the place is used up"
    assert tried(pages, signed_out_again(pages, own), DEE, PASSWORD) == 303, "not for whoever was there before"


def signed_out_again(pages: Pages, browser: TestClient) -> TestClient:
    browser.post("/staff/en/sign-out", data={"form": form(browser, "/staff/en/")})
    return browser


def test_her_own_browser_gives_a_guesser_no_more_tries_and_none_for_others(pages: Pages) -> None:
    own = signed_out(pages, DEE)
    assert [tried(pages, own, DEE) for _ in range(9)] == [401] * 8 + [429]
    assert tried(pages, own, DEE, PASSWORD) == 429
    assert [tried(pages, own, FLO) for _ in range(9)] == [401] * 8 + [429], "counted as anybody's"
    assert tried(pages, pages.browser(), FLO, PASSWORD) == 429
    pages.clock.go_on(timedelta(minutes=16))
    assert tried(pages, own, DEE, PASSWORD) == 303
    assert [tried(pages, own, FLO) for _ in range(9)] == [401] * 8 + [429], "nor does a session help to guess another's"


def test_two_people_at_one_desk_are_both_known(pages: Pages) -> None:
    desk = signed_out(pages, DEE)
    assert tried(pages, desk, FLO, PASSWORD) == 303
    signed_out_again(pages, desk)
    stranger = pages.browser()
    for name in (DEE, FLO):
        for _ in range(8):
            tried(pages, stranger, name)
        assert tried(pages, desk, name, PASSWORD) == 303
        signed_out_again(pages, desk)


def test_what_the_browser_has_tells_nothing_opens_nothing_and_runs_out(pages: Pages) -> None:
    own = signed_out(pages, DEE)
    value = own.cookies[COOKIE]
    assert "dee" not in value.lower()
    assert own.get("/staff/en/").headers["location"] == "/staff/en/sign-in"
    stranger = pages.browser()
    for _ in range(8):
        tried(pages, stranger, DEE)
    for odd in (value[:-4], "x", value.swapcase(), "A" * 4000):
        forged = pages.browser()
        forged.cookies.set(COOKIE, odd, path="/staff")
        assert tried(pages, forged, DEE, PASSWORD) == 429, odd
    pages.clock.go_on(timedelta(days=90))
    for _ in range(8):
        tried(pages, stranger, DEE)
    assert tried(pages, own, DEE, PASSWORD) == 429, "nobody signed in there for long"


def test_somebody_elses_tries_stop_no_proof_in_a_session(pages: Pages) -> None:
    dee, stranger = signed_in(pages, DEE), pages.browser()
    for _ in range(9):
        tried(pages, stranger, DEE)
    sent = {"form": form(dee, "/staff/en/"), "password": PASSWORD, "back": "account"}
    assert dee.post("/staff/en/prove", data={**sent, "code": code(pages)}).status_code == 303
    wrong = [dee.post("/staff/en/prove", data={**sent, "code": "1"}).status_code for _ in range(9)]
    assert wrong == [401] * 8 + [429], "whoever found it open guesses no more than at the door"


def test_a_one_time_code_can_be_used_whoever_tries_for_its_person(pages: Pages) -> None:
    said = pages.store.staff_accounts.invite("Eve Example", "Ada Example", pages.clock())
    for _ in range(12):
        tried(pages, pages.browser(), "Eve Example")
    sent = {"name": "Eve Example", "code": said, "password": PASSWORD, "again": PASSWORD}
    assert pages.browser().post("/staff/en/begin", data=sent).status_code == 303


def test_a_hash_that_is_made_anew_ends_no_session(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    dee, other = signed_in(pages, DEE), signed_in(pages, DEE)
    before = pages.store.staff_accounts.get(DEE)
    cheap_hashes(monkeypatch, memory=16)
    sent = {"form": form(dee, "/staff/en/"), "password": PASSWORD, "code": code(pages), "back": "account"}
    assert dee.post("/staff/en/prove", data=sent).headers["location"] == "/staff/en/account"
    after = pages.store.staff_accounts.get(DEE)
    assert before is not None
    assert after is not None
    assert before.password != after.password
    assert staff_hash.fits(after.password, PASSWORD)
    assert (dee.get("/staff/en/").status_code, other.get("/staff/en/").status_code) == (200, 200)
    assert "password changed" not in [one.act for one in pages.store.staff_accounts.events(DEE, 9)], "nobody changed it"


def test_a_passkey_at_a_shared_desk_is_counted_by_the_place_alone(pages: Pages) -> None:
    """It names nobody: of all who sign in at a desk that is known, none uses up the others' tries."""
    desk = signed_out(pages, DEE)
    shown = [desk.post("/staff/en/sign-in/passkey", data={"answer": "{}"}).status_code for _ in range(12)]
    assert shown == [401] * 12
    assert tried(pages, desk, DEE, PASSWORD) == 303
