"""The `portal` section of a site: the pages on which patrons use their rights."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from carrel.inventory.sign_in_way import Saml, SignInWay, Way
from carrel.inventory.timetable import Part, Period

Language = Literal["en", "es"]
Change = Literal["contact details", "notices", "password"]
_HOST = re.compile(r"[a-z0-9.:-]+")
_USUAL = {"http": 80, "https": 443}
_HERE = ("127.0.0.1", "localhost", "::1")


class Portal(Part):
    """Where the pages are, who may sign in, and how long.

    Attributes:
        address: as browsers reach it, without a path; https, but on this machine itself.
        sign_in: ways in which patrons sign in; the name of a system is its own passwords.
        languages: of the pages; the first is for whoever asks for none of them.
        idle: a session ends when nothing is done for so long.
        longest: a session ends then in any case.
        may_change: what patrons change in the product by themselves, at once; anything else becomes a request.
    """

    address: str
    sign_in: tuple[SignInWay, ...] = Field(default=(), max_length=20)
    languages: tuple[Language, ...] = Field(default=("en", "es"), min_length=1)
    idle: Period = timedelta(minutes=20)
    longest: Period = timedelta(hours=4)
    may_change: tuple[Change, ...] = ()

    @field_validator("address")
    @classmethod
    def _plain(cls, said: str) -> str:
        parts = urlsplit(said)
        local = parts.hostname in _HERE
        if parts.scheme not in {"https", "http"} or not parts.hostname or (parts.scheme == "http" and not local):
            raise ValueError("write 'address:' as https://privacy.library.example, or http://127.0.0.1:8000")
        if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
            raise ValueError("write 'address:' without a path, a question or a name")
        if not _HOST.fullmatch(parts.hostname):
            raise ValueError("write 'address:' with the name of a host")
        if parts.port == _USUAL[parts.scheme]:  # browsers leave it out
            return f"{parts.scheme}://{parts.netloc.rpartition(':')[0]}".lower()
        return said.rstrip("/").lower()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not timedelta(minutes=1) <= self.idle <= self.longest <= timedelta(hours=24):
            raise ValueError("write 'idle:' of a minute or more, and 'longest:' of at most 24 hours")
        keys = [one.key for one in self.sign_in]
        if any(len(set(some)) < len(some) for some in (self.languages, keys, self.may_change)):
            raise ValueError(
                "write each language, each system and each change once; a second way into a system needs a 'name:'"
            )
        if not self.is_secure and any(isinstance(one, Saml) for one in self.sign_in):
            raise ValueError("write 'address:' with https: browsers come back from SAML only there")
        return self

    def relative_to(self, base: Path) -> Self:
        """The same with its paths taken from a folder."""
        return self.model_copy(update={"sign_in": tuple(one.relative_to(base) for one in self.sign_in)})

    def back(self, way: Way) -> str:
        """The address to which browsers come back from where this way sends them."""
        return f"{self.address}/sign-in/{way.key}"

    @property
    def systems(self) -> frozenset[str]:
        """The systems to whose people some way of signing in leads."""
        return frozenset(one.system for one in self.sign_in)

    @property
    def host(self) -> str:
        """Name and port, as a browser sends them."""
        return urlsplit(self.address).netloc.lower()

    @property
    def is_secure(self) -> bool:
        """Whether it is reached over TLS."""
        return self.address.startswith("https:")
