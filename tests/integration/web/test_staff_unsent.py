"""What staff typed is not lost: not when the session ended meanwhile, and not when a form is refused."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from carrel.rights.event import Act
from carrel.rights.request import Right
from carrel.store.staff_sessions import IDLE
from tests.integration.web.conftest import Pages, give_password, pages_of
from tests.integration.web.staff_site import PASSWORD, cheap_hashes, code, form, people, set_up, signed_in

WORDS = 'She said <b>"never"</b> & hung up.\nSecond line.'
SIGN_IN = "/staff/en/sign-in"


@pytest.fixture
def pages(koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    cheap_hashes(monkeypatch)
    with pages_of(tmp_path, koha_sqlite.url, "koha", policy="owwl", more=people()) as made:
        for name in ("Ada Example", "Flo Example"):
            set_up(made, name)
        yield made


def opened(pages: Pages, right: Right = Right.QUESTION) -> str:
    return pages.store.requests.open(right, "ils", 3, "", "letter", "en", "Ada Example", pages.clock(), how="photo id")


def carried(text: str) -> str:
    found = set(re.findall(r'name="unsent" value="([^"]*)"', text))
    assert len(found) == 1, "in both forms of the page, the same"
    return found.pop()


def hidden(text: str) -> list[tuple[str, str]]:
    """The hidden fields of the form on a page."""
    inside = text.partition("<main")[2].partition("</main>")[0]
    pairs = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', inside)
    return [(name, html.unescape(said)) for name, said in pairs]


def entered(pages: Pages, browser: TestClient, name: str, unsent: str, password: str = PASSWORD):
    sent = {"name": name, "password": password, "code": code(pages), "unsent": unsent}
    return browser.post(SIGN_IN, data=sent)


def sent_again(browser: TestClient, path: str, text: str):
    return browser.post(f"/staff/en/{path}", data=dict(hidden(text)))


def acts(pages: Pages, request: str) -> list[Act]:
    return [one.act for one in pages.store.requests.request(request).events]


def test_a_form_sent_after_the_session_comes_back_to_whoever_wrote_it(pages: Pages, tmp_path: Path) -> None:
    request, flo = opened(pages), signed_in(pages, "Flo Example")
    where = f"requests/{request}"
    token = form(flo, f"/staff/en/{where}")
    pages.clock.go_on(IDLE)
    late = flo.post(f"/staff/en/{where}", data={"form": token, "step": "note", "words": WORDS})
    assert (late.status_code, "only you get it back" in late.text) == (401, True)
    assert "hung up" not in late.text, "sealed, also for whoever comes to the desk meanwhile"
    wrong = entered(pages, flo, "Flo Example", carried(late.text), "a guess of somebody")
    assert wrong.status_code == 401
    back = entered(pages, flo, "Flo Example", carried(wrong.text))
    assert back.status_code == 200
    assert Act.NOTED not in acts(pages, request), "nothing is sent by itself"
    assert "<b>" not in back.text
    shown = sent_again(flo, where, back.text)
    assert (shown.status_code, "was not sent yet" in shown.text) == (200, True)
    assert Act.NOTED not in acts(pages, request)
    note = re.search(r"<details open><summary>A note.*?<textarea[^>]*>(.*?)</textarea>", shown.text, re.DOTALL)
    assert note
    assert html.unescape(note[1]) == WORDS
    assert shown.text.count("hung up") == 2, "above the forms, and in the one"
    done = {"form": form(flo, f"/staff/en/{where}"), "step": "note", "words": WORDS}
    assert flo.post(f"/staff/en/{where}", data=done).status_code == 303
    kept = [place for place in tmp_path.rglob("*") if place.is_file()]
    assert not any(b"hung up" in place.read_bytes() for place in kept), "but sealed, nowhere"


def test_a_colleague_who_signs_in_there_does_not_get_it(pages: Pages) -> None:
    request, flo = opened(pages), signed_in(pages, "Flo Example")
    token = form(flo, f"/staff/en/requests/{request}")
    pages.clock.go_on(IDLE)
    late = flo.post(f"/staff/en/requests/{request}", data={"form": token, "step": "note", "words": WORDS})
    answer = entered(pages, flo, "Ada Example", carried(late.text))
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/en/")
    for odd in ("x", "A" * 200, "\u202e", carried(late.text)[:-8]):
        assert entered(pages, pages.browser(), "Flo Example", odd).headers["location"] == "/staff/en/"
    pages.clock.go_on(timedelta(hours=12))
    over = entered(pages, pages.browser(), "Flo Example", carried(late.text))
    assert over.headers["location"] == "/staff/en/"


def test_only_a_form_of_that_very_session_waits(pages: Pages) -> None:
    request, flo = opened(pages), signed_in(pages, "Flo Example")
    where = f"/staff/en/requests/{request}"
    token, ada = form(flo, where), form(signed_in(pages, "Ada Example"), where)
    sent = {"step": "note", "words": WORDS}
    pages.clock.go_on(IDLE)
    for data in ({**sent, "form": ada}, {**sent, "form": ""}, {"form": token, "step": "note", "words": " "}):
        assert flo.post(where, data=data).headers["location"] == SIGN_IN
    assert pages.browser().post(where, data={**sent, "form": token}).headers["location"] == SIGN_IN, "of no session"
    file = {"file": ("scan.pdf", b"x" * 10_000)}
    assert flo.post(where, data={**sent, "form": token}, files=file).headers["location"] == SIGN_IN
    flo = signed_in(pages, "Flo Example")
    token = form(flo, where)
    pages.store.staff_accounts.disable("Flo Example", "Ada Example", pages.clock())
    assert flo.post(where, data={**sent, "form": token}).headers["location"] == SIGN_IN, "whoever is out gets nothing"


def test_a_request_from_the_desk_comes_back_without_its_card(pages: Pages, koha_sqlite) -> None:
    card, flo = give_password(koha_sqlite, 3), signed_in(pages, "Flo Example")
    sent = {"form": form(flo, "/staff/en/ask"), "right": "erasure", "channel": "letter", "answer_in": "es",
            "words": WORDS, "on": "2026-01-05", "how": "photo id", "card": card}  # fmt: skip
    pages.clock.go_on(timedelta(hours=9))
    signed_in(pages, "Ada Example")  # which clears away what ran out
    late = flo.post("/staff/en/ask", data=sent)
    back = entered(pages, flo, "Flo Example", carried(late.text))
    shown = sent_again(flo, "ask", back.text)
    assert shown.status_code == 200
    for said in ('<option value="erasure" selected>', '<option value="letter" selected>', 'value="2026-01-05"',
                 '<option value="photo id" selected>', '<option value="es" selected>', html.escape("hung up")):  # fmt: skip
        assert said in shown.text, said
    assert card not in late.text + back.text + shown.text
    assert not pages.store.requests.all(open_only=True)


def test_what_was_sent_too_late_to_the_end_of_a_request_waits_for_the_proof(pages: Pages) -> None:
    request, flo = opened(pages), signed_in(pages, "Flo Example")
    where = f"/staff/en/requests/{request}/end"
    token = form(flo, where)
    for _ in range(2):
        pages.clock.go_on(timedelta(minutes=11))
        assert flo.get("/staff/en/stay").status_code == 200
    late = flo.post(where, data={"form": token, "step": "refuse", "ground": "a legal claim", "words": WORDS})
    assert (late.status_code, "Show once more who you are" in late.text) == (401, True)
    sent = {"form": form(flo, "/staff/en/"), "password": PASSWORD, "back": f"requests/{request}/end"}
    wrong = flo.post("/staff/en/prove", data={**sent, "code": "1", "unsent": carried(late.text)})
    assert wrong.status_code == 401
    back = flo.post("/staff/en/prove", data={**sent, "code": code(pages), "unsent": carried(wrong.text)})
    shown = sent_again(flo, f"requests/{request}/end", back.text)
    assert '<option value="a legal claim" selected>' in shown.text
    assert acts(pages, request)[-1] is not Act.REFUSED
    done = flo.post(
        where,
        data={"form": dict(hidden(shown.text))["form"], "step": "refuse", "ground": "a legal claim", "words": WORDS},
    )
    assert (done.status_code, acts(pages, request)[-1]) == (303, Act.REFUSED)


def test_who_signed_in_anew_in_another_window_gets_the_form_back(pages: Pages) -> None:
    request, flo = opened(pages), signed_in(pages, "Flo Example")
    where = f"/staff/en/requests/{request}"
    token, sent = form(flo, where), {"step": "note", "words": WORDS}
    pages.clock.go_on(IDLE)
    assert entered(pages, flo, "Flo Example", "").status_code == 303
    back = flo.post(where, data={**sent, "form": token})
    assert (back.status_code, "What you wrote" in back.text) == (200, True)
    assert sent_again(flo, f"requests/{request}", back.text).status_code == 200
    assert Act.NOTED not in acts(pages, request)
    others = form(signed_in(pages, "Ada Example"), where)
    for wrong in (others, "x"):
        assert flo.post(where, data={**sent, "form": wrong}).status_code == 403
    assert flo.post(where, data={"form": token, "step": "note", "words": ""}).status_code == 403


def test_what_is_refused_stands_in_its_own_form_again_and_in_no_other(pages: Pages) -> None:
    request, flo = opened(pages), signed_in(pages, "Flo Example")
    where = f"/staff/en/requests/{request}"
    long = WORDS + "x" * 5000
    refused = flo.post(where, data={"form": form(flo, where), "step": "note", "words": long})
    assert refused.status_code == 422
    assert re.findall(r"<details open><summary>(.*?)</summary>", refused.text) == ["A note"]
    assert refused.text.count("hung up") == 1
    end = flo.post(f"{where}/end", data={"form": form(flo, f"{where}/end"), "step": "answer", "words": long})
    assert (end.status_code, end.text.count("hung up")) == (422, 1), "an answer is no reason to refuse"


def test_what_was_typed_is_shown_where_somebody_else_was_faster(pages: Pages) -> None:
    request, flo, ada = opened(pages), signed_in(pages, "Flo Example"), signed_in(pages, "Ada Example")
    where = f"/staff/en/requests/{request}/end"
    token = form(flo, where)
    sent = {"form": form(ada, where), "step": "refuse", "ground": "a legal claim", "words": "A suit is pending."}
    assert ada.post(where, data=sent).status_code == 303
    slower = flo.post(where, data={"form": token, "step": "answer", "words": WORDS})
    assert (slower.status_code, "somebody else was faster" in slower.text) == (422, True)
    assert html.unescape(slower.text.partition("<blockquote>")[2].partition("</blockquote>")[0]) == WORDS


def test_what_was_written_is_shown_where_a_system_is_away(pages: Pages, tmp_path: Path) -> None:
    flo = signed_in(pages, "Flo Example")
    sent = {"form": form(flo, "/staff/en/ask"), "right": "access", "channel": "desk", "answer_in": "en", "words": WORDS}
    who = flo.post("/staff/en/ask", data={**sent, "how": "photo id"})
    assert (who.status_code, "Type the card number too" in who.text) == (422, True)
    (tmp_path / "ils.dsn").rename(tmp_path / "away.dsn")
    away = flo.post("/staff/en/ask", data={**sent, "card": "29999999999999"})
    assert (away.status_code, html.escape("hung up") in away.text, "<b>" in away.text) == (503, True, False)
    assert "29999999999999" not in away.text
    nobody = pages.browser().post("/staff/en/sign-in", data={"name": "x", "password": "y", "code": "1", "words": WORDS})
    assert "hung up" not in nobody.text


def test_a_paper_that_was_written_down_too_late_comes_back(pages: Pages) -> None:
    flo = signed_in(pages, "Flo Example")
    sent = {"form": form(flo, "/staff/en/cases/open"), "instrument": "subpoena", "served_on": "an employee",
            "sender": "Sharp & Sharp", "from_day": "2026-01-01", "readers": "wished", "words": WORDS, "card": "2999"}  # fmt: skip
    pages.clock.go_on(IDLE)
    late = flo.post("/staff/en/cases/open", data=sent)
    back = entered(pages, flo, "Flo Example", carried(late.text))
    shown = sent_again(flo, "cases/open", back.text).text
    for said in ('<option value="subpoena" selected>', 'value="Sharp &amp; Sharp"', 'value="2026-01-01"', "hung up"):
        assert said in shown, said
    assert "2999" not in shown
    case = {"form": form(flo, "/staff/en/"), "act": "note", "words": WORDS, "again": "yes"}
    assert flo.post("/staff/en/cases/dsc-aaaaaaaaaaaa", data=case).status_code == 404, "of no case that is known"
