"""Whether an ID token is what its provider signed, for this client, for this visit, now.

Source: OpenID Connect Core 1.0, 3.1.3.7; RFC 7515; RFC 8725.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    PublicKey = RSAKey | ECKey | OKPKey

# Signatures that only the provider's private key makes. With a shared secret, or none, anybody could.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC"}
_MOST_KEYS, _FEWEST_BITS = 64, 2048
LEEWAY: Final = timedelta(minutes=2)  # clocks differ
_OLDEST = timedelta(minutes=10)
_LONGEST_SUBJECT = 255


class UnprovenError(ValueError):
    """It proves nothing. It says why, and repeats nothing of it."""


class UnknownKeyError(UnprovenError):
    """It is signed with a key that is not among those that are known."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say.

    Attributes:
        issuer, client: as declared.
        nonce: of this visit.
        at: now, an aware time.
    """

    issuer: str
    client: str
    nonce: str
    at: datetime


def keys_of(document: Mapping[str, Any]) -> tuple[PublicKey, ...]:
    """The keys of a JWK Set that may verify a signature; the others are passed over, as RFC 7517 (5) has it."""
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, RSAKey

    listed = document.get("keys")
    found: list[PublicKey] = []
    for one in listed[:_MOST_KEYS] if isinstance(listed, list) else []:
        if not isinstance(one, dict) or one.get("use", "sig") != "sig" or "d" in one or "k" in one:
            continue
        try:
            if one.get("kty") == "RSA":
                key = RSAKey.import_key(one)
                if key.public_key.key_size >= _FEWEST_BITS:
                    found.append(key)
            elif one.get("kty") == "EC":
                found.append(ECKey.import_key(one))
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
    return tuple(found)


def verified(text: str, keys: Sequence[PublicKey], expected: Expected) -> dict[str, Any]:
    """The claims of a token.

    Args:
        text: as the provider's token endpoint gave it.
        keys: of the provider.
        expected: of it.

    Raises:
        UnknownKeyError: it names a key that is not among them.
        UnprovenError: for whatever other reason it proves nothing.
    """
    claims = _signed(text, keys)
    _addressed(claims, expected)
    _timely(claims, expected.at)
    nonce, subject = claims.get("nonce"), claims.get("sub")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise UnprovenError("a token of another visit")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise UnprovenError("a token of nobody")
    return claims


def _signed(text: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jws import JWSRegistry

    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        head = jws.extract_compact(text.encode(), registry=registry).headers()
        algorithm, kind = head.get("alg"), head.get("typ", "JWT")
        if algorithm not in ALGORITHMS or not isinstance(kind, str) or kind.upper() != "JWT":
            raise UnprovenError("a token of another kind, or with a signature that anybody could make")
        key = _key(keys, str(algorithm), head.get("kid"))
        payload = jws.deserialize_compact(text, key, algorithms=ALGORITHMS, registry=registry).payload
        claims = json.loads(payload or b"")
    except (JoseError, ValueError, TypeError, RecursionError) as wrong:
        if isinstance(wrong, UnprovenError):
            raise
        raise UnprovenError("a token whose signature is not right") from None
    if not isinstance(claims, dict):
        raise UnprovenError("a token that says nothing")
    return claims


def _key(keys: Sequence[PublicKey], algorithm: str, name: object) -> PublicKey:
    fit = [one for one in keys if one.key_type == _KINDS[algorithm[:2]] and one.get("alg") in {None, algorithm}]
    if name is not None:
        fit = [one for one in fit if one.get("kid") == name]
    if len(fit) != 1:  # without a name there may be no choice
        raise UnknownKeyError("a token that is signed with an unknown key")
    return fit[0]


def _addressed(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise UnprovenError("a token of another issuer")
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or expected.client not in named:
        raise UnprovenError("a token for another client")
    if claims.get("azp", expected.client if len(named) == 1 else None) != expected.client:
        raise UnprovenError("a token that another client asked for")


def _timely(claims: Mapping[str, Any], at: datetime) -> None:
    now, leeway = at.timestamp(), LEEWAY.total_seconds()
    ends, began, before = (_number(claims.get(name)) for name in ("exp", "iat", "nbf"))
    if ends is None or began is None or now >= ends + leeway:
        raise UnprovenError("a token that has expired")
    if not began - leeway <= now <= began + _OLDEST.total_seconds() + leeway or (before or 0) > now + leeway:
        raise UnprovenError("a token of another time; compare the clocks")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
