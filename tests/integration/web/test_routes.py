"""Each route of the table, asked as everybody who must not get in. A new one is tried too, once it says what it is."""

from __future__ import annotations

import gc
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.testclient import TestClient

from carrel.systems.sample import Sample
from carrel.web.visit import Here
from tests.integration.conftest import Koha
from tests.integration.web import route_kinds
from tests.integration.web.ground import Ground, Person, filled, ground_of, names_in, whole
from tests.integration.web.route_kinds import KNOWN, Kind, Whose

UNKNOWN = (
    "0",
    "999999999",
    "-1",
    "1 OR 1=1",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "x" * 300,
    "%ED%A0%80",
    "\u0661",
    "1;2",
    "null",
)
FIELD = "form"  # the token of a form


@pytest.fixture(scope="module")
def ground(_sqlite_template: tuple[Path, Sample], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Two patrons with rows in every table."""
    folder = tmp_path_factory.mktemp("routes")
    shutil.copyfile(_sqlite_template[0], folder / "koha.db")
    koha = Koha(f"sqlite:///{folder / 'koha.db'}", "sqlite", _sqlite_template[1])
    with ground_of(folder, koha) as made:
        yield made
    koha.dispose()


def kind_of(method: str, path: str) -> Kind:
    kind = KNOWN.get((method, path))
    assert kind is not None, f"say what {method} {path} is, in tests/integration/web/route_kinds.py"
    return kind


def own_address(ground: Ground, kind: Kind, path: str, who: Person) -> str:
    """The address of something that belongs to a person."""
    return filled(path, kind.thing(ground, who) if kind.thing else {})


def token_of(browser: TestClient) -> str:
    """The token that a page of this session carries."""
    return browser.get("/en/me").text.split('name="form" value="')[1].split('"')[0]


def everything(answer: Any) -> str:
    """An answer with its headers."""
    return "\n".join([*(f"{name}: {value}" for name, value in answer.headers.items()), answer.text])


def bare(page: str) -> str:
    """A page without where its links lead: the address that was asked for stands in them."""
    return re.sub(r'href="[^"]*"', "", page)


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]


def test_every_route_says_what_it_is(ground: Ground) -> None:
    for method, path in ground.routes:
        kind = kind_of(method, path)
        further = set(names_in(path)) - {"language"}
        assert not further or kind.thing is not None, f"say how a thing is made for {sorted(further)} of {path}"
        assert method == "GET" or kind.fields is not None, f"say what a form sends to {method} {path}"
        assert kind.whose is not Whose.STAFF or route_kinds.STAFF is not None, f"say how staff sign in, for {path}"
        assert kind.token or path in route_kinds.WITHOUT_TOKEN, f"{path}: a form without a token"
        assert kind.whose is not Whose.EVERYBODY or method == "GET" or not kind.token, f"{path}: a form of everybody"
    gone = set(KNOWN) - set(ground.routes)
    assert not gone, f"these are told and are no route any more: {sorted(gone)}"
    assert {path for _, path in ground.routes} >= {"/{language}/sign-in", "/{language}/me/data", "/api/v1/policy"}


def strangers(ground: Ground) -> Iterator[tuple[str, TestClient]]:
    """Everybody who must see nothing of Ben."""
    yield "nobody", ground.pages.browser()
    yield "another patron", ground.signed_in(ground.ada)
    late = ground.signed_in(ground.ben)
    ground.pages.clock.go_on(ground.pages.premises.portal.idle + timedelta(seconds=1))
    yield "whose session has ended by itself", late
    ground.pages.clock.go_on(-ground.pages.premises.portal.idle - timedelta(seconds=1))
    out = ground.signed_in(ground.ben)
    cookie = out.cookies["carrel"]
    assert out.post("/en/sign-out", data={FIELD: token_of(out)}).status_code == 200
    out.cookies.set("carrel", cookie)
    yield "who has signed out", out
    forged = ground.pages.browser()
    forged.cookies.set("carrel", cookie[:-1] + ("A" if cookie[-1] != "A" else "B"))
    yield "with a token that is none", forged


def test_nobody_sees_anything_of_another_person(ground: Ground) -> None:
    """As each stranger, each route: the addresses of Ben's things, with Ben's number in the question too."""
    ben, wrong = ground.ben, []
    hers = ground.signed_in(ben).get("/en/me/data").text
    assert len(ben.seen_in(hers)) > 3, "what the strangers would see"
    assert not ground.ada.seen_in(hers)
    addresses = {
        (method, path): own_address(ground, kind_of(method, path), path, ben) for method, path in ground.routes
    }
    asked = {"number": str(ben.number), "card": ben.card, "borrowernumber": str(ben.number), "user": ben.user}
    for who, browser in strangers(ground):
        for (method, path), address in addresses.items():
            kind = kind_of(method, path)
            for more in ({}, {"params": asked, "headers": {"X-User": ben.card, "X-Original-URL": "/en/me/data"}}):
                answer = browser.request(method, address, data=None if method == "GET" else {}, **more)
                if seen := ben.seen_in(everything(answer)):
                    wrong.append((who, method, path, seen))
                if answer.status_code >= 500:
                    wrong.append((who, method, path, answer.status_code))
                inside = 200 <= answer.status_code < 300
                if (
                    inside
                    and kind.whose is not Whose.EVERYBODY
                    and (who != "another patron" or kind.thing or kind.whose is Whose.STAFF)
                ):
                    wrong.append((who, method, path, "got in"))
    assert not wrong


def test_whom_the_library_locks_is_let_nowhere(ground: Ground) -> None:
    """Nor anybody whose record is gone: each route with a session of before."""
    wrong = []
    for method, path in ground.routes:
        kind = kind_of(method, path)
        if kind.whose is Whose.EVERYBODY:
            continue
        browser = ground.signed_in(ground.ben)
        fields = (
            {}
            if method == "GET"
            else {**(kind.fields(ground, browser) if kind.fields else {}), FIELD: token_of(browser)}
        )
        address = own_address(ground, kind, path, ground.ben)
        ground.lock(ground.ben)
        before = ground.state(sessions=False)
        answer = browser.request(method, address, data=fields or None)
        ground_changed = changed(before, ground.state(sessions=False))
        ground.lock(ground.ben, locked=False)
        if ground.ben.seen_in(everything(answer)) or ground_changed:
            wrong.append((method, path, ground_changed))
        if 200 <= answer.status_code < 300 and path != "/{language}/sign-out":
            wrong.append((method, path, answer.status_code))
    assert not wrong


def test_a_thing_of_somebody_else_is_as_unknown_as_one_that_is_not_there(ground: Ground) -> None:
    """In the same words, so that nobody can count the things of others."""
    wrong = []
    for method, path in ground.routes:
        kind = kind_of(method, path)
        if kind.thing is None or kind.whose is Whose.STAFF:  # where a patron is sent on, whatever it is
            continue
        browser = ground.signed_in(ground.ada)
        name = next(one for one in names_in(path) if one != "language")
        fields = (
            {}
            if method == "GET"
            else {**(kind.fields(ground, browser) if kind.fields else {}), FIELD: token_of(browser)}
        )
        theirs = own_address(ground, kind, path, ground.ben)
        before = ground.state()
        foreign = browser.request(method, theirs, data=fields or None)
        for value in UNKNOWN:
            none = browser.request(
                method, filled(path, {**kind.thing(ground, ground.ada), name: value}), data=fields or None
            )
            same = bare(none.text) == bare(foreign.text)
            if none.status_code not in {404, 422} or (none.status_code == foreign.status_code and not same):
                wrong.append((method, path, value, none.status_code))
        if foreign.status_code != 404 or changed(before, ground.state()):
            wrong.append((method, path, foreign.status_code, changed(before, ground.state())))
    assert not wrong


def test_asking_changes_nothing(ground: Ground) -> None:
    """GET, HEAD and OPTIONS of each route, signed in and not: neither the store nor the library has changed."""
    wrong = []
    for browser in (ground.pages.browser(), ground.signed_in(ground.ada)):
        addresses = [
            (method, path, own_address(ground, kind_of(method, path), path, ground.ada))
            for method, path in ground.routes
        ]
        before = ground.state()
        for method, path, address in addresses:
            for asked in ("GET", "HEAD", "OPTIONS") if method == "GET" else ("HEAD", "OPTIONS"):
                answer = browser.request(asked, address, params={"_method": "POST", FIELD: "x"},
                                         headers={"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "DELETE"})  # fmt: skip
                if answer.status_code >= 500:
                    wrong.append((asked, path, answer.status_code))
        wrong += [("changed", name) for name in changed(before, ground.state())]
    assert not wrong


@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.Spooled:ResourceWarning")  # of a file where a word belongs
def test_no_form_does_anything_without_its_own_token(ground: Ground) -> None:
    """Without one, with another session's, in the wrong place, twice, or from another site: 403, and nothing is changed."""
    wrong, tried = [], 0
    ben = token_of(ground.signed_in(ground.ben))
    for method, path in ground.routes:
        kind = kind_of(method, path)
        if method == "GET" or kind.fields is None:
            continue
        staff = kind.whose is Whose.STAFF  # to whom a patron with a patron's token is nobody
        browser = ground.signed_in(ground.ada)
        own = token_of(browser)
        address, fields = own_address(ground, kind, path, ground.ada), kind.fields(ground, browser)
        before = ground.state()
        elsewhere = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""},
                     {"Origin": ground.pages.address + ".evil.example"}, {"Origin": ground.pages.address + "@evil.example"},
                     {"Origin": "http://127.0.0.1"}, {"Host": "evil.example"})  # fmt: skip
        sendings: list[dict[str, Any]] = [{"data": {**fields, FIELD: own}, "headers": one} for one in elsewhere]
        if kind.token:
            sendings += [
                {"data": {**fields, FIELD: sent}}
                for sent in ("", ben, own[:-1], own.upper() + " ", "\0" * 64, "é" * 64)
            ]
            sendings += [
                {"data": fields},
                {"data": fields, "params": {FIELD: own}},
                {"data": fields, "headers": {"X-CSRF-Token": own}},
                {"json": {**fields, FIELD: own}},
                {"content": f"{FIELD}={own}".encode(), "headers": {"Content-Type": "text/plain"}},
                {"files": {FIELD: ("x", own.encode(), "text/plain")}},
            ]
        for sending in sendings:
            tried += 1
            answer = browser.request(method, address, **sending)
            if answer.status_code not in ({303, 401, 403, 404, 421, 422, 429} if staff else {403, 421, 422}):
                wrong.append((path, sending.get("headers"), sorted(sending), answer.status_code))
        del browser.headers["Origin"]
        for headers in (
            {},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
        ):
            answer = browser.request(method, address, data={**fields, FIELD: own}, headers=headers)
            if answer.status_code != 403:
                wrong.append((path, headers, answer.status_code))
        browser.headers["Origin"] = ground.pages.address
        wrong += [(path, "changed", name) for name in changed(before, ground.state())]
        answer = browser.request(method, address, data={**fields, FIELD: own})
        if staff:
            wrong += [(path, "changed by a patron", name) for name in changed(before, ground.state())]
            continue
        if not kind.works:
            wrong += [(path, "changed", name) for name in changed(before, ground.state())]
            continue
        assert answer.status_code < 400, (path, "what the tries above are compared with", answer.status_code)
        if ground.state() == before:
            wrong.append((path, "does nothing even with its token"))
    assert not wrong
    assert tried > 20
    gc.collect()  # while the warning is expected


