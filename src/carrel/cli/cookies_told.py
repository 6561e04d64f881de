"""The pages of the site file, looked at for cookies: for the audit, and in a line each for ``carrel doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carrel.accountability.cookies import CookieFacts
    from carrel.inventory.site import Site
    from carrel.systems.check import Check


def cookie_facts(site: Site) -> tuple[CookieFacts, ...]:
    """One look at each page; none where the site file names none."""
    if not site.web_pages:
        return ()
    from carrel.accountability.cookies import CookieFacts
    from carrel.systems.web_pages.cookie_look import look

    return tuple(
        CookieFacts(one.url, tuple(f"{cookie.name} ({cookie.host})" for cookie in one.optional), one.others, one.unread)
        for one in map(look, site.web_pages)
    )


def cookie_checks(site: Site) -> Iterator[Check]:
    """How each page stands."""
    from carrel.accountability.cookies import told
    from carrel.systems.check import finding, ok, unknown

    for one in cookie_facts(site):
        if one.unread:
            fix = "look at the address under 'web_pages:', and at the way to it from this machine"
            yield unknown("cookies", f"{one.url} could not be looked at ({one.unread})", fix)
        elif one.optional:
            fix = "have them wait for a choice, or name those that the page needs: 'needed:' under 'web_pages:'"
            yield finding("cookies", f"optional ones that nobody chose: {told(one)}", fix)
        else:
            asks = f"; it has browsers ask {', '.join(one.others)}" if one.others else ""
            yield ok("cookies", f"{one.url} sets none that it does not need{asks}")
