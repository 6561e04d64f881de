"""Who may open which staff page: every route of the table of routes, asked by every kind of account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from carrel.inventory.site import May
from carrel.rights.request import Right
from carrel.web.case_desk import CameIn
from carrel.web.staff_rights import ENTRIES, PREFIX, entry
from tests.integration.web.conftest import Pages, give_password, pages_of
from tests.integration.web.staff_site import cheap_hashes, form, people, set_up, signed_in
from tests.integration.web.test_protection import routes

# Each kind of account, with what it may do; None of whoever has none that counts.
KINDS: dict[str, frozenset[str] | None] = {
    "nobody": None, "patron": None, "disabled": None, "taken out": None, "half set up": None,
    "without a right": frozenset(), "consents": frozenset({"consent"}), "plans": frozenset({"plan", "run", "staff"}),
    "requests": frozenset({"approve", "staff", "requests"}), "audits": frozenset({"audit"}),
}  # fmt: skip
_NAMES = {"without a right": "Eve Example", "consents": "Dee Example", "plans": "Ben Example",
          "requests": "Ada Example", "audits": "Gil Example"}  # fmt: skip
_AUDITOR = "  - {name: Gil Example, role: auditor, may: [audit]}\n"
_GONE = "  - {name: Ira Example, role: staff, may: [consent, requests, audit, staff]}\n"
_OUT = "  - {name: Kim Example, role: staff, may: [consent, requests, audit, staff]}\n"
_TABLES = ("request", "request_event", "consent_event", "staff_account", "staff_passkey", "consent_subject",
           "disclosure_event", "disclosure_office", "keeping")  # fmt: skip


@pytest.fixture
def pages(koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    cheap_hashes(monkeypatch)
    more = people() + _AUDITOR + _GONE + _OUT
    with pages_of(tmp_path, koha_sqlite.url, "koha", more=more) as made:
        yield made


def staff_routes(pages: Pages) -> list[tuple[str, str]]:
    """Every route below /staff/en, as the application has it."""
    from carrel.web import staff_visit

    found = [(method, path) for method, path in routes(pages) if path.startswith(f"{staff_visit.PATH}/en")]
    assert len(found) > 20
    return found


def state(pages: Pages) -> dict[str, list]:
    from sqlalchemy import select

    from carrel.store import tables

    with pages.store._database.reading() as connection:
        return {one: list(connection.execute(select(getattr(tables, one)))) for one in _TABLES}


def case_of(pages: Pages, name: str) -> str:
    """A case of legal process that one person took in; of the others nobody has a part in it."""
    terms = {"instrument": "subpoena", "served on": "the library", "from": "a firm"}
    return pages.premises.staff.cases.open(name, CameIn(terms, "", None))


def browsers(pages: Pages, koha, folder: Path) -> dict[str, TestClient]:
    """A browser for each kind."""
    found = {"nobody": pages.browser(), "patron": pages.signed_in(give_password(koha, 0))}
    for kind, name in {**_NAMES, "disabled": "Ira Example", "taken out": "Kim Example"}.items():
        set_up(pages, name)
        found[kind] = signed_in(pages, name)
        pages.store.portal_attempts.forget("staff place", "unknown")
    pages.store.staff_accounts.disable("Ira Example", "Ada Example", pages.clock())
    place = folder / "carrel.yaml"
    place.write_text(place.read_text().replace(_OUT, ""))
    found["half set up"] = pages.browser()
    code = pages.store.staff_accounts.invite("Flo Example", "Ada Example", pages.clock())
    sent = {
        "name": "Flo Example",
        "code": code,
        "password": "four words nobody guesses",
        "again": "four words nobody guesses",
    }
    assert found["half set up"].post("/staff/en/begin", data=sent).status_code == 303
    return found


def test_every_staff_route_is_in_the_table_and_the_table_has_no_other(pages: Pages) -> None:
    told = {(method, path.replace("/staff/en", "", 1)) for method, path in staff_routes(pages)}
    assert told == set(ENTRIES)
    assert entry("DELETE", f"{PREFIX}/account") is None
    assert all(isinstance(one, May) for each in ENTRIES.values() for one in each.any_of)


def test_every_route_by_every_kind_of_account(koha_sqlite, pages: Pages, tmp_path: Path) -> None:
    request = pages.store.requests.open(Right.QUESTION, "ils", None, "why", "desk", "en", "Ada Example", pages.clock())
    case, own = case_of(pages, "Ada Example"), "requests"
    all_of = browsers(pages, koha_sqlite, tmp_path)
    routes_there = staff_routes(pages)
    tokens, proved = (
        {kind: "x" if KINDS[kind] is None else form(browser, page) for kind, browser in all_of.items()}
        for page in ("/staff/en/", "/staff/en/account/password")
    )
    before, refused = state(pages), 0
    for method, path in routes_there:
        asked = ENTRIES[method, path.replace("/staff/en", "", 1)]
        if asked.open_to_all or (method, path) == ("POST", "/staff/en/sign-out"):
            continue
        where = path.replace("{request_id}", request).replace("{case_id}", case).replace("{document}", "doc-0")
        for kind, may in KINDS.items():
            own_form = (proved if asked.proved else tokens)[kind]
            browser, sent = all_of[kind], {"form": own_form, "step": "note", "words": "x", "act": "give"}
            if may is not None and asked.allows([May(one) for one in may]) and not asked.beginning:
                unseen = "{case_id}" in path and (kind != own or "{document}" in path)
                if method == "GET":
                    assert browser.get(where).status_code == (404 if unseen else 200), (kind, where)
                elif unseen:
                    assert browser.post(where, data=sent).status_code == 404, (kind, where)
                    assert state(pages) == before, (kind, method, where)
                continue
            answer = browser.request(method, where, **({"data": sent} if method == "POST" else {}))
            if may is None and (kind, asked.beginning) != ("half set up", True):
                assert answer.status_code == 303, (kind, method, where)
                assert answer.headers["location"] == "/staff/en/sign-in"
            elif kind == "half set up":
                assert answer.status_code in {200, 403}
            elif asked.beginning:
                assert answer.headers["location"] == "/staff/en/sign-in"
            else:
                assert answer.status_code == 403, (kind, method, where)
            refused += 1
            assert "set-cookie" not in answer.headers
            assert state(pages) == before, (kind, method, where)
    assert refused > 100


def test_no_form_without_its_token_changes_anything(pages: Pages) -> None:
    request = pages.store.requests.open(Right.QUESTION, "ils", None, "why", "desk", "en", "Ada Example", pages.clock())
    for name in ("Ada Example", "Flo Example", "Dee Example"):
        set_up(pages, name)
    ada, flo, dee = (signed_in(pages, name) for name in ("Ada Example", "Flo Example", "Dee Example"))
    case = case_of(pages, "Ada Example")
    foreign, before = form(flo, "/staff/en/"), state(pages)
    for method, path in staff_routes(pages):
        asked = ENTRIES[method, path.replace("/staff/en", "", 1)]
        if method != "POST" or asked.open_to_all or asked.beginning:
            continue
        browser = dee if May.CONSENT in asked.any_of else ada
        for token in ("", foreign, "0" * 64, "é"):
            sent = {"form": token, "step": "note", "words": "x", "act": "give", "which": "others"}
            where = path.replace("{request_id}", request).replace("{case_id}", case)
            files = {"file": ("x", b"x")} if path.endswith("/papers") else None
            assert browser.post(where, data=sent, files=files).status_code == 403, path
    assert state(pages) == before
    assert ada.get("/staff/en/").status_code == 200, "nobody was signed out"


def test_who_only_audits_sees_the_course_and_no_word_of_the_person(pages: Pages) -> None:
    said = "The cat of Ishmael Quill ate it"
    request = pages.store.requests.open(Right.ERASURE, "ils", 3, said, "desk", "en", "Ada Example", pages.clock())
    for name in ("Ada Example", "Gil Example"):
        set_up(pages, name)
    ada, gil = signed_in(pages, "Ada Example"), signed_in(pages, "Gil Example")
    full, part = (one.get(f"/staff/en/requests/{request}").text for one in (ada, gil))
    assert said in full
    assert "record 3" in full
    assert "Wants the data gone" in part
    assert said not in part
    assert "record 3" not in part
    assert "<form" not in part.partition("<footer")[0]
    for other in ("req-zzzzzzzzzzzz", "req-1", "..%2f..", "x" * 500):
        assert ada.get(f"/staff/en/requests/{other}").status_code == 404


def test_the_nights_are_shown_by_state_and_count(pages: Pages) -> None:
    from dataclasses import asdict
    from datetime import UTC, datetime

    from sqlalchemy import insert

    from carrel.retention.outcome import Outcome
    from carrel.store import tables
    from carrel.store.nights import Night
    from tests.unit.store.plan_values import plan

    set_up(pages, "Gil Example")
    gil = signed_in(pages, "Gil Example")
    assert "No plan was made yet." in gil.get("/staff/en/nights").text
    at = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    pages.store.plans.record(plan(system="ils"), at)
    night = Night("ils", at.date(), at, Outcome.FAILED, 712, 1_500, 2.5, ("SQL-003",))
    with pages.store._database.writing() as connection:
        row = {**asdict(night), "outcome": str(night.outcome), "codes": list(night.codes)}
        connection.execute(insert(tables.night).values(**row))
    text = gil.get("/staff/en/nights").text
    for told in ("Nina Night", "800 loans are due", "712", "1500", "SQL-003", "March 2, 2026"):
        assert told in text, told
    assert "712" in gil.get("/staff/es/nights").text