@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.Spooled:ResourceWarning")  # of a torn form, by Starlette
def test_each_route_answers_odd_bodies_and_goes_on(ground: Ground) -> None:
    """Nested, endless, torn and mislabelled forms: refused, without a fault and without a change."""
    multipart = "multipart/form-data; boundary=b"
    part = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    form = "application/x-www-form-urlencoded"
    bodies: list[tuple[str, bytes]] = [
        (form, b"name" + b"[a]" * 5_000 + b"=x"), (form, b"&".join(b"a%d=1" % one for one in range(8_000))),
        (form, b"a" * 60_000), (form, b"%" * 3_000), (form, b"name=%ff%fe&password=%00"), (form, b"form=a&form=b&form=c"),
        (form + "; charset=utf-7", b"name=+ADw-script+AD4-"), (form + "; charset=nonsense", b"name=x"),
        (multipart, b"".join(part % (b"f%d" % one, b"", b"x") for one in range(800)) + b"--b--\r\n"),
        (multipart, b"".join(part % (b"f%d" % one, b'; filename="../../x"', b"") for one in range(400)) + b"--b--\r\n"),
        (multipart, part % (b"name", b'; filename="x.html"', b"<script>")), ("multipart/form-data", b"--b"),
        (multipart, b"--b\r\n" + b"X: y\r\n" * 3_000), (multipart, b"--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--"),
        ("multipart/mixed; boundary=b", part % (b"name", b"", b"x")), ("application/json", b"[" * 50_000),
        ("application/json", b'{"form": ' * 5_000), ("application/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>"),
        ("", b"\0" * 1_000), ("x" * 500, b"x"), (form, b"x" * 66_000),
    ]  # fmt: skip
    browser, wrong = ground.signed_in(ground.ada), []
    addresses = [
        (method, own_address(ground, kind_of(method, path), path, ground.ada)) for method, path in ground.routes
    ]
    before = ground.state()
    for method, address in addresses:
        for name, body in bodies if method != "GET" else bodies[:1]:
            answer = browser.request(method, address, content=body, headers={"Content-Type": name} if name else {})
            fine = {200, 303, 404} if method == "GET" else {303} if address.startswith("/staff/") else set()
            fine |= set() if method == "GET" else {400, 401, 403, 404, 405, 413, 415, 422, 429}
            if answer.status_code not in fine:
                wrong.append((method, address, name, body[:20], answer.status_code))
            if "root:" in answer.text:
                wrong.append((method, address, "a file"))
    assert not wrong
    assert not changed(before, ground.state())
    assert browser.get("/en/me").status_code == 200
    gc.collect()  # while the warning is expected


