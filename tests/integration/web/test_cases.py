"""Cases of legal process on the staff pages: each step by who may, papers sealed, and sealed cases without a trace."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from carrel.disclosure.event import Act
from carrel.store.placement import Kind
from carrel.web import staff_papers
from tests.integration.web.case_site import (
    ADA,
    DEE,
    EVE,
    LOU,
    MO,
    OFFICERS,
    PROVED,
    opened,
    quick_set_up,
    step,
    upload,
    write,
)
from tests.integration.web.conftest import Pages, give_password, pages_of
from tests.integration.web.staff_site import cheap_hashes, form, rewrite, signed_in


@pytest.fixture
def pages(koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    cheap_hashes(monkeypatch)
    with pages_of(tmp_path, koha_sqlite.url, "koha", more=OFFICERS) as made:
        quick_set_up(made, ADA, LOU, DEE, MO, EVE)
        yield made


def test_a_subpoena_from_the_desk_to_the_hand_over(pages: Pages, koha_sqlite) -> None:
    card = give_password(koha_sqlite, 3)
    patron = pages.signed_in(card)
    ada, lou, dee = (signed_in(pages, name) for name in (ADA, LOU, DEE))
    case = opened(dee, card=card)
    page = dee.get(f"/staff/en/cases/{case}").text
    assert card not in page
    listed = [one.get("/staff/en/cases").text for one in (ada, lou, dee)]
    assert [one.count("<strong>Yours</strong>") for one in listed] == [1, 1, 0]
    assert "counsel on form</span> (Lawyer of the library)" in listed[2]
    assert "All loans of Quentin Quill." in page
    assert "WPL-8.1" in page
    assert "Keep it from deletion" not in page, "it was kept with the case"
    step(dee, case, "counsel on form", 422)
    step(ada, case, "tell the board")
    assert "Nothing may leave yet" in write(ada, f"cases/{case}/decide", {"act": "sign"}, 422)
    step(ada, case, "tell the patron")
    write(lou, f"cases/{case}", {"act": "defect", "what": "no seal of the court"})
    assert "no seal of the court" in ada.get(f"/staff/en/cases/{case}").text
    step(lou, case, "counsel on form", 422)
    write(lou, f"cases/{case}", {"act": "cure", "defect": "d2", "words": "a new paper came"})
    assert upload(dee, case, "subpoena.pdf", b"%PDF-1.7 paper").status_code == 303
    step(lou, case, "counsel on form")
    step(lou, case, "counsel on showing")
    write(ada, f"cases/{case}/decide", {"act": "by hand", "words": "sign-up sheets, on paper"})
    write(ada, f"cases/{case}/decide", {"act": "sign"})
    assert "second person" in write(ada, f"cases/{case}/decide", {"act": "release"}, 422)
    assert "Records about you" not in patron.get("/en/me").text
    write(dee, f"cases/{case}/decide", {"act": "release"})
    text = dee.get(f"/staff/es/cases/{case}").text
    assert "Entregado" in text
    told = patron.get("/en/me").text
    assert "Records about you were given out on" in told
    assert "Subpoena" in told
    other = pages.signed_in(give_password(koha_sqlite, 5))
    assert "Records about you" not in other.get("/en/me").text
    assert case not in dee.get("/staff/en/cases").text
    assert case in dee.get("/staff/en/cases?every=1").text


def test_papers_are_sealed_as_they_come_and_given_back_as_a_file_to_nobody_else(pages: Pages, tmp_path: Path) -> None:
    dee, eve = signed_in(pages, DEE), signed_in(pages, EVE)
    case = opened(dee)
    hostile = b"<script>alert(1)</script>plain words of the paper" * 5_000
    for name in ("../../etc/passwd", "a\r\nSet-Cookie: x=1.html", "ü" * 4_000, "x\0y", '"; filename="b.exe'):
        answer = upload(dee, case, name, hostile, paper="other")
        assert answer.status_code in {303, 413, 422}, name
    page = dee.get(f"/staff/en/cases/{case}").text
    assert "passwd" not in page
    assert ".exe" not in page
    document = page.split("/papers/")[1].split('"')[0]
    answer = dee.get(f"/staff/en/cases/{case}/papers/{document}")
    assert answer.content == hostile
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="{document}.bin"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and b"plain words of the paper" in one.read_bytes()]
    step_by = {"act": "silence", "basis": "order", "court": "District court", "starts": "2026-01-01", "indefinite": "1",
               "words": "nobody may know", "may_tell": [LOU]}  # fmt: skip
    assert eve.get(f"/staff/en/cases/{case}/papers/{document}").status_code == 200
    ada = signed_in(pages, ADA)
    write(ada, f"cases/{case}/decide", step_by)
    for path in (case, f"{case}/papers/{document}", f"{case}/decide"):
        assert eve.get(f"/staff/en/cases/{path}").status_code == 404
    assert upload(eve, case, "x", b"x", paper="other").status_code == 404
    assert dee.get(f"/staff/en/cases/{case}/papers/{document[:-1]}x").status_code == 404
    place = next((tmp_path / "disclosures").glob(f"{document}.sealed"))
    place.write_bytes(place.read_bytes()[:-1] + b"\0")
    broken = dee.get(f"/staff/en/cases/{case}/papers/{document}")
    assert broken.status_code == 422
    assert "not as it was put in" in broken.text


class Endless:
    """A paper of a gigabyte; it counts what was read of it."""

    def __init__(self, size: int) -> None:
        self.size, self.read_so_far = size, 0

    def body(self, token: str, boundary: str) -> Iterator[bytes]:
        """The form, piece by piece."""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        yield (head % ("form", token) + head % ("paper", "other")).encode()
        yield f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'.encode()
        piece = bytes(1024 * 1024)
        while self.read_so_far < self.size:
            self.read_so_far += len(piece)
            yield piece
        yield f"\r\n--{boundary}--\r\n".encode()


def test_the_page_tells_the_command_that_gathers_and_what_it_made(pages: Pages, koha_sqlite, tmp_path: Path) -> None:
    rewrite(tmp_path, "may: [custodian, staff]", "may: [custodian, staff, plan]")
    ada, lou, dee = (signed_in(pages, name) for name in (ADA, LOU, DEE))
    case = opened(dee, card=give_password(koha_sqlite, 3), words="all loans")
    where = f"/staff/en/cases/{case}"
    assert "carrel disclose produce" not in ada.get(where).text, "counsel reads first"
    for browser, name in ((ada, "tell the board"), (ada, "tell the patron"), (lou, "counsel on form"),
                          (lou, "counsel on showing")):  # fmt: skip
        step(browser, case, name)
    upload(dee, case, "x", b"x")
    asks = ada.get(where).text
    assert f"carrel disclose produce scope.yaml --case {case}" in asks
    assert "--as &#39;Ada Example&#39;" in asks
    assert "until: 2026-02-02  # half-open: the last day is 2026-02-01" in asks
    assert "To be gathered" in asks
    assert "It can be given by: Ada Example." in lou.get(where).text, "his office may, and he has no right to plan"
    waits = dee.get(where).text
    assert "carrel disclose produce" not in waits
    assert "Waits for: Ada Example" in waits
    store, viewer = pages.store, pages.premises.staff.cases.viewer(ADA)
    terms = {"kind": "production", "manifest": "5f" * 32, "leaf": "7a" * 32}
    store.disclosures.add(case, Act.PRODUCED, terms, viewer)
    for browser in (ada, lou, dee):
        page = browser.get(where).text
        assert "5f" * 32 in page
        assert "Records, and nothing else" in page
        assert "To be gathered" not in page
    assert "5f" * 32 in ada.get(f"{where}/decide").text, "whoever signs compares it"
    assert "Ready to sign" in ada.get(where).text


def test_what_is_too_large_or_comes_too_often_is_told_as_that(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    dee = signed_in(pages, DEE)
    case = opened(dee)
    kind = {"Content-Type": "multipart/form-data; boundary=edge", "Content-Length": str(1 << 30)}
    said = dee.post(f"/staff/en/cases/{case}/papers", content=b"", headers=kind)
    assert (said.status_code, "That is too large" in said.text) == (413, True)
    monkeypatch.setattr(staff_papers, "_arriving", threading.BoundedSemaphore(1))
    assert staff_papers._arriving.acquire(blocking=False)
    later = upload(dee, case, "x", b"x")
    assert (later.status_code, "try again in a minute" in later.text) == (429, True)
    staff_papers._arriving.release()
    empty = upload(dee, case, "x", b"")
    assert (empty.status_code, "Something is missing" in empty.text) == (422, True)


def test_a_gigabyte_is_refused_while_it_comes_and_nothing_is_left(pages: Pages, tmp_path: Path) -> None:
    dee = signed_in(pages, DEE)
    case, token = opened(dee), form(dee, "/staff/en/account")
    before = sorted({one.name for one in (tmp_path / "disclosures").iterdir()} | {"none.key"})  # of the decoys
    where, kind = f"/staff/en/cases/{case}/papers", {"Content-Type": "multipart/form-data; boundary=edge"}
    said = dee.post(where, content=b"", headers={**kind, "Content-Length": str(1 << 30)})
    assert said.status_code == 413
    unsaid = Endless(80 << 20)
    assert dee.post(where, content=unsaid.body(token, "edge"), headers=kind).status_code in {413, 422}
    cut = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\ncut'
    for body in (b"", b"--edge", b"--edge\r\n\r\n", b"--edge--\r\n", b"\0" * 999, cut):
        assert dee.post(where, content=body, headers=kind).status_code in {403, 422}, body
    plain, endless = "application/x-www-form-urlencoded", "multipart/form-data; boundary=" + "x" * 4_000
    for other in (plain, endless, "multipart/form-data", ""):
        assert dee.post(where, content=b"a=b" * 3_000, headers={"Content-Type": other}).status_code == 422
    assert upload(dee, case, "x", b"x", token="0" * 64).status_code == 403
    assert upload(dee, case, "x", b"x", paper="nonsense").status_code == 422
    assert sorted(one.name for one in (tmp_path / "disclosures").iterdir()) == before
    forms = dee.post("/staff/en/cases/open", content=b"x" * 70_000, headers={"Content-Type": plain})
    assert forms.status_code == 413, "elsewhere a form is small"


def everything(
    browser: TestClient, case: str, token: str, proved: str
) -> list[tuple[int, bytes, list[tuple[str, str]]]]:
    """Every page, and every form about a case, as somebody gets it."""
    own, found = f"/staff/en/cases/{case}", []
    for language in ("en", "es"):
        paths = ("", "cases", "cases?every=1", "cases/open", f"cases/{case}", f"cases/{case}/decide", "offices",
                 f"cases/{case}/papers/doc-0123456789abcdef", "account", "desk", "desk/subpoena",
                 f"prove?back=cases/{case}/decide")  # fmt: skip
        found += [browser.get(f"/staff/{language}/{path}") for path in paths]
        found.append(browser.get(f"/{language}/transparency"))
    sent = ({"act": "note", "words": "x"}, {"act": "take", "step": "preserve"}, {"act": "preserve", "card": "x"},
            {"act": "nonsense"})  # fmt: skip
    found += [browser.post(own, data={"form": token, **data}) for data in sent]
    acts = ("sign", "release", "refuse", "silence", "lift")
    found += [browser.post(f"{own}/decide", data={"form": proved, "act": act}) for act in acts]
    found.append(browser.post(f"{own}/papers", data={"form": token}, files={"file": ("x", b"x")}))
    return [(one.status_code, one.content, sorted(one.headers.items())) for one in found]


def test_whoever_is_not_named_gets_the_same_bytes_with_and_without_a_sealed_case(pages: Pages) -> None:
    ada, dee, eve, mo = (signed_in(pages, name) for name in (ADA, DEE, EVE, MO))
    tokens = form(eve, "/staff/en/account"), form(eve, PROVED)
    nobodys = everything(eve, "dsc-zzzzzzzzzzzz", *tokens)
    case = opened(dee)
    assert case in eve.get("/staff/en/cases").text
    assert eve.get(f"/staff/en/cases/{case}").status_code == 200
    silence = {"act": "silence", "basis": "order", "court": "District court", "starts": "2026-01-01", "indefinite": "1",
               "words": "x", "may_tell": [MO, LOU]}  # fmt: skip
    write(ada, f"cases/{case}/decide", silence)
    sealed = everything(eve, case, *tokens)
    assert len(sealed) == len(nobodys)
    for n, (one, other) in enumerate(zip(sealed, nobodys, strict=True)):
        mended = one[1].replace(case.encode(), b"dsc-zzzzzzzzzzzz")  # its own address, which whoever asks has typed
        assert (one[0], mended, one[2]) == (other[0], other[1], other[2]), n
    for browser in (ada, dee, mo):
        assert case in browser.get("/staff/en/cases").text
        assert "This case is sealed." in browser.get(f"/staff/en/cases/{case}").text
    write(ada, f"cases/{case}", {"act": "name", "person": EVE})
    assert case in eve.get("/staff/en/cases").text


def test_a_list_opens_as_many_events_whether_a_sealed_case_is_there_or_not(pages: Pages) -> None:
    from carrel.store.disclosures import Disclosures

    counted = []
    for _ in range(2):
        viewer = pages.premises.staff.cases.viewer(EVE)
        store: Disclosures = pages.store.disclosures
        store.all(viewer)
        counted.append(store.opened)
        dee, ada = signed_in(pages, DEE), signed_in(pages, ADA)
        case = opened(dee)
        write(ada, f"cases/{case}/decide", {"act": "silence", "basis": "order", "court": "x", "starts": "2026-01-01",
                                            "indefinite": "1", "words": "x", "may_tell": [LOU]})  # fmt: skip
    assert counted[0] == counted[1] > 0


def timeless(page: bytes) -> bytes:
    """A page without the times of the day: it says when the visit ends."""
    return re.sub(rb"\d{1,2}:\d\d", b"", page)


def test_the_person_is_told_only_after_the_seal_is_gone(pages: Pages, koha_sqlite) -> None:
    card = give_password(koha_sqlite, 3)
    patron = pages.signed_in(card)
    before = timeless(patron.get("/en/me").content)
    ada, lou, dee = (signed_in(pages, name) for name in (ADA, LOU, DEE))
    case = opened(dee, card=card)
    last = (pages.clock() + timedelta(days=30)).date().isoformat()
    write(ada, f"cases/{case}", {"act": "name", "person": LOU})
    write(ada, f"cases/{case}/decide", {"act": "silence", "basis": "order", "court": "District court",
                                        "starts": "2026-01-01", "ends": last, "words": "x", "may_tell": ["the board"]})  # fmt: skip
    step(ada, case, "tell the patron", 422)
    assert "Not while the case is sealed." in ada.get(f"/staff/en/cases/{case}").text
    step(ada, case, "tell the board")
    step(lou, case, "counsel on form")
    step(lou, case, "counsel on showing")
    assert upload(dee, case, "s", b"s").status_code == 303
    write(ada, f"cases/{case}/decide", {"act": "by hand", "words": "sign-up sheets, on paper"})
    write(ada, f"cases/{case}/decide", {"act": "sign"})
    write(dee, f"cases/{case}/decide", {"act": "release"})
    assert timeless(patron.get("/en/me").content) == before
    pages.clock.go_on(timedelta(days=32))
    patron, ada = pages.signed_in(card), signed_in(pages, ADA)
    assert "Records about you" not in patron.get("/en/me").text, "not told yet"
    step(ada, case, "tell the patron")
    assert "Records about you were given out" in patron.get("/en/me").text


def test_of_two_who_take_one_step_at_once_one_is_told_that_the_other_was_faster(pages: Pages) -> None:
    ada, mo, dee = (signed_in(pages, name) for name in (ADA, MO, DEE))
    case = opened(dee)
    sent = [
        (one, {"form": form(one, "/staff/en/account"), "act": "take", "step": "tell the board"}) for one in (ada, mo)
    ]
    with ThreadPoolExecutor(2) as both:
        found = list(both.map(lambda one: one[0].post(f"/staff/en/cases/{case}", data=one[1]), sent))
    assert sorted(one.status_code for one in found) == [303, 422]
    assert "Maybe somebody else was faster." in next(one.text for one in found if one.status_code == 422)
    told, _ = pages.store.disclosures.case(case, pages.premises.staff.cases.viewer(ADA))
    assert len(told.events) == 2


def test_a_hold_is_placed_only_where_the_case_takes_it(pages: Pages, koha_sqlite) -> None:
    card, dee, ada = give_password(koha_sqlite, 3), signed_in(pages, DEE), signed_in(pages, ADA)

    def holds() -> int:
        return len(pages.store.keepings.entries(Kind.LEGAL_HOLD, pages.clock()))

    case = opened(dee, card=card)
    write(dee, "cases/open", {"instrument": "subpoena", "served_on": "x", "sender": "x", "card": card}, 422)
    assert holds() == 1
    write(ada, f"cases/{case}/decide", {"act": "withdraw", "words": "they went"})
    before = holds()
    write(dee, f"cases/{case}", {"act": "preserve", "system": "koha", "card": card}, 422)  # it is over
    assert holds() == before


def test_an_account_that_is_disabled_or_loses_its_office_in_the_middle_of_a_case_does_nothing_more(
    pages: Pages, tmp_path: Path
) -> None:
    ada, mo, dee = (signed_in(pages, name) for name in (ADA, MO, DEE))
    case, token = opened(dee), form(mo, "/staff/en/account")
    pages.store.staff_accounts.disable(MO, ADA, pages.clock())
    answer = mo.post(f"/staff/en/cases/{case}", data={"form": token, "act": "take", "step": "tell the board"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/en/sign-in")
    rewrite(tmp_path, "may: [custodian, staff]", "may: [staff]")
    assert ada.get(f"/staff/en/cases/{case}").status_code == 404, "no office any more, and never named"
    assert "<strong>Yours</strong>" in dee.get("/staff/en/cases").text


def test_who_stands_in_acts_only_while_somebody_else_wrote_down_the_absence(
    koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_hashes(monkeypatch)
    with pages_of(tmp_path, koha_sqlite.url, "koha", policy="manhattan", more=OFFICERS) as pages:
        quick_set_up(pages, ADA, LOU, DEE)
        ada, dee, lou = (signed_in(pages, name) for name in (ADA, DEE, LOU))
        case = opened(lou)
        last = (pages.clock() + timedelta(days=20)).date().isoformat()
        own = {"office": "custodian", "holder": ADA, "until": last}
        delegate = {"act": "delegate", "alternate": DEE, **own}
        assert "cannot be handed on" in write(dee, "offices", delegate, 422), "another's office"
        assert "cannot be handed on" in write(ada, "offices", {**delegate, "alternate": ADA}, 422), "to herself"
        write(ada, "offices", delegate)
        assert dee.get(f"/staff/en/cases/{case}").status_code == 404
        assert "You cannot say this." in write(dee, "offices", {**own, "act": "absent"}, 422)
        assert dee.get(f"/staff/en/cases/{case}").status_code == 404
        write(lou, "offices", {**own, "act": "absent"})
        assert dee.get(f"/staff/en/cases/{case}").status_code == 200
        assert "Dee Example stands in" in lou.get("/staff/en/offices").text
        write(lou, "offices", {**own, "act": "back"})
        assert dee.get(f"/staff/en/cases/{case}").status_code == 404


def test_scripts_need_no_account_and_name_what_the_policy_says(pages: Pages) -> None:
    from carrel.web.desk_scripts import PAPERS, STYLE_HASH

    browser = pages.browser()
    for path in ("", "/all", *(f"/{one}" for one in PAPERS)):
        for language in ("en", "es"):
            answer = browser.get(f"/staff/{language}/desk{path}")
            assert answer.status_code == 200, path
            assert answer.headers["cache-control"] == "public, max-age=86400"
            assert STYLE_HASH in answer.headers["content-security-policy"]
            assert "set-cookie" not in answer.headers
            assert ADA in answer.text, "whom to call"
            assert "/static/" not in answer.text, "one file"
    text = browser.get("/staff/en/desk/subpoena").text
    assert "I take the paper, whoever&#39;s name is on it" in text
    assert "WPL-1.3" in text
    assert "The Law Department reads whether the paper is in proper form." in text
    assert 'Lou Example <a href="tel:+15550101">+1 555 0101</a>' in text
    assert browser.get("/staff/en/desk/nonsense").status_code == 404
    assert browser.get("/staff/en/desk").content == signed_in(pages, DEE).get("/staff/en/desk").content


SEALING = {"act": "silence", "basis": "order", "court": "x", "starts": "2026-01-01", "indefinite": "1", "words": "x",
           "may_tell": [LOU]}  # fmt: skip


def test_the_report_counts_in_bands_what_is_not_sealed_of_years_that_are_over(pages: Pages) -> None:
    dee, ada = signed_in(pages, DEE), signed_in(pages, ADA)
    year = pages.clock().year
    made = [opened(dee, words=f"paper {n}") for n in range(11)]
    sealed = [opened(dee, instrument="search warrant", words=f"paper {n}") for n in range(10)]
    for case in sealed[:2]:
        write(ada, f"cases/{case}/decide", SEALING)
    browser = pages.browser()
    assert browser.get(f"/en/transparency/{year}").status_code == 404, "not over yet"
    pages.clock.go_on(timedelta(days=366))
    text = browser.get(f"/en/transparency/{year}").text
    assert "Subpoena · 10-19" in text
    assert '<td data-head="How often">10-19</td>' in text
    assert "Search warrant · 0-9" in text
    ada = signed_in(pages, ADA)
    write(ada, f"cases/{made[0]}/decide", SEALING)
    write(ada, f"cases/{made[1]}/decide", SEALING)
    pages.clock.go_on(timedelta(minutes=11))
    assert browser.get(f"/en/transparency/{year}").text == text, "what was read once would tell of itself by going"
    assert "We count since" in browser.get("/en/transparency/2026").text or year > 2026
    for wrong in ("1999", "2025", "x", "99999", str(year + 40)):
        assert browser.get(f"/en/transparency/{wrong}").status_code in {404, 422}


def test_no_year_is_shown_where_nobody_says_since_when_papers_are_written_down(pages: Pages, tmp_path: Path) -> None:
    rewrite(tmp_path, "cases_since: 2026-01-15\n", "")
    pages.clock.go_on(timedelta(days=400))
    browser = pages.browser()
    text = browser.get("/en/transparency").text
    assert "No year is over yet" in text
    assert "0-9" not in text
    assert browser.get(f"/en/transparency/{pages.clock().year - 1}").status_code == 404


def test_counsel_says_which_days_a_new_paper_names(pages: Pages) -> None:
    dee, lou = signed_in(pages, DEE), signed_in(pages, LOU)
    case = opened(dee, from_day="", until_day="")
    assert "It names none" in dee.get(f"/staff/en/cases/{case}").text
    assert "Which days does the new paper name?" in lou.get(f"/staff/en/cases/{case}").text
    wrong = {"act": "cure", "defect": "d1", "words": "a new paper", "from_day": "soon", "until_day": "2026-02-28"}
    assert "That is not a day" in write(lou, f"cases/{case}", wrong, 422)
    backwards = wrong | {"from_day": "2026-03-01"}
    write(lou, f"cases/{case}", backwards, 422)
    assert "It names none" in dee.get(f"/staff/en/cases/{case}").text
    write(lou, f"cases/{case}", wrong | {"from_day": "2026-02-01"})
    text = dee.get(f"/staff/en/cases/{case}").text
    assert re.search(r"<dd>February 1, 2026 .{1,2} February 28, 2026</dd>", text)
    assert "What is asked for is gathered, and nothing else." in text


def test_a_seal_without_an_end_names_somebody_who_can_lift_it(pages: Pages) -> None:
    dee, ada, lou = (signed_in(pages, name) for name in (DEE, ADA, LOU))
    case = opened(dee)
    own = f"cases/{case}/decide"
    page = ada.get(f"/staff/en/{own}").text
    assert "If no end is known, tick one of: Eve Example, Lou Example." in page
    nobody = {**SEALING, "may_tell": [MO, "the board"]}
    refused = write(ada, own, nobody, 422)
    assert "only the lawyer can end this seal" in refused
    assert not pages.store.disclosures.case(case, pages.premises.staff.cases.viewer(EVE))[1].silent
    write(ada, own, SEALING)
    assert lou.get(f"/staff/en/{own}").text.count("The seal is gone") > 1
    write(lou, own, {"act": "lift", "words": "the court lifted it"})
    ends = (pages.clock() + timedelta(days=9)).date().isoformat()
    write(ada, own, {**nobody, "indefinite": "", "ends": ends})  # this one lapses: nobody has to lift it
    other = opened(lou)
    write(lou, f"cases/{other}/decide", {**SEALING, "may_tell": []})  # counsel herself seals it
