"""What somebody wrote in a form when the session was over: it waits on the page for signing in, and is lost to nobody.

It lies nowhere but in that page: neither the store nor the disk ever holds it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData

from carrel.web.visit import Here, Visit

FIELD = "unsent"
_WHERE = re.compile(r"me/(erase|restrict|object|challenge|question|see-all|correct/ask|requests/req-[a-z]{12})")
_NEVER = frozenset({"form", "sure", "password", "new", "again", "passphrase", FIELD})  # to be said anew, or secret
_LONGEST = 60_000  # signs; the form that carried it had to be smaller


@dataclass(frozen=True, slots=True, repr=False)
class Unsent:
    """A form that was not taken.

    Attributes:
        path: of the page that takes it, behind the language.
        fields: names and values, in order.
    """

    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """The person's own words in it."""
        return next((value for name, value in self.fields if name == "words"), "")

    @property
    def others(self) -> tuple[tuple[str, str], ...]:
        """Everything else."""
        return tuple(one for one in self.fields if one[0] != "words")

    @property
    def written(self) -> str:
        """As a field of the page for signing in."""
        return json.dumps([self.path, self.fields])


class NotTaken(Exception):  # noqa: N818  (no error: what the browser is shown next)
    """A form came when the session was over, with something in it that somebody typed."""

    def __init__(self, here: Visit, what: Unsent) -> None:
        super().__init__(what.path)
        self.here, self.what = here, what


async def keep_words(request: Request, here: Here) -> None:
    """Let nothing be lost that somebody sent too late.

    Raises:
        NotTaken: the session is over, and there are words.
    """
    if here.session is not None or request.method != "POST":
        return
    path = request.url.path.removeprefix(f"/{here.language}/")
    if _WHERE.fullmatch(path) and (what := unsent(path, await request.form())) is not None:
        raise NotTaken(here, what)


def unsent(path: str, form: FormData) -> Unsent | None:
    """What a form holds that somebody typed; None where nothing is in it that is hard to type again."""
    fields = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in _NEVER)
    typed = any(value.strip() for name, value in fields if name == "words" or ":" in name)
    return Unsent(path, fields) if typed and _WHERE.fullmatch(path) else None


def read(said: str) -> Unsent | None:
    """What the page for signing in carried; None of anything that no page of ours wrote."""
    if not said or len(said) > _LONGEST * 2:
        return None
    try:
        path, fields = json.loads(said)
        whole = tuple((name, value) for name, value in fields if isinstance(name, str) and isinstance(value, str))
    except (ValueError, TypeError, RecursionError):
        return None
    return Unsent(path, whole) if isinstance(path, str) and _WHERE.fullmatch(path) else None
