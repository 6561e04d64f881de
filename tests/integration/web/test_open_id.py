"""Signing in by OpenID Connect: on a real provider, and against one that lies in every way."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from joserfc.jwk import ECKey, RSAKey

from carrel.errors import CarrelError
from carrel.inventory.sign_in_way import OpenId
from carrel.systems.sign_in import web_document
from carrel.systems.sign_in.open_id_provider import Departure, OpenIdProvider
from carrel.web import away
from tests.integration.web.conftest import Pages, give_password, pages_of
from tests.integration.web.open_id import (
    BACK,
    CLIENT,
    SECRET,
    HostileProvider,
    by_secret,
    free_port,
    hostile,
    left,
    real_provider,
    returned,
    rsa_key,
    signed_in_there,
    unsigned,
)

WAY = """{{name: idp, system: ils, by: oidc, issuer: '{issuer}', client: {client}, client_secret_env: OIDC,
    claim: card_number, scopes: [library], title: Elm University}}"""


@contextmanager
def opened(koha, folder: Path, issuer: str, more: str = "") -> Iterator[Pages]:
    way = WAY.format(issuer=issuer, client=CLIENT)
    with pages_of(folder, koha.url, "koha", sign_in=f"[ils, {way}{more}]", environment={"OIDC": SECRET}) as pages:
        yield pages


def session_of(pages: Pages, browser: Any) -> dict[str, str]:
    found = pages.store.portal_sessions.find(browser.cookies["carrel"], pages.clock(), timedelta(hours=1))
    assert found is not None
    return dict(found.said)


def number_of(koha, card: str) -> str:
    ((found,),) = koha.rows(f"SELECT borrowernumber FROM borrowers WHERE cardnumber = '{card}'")
    return str(found)


@pytest.fixture
def lying() -> Iterator[HostileProvider]:
    with hostile(HostileProvider(key=KEY)) as provider:
        yield provider


KEY, OTHER = rsa_key("first"), rsa_key("other")


@pytest.mark.parametrize("in_token", [False, pytest.param(True, marks=pytest.mark.deep)])
def test_on_a_real_provider_by_a_claim_and_after_it_has_changed_its_keys(
    koha_sqlite, tmp_path: Path, *, in_token: bool
) -> None:
    card = give_password(koha_sqlite, 0)
    port, old, new = (
        free_port(),
        rsa_key("old"),
        ECKey.generate_key("P-256", {"kid": "new", "use": "sig", "alg": "ES256"}),
    )
    with opened(koha_sqlite, tmp_path, f"http://127.0.0.1:{port}") as pages:
        with real_provider(port, old, in_token=in_token):
            browser, place = left(pages)
            asked = {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}
            assert asked["redirect_uri"] == BACK
            assert asked["code_challenge_method"] == "S256"
            back = signed_in_there(place, card)
            answer = browser.get(back)
            assert (answer.status_code, answer.headers["location"]) == (303, "/en/me"), answer.text
            assert "carrel-away" not in browser.cookies
            told = session_of(pages, browser)
            assert (told["system"], told["number"], told["way"]) == ("ils", number_of(koha_sqlite, card), "idp")
            assert browser.get("/en/me/data").status_code == 200
            assert browser.get(back).status_code == 401, "the same return"
            thief, _ = left(pages)
            assert thief.get(back).status_code == 401, "the return of another browser"
            stranger, place = left(pages)
            answer = stranger.get(signed_in_there(place, "somebody else"))
            assert (answer.status_code, "no library card" in answer.text) == (401, True)
        with real_provider(port, new, in_token=in_token):
            browser, place = left(pages)
            assert browser.get(signed_in_there(place, card)).headers["location"] == "/en/me"


def test_a_code_that_was_used_or_stolen_is_refused_by_the_real_provider(koha_sqlite) -> None:
    port = free_port()
    way = OpenId(system="ils", by="oidc", issuer=f"http://127.0.0.1:{port}", client=CLIENT, client_secret_env="OIDC",
                 claim="card_number", scopes=("library",))  # fmt: skip
    with real_provider(port, KEY):
        provider = OpenIdProvider(way, BACK, {"OIDC": SECRET}, lambda: datetime.now(UTC))

        def came_back() -> tuple[Departure, dict[str, str]]:
            place, departure = provider.depart("en")
            query = parse_qs(urlsplit(signed_in_there(place, "21868")).query)
            return departure, {name: values[0] for name, values in query.items()}

        departure, told = came_back()
        assert provider.arrive(departure, told)["card_number"] == "21868"
        with pytest.raises(CarrelError) as wrong:
            provider.arrive(departure, told)
        assert wrong.value.code == "SGN-006", "the code is spent"
        departure, told = came_back()
        other = Departure(departure.state, departure.nonce, "x" * 43)
        with pytest.raises(CarrelError) as wrong:
            provider.arrive(other, told)
        assert wrong.value.code == "SGN-006", "whoever stole the code has not the verifier"
        departure, told = came_back()
        with pytest.raises(CarrelError) as wrong:
            provider.arrive(Departure(departure.state, "another", departure.verifier), told)
        assert wrong.value.code == "SGN-006", "a code of another visit of the same browser"
        departure, told = came_back()
        bad = OpenIdProvider(way, BACK, {"OIDC": "wrong"}, lambda: datetime.now(UTC))
        with pytest.raises(CarrelError) as wrong:
            bad.arrive(departure, told)
        assert wrong.value.code == "SGN-005"
        assert SECRET not in repr(wrong.value.faults)
        assert told["code"] not in repr(wrong.value.faults)


def now() -> int:
    return int(time.time())


TOKENS = {
    "another nonce": lambda c: {**c, "nonce": "x" * 43},
    "no nonce": lambda c: {k: v for k, v in c.items() if k != "nonce"},
    "a nonce that is no text": lambda c: {**c, "nonce": [c["nonce"]]},
    "another client": lambda c: {**c, "aud": "another"},
    "no audience": lambda c: {**c, "aud": []},
    "an audience that contains ours": lambda c: {**c, "aud": CLIENT + "-2"},
    "several clients": lambda c: {**c, "aud": [CLIENT, "another"]},
    "asked for by another": lambda c: {**c, "aud": [CLIENT, "another"], "azp": "another"},
    "another issuer": lambda c: {**c, "iss": "https://idp.evil.example"},
    "an issuer with a slash": lambda c: {**c, "iss": c["iss"] + "/"},
    "no issuer": lambda c: {**c, "iss": None},
    "expired": lambda c: {**c, "exp": now() - 600},
    "no end": lambda c: {k: v for k, v in c.items() if k != "exp"},
    "an end that is no number": lambda c: {**c, "exp": "9999999999"},
    "an end that is true": lambda c: {**c, "exp": True},
    "old": lambda c: {**c, "iat": now() - 3600, "exp": now() + 3600},
    "of the future": lambda c: {**c, "iat": now() + 3600, "exp": now() + 7200},
    "not yet": lambda c: {**c, "nbf": now() + 3600},
    "nobody": lambda c: {**c, "sub": ""},
    "a subject that is a number": lambda c: {**c, "sub": 7},
}


def test_no_token_that_is_not_for_this_visit_opens_anything(
    koha_sqlite, tmp_path: Path, lying: HostileProvider
) -> None:
    card = give_password(koha_sqlite, 0)
    with opened(koha_sqlite, tmp_path, lying.issuer) as pages:
        texts = set()
        for name, change in TOKENS.items():
            lying.claims = lambda c, change=change: {**change(c), "card_number": card}
            browser, place = left(pages)
            answer = browser.get(returned(lying, place))
            assert answer.status_code == 401, name
            assert "carrel" not in browser.cookies, name
            texts.add(answer.text)
        assert len(texts) == 1
        for fine in ({}, {"aud": [CLIENT]}, {"aud": [CLIENT, "another"], "azp": CLIENT}, {"iat": now() - 60}):
            lying.claims = lambda c, fine=fine: {**c, **fine, "card_number": card}
            browser, place = left(pages)
            assert browser.get(returned(lying, place)).headers.get("location") == "/en/me", fine


def test_no_signature_but_the_providers_counts(koha_sqlite, tmp_path: Path, lying: HostileProvider) -> None:
    card = give_password(koha_sqlite, 0)
    lying.claims = lambda c: {**c, "card_number": card}
    small = RSAKey.generate_key(2048, {"kid": "first"})
    ways = {
        "none": lambda c: unsigned(c, "none"),
        "None": lambda c: unsigned(c, "None"),
        "no algorithm": lambda c: unsigned(c, ""),
        "no signature": lambda c: lying.signed(c).rpartition(".")[0] + ".",
        "the public key as a secret": lambda c: by_secret(c, KEY.as_pem(private=False)),
        "the client's secret": lambda c: by_secret(c, SECRET.encode()),
        "another key of that name": lambda c: lying.signed(c, key=small),
        "an unknown key": lambda c: lying.signed(c, key=OTHER),
        "a key that it brings along": lambda c: lying.signed(c, key=OTHER, jwk=OTHER.as_dict(private=False)),
        "a place to fetch one from": lambda c: lying.signed(c, key=OTHER, jku=f"{lying.issuer}/other"),
        "another algorithm of the key": lambda c: lying.signed(c, key=RSAKey.import_key(KEY.as_pem(private=True), {"kid": "first"}), alg="PS256"),
        "an access token": lambda c: lying.signed(c, typ="at+jwt"),
        "a logout token": lambda c: lying.signed(c, typ="logout+jwt"),
        "something critical": lambda c: lying.signed({**c}, typ="JWT").replace("eyJ", "eyj", 1),
        "other claims": lambda c: (t := lying.signed(c).split("."))[0] + "." + unsigned({**c, "card_number": card}, "")
        .split(".")[1] + "A." + t[2],
        "five parts": lambda c: lying.signed(c) + ".a.b",
        "no text": lambda c: "\u00e9.\u00e9.\u00e9",
        "a list": lambda c: lying.signed([c]),  # type: ignore[arg-type]
        "large": lambda c: lying.signed({**c, "x": "y" * 300_000}),
    }  # fmt: skip
    with opened(koha_sqlite, tmp_path, lying.issuer) as pages:
        for name, sign in ways.items():
            pages.clock.go_on(timedelta(seconds=1))
            lying.sign = sign
            browser, place = left(pages)
            answer = browser.get(returned(lying, place))
            assert answer.status_code == 401, name
            assert "carrel" not in browser.cookies, name
        assert not [path for path, _, _ in lying.asked if path == "/other"]
        lying.sign = None
        browser, place = left(pages)
        assert browser.get(returned(lying, place)).headers.get("location") == "/en/me"


def test_keys_that_may_verify_nothing_are_passed_over_and_a_new_one_is_asked_for(
    koha_sqlite, tmp_path: Path, lying: HostileProvider
) -> None:
    card = give_password(koha_sqlite, 0)
    lying.claims = lambda c: {**c, "card_number": card}
    junk: list[Any] = [None, 7, {}, {"kty": "oct", "k": "AAAA", "kid": "first"}, {"kty": "RSA", "kid": "first", "n": "AQAB", "e": "AQAB"},
                       {"kty": "EC", "crv": "P-256", "x": "!", "y": "", "kid": "first"}, {"kty": "lattice", "kid": "first"},
                       {**KEY.as_dict(private=False), "use": "enc"}, KEY.as_dict(private=True)]  # fmt: skip
    with opened(koha_sqlite, tmp_path, lying.issuer) as pages:
        lying.published = junk
        browser, place = left(pages)
        assert browser.get(returned(lying, place)).status_code == 401
        lying.published = [*junk, KEY.as_dict(private=False)]
        browser, place = left(pages)
        assert browser.get(returned(lying, place)).headers.get("location") == "/en/me", "asked for once more"
        fetched = sum(path == "/keys" for path, _, _ in lying.asked)
        browser, place = left(pages)
        assert browser.get(returned(lying, place)).status_code == 303
        assert sum(path == "/keys" for path, _, _ in lying.asked) == fetched, "not for one that is known"
        lying.sign = lambda c: lying.signed(c, kid=None)
        lying.published = [KEY.as_dict(private=False), OTHER.as_dict(private=False)]
        pages.clock.go_on(timedelta(minutes=11))
        lying.clock = lambda: pages.clock().timestamp()
        browser, place = left(pages)
        assert browser.get(returned(lying, place)).status_code == 401, "which of the two it is, it does not say"
        lying.published = [KEY.as_dict(private=False)]
        browser, place = left(pages)
        assert browser.get(returned(lying, place)).status_code == 303
        lying.sign = None
        lying.key, lying.published = OTHER, None
        browser, place = left(pages)
        assert browser.get(returned(lying, place)).status_code == 303
        lying.key, lying.published = KEY, [OTHER.as_dict(private=False)]
        browser, place = left(pages)
        assert browser.get(returned(lying, place)).status_code == 401, "the old key is no longer the provider's"


def test_only_the_browser_that_left_comes_back_and_once_and_soon_and_from_where_it_was_sent(
    koha_sqlite, tmp_path: Path, lying: HostileProvider
) -> None:
    card = give_password(koha_sqlite, 0)
    lying.claims = lambda c: {**c, "card_number": card}
    second = ", " + WAY.format(issuer=lying.issuer, client=CLIENT).replace("name: idp", "name: other")
    with opened(koha_sqlite, tmp_path, lying.issuer, second) as pages:
        asked = len(lying.asked)
        lying.clock = lambda: pages.clock().timestamp()

        def refused(answer: Any) -> None:
            assert (answer.status_code, "set-cookie" in answer.headers) == (
                401,
                "carrel-away" in answer.request.headers.get("cookie", ""),
            )
            assert "Max-Age=0" in answer.headers.get("set-cookie", "Max-Age=0")
            assert "evil" not in answer.text
            assert not [path for path, _, _ in lying.asked[asked:] if path == "/token"], "nothing was asked for it"

        for change in ({"state": "x"}, {"state": None}, {"state": ""}, {"iss": "https://idp.evil.example"}, {"code": None},
                       {"code": ""}, {"code": "x" * 5000}, {"error": "access_denied"}, {"error": "login_required", "code": None},
                       {"state": "https://evil.example/"}, {"error_description": "<b>evil</b>", "error": "evil"}):  # fmt: skip
            browser, place = left(pages)
            refused(browser.get(returned(lying, place, **change)))  # type: ignore[arg-type]
            refused(browser.get(returned(lying, place)))
        browser, place = left(pages)
        back = returned(lying, place)
        refused(browser.get(back + "&code=another"))
        refused(pages.browser().get(back))
        browser, place = left(pages)
        refused(browser.get(returned(lying, place).replace("/sign-in/idp", "/sign-in/other")))
        browser, place = left(pages)
        pages.clock.go_on(timedelta(minutes=11))
        refused(browser.get(returned(lying, place)))
        browser, place = left(pages)
        pages.clock.go_on(timedelta(minutes=-1))
        refused(browser.get(returned(lying, place)))
        browser, place = left(pages)
        cookie = browser.cookies["carrel-away"]
        back = returned(lying, place)
        for value in (
            "",
            "x",
            "A" * 2000,
            cookie[:-4] + "AAAA",
            cookie[1:],
            "!" + cookie,
        ):
            other = pages.browser()
            other.cookies.set("carrel-away", value)
            assert other.get(back).status_code == 401
        twin = pages.browser()
        twin.cookies.set("carrel-away", cookie)
        assert browser.get(back).headers.get("location") == "/en/me"
        assert twin.get(back).status_code == 401, "even with the same cookie a return counts once"
        assert browser.get("/sign-in/nowhere").status_code == 404
        assert browser.get("/sign-in/ils").status_code == 404


def test_the_return_is_on_our_own_pages_whatever_it_says_and_in_the_language_it_began_in(
    koha_sqlite, tmp_path: Path, lying: HostileProvider
) -> None:
    card = give_password(koha_sqlite, 0)
    lying.claims = lambda c: {**c, "card_number": f" {card} "}
    with opened(koha_sqlite, tmp_path, lying.issuer) as pages:
        browser = pages.browser()
        answer = browser.post("/es/sign-in/away", data={"system": "idp", "next": "https://evil.example"})
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert query["ui_locales"] == ["es"]
        answer = browser.get(
            returned(lying, answer.headers["location"]) + "&next=https://evil.example&redirect_uri=//evil.example"
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/es/me")
        page = browser.get("/es/me").text
        form = page.split('name="form" value="')[1].split('"')[0]
        out = browser.post("/es/sign-out", data={"form": form})
        assert f'href="{lying.issuer}/bye?client_id={CLIENT}"' in out.text
        assert "Elm University" in out.text
        assert browser.get("/es/me").status_code == 303
        assert not [path for path, _, _ in lying.asked if path == "/bye"], "nobody is signed out unasked"


def test_what_the_claim_must_be(koha_sqlite, tmp_path: Path, lying: HostileProvider) -> None:
    one, two = give_password(koha_sqlite, 0), give_password(koha_sqlite, 1)
    with koha_sqlite.engine().begin() as connection:
        connection.execute(sa.text("UPDATE borrowers SET userid = 'jreader' WHERE cardnumber = :c"), {"c": one})
        connection.execute(sa.text("UPDATE borrowers SET userid = :u WHERE cardnumber = :c"), {"u": one, "c": two})

    def came(pages: Pages, claims: dict[str, Any], userinfo: dict[str, Any] | None = None) -> str:
        lying.claims = lambda c: {**{k: v for k, v in c.items() if k != "card_number"}, **claims}
        lying.userinfo = userinfo
        browser, place = left(pages)
        answer = browser.get(returned(lying, place))
        if answer.status_code != 303:
            return str(answer.status_code)
        ((card,),) = koha_sqlite.rows(
            f"SELECT cardnumber FROM borrowers WHERE borrowernumber = {session_of(pages, browser)['number']}"
        )
        return str(card)

    with opened(koha_sqlite, tmp_path, lying.issuer) as pages:
        assert came(pages, {"card_number": one}) == one, "a card, whoever has a user name like it"
        for said in ("jreader", "", " ", None, [one], {"value": one}, True, "x" * 300, "%", "' OR 1=1 --", "\0", 7.5):
            assert came(pages, {"card_number": said}) == "401", said
        assert came(pages, {"email": one, "preferred_username": one, "sub": one}, {"sub": one}) == "401"
        assert came(pages, {}, {"sub": "s1", "card_number": two}) == two, "told on the provider's own way"
        assert came(pages, {}, {"sub": "s2", "card_number": two}) == "401", "of somebody else"
        assert came(pages, {}, {"card_number": two}) == "401"
        assert came(pages, {"card_number": one}, {"sub": "s1", "card_number": two}) == one, "what is signed counts"
        assert came(pages, {}) == "503", "it does not say"
        if one.isdigit():
            assert came(pages, {"card_number": int(one)}) == one
        with koha_sqlite.engine().begin() as connection:
            connection.execute(sa.text("UPDATE borrowers SET login_attempts = -1 WHERE cardnumber = :c"), {"c": one})
        assert came(pages, {"card_number": one}) == "401", "whom the library has locked"
    way = WAY.format(issuer=lying.issuer, client=CLIENT).replace("claim:", "holds: user name, claim:")
    environment = {"OIDC": SECRET}
    with pages_of(tmp_path, koha_sqlite.url, "koha", sign_in=f"[{way}]", environment=environment) as pages:
        assert came(pages, {"card_number": "jreader"}) == "401", "locked"
        assert came(pages, {"card_number": one}) == two, "whose user name it is"
        assert came(pages, {"card_number": two}) == "401", "a card is no user name"


def test_a_provider_that_is_away_or_no_provider_is_told_and_comes_back(
    koha_sqlite, tmp_path: Path, lying: HostileProvider
) -> None:
    card = give_password(koha_sqlite, 0)
    well_known = "/.well-known/openid-configuration"
    lying.claims = lambda c: {**c, "card_number": card}
    with opened(koha_sqlite, tmp_path, lying.issuer) as pages:
        lying.clock = lambda: pages.clock().timestamp()
        provider = pages.premises.ways.leading_away["idp"]._provider

        def code_of(change: dict[str, Any] | None = None, raw: bytes | None = None) -> str:
            pages.clock.go_on(timedelta(seconds=6))
            lying.documents = lambda d: {**d, **(change or {})}
            lying.raw = {} if raw is None else {well_known: raw}
            answer = pages.browser().post("/en/sign-in/away", data={"system": "idp"})
            assert answer.status_code == 503, change
            assert "does not answer" in answer.text
            assert "set-cookie" not in answer.headers
            with pytest.raises(CarrelError) as wrong:
                provider.look()
            return str(wrong.value.code)

        evil = "https://evil.example"
        for change in ({"issuer": evil}, {"issuer": lying.issuer + "/"}, {"issuer": None}, {"authorization_endpoint": evil + "/auth"},
                       {"authorization_endpoint": f"http://localhost:{lying.port}/auth"},
            {"authorization_endpoint": "javascript:alert(1)"}, {"token_endpoint": evil}, {"token_endpoint": "file:///etc/passwd"},
                       {"token_endpoint": None}, {"jwks_uri": "http://evil.example/keys"}, {"jwks_uri": 7},
                       {"userinfo_endpoint": "ftp://x"}, {"code_challenge_methods_supported": ["plain"]}):  # fmt: skip
            assert code_of(change) == "SGN-005", change
        for raw in (b"", b"[]", b"<html>", b"[" * 100_000, b'"' + b"x" * 600_000 + b'"'):
            assert code_of(raw=raw) == "SGN-005", raw[:10]
        lying.raw, lying.documents = {}, lambda d: d
        pages.clock.go_on(timedelta(seconds=6))
        browser, place = left(pages)
        assert "nobody" not in place
        for status, said, shown in ((500, {}, 503), (200, {}, 503), (200, {"id_token": 7}, 503), (401, {"error": "invalid_client"}, 503),
                                    (400, {"error": "invalid_grant"}, 401), (302, {}, 401), (200, b"<html>", 503)):  # fmt: skip
            lying.token = lambda _, status=status, said=said: (status, said)
            browser, place = left(pages)
            answer = browser.get(returned(lying, place))
            assert (answer.status_code, "carrel" in browser.cookies) == (shown, False), (status, said)
        lying.token = lambda one: (200, one)
        lying.documents = lambda d: {**d, "authorization_response_iss_parameter_supported": True}
        pages.clock.go_on(timedelta(minutes=11))
        browser, place = left(pages)
        assert browser.get(returned(lying, place, iss=None)).status_code == 401, "it says that it would name itself"
        browser, place = left(pages)
        assert browser.get(returned(lying, place)).status_code == 303


def test_a_provider_at_a_port_where_nobody_listens_is_asked_again_after_some_seconds(
    koha_sqlite, tmp_path: Path
) -> None:
    port = free_port()
    with opened(koha_sqlite, tmp_path, f"http://127.0.0.1:{port}") as pages:
        provider = pages.premises.ways.leading_away["idp"]._provider
        with pytest.raises(CarrelError) as wrong:
            provider.look()
        assert wrong.value.code == "SGN-004"
        assert pages.browser().post("/en/sign-in/away", data={"system": "idp"}).status_code == 503
        assert pages.browser().get("/en/sign-in").status_code == 200


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"])
def test_a_provider_that_trickles_is_away(monkeypatch: pytest.MonkeyPatch, first: bytes) -> None:
    monkeypatch.setattr(web_document, "SECONDS", 0.4)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def trickle() -> None:
            client, _ = listening.accept()
            with client, suppress(OSError):
                client.sendall(first)
                while not over.wait(0.05):
                    client.sendall(b" ")

        threading.Thread(target=trickle, daemon=True).start()
        issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
        way = OpenId(system="ils", by="oidc", issuer=issuer, client="c", claim="card")
        began = time.monotonic()
        with pytest.raises(CarrelError) as wrong:
            OpenIdProvider(way, BACK, {}, lambda: datetime.now(UTC)).look()
        over.set()
    assert wrong.value.code in {"SGN-004", "SGN-005"}
    assert time.monotonic() - began < 3


def test_the_secret_goes_to_the_provider_as_it_wants_it_and_the_way_there_shows_none(
    koha_sqlite, tmp_path: Path, lying: HostileProvider
) -> None:
    import base64

    card = give_password(koha_sqlite, 0)
    lying.claims = lambda c: {**c, "card_number": card}
    with opened(koha_sqlite, tmp_path, lying.issuer) as pages:
        browser, place = left(pages)
        lying.clock = lambda: pages.clock().timestamp()
        assert SECRET not in place
        assert not set(browser.cookies) - {"carrel-away"}
        sealed = browser.cookies["carrel-away"]
        assert parse_qs(urlsplit(place).query)["state"][0] not in sealed
        assert browser.get(returned(lying, place)).status_code == 303
        _, form, head = next(one for one in lying.asked if one[0] == "/token")
        assert (
            base64.b64decode(head["Authorization"].split()[1]).decode()
            == "carrel-pages:a%20secret%3A%20with%20%2F%20signs%20%2B%20more%20%26"
        )
        assert "client_secret" not in form
        assert len(form["code_verifier"]) >= 43
        lying.documents = lambda d: {**d, "token_endpoint_auth_methods_supported": ["client_secret_post"]}
        pages.clock.go_on(timedelta(minutes=11))
        browser, place = left(pages)
        assert browser.get(returned(lying, place)).status_code == 303
        _, form, head = [one for one in lying.asked if one[0] == "/token"][-1]
        assert (form["client_secret"], "Authorization" in head) == (SECRET, False)


def test_only_the_page_with_the_form_lets_it_lead_to_the_declared_provider(
    koha_sqlite, tmp_path: Path, lying: HostileProvider
) -> None:
    with opened(koha_sqlite, tmp_path, lying.issuer) as pages:
        browser = pages.browser()
        for path in ("/en/sign-in", "/es/sign-in", "/sign-in/idp"):
            said = browser.get(path).headers["content-security-policy"]
            assert f"form-action 'self' {lying.issuer};" in said
        for path in ("/en/", "/en/about", "/nowhere", "/static/carrel.css"):
            assert "form-action 'self';" in browser.get(path).headers["content-security-policy"]
        page = browser.get("/en/sign-in").text
        assert "Sign in with Elm University" in page
        assert "a second cookie" in browser.get("/en/about").text
        assert lying.issuer not in page, "nothing of the page is from there"
        assert (
            browser.post(
                "/en/sign-in/away", data={"system": "idp"}, headers={"Origin": "https://evil.example"}
            ).status_code
            == 403
        )
        assert browser.post("/en/sign-in/away", data={"system": "ils"}).status_code == 404
        assert browser.post("/en/sign-in", data={"name": "x", "password": "y", "system": "idp"}).status_code == 401
        assert not [one for one in lying.asked if one[0] == "/token"]


def test_whoever_goes_away_too_often_waits(koha_sqlite, tmp_path: Path, lying: HostileProvider) -> None:
    with opened(koha_sqlite, tmp_path, lying.issuer) as pages:
        answers = [pages.browser().post("/en/sign-in/away", data={"system": "idp"}).status_code for _ in range(61)]
        assert answers == [303] * 60 + [429]


def test_a_visit_that_is_away_is_sealed_for_this_site() -> None:
    at = datetime.now(UTC)
    visit = away.Away("idp", "en", {"state": "s"})
    value = away.sealed(visit, b"k" * 32, at)
    assert away.opened(value, b"k" * 32, at) == visit
    assert away.opened(value, b"l" * 32, at) is None
    assert away.opened(value, b"k" * 32, at + timedelta(minutes=10)) is None
    assert away.opened(value, b"k" * 32, at - timedelta(minutes=1)) is None
    assert json.dumps("idp") not in value


def test_without_the_extra_it_is_said_which(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, koha_sqlite) -> None:
    from carrel.systems.sign_in import open_id_provider

    monkeypatch.setattr(open_id_provider, "find_spec", lambda _: None)
    with pytest.raises(CarrelError) as wrong, opened(koha_sqlite, tmp_path, "https://idp.example"):
        pass
    assert wrong.value.code == "SGN-007"
