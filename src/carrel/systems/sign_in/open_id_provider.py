"""An OpenID provider: where a browser is sent, and what is to be believed when it comes back.

It knows nothing of patrons: what a claim means is for whoever asks. Nothing of a visit is kept here.

Source: OpenID Connect Core 1.0 and Discovery 1.0; RFC 6749, 7636 (PKCE), 9207 (issuer in the answer), 9700.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from carrel.errors import CarrelError, fault
from carrel.inventory.sign_in_way import OpenId, origin_of
from carrel.systems.secret import Secret, from_environment, from_file
from carrel.systems.sign_in import faults, id_token
from carrel.systems.sign_in.id_token import Expected, UnknownKeyError, UnprovenError
from carrel.systems.sign_in.provider_documents import Known, ProviderDocuments

_DRAWN = 32  # bytes of state, nonce and verifier
_LONGEST = 4096  # signs of a code


@dataclass(frozen=True, slots=True, repr=False)
class Departure:
    """What a browser was sent away with, and must come back with.

    Attributes:
        state, nonce, verifier: drawn for this visit; each proves something else when it ends.
    """

    state: str
    nonce: str
    verifier: str

    def as_dict(self) -> dict[str, str]:
        """For whoever keeps it meanwhile."""
        return {"state": self.state, "nonce": self.nonce, "verifier": self.verifier}


class OpenIdProvider:
    """The provider of one way to sign in.

    Args:
        way: of the site file.
        back: the address to which browsers come back; registered with the provider, and with no other.
        environment: for the secret.
        now: the clock.

    Raises:
        CarrelError: SGN-007, the extra is not installed.
    """

    def __init__(self, way: OpenId, back: str, environment: Mapping[str, str], now: Callable[[], datetime]) -> None:
        if find_spec("joserfc") is None:
            raise fault(
                faults.NO_EXTRA,
                at=f"sign_in {way.key}",
                wanted="the package that checks signatures of providers",
                fix="pip install 'carrel[oidc]'",
            )
        self.way, self._back, self._environment, self._now = way, back, environment, now
        self._documents = ProviderDocuments(way, now)

    def depart(self, language: str) -> tuple[str, Departure]:
        """Where to send a browser, and with what.

        Args:
            language: in which the provider is asked to speak.

        Raises:
            CarrelError: SGN-004, SGN-005.
        """
        with_it = Departure(*(secrets.token_urlsafe(_DRAWN) for _ in range(3)))
        digest = hashlib.sha256(with_it.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.way.client,
            "redirect_uri": self._back,
            "scope": " ".join(dict.fromkeys(("openid", *self.way.scopes))),
            "state": with_it.state,
            "nonce": with_it.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
        place = str(self._documents.known().document["authorization_endpoint"])
        return place + ("&" if urlsplit(place).query else "?") + urlencode(query), with_it

    def arrive(self, departure: Departure, told: Mapping[str, str]) -> dict[str, Any]:
        """What the provider says of whoever came back.

        Args:
            departure: with which this very browser was sent away, used for the first time.
            told: the parameters it came back with, each once.

        Raises:
            CarrelError: SGN-004, SGN-005; SGN-006, whatever came back proves nobody. SIT-004, SIT-005.

        Guarantees:
            The code is asked of the provider that was declared and of no other, whatever came back. The claims are
            those of a token that this provider signed for this client and this visit, or told over its own way of the
            same subject.
        """
        known = self._documents.known()
        if not hmac.compare_digest(told.get("state", "").encode(), departure.state.encode()):
            raise self._unproven("a visit that did not begin here")
        named = known.document.get("authorization_response_iss_parameter_supported") is True
        if told.get("iss", None if named else self.way.issuer) != self.way.issuer:
            raise self._unproven("an answer of another issuer")
        code = told.get("code", "")
        if "error" in told or not 0 < len(code) <= _LONGEST:
            raise self._unproven("a no of the provider's")
        answer = self._exchanged(known, code, departure.verifier)
        claims = self._verified(answer.get("id_token"), departure.nonce)
        if self.way.claim in claims or not isinstance(known.document.get("userinfo_endpoint"), str):
            return claims
        return {**self._userinfo(known, answer.get("access_token"), claims), **claims}

    def farewell(self) -> str:
        """Where somebody can sign out of the provider as well; empty where it is not known to have such a page."""
        page = self._documents.seen.document.get("end_session_endpoint") if self._documents.seen is not None else None
        if not isinstance(page, str) or origin_of(page) != self.way.origin:
            return ""
        return page + ("&" if urlsplit(page).query else "?") + urlencode({"client_id": self.way.client})

    def look(self) -> None:
        """Ask for its documents and its keys.

        Raises:
            CarrelError: SGN-004, SGN-005.
        """
        self._documents.known(anew=True)

    def _exchanged(self, known: Known, code: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "client_id": self.way.client,
            "code_verifier": verifier,
        }
        head: dict[str, str] = {}
        if (secret := self._secret()) is not None:
            methods = known.document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            if "client_secret_basic" in methods or "client_secret_post" not in methods:
                pair = f"{quote(self.way.client, safe='')}:{quote(secret.reveal(), safe='')}"
                head["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
            else:
                form["client_secret"] = secret.reveal()
        status, answer = self._documents.ask(str(known.document["token_endpoint"]), form=form, head=head)
        if status == HTTPStatus.UNAUTHORIZED or answer.get("error") in {"invalid_client", "unauthorized_client"}:
            raise self._documents.strange(
                "a no to this client and its secret", "compare both with the provider's register"
            )
        if status != HTTPStatus.OK:
            raise self._unproven("a code that the provider does not take")
        return answer

    def _verified(self, token: object, nonce: str) -> dict[str, Any]:
        if not isinstance(token, str):
            raise self._documents.strange("no ID token", "have the provider speak OpenID Connect to this client")
        expected = Expected(self.way.issuer, self.way.client, nonce, self._now())
        try:
            try:
                return id_token.verified(token, self._documents.known().keys, expected)
            except UnknownKeyError:  # the provider has changed its keys since
                return id_token.verified(token, self._documents.known(anew=True).keys, expected)
        except UnprovenError as wrong:
            raise self._unproven(str(wrong)) from None

    def _userinfo(self, known: Known, token: object, claims: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            return {}
        head = {"Authorization": f"Bearer {token}"}
        status, found = self._documents.ask(str(known.document["userinfo_endpoint"]), head=head)
        if status != HTTPStatus.OK:
            raise self._documents.strange(
                "no answer about whoever signed in", "have the provider give the claim to this client"
            )
        if found.get("sub") != claims["sub"]:
            raise self._unproven("an answer about somebody else")
        return found

    def _secret(self) -> Secret | None:
        file, variable = self.way.secrets
        if file is not None:
            return from_file(file)
        return from_environment(variable, self._environment) if variable else None

    def _unproven(self, found: str) -> CarrelError:
        fix = "begin again on the page for signing in"
        return fault(faults.UNPROVEN, at=f"sign_in {self.way.key}", found=found, fix=fix)
