"""A small library with a list at a private Mailman, and somebody at its desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Koha
from tests.integration.run import library
from tests.integration.run.consent_desk import DEE, NEWS, Desk
from tests.integration.servers.mailman import LIST, PASSWORD, USER, Mailman


@dataclass
class ListSite:
    """One library, its desk, and the tool.

    Args:
        desk: with patrons whose cards are in use, each with an address ``NAME@oak.example``.
        tool: running; its list ``news`` is new and empty.
    """

    desk: Desk
    tool: Mailman

    @property
    def elm(self) -> library.Library:
        return self.desk.elm

    def declare(self, *more: str, url: str = "", purpose: str = NEWS, recipient: str = "the library") -> None:
        """The list in the site file."""
        entry = (
            "mailing_lists:\n"
            f"  - {{name: news, interface: mailman, url: '{url or self.tool.url}', list: {LIST}, purpose: {purpose}, "
            f"recipient: {recipient}, user: {USER}, password_file: list.dsn{''.join(f', {one}' for one in more)}}}\n"
        )
        place = self.elm.folder / "carrel.yaml"
        text = place.read_text().partition("mailing_lists:\n")[0]
        place.write_text(text + entry)

    def plan(self, code: int = 3) -> dict[str, Any]:
        [one] = self.elm.ok("mailing-list", "plan", code=code)["lists"]
        return dict(one)

    def apply(self, *more: str, code: int = 0) -> dict[str, Any]:
        [one] = self.elm.ok("mailing-list", "apply", *more, *DEE, code=code)["lists"]
        return dict(one)

    def names(self) -> list[str]:
        """Who is on the list, as short as a test says it."""
        return [one.removesuffix("@oak.example") for one in self.tool.members()]


@pytest.fixture
def listed(mailman_server: Mailman, small_sqlite: Koha, tmp_path: Path) -> Callable[..., ListSite]:
    """A library under owwl's policy, with patrons of some names, and a list."""
    from tests.integration.run.test_consent import people, policy

    def made(*names: str) -> ListSite:
        elm = library.make(tmp_path / "site", small_sqlite)
        policy(elm, "owwl")
        desk = people(elm, *names)
        mailman_server.make()
        secret = elm.folder / "list.dsn"
        secret.write_text(f"{PASSWORD}\n")
        secret.chmod(0o600)
        elm.needles |= {f"{name}@oak.example" for name in names} | {PASSWORD}
        site = ListSite(desk, mailman_server)
        site.declare()
        return site

    return made
