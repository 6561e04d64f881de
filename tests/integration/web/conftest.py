"""The pages over a real system: the application as `carrel serve` makes it, asked without a socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from starlette.testclient import TestClient

from carrel.cli.patron_desk import Desk
from carrel.cli.site_in_force import SiteInForce
from carrel.cli.staff_desk import AtStaffDesk
from carrel.inventory.site import Site
from carrel.store.store import Store
from carrel.systems.consent.text_folder import write_examples
from carrel.systems.site_file import load_site
from carrel.web.application import application
from carrel.web.premises import enter

ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "Tr0ub4dor & 3 \u00e9"
SITE = """\
library: {library}
policy: {policy}
systems:
  - {{name: ils, map: {map}, dsn_file: ils.dsn, time_zone: {zone}, mode: window}}
portal: {{address: '{address}', sign_in: {sign_in}, may_change: [{may_change}]}}
consent: {{{consent}}}
"""
EVERYTHING = "contact details, notices, password"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def go_on(self, by: timedelta) -> None:
        self.at += by


class Pages:
    """The pages of one site, and browsers that open them."""

    def __init__(self, site: Site, store: Store, environment: Mapping[str, str] | None = None) -> None:
        self.clock, self.store = Clock(), store
        desks = Desk(site.folder), AtStaffDesk(site.folder, self.clock)
        again = SiteInForce(site.folder)
        self.premises = enter(*again(), store, self.clock, *desks, environment, again)
        self.address = self.premises.portal.address
        self._app = application(self.premises)

    def browser(self) -> TestClient:
        """A browser without cookies, that follows nothing by itself and says where its forms come from."""
        return TestClient(self._app, self.address, follow_redirects=False, raise_server_exceptions=False,
                          headers={"Origin": self.address})  # fmt: skip

    def signed_in(self, name: str, password: str = PASSWORD) -> TestClient:
        """A browser in which somebody has signed in."""
        browser = self.browser()
        answer = browser.post("/en/sign-in", data={"name": name, "password": password})
        assert (answer.status_code, answer.headers.get("location")) == (303, "/en/me"), answer.text
        return browser


def sent(browser: TestClient, path: str, data: Mapping[str, object], *, page: str = "") -> Any:
    """Send a form with the token of a page that has one; the answer."""
    text = browser.get(f"/en/me/{page or path}").text
    token = text.split('name="form" value="')[1].split('"')[0]
    return browser.post(f"/en/me/{path}", data={**data, "form": token})


@contextmanager
def pages_of(folder: Path, url: str, system: str, *, policy: str = "worcester", library: str = "Elm Library",
             address: str = ADDRESS, zone: str = "UTC", may_change: str = EVERYTHING, more: str = "",
             sign_in: str = "[ils]", consent: str = "texts: texts, changes: changes", environment: Mapping[str, str] | None = None) -> Iterator[Pages]:  # fmt: skip
    """The pages of a site in a folder, over a database."""
    (folder / "ils.dsn").write_text(url)
    (folder / "ils.dsn").chmod(0o600)
    text = SITE.format(library=library, policy=policy, map=system, address=address, zone=zone, may_change=may_change,
                       sign_in=sign_in, consent=consent)  # fmt: skip
    write_examples(folder / "texts")
    (folder / "changes").mkdir(exist_ok=True)
    (folder / "carrel.yaml").write_text(text + more, encoding="utf-8")
    site = load_site(folder)
    with Store.open(site.folder) as store:
        made = Pages(site, store, environment)
        try:
            yield made
        finally:
            made.premises.close()


def hashed(password: str) -> str:
    """As Koha keeps it, with less work."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


@pytest.fixture
def pages(koha_sqlite, tmp_path: Path) -> Iterator[Pages]:
    """Pages over the SQLite sample, in which nobody can sign in yet."""
    with pages_of(tmp_path, koha_sqlite.url, "koha") as made:
        yield made


@pytest.fixture
def card(koha_sqlite) -> str:
    """The card of a patron of `pages` who has a password."""
    return give_password(koha_sqlite, 0)


def give_password(koha, offset: int, password: str = PASSWORD) -> str:
    """Give a patron of Koha a password; the card."""
    import sqlalchemy as sa

    with koha.engine().begin() as connection:
        number, card = connection.execute(
            sa.text(
                "SELECT borrowernumber, cardnumber FROM borrowers WHERE cardnumber IS NOT NULL AND userid IS NOT NULL "
                "AND borrowernumber <> COALESCE((SELECT MAX(value) FROM systempreferences "
                "WHERE variable = 'AnonymousPatron'), '0') + 0 "
                "ORDER BY borrowernumber LIMIT 1 OFFSET :offset"
            ),
            {"offset": offset},
        ).one()
        connection.execute(
            sa.text("UPDATE borrowers SET password = :hashed, login_attempts = 0 WHERE borrowernumber = :number"),
            {"hashed": hashed(password), "number": number},
        )
    return str(card)
