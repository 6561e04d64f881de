"""Cookies: what the library's own pages set before anybody has chosen anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Reading, cannot_tell, finding, holds
from carrel.accountability.registry import provides
from carrel.amount import amount

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts

_MOST = 5


@dataclass(frozen=True, slots=True)
class CookieFacts:
    """What one look at one page found.

    Attributes:
        url: of the page.
        optional: cookies that are not named as needed, each as ``name (host)``, set before a choice or after refusing.
        others: hosts of others that it has a browser ask.
        unread: why it could not be looked at.
    """

    url: str
    optional: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unread: str = ""


@provides("MITL-8.1", partly="cookies that scripts set, and pages that the site file does not name", at_some_sites=True)
def cookies_wait_for_a_choice(facts: AuditFacts) -> Reading | None:
    """No page that the site file names sets a cookie that it does not need before a choice, or after a refusal."""
    if not facts.cookies:
        return None
    bad, shut = ([one for one in facts.cookies if getattr(one, what)] for what in ("optional", "unread"))
    measured: dict[str, int | str] = {
        "pages looked at": len(facts.cookies) - len(shut),
        "that set optional cookies": len(bad),
        "hosts of others that they ask": len({host for one in facts.cookies for host in one.others}),
    }
    if bad:
        first = bad[0]
        return finding(
            f"{amount(len(bad), 'page sets', 'pages set')} optional cookies that nobody chose: {told(first)}.",
            measured,
            because="what is optional waits for a choice; what a page needs is named in the site file",
            fix="take them out of the page, or name what it needs: web_pages: needed: of the site file",
        )
    if shut:
        return cannot_tell(
            f"{amount(len(shut), 'page')} could not be looked at: {shut[0].url} ({shut[0].unread}).",
            measured,
            because="a page that does not answer tells nothing of its cookies",
            fix="look at the address in the site file, and at the way to it from this machine",
        )
    return holds("No page sets a cookie that it does not need before a choice, or after a refusal.", measured)


def told(one: CookieFacts) -> str:
    """A page and the first of its cookies."""
    more = f", and {len(one.optional) - _MOST} more" if len(one.optional) > _MOST else ""
    return f"{one.url}: {', '.join(one.optional[:_MOST])}{more}"
