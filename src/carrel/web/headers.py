"""What every answer says to browsers: nothing from elsewhere, nothing kept, nothing framed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "X-Robots-Tag": "noindex",
}
_FORM = "sign-in"
_OWN_STYLE = re.compile(r"/staff/[^/]+/desk(/.*)?")
_YEAR = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Puts them on every answer, errors and refusals included.

    Args:
        app: that answers.
        secure: whether it is reached over TLS.
        sent_to: other hosts to which the form for signing in may lead, as origins.
        own_style: hash of the style that the pages for the desk carry with them, to be kept as one file.
    """

    def __init__(self, app: ASGIApp, *, secure: bool, sent_to: Sequence[str] = (), own_style: str = "") -> None:
        self._app = app
        self._carrying = CONTENT.replace("style-src 'self'", f"style-src 'self' {own_style}".rstrip())
        own = "form-action 'self'"
        self._leading = CONTENT.replace(own, " ".join((own, *dict.fromkeys(sent_to))))
        self._said = {**_ALWAYS, **({"Strict-Transport-Security": _YEAR} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._said.items():
                    headers[name] = value
                if _FORM in scope["path"].split("/"):  # browsers ask the page that a form stands on
                    headers["Content-Security-Policy"] = self._leading
                elif _OWN_STYLE.fullmatch(scope["path"]):
                    headers["Content-Security-Policy"] = self._carrying
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, told)


class OwnHost:
    """Refuses requests for another host, and those that another site has a browser send.

    A link or a form elsewhere must not act in the name of whoever is signed in here, nor sign anybody in. Browsers say
    where a form was sent from; what does not say it is no browser, and has no business with a form.

    Args:
        app: that answers.
        host: name and port under which it is reached.
        origin: the same with its scheme.
        refuse: what answers instead.
        from_elsewhere: paths at which forms of another site are meant, and prove themselves.
    """

    def __init__(
        self, app: ASGIApp, *, host: str, origin: str, refuse: Callable[[int], ASGIApp],
        from_elsewhere: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._app, self._host, self._origin, self._refuse = app, host, origin, refuse
        self._from_elsewhere = frozenset(from_elsewhere)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse with 421 or 403."""
        if scope["type"] == "http":
            said: dict[bytes, list[str]] = defaultdict(list)
            for name, value in scope["headers"]:
                said[name].append(value.decode("latin-1").lower())
            if said[b"host"] != [self._host]:
                await self._refuse(421)(scope, receive, send)
                return
            meant = scope["method"] == "POST" and scope["path"] in self._from_elsewhere
            if scope["method"] not in {"GET", "HEAD", "OPTIONS"} and not meant and not self._is_own(said):
                await self._refuse(403)(scope, receive, send)
                return
            if scope["method"] == "HEAD":  # what is sent of it is the server's business
                scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)

    def _is_own(self, said: Mapping[bytes, list[str]]) -> bool:
        """Whether a form was sent from a page of ours; what is said twice is said by nobody who can be believed."""
        site, origin = said[b"sec-fetch-site"], said[b"origin"]
        if not site and not origin:
            return False
        return origin in ([], [self._origin]) and site in ([], ["same-origin"])


class KindLimit:
    """Tells on a page that a form is too large, before any of it is read.

    Args:
        app: that answers.
        most: bytes.
        refuse: what answers instead.
    """

    def __init__(self, app: ASGIApp, *, most: int, refuse: ASGIApp) -> None:
        self._app, self._most, self._refuse = app, most, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse; of what does not say how large it is, the layer below counts the bytes."""
        said = dict(scope["headers"]).get(b"content-length", b"") if scope["type"] == "http" else b""
        large = said.isdigit() and (len(said) > len(str(self._most)) or int(said) > self._most)
        await (self._refuse if large else self._app)(scope, receive, send)


class LargerAt:
    """Takes more than a form at one kind of address.

    Args:
        app: that answers there.
        others: that answers everywhere else.
        at: the whole path, as a regular expression.
    """

    def __init__(self, app: ASGIApp, others: ASGIApp, *, at: str) -> None:
        self._app, self._others, self._at = app, others, re.compile(at)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, by one of the two."""
        there = scope["type"] == "http" and self._at.fullmatch(scope["path"])
        await (self._app if there else self._others)(scope, receive, send)
