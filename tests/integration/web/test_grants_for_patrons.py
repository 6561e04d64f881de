"""What the pages offer works with the rights that `carrel doctor` asks for, and with none less."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from anyio.to_thread import current_default_thread_limiter
from starlette.testclient import TestClient

from carrel.cli.account_told import account_facts
from carrel.errors import CarrelError, fault
from carrel.systems import map_files
from carrel.systems.check import State
from carrel.systems.faults import UNREACHABLE
from carrel.systems.sample.signing_in import offer_notices
from carrel.systems.site_file import load_site
from carrel.systems.sql import live
from carrel.systems.sql.grants import Purpose
from carrel.systems.sql.map_check import grant_checks
from carrel.systems.sql.portal_grants import needed, portal_grants_check
from carrel.web.application import application
from carrel.web.premises import THREADS
from tests.integration.web.conftest import PASSWORD, Pages, give_password, pages_of, sent

ALL = ("contact details", "notices", "password")
READING = ("REFERENCES", "TRIGGER", "CREATE TEMPORARY TABLES", "SELECT")


def changed_all(pages: Pages, card: str, notice: str, way: str) -> list[int]:
    """What the pages answer to each of the three changes."""
    browser = pages.signed_in(card)
    seen = browser.get("/en/me/correct").text.split('name="seen" value="')[1].split('"')[0]
    address = {"password": PASSWORD, "seen": seen, "email address: main": "walker@oak.example"}
    same = {"password": PASSWORD, "new": "seven old maps of the sea", "again": "seven old maps of the sea"}
    return [
        sent(browser, "correct", address).status_code,
        sent(browser, "notices", {"notice": notice, "way": f"{notice} {way}"}).status_code,
        sent(browser, "notices", {"notice": notice}).status_code,
        sent(browser, "password", same).status_code,
    ]


@pytest.mark.mariadb
def test_on_koha(koha_mariadb, tmp_path: Path) -> None:
    card = give_password(koha_mariadb, 0)
    offer_notices(koha_mariadb.engine())
    system_map = map_files.load("koha")
    wanted = [f"{one.privilege} ON {one.table}" for one in needed(system_map, ALL) if one.table != "*"]
    tables = {one.split(" ON ")[1] for one in wanted}
    with koha_mariadb.engine().connect() as connection:
        schema = live.read(connection, system_map)
    poor, rich = (koha_mariadb.limited_user([*READING, *more]) for more in ([], wanted))
    for url, state in ((poor, State.FINDING), (rich, State.OK)):
        with koha_mariadb.engine(url).connect() as connection:
            told = portal_grants_check(connection, system_map, schema, ALL)
            assert told.state is state, told
            if state is State.FINDING:
                assert sorted(set(wanted)) == sorted(_granted(told.fix)), told.fix
            else:
                further = needed(system_map, ALL)
                checks = list(grant_checks(connection, system_map, schema, Purpose.APPLY, further))
                beyond = [one.detail for one in checks if "beyond the need" in one.detail]
                assert not [one for one in tables if any(f"on {one}" in detail for detail in beyond)], beyond
    with pages_of(tmp_path, poor, "koha", policy="owwl") as pages:
        assert rights(tmp_path, "koha") == (len(needed(system_map, ALL)), len(set(wanted)))
        assert changed_all(pages, card, "Hold_Filled", "email") == [503, 503, 200, 503], "nothing to do is done"
    with pages_of(tmp_path, rich, "koha", policy="owwl") as pages:
        assert rights(tmp_path, "koha") == (len(needed(system_map, ALL)), 0)
        assert changed_all(pages, card, "Hold_Filled", "email") == [200, 200, 200, 303]


def rights(folder: Path, name: str) -> tuple[int, int]:
    """How many rights an audit sees needed for the pages, and how many missing (MPL-11)."""
    site = load_site(folder)
    facts = account_facts(site, site.systems[0], map_files.load(name))
    assert facts is not None
    assert (facts.offers, facts.unread) == (ALL, "")
    return facts.rights, facts.missing


def _granted(fix: str) -> list[str]:
    """What the statements of a fix give, as ``UPDATE ON borrowers``."""
    said = fix.split("GRANT ")[1:]
    return [
        f"{one.split(' ON ')[0]} ON {one.split(' ON ')[1].split(' TO ')[0].split('.')[-1].strip('`')}" for one in said
    ]


def test_a_system_that_stands_still_keeps_no_page_of_others(pages: Pages, card: str, monkeypatch) -> None:
    door = pages.premises.doors["ils"]
    browser = pages.signed_in(card)
    monkeypatch.setattr("carrel.web.premises._TURN_SECONDS", 0.05)
    turns: list[Callable[[], object]] = []
    while door._turns.acquire(blocking=False):
        turns.append(door._turns.release)
    assert turns
    assert browser.get("/en/me/data").status_code == 503
    assert browser.get("/en/me").status_code == 200, "who is signed in can still sign out"
    assert pages.browser().post("/en/sign-in", data={"name": card, "password": PASSWORD}).status_code == 503
    assert pages.browser().get("/en/").status_code == 200
    with pytest.raises(CarrelError) as wrong, door.reading():
        pass
    assert wrong.value.code == "SQL-003"
    turns.pop()()
    assert browser.get("/en/me/data").status_code == 200


def test_who_asks_for_much_leaves_room_for_those_who_ask_for_little(pages: Pages, card: str, monkeypatch) -> None:
    door = pages.premises.doors["ils"]
    browser = pages.signed_in(card)
    monkeypatch.setattr("carrel.web.premises._TURN_SECONDS", 0.05)
    while door._long.acquire(blocking=False):
        assert door._turns.acquire(blocking=False), "as many of them ask the system"
    assert browser.get("/en/me/data").status_code == 503
    assert browser.get("/en/me/choices").status_code == 200


def test_beyond_so_many_that_wait_a_page_says_at_once_that_the_system_is_away(pages: Pages, card: str) -> None:
    door = pages.premises.doors["ils"]
    browser = pages.signed_in(card)
    while door._turns.acquire(blocking=False):
        pass
    while door._waiting.acquire(blocking=False):
        pass
    began = time.monotonic()
    assert browser.get("/en/me/data").status_code == 503
    assert time.monotonic() - began < 5, "it did not wait for its turn"


def test_more_pages_are_made_at_once_than_may_wait_for_a_system(pages: Pages) -> None:
    with TestClient(application(pages.premises)) as client:
        assert client.portal is not None
        threads = client.portal.call(lambda: current_default_thread_limiter().total_tokens)
    door = pages.premises.doors["ils"]
    waiting = 0
    while door._waiting.acquire(blocking=False):
        waiting += 1
    assert threads == THREADS > 2 * waiting


def test_whoever_comes_first_finds_the_system_open(pages: Pages) -> None:
    door = pages.premises.doors["ils"]
    assert door._open is None
    with TestClient(application(pages.premises)):
        end = time.monotonic() + 60
        while door._open is None or not door._open.kept:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_pages_begin_although_a_system_is_away(pages: Pages, monkeypatch) -> None:
    def away() -> None:
        raise fault(UNREACHABLE, at="ils")

    monkeypatch.setattr(pages.premises.doors["ils"], "_opened", away)
    pages.premises.prepare()
    with TestClient(application(pages.premises)) as client:
        assert client.get("/healthz", headers={"Host": "127.0.0.1:8000"}).status_code == 200
