"""What is held of somebody, to take along: after the password, once, in this session, and kept nowhere."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from carrel.systems import age_file
from carrel.systems.age_file import opened
from tests.integration.web.conftest import PASSWORD, Pages, give_password, sent
from tests.integration.web.test_self_correction import leaves

WORDS = "correct horse battery staple"


def prepared(browser, **more: str):
    return sent(browser, "take-along", {"password": PASSWORD, **more})


def fetched(browser, page: str, **more: str):
    token, ticket = (page.split(f'name="{name}" value="')[1].split('"', maxsplit=1)[0] for name in ("form", "ticket"))
    return browser.post("/en/me/take-along/file", data={"form": token, "ticket": ticket, **more})


def test_it_is_made_when_it_is_fetched_once(koha_sqlite, pages: Pages, tmp_path: Path) -> None:
    card, other = give_password(koha_sqlite, 0), give_password(koha_sqlite, 1)
    browser = pages.signed_in(card)
    page = prepared(browser).text
    answer = fetched(browser, page)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="my-library-data.zip"'
    assert answer.headers["cache-control"] == "no-store"
    package = zipfile.ZipFile(io.BytesIO(answer.content))
    told = json.loads(package.read("answer.json"))
    assert card in json.dumps(told)
    assert other not in json.dumps(told)
    assert {"index.html", "answer.json", "access.schema.json"} <= set(package.namelist())
    assert any(name.startswith("csv/") for name in package.namelist())
    again = fetched(browser, page)
    assert again.status_code == 410
    assert "was used before" in again.text
    (leaf,) = (one for one in leaves(tmp_path) if one.kind == "access")
    assert (leaf.fields["identity"], leaf.fields["package"]) == ("signed-in-and-password", "plain")
    assert not [
        one
        for one in tmp_path.rglob("*")
        if one.is_file() and card.encode() in one.read_bytes() and one.name != "koha.db"
    ]


def test_a_passphrase_locks_it(koha_sqlite, pages: Pages, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(age_file.AgeWriter.__init__, "__kwdefaults__", {"work_factor": 10})
    card = give_password(koha_sqlite, 0)
    browser = pages.signed_in(card)
    assert prepared(browser, passphrase="too short").status_code == 422
    page = prepared(browser, passphrase=WORDS).text
    assert WORDS not in page
    stored = b"".join(place.read_bytes() for place in tmp_path.glob("carrel.sqlite3*"))
    assert stored
    assert WORDS.encode() not in stored
    answer = fetched(browser, page)
    assert answer.headers["content-disposition"] == 'attachment; filename="my-library-data.zip.age"'
    assert card.encode() not in answer.content
    assert "answer.json" in zipfile.ZipFile(io.BytesIO(opened(answer.content, WORDS.encode()))).namelist()


def test_nobody_else_and_no_later_session_can_fetch_it(koha_sqlite, pages: Pages) -> None:
    card, other = give_password(koha_sqlite, 0), give_password(koha_sqlite, 1)
    browser = pages.signed_in(card)
    page = prepared(browser).text
    ticket = page.split('name="ticket" value="')[1].split('"')[0]
    for somebody in (pages.signed_in(other), pages.signed_in(card)):
        assert sent(somebody, "take-along/file", {"ticket": ticket}, page="take-along").status_code == 410
    thief = pages.browser()
    thief.cookies.set("carrel", ticket)
    assert thief.get("/en/me").status_code == 303, "a ticket is no session"
    own = browser.cookies["carrel"]
    assert sent(browser, "take-along/file", {"ticket": own}, page="take-along").status_code == 410, (
        "nor the other way round"
    )
    assert browser.get("/en/me").status_code == 200
    pages.clock.go_on(timedelta(minutes=11))
    assert fetched(browser, page).status_code == 410
    assert prepared(browser, password="guess").status_code == 422


def test_what_was_not_handed_out_can_be_fetched_once_more(koha_sqlite, pages: Pages, tmp_path: Path) -> None:
    """The ledger cannot be told, so nobody gets the file; the button that stands there then is as good as the first."""
    browser = pages.signed_in(give_password(koha_sqlite, 0))
    page, ledger = prepared(browser).text, tmp_path / "ledger"
    assert "Did the file not come whole?" in page
    ledger.write_text("no folder")
    failed = fetched(browser, page)
    assert (failed.status_code, "does not answer right now" in failed.text) == (503, True)
    assert fetched(browser, page).status_code == 410, "the first is used up all the same"
    ledger.unlink()
    assert fetched(browser, failed.text).headers["content-type"] == "application/zip"
    assert fetched(browser, failed.text).status_code == 410


def test_of_two_tabs_that_fetch_at_once_one_gets_it(koha_sqlite, pages: Pages, tmp_path: Path) -> None:
    browser = pages.signed_in(give_password(koha_sqlite, 0))
    page = prepared(browser).text
    with ThreadPoolExecutor(4) as tabs:
        codes = sorted(one.status_code for one in tabs.map(lambda _: fetched(browser, page), range(4)))
    assert codes == [200, 410, 410, 410]
    assert len([one for one in leaves(tmp_path) if one.kind == "access"]) == 1
