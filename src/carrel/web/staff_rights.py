"""Who may open which staff page: one table, and nothing that is not in it opens at all.

A right is a word of ``may:`` in the site file. The pages ask for it with each request, of the file as it is then.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from carrel.inventory.site import May

PREFIX = "/staff/{language}"
RECENT = timedelta(minutes=10)  # since when password and code, or a passkey, have to have been shown
_WHILE_WRITING = timedelta(
    minutes=10
)  # what a form that was opened in time may take on top; its token tells that it was


@dataclass(frozen=True, slots=True)
class Entry:
    """What one page asks of whoever opens it.

    Attributes:
        any_of: one of these rights is enough; empty: any account is.
        open_to_all: it needs no account.
        beginning: it is for whoever has said a one-time code and is about to set up the second factor.
        proved: only when the person showed lately who it is.
    """

    any_of: frozenset[May] = frozenset()
    open_to_all: bool = False
    beginning: bool = False
    proved: bool = False

    def allows(self, may: Collection[May]) -> bool:
        """Whether somebody with these rights may."""
        return not self.any_of or bool(self.any_of & set(may))

    def is_recent(self, method: str, since: timedelta) -> bool:
        """Whether it is not too long since the person showed who it is."""
        return not self.proved or since < RECENT + (_WHILE_WRITING if method == "POST" else timedelta())


_ALL, _ANY = Entry(open_to_all=True), Entry()
_PROVED, _BEGINNING = Entry(proved=True), Entry(beginning=True)
_CONSENTS = Entry(frozenset({May.CONSENT}))
_REQUESTS = Entry(frozenset({May.REQUESTS}))
_LOOKING = Entry(frozenset({May.REQUESTS, May.AUDIT}))
_ENDING = Entry(frozenset({May.REQUESTS}), proved=True)
_NIGHTS = Entry(frozenset({May.PLAN, May.APPROVE, May.RUN, May.STOP, May.AUDIT}))

ENTRIES: dict[tuple[str, str], Entry] = {
    ("GET", "/sign-in"): _ALL,
    ("POST", "/sign-in"): _ALL,
    ("POST", "/sign-in/passkey"): _ALL,
    ("GET", "/begin"): _ALL,
    ("POST", "/begin"): _ALL,
    ("GET", "/second"): _BEGINNING,
    ("GET", "/second/picture"): _BEGINNING,
    ("POST", "/second"): _BEGINNING,
    ("GET", "/"): _ANY,
    ("GET", "/stay"): _ANY,
    ("POST", "/sign-out"): _ANY,
    ("GET", "/prove"): _ANY,
    ("POST", "/prove"): _ANY,
    ("POST", "/prove/passkey"): _ANY,
    ("GET", "/account"): _ANY,
    ("POST", "/account/sessions"): _ANY,
    ("GET", "/account/password"): _PROVED,
    ("POST", "/account/password"): _PROVED,
    ("GET", "/account/passkeys"): _PROVED,
    ("POST", "/account/passkeys"): _PROVED,
    ("POST", "/account/passkeys/remove"): _PROVED,
    ("GET", "/consents"): _CONSENTS,
    ("POST", "/consents"): _CONSENTS,
    ("GET", "/ask"): _REQUESTS,
    ("POST", "/ask"): _REQUESTS,
    ("GET", "/requests/{request_id}"): _LOOKING,
    ("POST", "/requests/{request_id}"): _REQUESTS,
    ("GET", "/requests/{request_id}/end"): _ENDING,
    ("POST", "/requests/{request_id}/end"): _ENDING,
    ("GET", "/nights"): _NIGHTS,
    # Legal process: any account may take a paper in. To whom a case opens, and whether it is there at all, it says.
    ("GET", "/desk"): _ALL,
    ("GET", "/desk/all"): _ALL,
    ("GET", "/desk/{paper}"): _ALL,
    ("GET", "/cases"): _ANY,
    ("GET", "/cases/open"): _ANY,
    ("POST", "/cases/open"): _ANY,
    ("GET", "/cases/forget"): _PROVED,
    ("POST", "/cases/forget"): _PROVED,
    ("GET", "/cases/{case_id}"): _ANY,
    ("POST", "/cases/{case_id}"): _ANY,
    ("GET", "/cases/{case_id}/decide"): _PROVED,
    ("POST", "/cases/{case_id}/decide"): _PROVED,
    ("POST", "/cases/{case_id}/papers"): _ANY,
    ("GET", "/cases/{case_id}/papers/{document}"): _ANY,
    ("GET", "/offices"): _ANY,
    ("POST", "/offices"): _ANY,
}


def entry(method: str, path: str) -> Entry | None:
    """What a route asks for; None of one that nobody wrote down, which opens to nobody.

    Args:
        method: of HTTP.
        path: of the route, with its holes.
    """
    return ENTRIES.get((method, path.removeprefix(PREFIX)))


def may_open(may: Collection[May], path: str) -> bool:
    """Whether somebody with these rights has a use for a link to a page."""
    found = entry("GET", path)
    return found is not None and found.allows(may)