def test_no_route_sends_anybody_away(ground: Ground) -> None:
    """Whatever a request says of where it wants to go next, each redirect stays here."""
    wrong = []
    names = ("next", "return", "returnTo", "redirect", "url", "goto", "continue", "language")
    for target in (
        "//wicked.example",
        "https://wicked.example/",
        "/\\wicked.example",
        "\r\nLocation: https://wicked.example",
    ):
        for browser in (ground.pages.browser(), ground.signed_in(ground.ada)):
            for method, path in ground.routes:
                address = own_address(ground, kind_of(method, path), path, ground.ada)
                headers = {"Referer": target.strip(), "X-Forwarded-Host": "wicked.example", "Forwarded": "host=wicked.example",
                           "X-Forwarded-Prefix": "//wicked.example", "X-Original-URL": "//wicked.example",
                           "Accept-Language": "//wicked.example"}  # fmt: skip
                headers = {name: value for name, value in headers.items() if "\n" not in value}
                data = None if method == "GET" else dict.fromkeys(names, target)
                answer = browser.request(
                    method, address, params=dict.fromkeys(names, target), headers=headers, data=data
                )
                where = answer.headers.get("location", "/")
                if not where.startswith("/") or where.startswith(("//", "/\\")) or "wicked" in where:
                    wrong.append((method, path, where))
                if "wicked.example" in answer.text:
                    wrong.append((method, path, "repeats it"))
    assert not wrong


