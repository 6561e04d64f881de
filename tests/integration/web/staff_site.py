"""A site with people, and staff who sign in to its pages."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from starlette.testclient import TestClient

from carrel.inventory import time_code
from carrel.store import staff_hash
from tests.integration.web.conftest import Pages

PASSWORD = "four words nobody guesses"
PEOPLE = """\
people:
  - {{name: Ada Example, role: privacy officer, may: [approve, staff, requests], public_key: '{key}'}}
  - {{name: Ben Example, role: systems librarian, may: [plan, run, staff]}}
  - {{name: Dee Example, role: staff, may: [consent]}}
  - {{name: Eve Example, role: staff, may: []}}
  - {{name: Flo Example, role: staff, may: [requests, consent]}}
"""
SEED = bytes(range(20))


def people() -> str:
    """The people of the site file, with a public key of their own."""
    from carrel.ledger.note import Signer

    return PEOPLE.format(key=Signer.generate("elm.example/ada", bytes(range(32))).vkey)


def cheap_hashes(monkeypatch, memory: int = 8) -> None:
    """Hashes with less work, for tests that are not about them."""
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=memory, parallelism=1)
    monkeypatch.setattr(staff_hash, "_HASHER", cheap)
    nobodys = cheap.hash("nobody's")
    monkeypatch.setattr(staff_hash, "_nobodys", lambda: nobodys)


def set_up(pages: Pages, name: str, password: str = PASSWORD, seed: bytes = SEED) -> None:
    """An account as somebody has it who has set it up."""
    accounts, at = pages.store.staff_accounts, pages.clock()
    accounts.invite(name, "Ada Example", at)
    accounts.choose(name, staff_hash.hashed(password), seed, at)
    assert accounts.finish(name, 1, at)


def code(pages: Pages, seed: bytes = SEED) -> str:
    """The code that the telephone shows, one that was not used yet."""
    pages.clock.go_on(timedelta(seconds=time_code.SECONDS))
    return time_code.code(seed, time_code.step_of(pages.clock()))


def signed_in(pages: Pages, name: str, password: str = PASSWORD) -> TestClient:
    """A browser in which somebody of the staff has signed in."""
    browser = pages.browser()
    answer = browser.post("/staff/en/sign-in", data={"name": name, "password": password, "code": code(pages)})
    assert (answer.status_code, answer.headers.get("location")) == (303, "/staff/en/"), answer.text
    return browser


def form(browser: TestClient, path: str) -> str:
    """The token of the forms of a page."""
    found = re.search(r'name="form" value="([0-9a-f]+)"', browser.get(path).text)
    assert found, path
    return found[1]


def rewrite(folder: Path, old: str, new: str) -> None:
    """Change a line of the site file."""
    place = folder / "carrel.yaml"
    text = place.read_text(encoding="utf-8")
    assert old in text
    place.write_text(text.replace(old, new), encoding="utf-8")
