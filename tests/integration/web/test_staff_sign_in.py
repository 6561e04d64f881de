"""Staff set an account up, sign in with two factors, and are out when the site file or a colleague says so."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from carrel.inventory import time_code
from carrel.store.staff_accounts import CODE_LASTS
from carrel.web.square_code import square
from tests.integration.web.conftest import Pages, give_password, pages_of
from tests.integration.web.staff_site import (
    PASSWORD,
    SEED,
    cheap_hashes,
    code,
    form,
    people,
    rewrite,
    set_up,
    signed_in,
)


@pytest.fixture
def pages(koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    cheap_hashes(monkeypatch)
    with pages_of(tmp_path, koha_sqlite.url, "koha", more=people()) as made:
        yield made


def tried(pages: Pages, name: str, password: str = PASSWORD, said: str | None = None) -> int:
    sent = {"name": name, "password": password, "code": code(pages) if said is None else said}
    answer = pages.browser().post("/staff/en/sign-in", data=sent)
    assert ("set-cookie" in answer.headers) == (answer.status_code == 303)
    return int(answer.status_code)


def test_a_one_time_code_a_password_and_a_telephone_make_an_account(pages: Pages) -> None:
    store, browser = pages.store, pages.browser()
    said = store.staff_accounts.invite("Dee Example", "Ada Example", pages.clock())
    assert re.fullmatch(r"(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}", said)
    sent = {"name": "dee  example", "code": said.lower().replace("-", " "), "password": PASSWORD, "again": PASSWORD}
    for wrong, told in (({"code": "AAAA"}, 401), ({"name": "Ada Example"}, 401), ({"name": "nobody"}, 401), ({"again": "x"}, 422),
                        ({"password": "zebra 7", "again": "zebra 7"}, 422),
                        ({"password": "elm-library carrel", "again": "elm-library carrel"}, 422)):  # fmt: skip
        answer = browser.post("/staff/en/begin", data={**sent, **wrong})
        assert (answer.status_code, answer.headers.get("set-cookie")) == (told, None), wrong
        assert (f'value="{sent["code"]}"' in answer.text) == (told == 422), "typed once; never the password"
        assert {**sent, **wrong}["password"] not in answer.text
    assert browser.post("/staff/en/begin", data=sent).headers["location"] == "/staff/en/second"
    for path in ("", "account", "consents", "nights", "prove"):
        assert browser.get(f"/staff/en/{path}").headers["location"] == "/staff/en/sign-in", (
            "half an account opens nothing"
        )
    assert tried(pages, "Dee Example") == 401
    page = browser.get("/staff/en/second").text
    shown = re.search(r'class="key"[^>]*>([A-Z2-7 ]+)<', page)
    seed = store.staff_accounts.seed("Dee Example")
    assert shown
    assert seed is not None
    assert shown[1] == time_code.written(seed)
    assert 'src="/staff/en/second/picture"' in page
    drawn = browser.get("/staff/en/second/picture")
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.headers["cache-control"] == "no-store"
    assert drawn.content == square(time_code.address(seed, "Dee Example", pages.premises.site.library))
    assert set(re.findall(r"<(\w+)", drawn.text)) == {"svg", "path"}
    assert pages.browser().get("/staff/en/second/picture").headers["location"] == "/staff/en/sign-in"
    token = form(browser, "/staff/en/second")
    assert browser.post("/staff/en/second", data={"form": token, "code": "000000"}).status_code == 422
    before = browser.cookies["carrel-staff"]
    done = browser.post("/staff/en/second", data={"form": token, "code": code(pages, seed)})
    assert done.headers["location"] == "/staff/en/"
    assert browser.cookies["carrel-staff"] != before
    assert browser.get("/staff/en/").status_code == 200
    assert browser.get("/staff/en/second/picture").headers["location"] == "/staff/en/sign-in", "nobody sees it again"
    assert pages.browser().post("/staff/en/begin", data=sent).status_code == 401, "the code is spent"
    assert [one.act for one in store.staff_accounts.events("Dee Example", 3)] == ["code refused", "signed in", "set up"]


def test_a_one_time_code_runs_out(pages: Pages) -> None:
    said = pages.store.staff_accounts.invite("Dee Example", "Ada Example", pages.clock())
    pages.clock.go_on(CODE_LASTS)
    sent = {"name": "Dee Example", "code": said, "password": PASSWORD, "again": PASSWORD}
    assert pages.browser().post("/staff/en/begin", data=sent).status_code == 401


def test_password_and_code_both_and_each_code_once(pages: Pages) -> None:
    set_up(pages, "Dee Example")
    assert tried(pages, "Dee Example", said="") == 401
    assert tried(pages, "Dee Example", "another password") == 401
    assert tried(pages, "Dee Example", said="000000") == 401
    now = code(pages)
    assert tried(pages, "  dee EXAMPLE ", said=f"{now[:3]} {now[3:]}") == 303
    assert tried(pages, "Dee Example", said=now) == 401, "used"
    old = time_code.code(SEED, time_code.step_of(pages.clock()) - 1)
    assert tried(pages, "Dee Example", said=old) == 401, "older than one that was used"
    pages.clock.go_on(timedelta(minutes=5))
    late = time_code.code(SEED, time_code.step_of(pages.clock()) - 1)
    assert tried(pages, "Dee Example", said=late) == 303, "a clock that is half a minute slow"
    pages.clock.go_on(timedelta(minutes=5))
    assert tried(pages, "Dee Example", said=time_code.code(SEED, time_code.step_of(pages.clock()) - 2)) == 401


def test_a_telephone_whose_clock_is_off_is_told_so_while_it_is_added_and_at_no_other_time(pages: Pages) -> None:
    said, browser = pages.store.staff_accounts.invite("Dee Example", "Ada Example", pages.clock()), pages.browser()
    sent = {"name": "dee example", "code": said[:-1] + "1", "password": PASSWORD, "again": PASSWORD}
    wrong = browser.post("/staff/en/begin", data=sent)
    assert (wrong.status_code, "next code" in wrong.text) == (401, False), "there is none: it is a one-time code"
    assert browser.post("/staff/en/begin", data={**sent, "code": said}).status_code == 303
    seed = pages.store.staff_accounts.seed("Dee Example")
    assert seed is not None
    token = form(browser, "/staff/en/second")
    for aside, told in ((-10, True), (12, True), (120, True), (-2, True), (2, True), (400, False)):
        now = time_code.step_of(pages.clock())
        answer = browser.post("/staff/en/second", data={"form": token, "code": time_code.code(seed, now + aside)})
        assert (answer.status_code, "clock of your phone is some minutes off" in answer.text) == (422, told), aside
        token = restarted(pages, browser, sent | {"code": said})
        seed = pages.store.staff_accounts.seed("Dee Example")
        assert seed is not None
    set_up(pages, "Flo Example")
    late = time_code.code(SEED, time_code.step_of(pages.clock()) - 6)
    data = {"name": "Flo Example", "password": PASSWORD, "code": late}
    answer = pages.browser().post("/staff/en/sign-in", data=data)
    assert (answer.status_code, "minutes off" in answer.text) == (401, False), (
        "it would tell that the password is right"
    )
    assert 'value="Flo Example"' in answer.text
    assert PASSWORD not in answer.text


def restarted(pages: Pages, browser, sent: dict[str, str]) -> str:
    assert browser.post("/staff/en/begin", data=sent).status_code == 303
    return form(browser, "/staff/en/second")


def test_after_some_wrong_tries_even_the_right_one_waits(pages: Pages) -> None:
    set_up(pages, "Dee Example")
    for name in ("Dee Example", "nobody"):
        assert [tried(pages, name, "wrong password") for _ in range(8)] == [401] * 8
        assert tried(pages, name.upper()) == 429
    pages.clock.go_on(timedelta(minutes=16))
    assert tried(pages, "Dee Example") == 303


def test_the_answer_and_its_time_tell_nothing_of_who_has_an_account(
    koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_hashes(monkeypatch, memory=32 * 1024)
    with pages_of(tmp_path, koha_sqlite.url, "koha", more=people()) as pages:
        set_up(pages, "Dee Example")
        pages.store.staff_accounts.invite("Flo Example", "Ada Example", pages.clock())
        took: dict[str, list[float]] = {"Dee Example": [], "Flo Example": [], "Eve Example": [], "nobody": []}
        texts = set()
        tried(pages, "warm")
        for _ in range(7):
            for name, times in took.items():
                pages.clock.go_on(timedelta(minutes=16))
                started = time.process_time()
                answer = pages.browser().post(
                    "/staff/en/sign-in", data={"name": name, "password": "wrong password", "code": "123456"}
                )
                times.append(time.process_time() - started)
                assert answer.status_code == 401
                plain = re.sub(r'data-asked="[^"]*"', "", answer.text).replace(f'value="{name}"', "")
                texts.add((plain, tuple(sorted(answer.headers))))
        assert len(texts) == 1
        medians = [statistics.median(times) for times in took.values()]
        # A hash takes some 30 ms of work here, six times all the rest: a path without it would show at once.
        assert max(medians) < 1.5 * min(medians), medians


def test_who_is_disabled_or_taken_out_of_the_site_file_is_out_with_the_next_request(
    pages: Pages, tmp_path: Path
) -> None:
    for name in ("Dee Example", "Flo Example"):
        set_up(pages, name)
    dee, flo = signed_in(pages, "Dee Example"), signed_in(pages, "Flo Example")
    pages.store.staff_accounts.disable("Dee Example", "Ada Example", pages.clock())
    assert dee.get("/staff/en/").headers["location"] == "/staff/en/sign-in"
    assert tried(pages, "Dee Example") == 401
    pages.store.staff_accounts.enable("Dee Example", "Ada Example", pages.clock())
    assert dee.get("/staff/en/").status_code == 303, "the session is over"
    assert tried(pages, "Dee Example") == 303
    assert flo.get("/staff/en/consents").status_code == 200
    rewrite(tmp_path, "may: [requests, consent]", "may: [requests]")
    assert flo.get("/staff/en/consents").status_code == 403
    rewrite(tmp_path, "  - {name: Flo Example, role: staff, may: [requests]}\n", "")
    assert flo.get("/staff/en/").headers["location"] == "/staff/en/sign-in"
    assert tried(pages, "Flo Example") == 401
    (tmp_path / "carrel.yaml").rename(tmp_path / "away.yaml")
    assert pages.browser().get("/staff/en/sign-in").status_code == 200
    ada = pages.browser()
    ada.cookies.set("carrel-staff", pages.store.staff_sessions.begin("Ada Example", "passkey", pages.clock()).token)
    assert ada.get("/staff/en/").status_code == 503, "nobody is known while the file cannot be read"


def test_a_session_ends_by_idleness_by_age_and_by_word(pages: Pages) -> None:
    set_up(pages, "Dee Example")
    browser = signed_in(pages, "Dee Example")
    pages.clock.go_on(timedelta(minutes=14))
    assert browser.get("/staff/en/").status_code == 200
    pages.clock.go_on(timedelta(minutes=15))
    assert browser.get("/staff/en/").status_code == 303
    browser, began = signed_in(pages, "Dee Example"), pages.clock()
    while pages.clock() < began + timedelta(hours=7, minutes=50):
        pages.clock.go_on(timedelta(minutes=10))
        assert browser.get("/staff/en/").status_code == 200
    pages.clock.go_on(timedelta(minutes=10))
    assert browser.get("/staff/en/").status_code == 303
    browser = signed_in(pages, "Dee Example")
    assert browser.post("/staff/en/sign-out", data={"form": "x"}).status_code == 403
    token = browser.cookies["carrel-staff"]
    out = browser.post("/staff/en/sign-out", data={"form": form(browser, "/staff/en/")})
    assert out.headers["location"] == "/staff/en/sign-in"
    browser.cookies.set("carrel-staff", token)
    assert browser.get("/staff/en/").status_code == 303


def test_sessions_are_listed_and_ended_and_nobody_ends_anothers(pages: Pages) -> None:
    for name in ("Dee Example", "Flo Example"):
        set_up(pages, name)
    here, there, flo = signed_in(pages, "Dee Example"), signed_in(pages, "Dee Example"), signed_in(pages, "Flo Example")
    own = pages.store.staff_sessions.of("Flo Example", pages.clock())[0].id
    token = form(here, "/staff/en/account")
    here.post("/staff/en/account/sessions", data={"form": token, "which": own})
    assert flo.get("/staff/en/").status_code == 200
    other = re.search(r'name="which" value="([0-9a-f]{64})"', here.get("/staff/en/account").text)
    assert other
    here.post("/staff/en/account/sessions", data={"form": token, "which": other[1]})
    assert there.get("/staff/en/").status_code == 303
    again = signed_in(pages, "Dee Example")
    here.post("/staff/en/account/sessions", data={"form": token, "which": "others"})
    assert (again.get("/staff/en/").status_code, here.get("/staff/en/").status_code) == (303, 200)


def test_only_a_form_that_was_opened_in_time_is_taken_later_than_ten_minutes(pages: Pages) -> None:
    set_up(pages, "Dee Example")
    browser = signed_in(pages, "Dee Example")
    anywhere, opened = form(browser, "/staff/en/account"), form(browser, "/staff/en/account/password")
    new = {"password": "quite another row of words", "again": "quite another row of words"}
    pages.clock.go_on(timedelta(minutes=8))
    early = browser.post("/staff/en/account/password", data={"form": anywhere, **new})
    assert early.status_code == 403, early.headers
    pages.clock.go_on(timedelta(minutes=8))
    assert browser.get("/staff/en/account/password").status_code == 303
    assert browser.post("/staff/en/account/password", data={"form": anywhere, **new}).status_code == 403
    assert browser.post("/staff/en/account/passkeys/remove", data={"form": anywhere}).status_code == 403
    differs = browser.post("/staff/en/account/password", data={"form": opened, **new, "again": "x"})
    assert differs.status_code == 422
    assert f'value="{opened}"' in differs.text
    prove = {"form": anywhere, "password": PASSWORD, "code": code(pages), "back": "account/password"}
    assert browser.post("/staff/en/prove", data=prove).headers["location"] == "/staff/en/account/password"
    assert browser.post("/staff/en/account/password", data={"form": opened, **new}).status_code == 403, "of before"
    again = form(browser, "/staff/en/account/password")
    pages.clock.go_on(timedelta(minutes=12))
    assert browser.post("/staff/en/account/password", data={"form": again, **new}).status_code == 303
    assert browser.post("/staff/en/sign-out", data={"form": anywhere}).status_code == 303


def test_the_password_is_changed_only_after_showing_again_who_it_is(pages: Pages) -> None:
    set_up(pages, "Dee Example")
    browser, other = signed_in(pages, "Dee Example"), signed_in(pages, "Dee Example")
    token = form(browser, "/staff/en/account/password")
    pages.clock.go_on(timedelta(minutes=11))
    asked = browser.get("/staff/en/account/password")
    assert asked.headers["location"] == "/staff/en/prove?back=account/password"
    pages.clock.go_on(timedelta(minutes=10))
    assert browser.get("/staff/en/").status_code == 200
    new = {"form": token, "password": "quite another row of words", "again": "quite another row of words"}
    assert browser.post("/staff/en/account/password", data=new).headers["location"].startswith("/staff/en/prove")
    shown = {"form": form(browser, "/staff/en/account"), "password": PASSWORD, "back": "account/password"}
    assert browser.post("/staff/en/prove", data={**shown, "code": "1"}).status_code == 401
    for evil in ("//evil.example", "https://evil.example", "../../me", "account\n"):
        answer = browser.post("/staff/en/prove", data={**shown, "back": evil, "code": code(pages)})
        assert answer.headers["location"] == "/staff/en/"
    new["form"] = form(browser, "/staff/en/account/password")
    assert browser.post("/staff/en/account/password", data={**new, "again": "x"}).status_code == 422
    assert browser.post("/staff/en/account/password", data=new).headers["location"] == "/staff/en/account"
    assert browser.get("/staff/en/").status_code == 200
    assert other.get("/staff/en/").status_code == 303, "everywhere else signed out"
    assert tried(pages, "Dee Example") == 401
    assert tried(pages, "Dee Example", new["password"]) == 303


def test_patrons_and_staff_share_no_session(koha_sqlite, pages: Pages) -> None:
    set_up(pages, "Dee Example")
    patron, dee = pages.signed_in(give_password(koha_sqlite, 0)), signed_in(pages, "Dee Example")
    ours, theirs = dee.cookies["carrel-staff"], patron.cookies["carrel"]
    assert dee.get("/en/me").headers["location"] == "/en/sign-in"
    assert patron.get("/staff/en/").headers["location"] == "/staff/en/sign-in"
    crossed = pages.browser()
    crossed.cookies.set("carrel", ours)
    crossed.cookies.set("carrel-staff", theirs)
    assert crossed.get("/en/me").headers["location"] == "/en/sign-in"
    assert crossed.get("/staff/en/").headers["location"] == "/staff/en/sign-in"


def test_the_cookie_goes_to_the_staff_pages_only(koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_hashes(monkeypatch)
    with pages_of(tmp_path, koha_sqlite.url, "koha", more=people(), address="https://privacy.elm.example") as pages:
        set_up(pages, "Dee Example")
        sent = {"name": "Dee Example", "password": PASSWORD, "code": code(pages)}
        set_by = pages.browser().post("/staff/en/sign-in", data=sent).headers.get_list("set-cookie")
    assert [said.partition("=")[0] for said in set_by] == ["__Secure-carrel-staff", "__Secure-carrel-staff-browser"]
    for said in set_by:
        assert {"HttpOnly", "Secure", "Path=/staff", "SameSite=strict"} <= {part.strip() for part in said.split(";")}


def test_the_store_tells_no_password_no_seed_and_no_token(pages: Pages, tmp_path: Path) -> None:
    set_up(pages, "Dee Example")
    said = pages.store.staff_accounts.invite("Flo Example", "Ada Example", pages.clock())
    token = signed_in(pages, "Dee Example").cookies["carrel-staff"]
    assert (tmp_path / "staff" / "key").stat().st_mode & 0o777 == 0o600
    whole = b"".join(one.read_bytes() for one in tmp_path.glob("carrel.sqlite3*"))
    for secret in (PASSWORD, said, said.replace("-", ""), token, time_code.written(SEED).replace(" ", ""), SEED.hex()):
        assert secret.encode() not in whole
    assert SEED not in whole


@pytest.mark.parametrize("odd", ["\0", "x" * 401, "\u202e", "a\0b", "\ud800".encode("utf-8", "surrogatepass")])
def test_odd_words_are_wrong_and_no_more(pages: Pages, odd: str | bytes) -> None:
    set_up(pages, "Dee Example")
    sent: dict[str, str | bytes] = {"name": "Dee Example", "password": PASSWORD, "code": "1", "again": odd}
    for field in ("name", "password", "code"):
        for page in ("sign-in", "begin"):
            answer = pages.browser().post(f"/staff/en/{page}", data={**sent, field: odd})
            assert answer.status_code in {401, 422}, (field, page)
    assert pages.browser().post("/staff/en/sign-in/passkey", data={"answer": odd}).status_code in {401, 422}


def test_without_the_library_and_under_a_bare_number_no_passkey_is_offered(
    koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from carrel.web import passkeys

    cheap_hashes(monkeypatch)
    for address, installed, offered in (
        ("http://127.0.0.1:8000", True, False), ("http://localhost:8000", True, True),
        ("http://localhost:8000", False, False),
    ):  # fmt: skip
        if not installed:
            monkeypatch.setattr(passkeys.importlib.util, "find_spec", lambda _: None)
        with pages_of(tmp_path, koha_sqlite.url, "koha", more=people(), address=address) as pages:
            assert ("data-passkey" in pages.browser().get("/staff/en/sign-in").text) == offered
            if not offered:
                assert pages.browser().post("/staff/en/sign-in/passkey", data={"answer": "{}"}).status_code == 401


def test_a_challenge_is_of_one_purpose_and_one_time() -> None:
    from datetime import UTC, datetime

    from carrel.web.passkeys import LASTS, challenge, is_ours

    key, now = bytes(32), datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    made = challenge(key, "add\0one", now)
    assert is_ours(key, "add\0one", made, now)
    assert made != challenge(key, "add\0one", now)
    late, early = now + LASTS, now - timedelta(minutes=1)
    for wrong_key, purpose, sent, at in (
        (key, "add\0two", made, now), (key, "prove\0one", made, now), (bytes(31) + b"x", "add\0one", made, now),
        (key, "add\0one", made, late), (key, "add\0one", made, early), (key, "add\0one", made[:-1], now),
        (key, "add\0one", b"", now), (key, "add\0one", bytes(56), now),
    ):  # fmt: skip
        assert not is_ours(wrong_key, purpose, sent, at)