@pytest.mark.deep
def test_a_route_that_is_wrong_is_found(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests above are worth: routes that do each of these things, told as if they did not."""
    router = APIRouter(prefix="/{language}", include_in_schema=False)

    @router.get("/me/things/{thing}")
    def leaks(here: Here, thing: int) -> Response:
        if here.session is None:
            return here.to("sign-in")
        found = ground.koha.rows(f"SELECT cardnumber FROM borrowers WHERE borrowernumber = {thing}")
        return PlainTextResponse(str(found))

    @router.get("/me/touched")
    def touches(here: Here) -> Response:
        here.premises.store.portal_sessions.begin({}, here.premises.now(), timedelta(hours=1))
        return here.to("me")

    @router.post("/me/done")
    def does(here: Here) -> Response:
        here.premises.store.portal_sessions.begin({}, here.premises.now(), timedelta(hours=1))
        return here.to("me")

    @router.get("/me/away")
    def goes(request: Request) -> Response:
        return RedirectResponse(request.query_params.get("next", "/en/me"), 303)

    table = whole(ground.pages).router.routes
    before = list(table)
    whole(ground.pages).include_router(router)
    try:
        with pytest.raises(AssertionError, match=r"say what GET /\{language\}/me/"):
            test_every_route_says_what_it_is(ground)
        for path in ("things/{thing}", "touched", "away"):
            monkeypatch.setitem(KNOWN, ("GET", f"/{{language}}/me/{path}"), Kind(Whose.PATRON))
        monkeypatch.setitem(KNOWN, ("POST", "/{language}/me/done"), Kind(Whose.PATRON, lambda *_: {}))
        with pytest.raises(AssertionError, match="say how a thing is made"):
            test_every_route_says_what_it_is(ground)
        thing = Kind(Whose.PATRON, thing=lambda _, who: {"thing": str(who.number)})
        monkeypatch.setitem(KNOWN, ("GET", "/{language}/me/things/{thing}"), thing)
        test_every_route_says_what_it_is(ground)
        new = [one for one in ground.routes if one[1].split("/")[-1] in {"{thing}", "touched", "done", "away"}]
        monkeypatch.setattr(Ground, "routes", new)
        for law, said in (
            (test_nobody_sees_anything_of_another_person, "got in"),
            (test_whom_the_library_locks_is_let_nowhere, "me/things/{thing}"),
            (test_a_thing_of_somebody_else_is_as_unknown_as_one_that_is_not_there, "me/things/{thing}"),
            (test_asking_changes_nothing, "portal_session"),
            (test_no_form_does_anything_without_its_own_token, "me/done"),
            (test_no_route_sends_anybody_away, "//wicked.example"),
        ):
            with pytest.raises(AssertionError) as found:
                law(ground)
            assert said in str(found.value), law.__name__
    finally:
        table[:] = before
