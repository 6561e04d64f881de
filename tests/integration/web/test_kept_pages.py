"""What is kept of pages that are the same for everybody: never anything of anybody, and never longer than it holds."""

from __future__ import annotations

from pathlib import Path

from tests.integration.web.conftest import Pages, give_password
from tests.integration.web.ground import routes
from tests.integration.web.staff_site import rewrite

SAME_FOR_ALL = ("/en/", "/es/", "/en/about", "/api/v1/policy")


def test_what_a_browser_has_already_is_not_sent_again(pages: Pages) -> None:
    browser = pages.browser()
    for path in SAME_FOR_ALL:
        first = browser.get(path)
        assert first.status_code == 200
        assert first.headers["cache-control"] == "no-cache", "a browser asks each time"
        again = browser.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
        assert browser.get(path, headers={"If-None-Match": '"other"'}).content == first.content
    assert browser.get("/en/").headers["etag"] != browser.get("/es/").headers["etag"]
    plain, signal = browser.get("/en/"), browser.get("/en/", headers={"Sec-GPC": "1"})
    assert "asks us not to sell" in signal.text
    assert "asks us not to sell" not in plain.text
    assert {"Cookie", "Sec-GPC"} <= set(plain.headers["vary"].split(", "))


def test_another_policy_stands_on_every_kept_page_at_once(tmp_path: Path, pages: Pages, card: str) -> None:
    signed_in, browser = pages.signed_in(card), pages.browser()
    before = {path: browser.get(path) for path in SAME_FOR_ALL}
    mine = signed_in.get("/en/").text
    rewrite(tmp_path, "policy: worcester", "policy: owwl")
    rewrite(tmp_path, "library: Elm Library", "library: Oak Library")
    for path, old in before.items():
        new = browser.get(path, headers={"If-None-Match": old.headers["etag"]})
        assert new.status_code == 200, path
        assert "Oak Library" in new.text
        assert "Elm Library" not in new.text
    assert "Elm Library" in mine
    assert "Elm Library" not in signed_in.get("/en/").text
    rewrite(tmp_path, "library: Oak Library", "library: Elm Library")
    rewrite(tmp_path, "policy: owwl", "policy: worcester")
    for path, old in before.items():
        assert browser.get(path).content == old.content, path


def test_no_page_of_somebody_who_is_signed_in_has_a_tag_or_is_kept(koha_sqlite, pages: Pages, card: str) -> None:
    ada, ben = pages.signed_in(card), pages.signed_in(give_password(koha_sqlite, 1))
    paths = [
        path.replace("{language}", "en") for method, path in routes(pages)
        if method == "GET" and path.startswith("/{language}/") and "{" not in path.removeprefix("/{language}/")
    ]  # fmt: skip
    assert {"/en/", "/en/about", "/en/me", "/en/me/data", "/en/me/requests"} <= set(paths)
    tokens = []
    for path in paths:
        answers = [one.get(path, headers={"If-None-Match": "*"}) for one in (ada, ben)]
        for answer in answers:
            assert "etag" not in answer.headers, path
            assert answer.headers["cache-control"] == "no-store", path
            assert answer.status_code != 304, path
        for one, answer in zip((ada, ben), answers, strict=True):
            if answer.status_code == 200 and 'name="form"' in answer.text:
                tokens.append((one is ada, answer.text.split('name="form" value="')[1].split('"')[0]))
    assert len(set(tokens)) == 2, "each has one token, on every page"
    assert ("etag" in pages.browser().get("/en/").headers) is True
    (mine,) = {token for is_ada, token in tokens if is_ada}
    assert mine not in pages.browser().get("/en/").text
    answer = ada.post("/en/sign-out", data={"form": mine})
    assert answer.status_code == 200, "the token of a kept page is the session's own"
    assert 'name="form"' not in ada.get("/en/").text, "signed out with the next page"


def test_files_of_the_pages_are_kept_for_as_long_as_they_are_the_same(pages: Pages) -> None:
    browser = pages.browser()
    sheet = browser.get("/en/").text.split('rel="stylesheet" href="')[1].split('"')[0]
    named = browser.get(sheet)
    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert named.headers["content-type"].startswith("text/css")
    bare = browser.get("/static/carrel.css")
    assert (bare.content, bare.headers["cache-control"]) == (named.content, "no-cache")
    assert browser.get("/static/carrel.css?v=0").headers["cache-control"] == "no-cache", "another version"
    assert browser.get(sheet, headers={"If-None-Match": named.headers["etag"]}).status_code == 304
    for path in ("/static/", "/static", "/static/no.css", "/static/../visit.py", "/static/%2e%2e/visit.py"):
        assert browser.get(path).status_code == 404, path
    assert browser.post("/static/carrel.css").status_code == 405
