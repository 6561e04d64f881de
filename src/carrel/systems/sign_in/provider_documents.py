"""What an OpenID provider says of itself, and the way to it: its documents, its keys, its answers.

Source: OpenID Connect Discovery 1.0; RFC 8414, 7517.
"""

from __future__ import annotations

import http.client
import os
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from carrel.errors import CarrelError, fault
from carrel.inventory.sign_in_way import OpenId, origin_of
from carrel.systems.sign_in import faults, id_token, web_document
from carrel.systems.trusted_certificates import trusting

if TYPE_CHECKING:
    from carrel.systems.sign_in.id_token import PublicKey

_KNOWN = timedelta(minutes=10)  # how long documents and keys of a provider are taken for the newest
_AGAIN = timedelta(seconds=5)  # after which one that was away is asked once more: whoever waits would wait in a row
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Known:
    """What a provider says of itself.

    Attributes:
        document: with its addresses; those that are asked were looked at.
        keys: that its signatures may be made with.
        since: when it was read.
    """

    document: Mapping[str, Any]
    keys: tuple[PublicKey, ...]
    since: datetime


class ProviderDocuments:
    """The documents of one provider, read when they are needed.

    Args:
        way: of the site file.
        now: the clock.
    """

    def __init__(self, way: OpenId, now: Callable[[], datetime]) -> None:
        self._way, self._now = way, now
        self.seen: Known | None = None
        self._failed: tuple[datetime, CarrelError] | None = None
        self._asking = threading.Lock()

    def known(self, *, anew: bool = False) -> Known:
        """What it says of itself.

        Args:
            anew: ask it, however lately that was done.

        Raises:
            CarrelError: SGN-004, SGN-005.
        """
        with self._asking:
            known, now = self.seen, self._now()
            if not anew and known is not None and timedelta(0) <= now - known.since < _KNOWN:
                return known
            if self._failed is not None and timedelta(0) <= now - self._failed[0] < _AGAIN:
                raise self._failed[1]
            try:
                self.seen = self._read(now)
            except CarrelError as wrong:
                self._failed = now, wrong
                raise
            self._failed = None
            return self.seen

    def _read(self, now: datetime) -> Known:
        document = self._described()
        status, keys = self.ask(str(document["jwks_uri"]))
        if status != HTTPStatus.OK:
            raise self.strange("no keys", "look at what the provider publishes at 'jwks_uri'")
        return Known(document, id_token.keys_of(keys), now)

    def _described(self) -> dict[str, Any]:
        status, document = self.ask(f"{self._way.issuer.rstrip('/')}/.well-known/openid-configuration")
        if status != HTTPStatus.OK:
            raise self.strange("no description of itself", "compare 'issuer' in the site file with the provider")
        if document.get("issuer") != self._way.issuer:
            raise self.strange("another issuer", "write 'issuer:' sign by sign as the provider writes it")
        scheme = urlsplit(self._way.issuer).scheme
        for name in (*_ENDPOINTS, "userinfo_endpoint"):
            address = document.get(name)
            if address is None and name not in _ENDPOINTS:
                continue
            if not isinstance(address, str) or origin_of(address) is None or urlsplit(address).scheme != scheme:
                raise self.strange(f"no address that could be used at '{name}'", "look at the provider's settings")
        if origin_of(str(document["authorization_endpoint"])) != self._way.origin:
            raise self.strange(
                "pages for signing in on another host than the issuer's",
                "if it is the provider's own, write it at 'pages:' in the site file",
            )
        methods = document.get("code_challenge_methods_supported")
        if isinstance(methods, list) and "S256" not in methods:
            raise self.strange("a provider without PKCE by S256", "have the provider allow it")
        return document

    def ask(
        self, address: str, *, form: Mapping[str, str] | None = None, head: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and content of an answer.

        Args:
            address: of the provider's.
            form: that is sent, if any.
            head: further headers.

        Raises:
            CarrelError: SGN-004, it is away or says that it is; SGN-005, it is no JSON.
        """
        context = trusting(self._way.ca_file, faults.NO_PROVIDER, f"sign_in {self._way.key}")
        try:
            status, found = web_document.asked(address, context, form=form, head=head)
        except web_document.ShapeError:
            raise self.strange("no object of JSON", "compare 'issuer' in the site file with the provider") from None
        except (OSError, http.client.HTTPException) as wrong:
            raise self._away(_plainly(wrong)) from None
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise self._away(f"status {status}")
        return status, found

    def strange(self, found: str, fix: str) -> CarrelError:
        """An answer that is none that could be used."""
        return fault(faults.NO_OPENID, at=f"sign_in {self._way.key}", found=found, fix=fix)

    def _away(self, found: str) -> CarrelError:
        fix = "compare 'issuer' and 'ca_file' in the site file; try again later"
        return fault(faults.NO_PROVIDER, at=f"sign_in {self._way.key}", found=found, fix=fix)


def _plainly(wrong: OSError | http.client.HTTPException) -> str:
    if isinstance(wrong, TimeoutError):
        return "no answer in time"
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return "a certificate that is not trusted here"
    if isinstance(wrong, ssl.SSLError):
        return "something else than TLS"
    number = wrong.errno if isinstance(wrong, OSError) else None
    return os.strerror(number) if number and number > 0 else "a connection that failed"
