"""Passkeys: what a browser is asked to do with one, and whether what comes back is right.

They are the extra ``carrel[passkeys]``: without it the pages offer none, and staff sign in with a password and a code.

A challenge is not kept. It tells by itself until when it counts and for whom, under the pages' key, and counts once.
"""

from __future__ import annotations

import hmac
import importlib.util
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from carrel.inventory.portal import Portal
from carrel.store.staff_passkeys import Passkey

LASTS = timedelta(minutes=10)
_NONCE, _TIME, _MAC = 16, 8, 32
_LARGEST = 32 * 1024  # signs of an answer of a browser


@dataclass(frozen=True, slots=True)
class Added:
    """A passkey that a device has just made."""

    credential: bytes
    public_key: bytes
    uses: int


def offered(portal: Portal) -> bool:
    """Whether passkeys can be used: the library is installed, and the pages have a name and not a bare number."""
    host = urlsplit(portal.address).hostname or ""
    return importlib.util.find_spec("webauthn") is not None and not host.replace(".", "").isdigit() and ":" not in host


def challenge(key: bytes, purpose: str, now: datetime) -> bytes:
    """A challenge that counts for a while.

    Args:
        key: of the pages.
        purpose: for what, and in which session.
        now: an aware time.
    """
    said = secrets.token_bytes(_NONCE) + int((now + LASTS).timestamp()).to_bytes(_TIME, "big")
    return said + _mac(key, purpose, said)


def is_ours(key: bytes, purpose: str, sent: bytes, now: datetime) -> bool:
    """Whether a challenge was made here for this, and not too long ago."""
    said, mac = sent[: _NONCE + _TIME], sent[_NONCE + _TIME :]
    right = hmac.compare_digest(mac, _mac(key, purpose, said))
    ends = int.from_bytes(said[_NONCE:], "big")
    return right and now.timestamp() < ends <= (now + LASTS).timestamp() + 1


def asked_to_show(portal: Portal, made: bytes) -> str:
    """What a browser is asked when somebody signs in, as JSON."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    return options_to_json(
        generate_authentication_options(
            rp_id=_party(portal), challenge=made, user_verification=UserVerificationRequirement.REQUIRED
        )
    )


def asked_to_make(portal: Portal, library: str, name: str, known: Sequence[Passkey], made: bytes) -> str:
    """What a browser is asked when somebody adds a passkey, as JSON."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import structs

    return options_to_json(
        generate_registration_options(
            rp_id=_party(portal), rp_name=library, user_name=name, challenge=made,
            user_id=hmac.digest(b"carrel staff", name.encode(), "sha256"),
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one.credential) for one in known],
        )
    )  # fmt: skip


def credential_in(sent: str) -> tuple[bytes, bytes] | None:
    """The credential that an answer names, and the challenge that it answers; None of what is no answer."""
    from webauthn import base64url_to_bytes

    if len(sent) > _LARGEST:
        return None
    try:
        told = json.loads(sent)
        seen = json.loads(base64url_to_bytes(told["response"]["clientDataJSON"]))
        return base64url_to_bytes(told["id"]), base64url_to_bytes(seen["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def shown(portal: Portal, sent: str, known: Passkey, made: bytes) -> int | None:
    """How often the device has used the passkey; None of an answer that is wrong.

    Args:
        portal: whose pages.
        sent: the browser's answer, as JSON.
        known: the passkey that it names.
        made: the challenge.

    Source:
        Web Authentication Level 3, section 7.2. The person has to be verified by the device: a passkey stands for
        two factors here.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return verify_authentication_response(
            credential=sent, expected_challenge=made, expected_rp_id=_party(portal),
            expected_origin=portal.address, credential_public_key=known.public_key,
            credential_current_sign_count=known.uses, require_user_verification=True,
        ).new_sign_count  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        return None


def added(portal: Portal, sent: str, made: bytes) -> Added | None:
    """The passkey that a device made; None of an answer that is wrong."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = verify_registration_response(
            credential=sent, expected_challenge=made, expected_rp_id=_party(portal),
            expected_origin=portal.address, require_user_verification=True,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Added(found.credential_id, found.credential_public_key, found.sign_count)


def _party(portal: Portal) -> str:
    return urlsplit(portal.address).hostname or ""


def _mac(key: bytes, purpose: str, said: bytes) -> bytes:
    return hmac.digest(key, b"passkey\0" + purpose.encode() + b"\0" + said, "sha256")
