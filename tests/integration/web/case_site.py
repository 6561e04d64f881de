"""A site whose people hold offices of legal process, and what they do on the pages."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from carrel.inventory import time_code
from carrel.store import staff_hash
from tests.integration.web.conftest import Pages
from tests.integration.web.staff_site import PASSWORD, SEED, form

ADA, LOU, DEE, MO, EVE = "Ada Example", "Lou Example", "Dee Example", "Mo Example", "Eve Example"
OFFICERS = """\
people:
  - {name: Ada Example, role: custodian of records, may: [custodian, staff]}
  - {name: Lou Example, role: counsel, may: [counsel], phone: "+1 555 0101"}
  - {name: Dee Example, role: staff, may: []}
  - {name: Mo Example, role: staff, may: [custodian]}
  - {name: Eve Example, role: staff, may: [custodian, counsel]}
cases_since: 2026-01-15
"""


PROVED = "/staff/en/account/password"  # a page that only whoever showed lately who they are gets


def write(browser: TestClient, path: str, data: dict[str, object], code: int = 303) -> str:
    """Send a form of a page; where it leads, or the text where it stays."""
    sent = {"form": form(browser, PROVED if path.endswith("/decide") else "/staff/en/account"), **data}
    answer = browser.post(f"/staff/en/{path}", data=sent)
    assert answer.status_code == code, re.sub(r"<[^>]+>|\s+", " ", answer.text)
    return str(answer.headers.get("location", answer.text))


def opened(browser: TestClient, **more: str) -> str:
    """Take a subpoena in; the id of its case."""
    data = {"instrument": "subpoena", "served_on": "an employee", "sender": "Sharp & Sharp", "from_day": "2026-01-01",
            "until_day": "2026-02-01", "readers": "", "words": "All loans of Quentin Quill.", **more}  # fmt: skip
    return write(browser, "cases/open", data).rpartition("/")[2]


def step(browser: TestClient, case: str, name: str, code: int = 303, **more: str) -> str:
    """Take a step."""
    return write(browser, f"cases/{case}", {"act": "take", "step": name, **more}, code)


def upload(
    browser: TestClient, case: str, name: str, content: object, paper: str = "the subpoena", token: str | None = None
):
    """Put a paper in, as a browser does."""
    sent = {"form": form(browser, "/staff/en/account") if token is None else token, "paper": paper}
    return browser.post(f"/staff/en/cases/{case}/papers", data=sent, files={"file": (name, content, "text/html")})


def quick_set_up(pages: Pages, *names: str) -> None:
    """Accounts of several."""
    hashed = staff_hash.hashed(PASSWORD)
    for name in names:
        accounts, at = pages.store.staff_accounts, pages.clock()
        accounts.invite(name, ADA, at)
        accounts.choose(name, hashed, SEED, at)
        assert accounts.finish(name, 1, at)
    assert time_code.SECONDS
