"""What every page and call keeps to, tried on the table of routes itself: a new page cannot slip by."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from carrel.web.desk_scripts import STYLE_HASH
from carrel.web.headers import CONTENT
from tests.integration.web.conftest import PASSWORD, Pages, give_password, pages_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def whole(pages: Pages) -> FastAPI:
    """The application within its guards."""
    inner: Any = pages._app
    while not isinstance(inner, FastAPI):
        inner = vars(inner).get("_app") or inner.app
    return inner


def routes(pages: Pages) -> list[tuple[str, str]]:
    found = []

    def walk(table: Any) -> None:
        for one in table:
            if isinstance(one, Mount):
                continue
            if (below := getattr(one, "original_router", None)) is not None:
                walk(below.routes)
                continue
            found.extend(
                (method, one.path.replace("{language}", "en").replace("{way}", "ils")) for method in one.methods or ()
            )

    walk(whole(pages).routes)
    assert ("POST", "/en/sign-in") in found
    assert ("GET", "/en/me") in found
    return found


SAME_FOR_ALL = {("GET", "/en/"), ("GET", "/en/about"), ("GET", "/api/v1/policy")}


def test_every_answer_bears_the_headers_and_may_be_kept_by_nobody(pages: Pages) -> None:
    browser = pages.browser()
    for method, path in [*routes(pages), ("GET", "/nowhere"), ("GET", "/en/nowhere"), ("GET", "/static/no.css"),
                         ("BREW", "/en/"), ("POST", "/en/")]:  # fmt: skip
        answer = browser.request(method, path)
        assert answer.status_code < 500, (method, path)
        desk = path.startswith("/staff/en/desk")  # what is said there names nobody, is one file, and is kept
        content = CONTENT.replace("style-src 'self'", f"style-src 'self' {STYLE_HASH}") if desk else CONTENT
        assert answer.headers["content-security-policy"] == content, (method, path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        kept = "public, max-age=86400" if desk and answer.status_code == 200 else "no-store"
        if (method, path) in SAME_FOR_ALL:
            kept = "no-cache"
        assert answer.headers["cache-control"] == kept, (method, path)
        assert "set-cookie" not in answer.headers or path == "/en/sign-out", (method, path)
        assert "server" not in answer.headers


def test_no_form_of_another_site_does_anything(pages: Pages, card: str) -> None:
    browser = pages.signed_in(card)
    token = browser.cookies["carrel"]
    posts = [path for method, path in routes(pages) if method not in {"GET", "HEAD"}]
    assert len(posts) >= 2
    for path in posts:
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": pages.address + ".evil.example"},
                        {"Origin": pages.address, "Host": "evil.example"}):  # fmt: skip
            answer = browser.post(path, data={"name": card, "password": PASSWORD, "form": "x"}, headers=headers)
            assert answer.status_code in {403, 421}, (path, headers)
            assert "set-cookie" not in answer.headers
        del browser.headers["Origin"]
        assert browser.post(path, data={"name": card, "password": PASSWORD}).status_code == 403
        other = browser.post(path, data={"name": card}, headers={"Sec-Fetch-Site": "cross-site"})
        assert other.status_code == 403
        browser.headers["Origin"] = pages.address
    assert browser.get("/en/me").status_code == 200, "still signed in"
    assert browser.cookies["carrel"] == token


def test_a_form_of_another_session_does_nothing(koha_sqlite, pages: Pages) -> None:
    ada, ben = (pages.signed_in(give_password(koha_sqlite, one)) for one in (0, 1))
    page = ada.get("/en/me").text
    foreign = page.split('name="form" value="')[1].split('"')[0]
    for sent in (foreign, "", "0" * 64, "é" * 64):
        assert ben.post("/en/sign-out", data={"form": sent}).status_code == 403
    assert ben.get("/en/me").status_code == 200
    assert ada.post("/en/sign-out", data={"form": foreign}).status_code == 200
    assert ada.get("/en/me").status_code == 303


def test_nobody_signs_in_with_a_token_that_was_there_before(pages: Pages, card: str) -> None:
    browser = pages.browser()
    browser.cookies.set("carrel", "A" * 43)
    answer = browser.post("/en/sign-in", data={"name": card, "password": PASSWORD})
    assert answer.status_code == 303
    first = answer.cookies["carrel"]
    assert first != "A" * 43
    browser.cookies.clear()
    browser.cookies.set("carrel", first)
    again = browser.post("/en/sign-in", data={"name": card, "password": PASSWORD})
    assert again.cookies["carrel"] != first
    old = pages.browser()
    old.cookies.set("carrel", first)
    assert old.get("/en/me").status_code == 303, "the session before has ended"


def test_a_session_ends_when_nothing_is_done(pages: Pages, card: str) -> None:
    browser = pages.signed_in(card)
    pages.clock.go_on(timedelta(minutes=19))
    assert browser.get("/en/me").status_code == 200
    pages.clock.go_on(timedelta(minutes=20))
    assert browser.get("/en/me").status_code == 303


def test_the_cookie_can_be_read_by_no_script_and_over_tls_set_by_no_other_host(koha_sqlite, tmp_path: Path) -> None:
    card = give_password(koha_sqlite, 0)
    with pages_of(tmp_path, koha_sqlite.url, "koha", address="https://privacy.elm.example") as pages:
        answer = pages.browser().post("/en/sign-in", data={"name": card, "password": PASSWORD})
        said = answer.headers["set-cookie"]
        assert said.startswith("__Host-carrel=")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= {part.strip() for part in said.split(";")}
        assert "domain" not in said.lower()
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "/en//evil.example/", "/%2f%2fevil.example",
                                  "/en/..//evil.example", "/nope"])  # fmt: skip
def test_no_address_leads_away(pages: Pages, path: str) -> None:
    answer = pages.browser().get(path)
    assert answer.status_code == 404 or answer.headers.get("location", "/").startswith(("/en", "/es"))
    assert not answer.headers.get("location", "/").startswith(("//", "/\\", "http"))


def test_what_is_too_large_is_refused(pages: Pages) -> None:
    browser = pages.browser()
    assert browser.post("/en/sign-in", content=b"name=" + b"x" * 100_000, headers=FORM).status_code == 413

    def pieces() -> Any:
        for _ in range(100):
            yield b"x" * 10_000

    assert browser.post("/en/sign-in", content=pieces(), headers=FORM).status_code == 413
    files = {"name": ("x.html", b"<script>", "text/html")}
    assert browser.post("/en/sign-in", files=files).status_code in {401, 422}


def test_texts_of_the_site_are_shown_as_texts(koha_sqlite, tmp_path: Path) -> None:
    name = "'<script>alert(1)</script> \"><img src=x onerror=alert(2)> {{ 7 * 7 }}'"
    with pages_of(tmp_path, koha_sqlite.url, "koha", library=name) as pages:
        for path in ("/en/", "/en/about", "/en/sign-in", "/es/nowhere"):
            text = pages.browser().get(path).text
            assert "<script" not in text
            assert "<img src=x" not in text
            assert "{{ 7 * 7 }}" in text


def test_the_api_describes_itself_and_its_errors_have_one_shape(pages: Pages) -> None:
    browser = pages.browser()
    described = browser.get("/api/openapi.json").json()
    assert set(described["paths"]) == {"/api/v1/policy"}
    told = browser.get("/api/v1/policy").json()
    assert told["policy"] == "worcester"
    assert {one["record"] for one in told["kept"]} >= {"loans", "holds", "registrations"}
    wrong = browser.get("/api/v1/nothing").json()
    assert wrong == {"format_version": 1, "errors": [{"code": "HTTP-404", "title": "there is no such page"}]}


def test_global_privacy_control_is_answered(pages: Pages) -> None:
    browser = pages.browser()
    assert browser.get("/.well-known/gpc.json").json()["gpc"] is True
    asked = "Your browser asks us not to sell or share"
    assert asked in browser.get("/en/", headers={"Sec-GPC": "1"}).text
    for other in ("0", "true", "", "2", "1, 1"):
        assert asked not in browser.get("/en/", headers={"Sec-GPC": other}).text
    assert asked not in browser.get("/en/").text


def test_each_sees_what_is_held_of_that_person_and_of_nobody_else(koha_sqlite, pages: Pages) -> None:
    """Routes have no number of anybody in them: what is shown follows from the session alone."""
    named = {path for _, path in routes(pages) if "{" in path and not path.startswith("/staff/")}
    # The first is looked up among the person's own (see test_requests), the second names a year, the third seconds, the fourth is sealed.
    assert named == {"/en/me/requests/{name}", "/en/transparency/{year}", "/ends/{seconds}.css", "/en/confirm/{token}"}
    cards = [give_password(koha_sqlite, one) for one in (3, 5)]
    mails = [str(koha_sqlite.rows(f"SELECT email FROM borrowers WHERE cardnumber = '{card}'")[0][0]) for card in cards]
    for mine, card in enumerate(cards):
        browser = pages.signed_in(card)
        text = browser.get("/en/me/data?number=1&card=2&borrowernumber=3", headers={"X-User": "1"}).text
        assert card in text
        assert mails[mine] in text
        assert mails[1 - mine] not in text
        assert cards[1 - mine] not in text
        assert "$2b$" not in text
    assert pages.browser().get("/en/me/data").headers["location"] == "/en/sign-in"


def test_texts_of_a_patrons_record_are_shown_as_texts(koha_sqlite, pages: Pages) -> None:
    import sqlalchemy as sa

    card = give_password(koha_sqlite, 3)
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}\x1b[31m\u202e"
    columns = [
        str(name) for _, name, kind, *_ in koha_sqlite.rows("PRAGMA table_info(borrowers)")
        if "char" in str(kind).lower() or "text" in str(kind).lower()
    ]  # fmt: skip
    columns = [one for one in columns if one not in {"cardnumber", "userid", "password"}]
    assert len(columns) > 20
    with koha_sqlite.engine().begin() as connection:
        for one in columns:
            connection.execute(
                sa.text(f'UPDATE borrowers SET "{one}" = :v WHERE cardnumber = :c'), {"v": evil, "c": card}
            )
    text = pages.signed_in(card).get("/en/me/data").text
    assert text.count("alert(1)") > 10
    assert "<script" not in text
    assert "<img src=x" not in text


def test_a_patron_who_was_deleted_meanwhile_is_signed_out(koha_sqlite, pages: Pages) -> None:
    import sqlalchemy as sa

    card = give_password(koha_sqlite, 3)
    browser = pages.signed_in(card)
    with koha_sqlite.engine().begin() as connection:
        (number,) = connection.execute(
            sa.text("SELECT borrowernumber FROM borrowers WHERE cardnumber = :c"), {"c": card}
        ).one()
        for table in (
            "issues",
            "old_issues",
            "reserves",
            "old_reserves",
            "accountlines",
            "message_queue",
            "statistics",
        ):
            connection.execute(sa.text(f"DELETE FROM {table} WHERE borrowernumber = :n"), {"n": number})
        connection.execute(sa.text("DELETE FROM borrowers WHERE borrowernumber = :n"), {"n": number})
    answer = browser.get("/en/me/data")
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/sign-in")
    assert browser.get("/en/me").status_code == 303, "and the session has ended"


def test_a_head_is_answered_and_a_wrong_way_says_which_are_right(pages: Pages) -> None:
    browser = pages.browser()
    assert browser.head("/en/").status_code == 200
    wrong = browser.put("/en/sign-in")
    assert wrong.status_code == 405
    assert wrong.headers["allow"] in {"GET", "POST", "GET, POST"}


@pytest.mark.parametrize(("written", "address"), [("https://X.example:443", "https://x.example"),
                                                   ("http://127.0.0.1:80/", "http://127.0.0.1")])  # fmt: skip
def test_a_port_that_browsers_leave_out_is_left_out(written: str, address: str) -> None:
    from carrel.inventory.portal import Portal

    assert Portal(address=written).address == address


def test_a_browser_at_another_address_reads_where_the_pages_are(pages: Pages) -> None:
    browser = pages.browser()
    answer = browser.get("/en/", headers={"Host": "127.0.0.1:8917", "Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["content-type"]) == (421, "text/html; charset=utf-8")
    assert f'<a href="{pages.address}">' in answer.text
    assert "8917" not in answer.text
    assert browser.get("/en/", headers={"Host": "127.0.0.1:8917"}).json()["errors"][0]["code"] == "HTTP-421"
