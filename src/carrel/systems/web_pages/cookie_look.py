"""One look at a page without any cookie: which ones it sets by itself, its own and those of others whom it asks."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urljoin, urlsplit

from carrel.inventory.web_page import WebPage
from carrel.systems.web_pages.fetched_page import FetchedPage, fetched

MOST_PARTS = 40  # of one page; the first ones
_ALTOGETHER = 40.0
_PARTS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "embed": "src", "link": "href"}
_LINKS = frozenset({"stylesheet", "icon", "preload", "modulepreload", "shortcut icon", "apple-touch-icon", "manifest"})
_AGENT = "Carrel (looks at the cookies that a page sets)"


@dataclass(frozen=True, slots=True, order=True)
class Cookie:
    """A cookie by its name and who set it; its value is not kept."""

    name: str
    host: str


@dataclass(frozen=True, slots=True)
class CookieLook:
    """What one look at a page found.

    Attributes:
        url: of the page.
        cookies: that were set before anybody has chosen anything, or after a refusal, each once.
        optional: of these, those that the site file does not name as needed.
        others: hosts of others that the page has a browser ask.
        unread: why the page could not be looked at; empty where it could.
    """

    url: str
    cookies: tuple[Cookie, ...] = ()
    optional: tuple[Cookie, ...] = ()
    others: tuple[str, ...] = ()
    unread: str = ""


def look(page: WebPage) -> CookieLook:
    """Ask for a page and for what it is made of, as a browser does that asks for Global Privacy Control.

    Each is asked for without a cookie; where the site file tells the cookie of a refusal, once more with it.

    Args:
        page: of the site file.

    Returns:
        What was set, either time. Scripts are not run: what they set is not seen.
    """
    first = _look(page, "")
    if first.unread or not page.refusal:
        return first
    again = _look(page, page.refusal)
    return CookieLook(
        page.url,
        tuple(sorted({*first.cookies, *again.cookies})),
        tuple(sorted({*first.optional, *again.optional})),
        tuple(sorted({*first.others, *again.others})),
        again.unread,
    )


def _look(page: WebPage, refusal: str) -> CookieLook:
    seen, until = _Seen(), time.monotonic() + _ALTOGETHER
    opener = urllib.request.build_opener(seen)
    first = _asked(opener, page.url, refusal)
    if first.unread:
        return CookieLook(page.url, unread=first.unread)
    others: dict[str, None] = {}
    for url in _parts(first.text, first.url):
        host = urlsplit(url).hostname or ""
        if host != page.host:
            others[host] = None
        if time.monotonic() > until:
            return CookieLook(page.url, unread="it takes too long")
        _asked(opener, url, refusal if host == page.host else "")  # a part that is not there sets nothing
    cookies = tuple(sorted(seen.cookies))
    needed = set(page.needed)
    optional = tuple(one for one in cookies if one.name not in needed or one.host != page.host)
    return CookieLook(page.url, cookies, optional, tuple(sorted(others)))


class _Seen(urllib.request.BaseHandler):
    """Notes the cookies of every answer, of those too that only send the browser on."""

    def __init__(self) -> None:
        self.cookies: set[Cookie] = set()

    def http_response(self, request: urllib.request.Request, answer: Any) -> Any:
        """Of one answer."""
        for said in answer.headers.get_all("Set-Cookie") or ():
            for name in _names(said):
                self.cookies.add(Cookie(name[:120], urlsplit(request.full_url).hostname or ""))
        return answer

    https_response = http_response


def _names(said: str) -> list[str]:
    try:
        found = list(SimpleCookie(said))
    except CookieError:
        found = []
    return found or [said.partition("=")[0].strip()]


def _asked(opener: urllib.request.OpenerDirector, url: str, refusal: str) -> FetchedPage:
    headers = {"User-Agent": _AGENT, "Sec-GPC": "1", "Accept": "text/html,*/*;q=0.5"}
    return fetched(url, headers | ({"Cookie": refusal} if refusal else {}), opener=opener)


def _parts(text: str, base: str) -> Iterator[str]:
    """What a browser would ask for to show a page, each once; only over http."""
    found = _Reader()
    found.feed(text)
    parts = dict.fromkeys(urljoin(base, one.strip()) for one in found.parts)
    yield from [one for one in parts if urlsplit(one).scheme in {"http", "https"}][:MOST_PARTS]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        value = said.get(_PARTS.get(tag, ""))
        if value and (tag != "link" or (said.get("rel") or "").lower() in _LINKS):
            self.parts.append(value)
