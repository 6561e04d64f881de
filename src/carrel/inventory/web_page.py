"""A page of the library's own sites, as a site file names it: looked at for its cookies, and for a form's notice."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from carrel.inventory.timetable import Part

# A name and a value as RFC 6265 writes them, and nothing by which a line of a request could be ended.
_REFUSAL = r"^$|^[!#$%&'*+.^_`|~0-9A-Za-z-]+=[!#-+.-:<-\[\]-~-]*$"


class WebPage(Part):
    """One page that visitors come to first.

    Attributes:
        url: of the page, as a visitor's browser asks for it.
        needed: names of the cookies without which it does not work; these need no choice (MITL-8.1).
        form: the form of the policy that stands on this page; its notice is looked for there (MITP-11.2.2a).
        refusal: the cookie by which it knows that a visitor refused, as ``name=value``; it is asked for again with it.
    """

    url: str = Field(max_length=500)
    needed: tuple[Annotated[str, Field(min_length=1, max_length=120)], ...] = ()
    form: str = Field(default="", max_length=80)
    refusal: str = Field(default="", max_length=300, pattern=_REFUSAL)

    @field_validator("url")
    @classmethod
    def _plain(cls, said: str) -> str:
        parts = urlsplit(said)
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.fragment:
            raise ValueError("write 'url:' as https://www.library.example/, without a name and a password")
        return said

    @property
    def host(self) -> str:
        """Of the page."""
        return urlsplit(self.url).hostname or ""
