"""Ways in which patrons show to be who they say: the system's own passwords, a SIP2 server, a provider elsewhere."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from carrel.errors import unseen
from carrel.inventory.system import NAME
from carrel.inventory.timetable import Part

KINDS = ("password", "sip2", "oidc", "saml")
_PORTS = {"https": 443, "http": 80}
_MAIL = (
    "mail",
    "upn",
    "preferred_username",
    "urn:oid:0.9.2342.19200300.100.1.3",
)  # claims that a person may choose, or that pass to somebody else
Secrets = tuple[Path | None, str | None]  # a file of mode 0600, or a variable of the environment


class _Way(Part):
    """What every way has.

    Attributes:
        system: to whose people it leads.
        name: of the way, where a system has several.
        title: on the page, for people.
    """

    system: str = Field(pattern=NAME)
    name: str | None = Field(default=None, pattern=NAME)
    title: str = Field(default="", max_length=60)

    @field_validator("title")
    @classmethod
    def _plain_title(cls, said: str) -> str:
        if unseen(said):
            raise ValueError("write it without signs that nobody sees")
        return said

    @property
    def key(self) -> str:
        """By which forms and addresses call it."""
        return self.name or self.system

    @property
    def secret_file(self) -> Path | None:
        """The file with its secret, if that is where it stands."""
        return None

    def relative_to(self, base: Path) -> Self:
        """The same with its paths taken from a folder."""
        found = {name: _from(base, getattr(self, name)) for name in type(self).model_fields}
        return self.model_copy(update=found)


class OwnPassword(_Way):
    """By the password that the system itself keeps."""

    by: Literal["password"] = "password"


class Sip2(_Way):
    """By a SIP2 server, which is asked whether card and password fit.

    Attributes:
        host, port: of the server.
        tls: ``none`` only to this machine, where a tunnel may begin.
        ca_file: certificates to trust besides the system's.
        user, password_file, password_env: that sign Carrel in there (message 93); a server may want none.
        location: that goes with them (CP).
        institution: in every question (AO).
        question: what is asked, ``patron information`` (63) or ``patron status`` (23); by what the server says it knows
            unless given.
        checksums: whether an answer without one is refused.
        encoding: of texts.
    """

    by: Literal["sip2"]
    host: str = Field(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9.:-]+$")
    port: int = Field(default=6001, ge=1, le=65535)
    tls: Literal["tls", "none"] = "tls"
    ca_file: Path | None = None
    user: str | None = Field(default=None, min_length=1, max_length=80)
    password_file: Path | None = None
    password_env: str | None = None
    location: str = Field(default="", max_length=80)
    institution: str = Field(default="", max_length=80)
    question: Literal["patron information", "patron status"] | None = None
    checksums: bool = False
    encoding: Literal["utf-8", "latin-1"] = "utf-8"

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if any(unseen(one) or "|" in one for one in (self.user or "", self.location, self.institution)):
            raise ValueError("write 'user', 'location' and 'institution' without '|' and signs that nobody sees")
        given = (self.password_file is not None) + (self.password_env is not None)
        if given != (self.user is not None):
            raise ValueError("write 'user:' with 'password_file:' or 'password_env:', or none of them")
        if self.tls == "none" and not _here(self.host):
            raise ValueError("write 'tls: tls', or lay a tunnel from this machine: passwords would travel in the clear")
        return self

    @property
    def secret_file(self) -> Path | None:
        """The file with the password of ``user``."""
        return self.password_file

    @property
    def secrets(self) -> Secrets:
        """Where the password of ``user`` stands."""
        return self.password_file, self.password_env


class OpenId(_Way):
    """By an OpenID provider, to which the browser is sent and from which it comes back.

    Attributes:
        issuer: the provider, as it calls itself.
        client: what it calls Carrel.
        client_secret_file, client_secret_env: its secret; none of a client that has none.
        claim: what it tells that names somebody in the system.
        holds: what that is.
        scopes: to ask for besides ``openid``, so that the claim is told.
        pages: where its pages for signing in are, if not where the issuer is.
        ca_file: certificates to trust besides the system's.
    """

    by: Literal["oidc"]
    issuer: str = Field(min_length=1, max_length=400)
    client: str = Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")
    client_secret_file: Path | None = None
    client_secret_env: str | None = None
    claim: str = Field(pattern=r"^[A-Za-z0-9_:./-]{1,200}$")
    holds: Literal["card", "user name"] = "card"
    scopes: tuple[Annotated[str, Field(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,100}$")], ...] = Field(
        default=(), max_length=20
    )
    pages: str | None = Field(default=None, min_length=1, max_length=400)
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        place = _address(self.issuer)
        if place is None:
            raise ValueError("write 'issuer:' as https://sign-in.library.example, without '?' and '#'")
        pages = None if self.pages is None else _address(self.pages)
        if self.pages is not None and (pages is None or pages.path not in {"", "/"}):
            raise ValueError("write 'pages:' as https://sign-in.library.example, without a path")
        if self.client_secret_file is not None and self.client_secret_env is not None:
            raise ValueError("write 'client_secret_file:' or 'client_secret_env:'")
        if "email" in self.claim or self.claim in _MAIL:
            raise ValueError("write a claim that only the library gives out: an e-mail address passes to others")
        return self

    @property
    def secret_file(self) -> Path | None:
        """The file with the secret of ``client``."""
        return self.client_secret_file

    @property
    def secrets(self) -> Secrets:
        """Where the secret of ``client`` stands."""
        return self.client_secret_file, self.client_secret_env

    @property
    def origin(self) -> str:
        """Where a browser is sent."""
        return origin_of(self.pages or self.issuer) or ""

    @property
    def shown(self) -> str:
        """What people read."""
        return self.title or str(urlsplit(self.issuer).hostname)


class Saml(_Way):
    """By a SAML 2.0 identity provider, to which the browser is sent and from which it comes back.

    Attributes:
        issuer: the provider, as it calls itself (entityID).
        sign_in_at: its page for signing in, of the binding HTTP-Redirect.
        certificates: files with those that it signs with, the next one beside the one in use.
        attribute: what it tells that names somebody in the system, by its full name.
        holds: what that is.
    """

    by: Literal["saml"]
    issuer: str = Field(pattern=r"^[\x21-\x7e]{1,400}$")
    sign_in_at: str = Field(min_length=1, max_length=400)
    certificates: tuple[Path, ...] = Field(min_length=1, max_length=4)
    attribute: str = Field(pattern=r"^[\x21-\x7e]{1,200}$")
    holds: Literal["card", "user name"] = "card"

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if _address(self.sign_in_at, plain=False) is None:
            raise ValueError("write 'sign_in_at:' as https://idp.library.example/sso, without '#'")
        if "email" in self.attribute.lower() or self.attribute in _MAIL:
            raise ValueError("write an attribute that only the library gives out: an e-mail address passes to others")
        return self

    @property
    def origin(self) -> str:
        """Where a browser is sent."""
        return origin_of(self.sign_in_at) or ""

    @property
    def shown(self) -> str:
        """What people read."""
        return self.title or str(urlsplit(self.sign_in_at).hostname)


Way = OwnPassword | Sip2 | OpenId | Saml


def _read(written: Any) -> Any:
    """A bare name is a system by its own passwords."""
    if isinstance(written, str):
        return {"system": written, "by": "password"}
    return {"by": "password", **written} if isinstance(written, dict) else written


SignInWay = Annotated[
    Annotated[Way, Field(discriminator="by")], BeforeValidator(_read, json_schema_input_type=str | Way)
]


def origin_of(address: str) -> str | None:
    """Scheme, host and port of an address, as browsers compare them; None of what no browser is sent to.

    Args:
        address: with https; http only at this machine.
    """
    place = _address(address, plain=False)
    if place is None:
        return None
    host = f"[{place.hostname}]" if ":" in str(place.hostname) else str(place.hostname)
    usual = place.port in {None, _PORTS[place.scheme]}
    return f"{place.scheme}://{host}" if usual else f"{place.scheme}://{host}:{place.port}"


def _from(base: Path, value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_from(base, one) for one in value)
    return base / value if isinstance(value, Path) else value


def _address(said: str, *, plain: bool = True) -> SplitResult | None:
    try:
        place = urlsplit(said)
        fit = bool(place.hostname) and place.port != 0 and said.isascii() and said.isprintable()
    except ValueError:
        return None
    if not fit or " " in said or "\\" in said or place.username is not None or place.password is not None:
        return None
    if any(sign in str(place.hostname) for sign in "'\";,*"):  # it stands in a header
        return None
    if place.scheme not in _PORTS or (place.scheme == "http" and not _here(str(place.hostname))):
        return None
    return None if place.fragment or (plain and place.query) else place


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
