"""The undo capsule: before-images that only two people together can open, and only until the capsule is shredded.

Each capsule has a data key of its own. It is wrapped to an offline public key (HPKE) whose private half exists only as
two shares, one per person; either share alone is random bytes. Shredding the wrapped key makes every row unreadable,
also in backups of the rows. A record counts as disposed only then (DESIGN 5).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from carrel.errors import CarrelError, fault
from carrel.ledger.text_form import strict_base64
from carrel.retention import faults

KEY_BYTES = 32
NONCE_BYTES = 12
PAD_TO = 4_096
SHARE = "carrel-undo-share-1"
_CHECK_BYTES = 4

Row = Mapping[str, object]


def _suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)  # RFC 9180, 7.1 to 7.3


def public_of(private: bytes) -> bytes:
    """The public half of an offline key, 32 bytes each."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def split(private: bytes, random_bytes_32: bytes) -> tuple[str, str]:
    """The two shares of an offline private key, as lines of text for two people.

    Args:
        private: 32 bytes.
        random_bytes_32: drawn from the operating system, used for nothing else.

    Guarantees:
        ``join(*split(p, r)) == p``; each share alone is independent of the key.
    """
    other = bytes(one ^ two for one, two in zip(private, random_bytes_32, strict=True))
    identity = sha256(public_of(private)).hexdigest()[:8]
    return _share_text(identity, random_bytes_32), _share_text(identity, other)


def join(share_a: str, share_b: str) -> bytes:
    """The offline private key of two shares, in either order.

    Raises:
        CarrelError: UND-001 when one is mistyped, or they are not the two shares of one key; its text quotes neither.
    """
    (name_a, body_a), (name_b, body_b) = _share(share_a), _share(share_b)
    private = bytes(one ^ two for one, two in zip(body_a, body_b, strict=True))
    if name_a != name_b or sha256(public_of(private)).hexdigest()[:8] != name_a:
        raise _no_share("the two shares of one key", "shares of different keys, or one share twice")
    return private


def wrap(data_key: bytes, public: bytes, capsule: str) -> bytes:
    """A capsule's data key, sealed to the offline public key.

    The ephemeral key is drawn inside the library, as RFC 9180 has it; everything else here is a function of its
    arguments.
    """
    return _suite().encrypt(data_key, X25519PublicKey.from_public_bytes(public), info=_info(capsule))


def unwrap(wrapped: bytes, private: bytes, capsule: str) -> bytes:
    """The data key of a capsule.

    Raises:
        CarrelError: UND-002.
    """
    try:
        return _suite().decrypt(wrapped, X25519PrivateKey.from_private_bytes(private), info=_info(capsule))
    except (InvalidTag, ValueError):
        raise _closed() from None


def seal_chunk(data_key: bytes, rows: Sequence[Row], nonce: bytes, *, capsule: str, number: int) -> bytes:
    """One chunk of before-images, sealed and padded so that its length tells little of its rows.

    Args:
        data_key: 32 bytes, of this capsule only.
        rows: column to value, as the database gave them.
        nonce: 12 random bytes.
        capsule: its name; a chunk opens in no other.
        number: place of the chunk in the capsule; a chunk opens in no other place.
    """
    text = json.dumps([{name: _tagged(value) for name, value in row.items()} for row in rows]).encode()
    padded = text + b" " * (-len(text) % PAD_TO)
    return nonce + AESGCM(data_key).encrypt(nonce, padded, _info(capsule) + number.to_bytes(8, "big"))


def open_chunk(data_key: bytes, blob: bytes, *, capsule: str, number: int) -> list[dict[str, object]]:
    """The rows of one chunk.

    Raises:
        CarrelError: UND-002 when key, capsule, place or any byte is another.

    Guarantees:
        ``open_chunk(k, seal_chunk(k, rows, n, …), …) == rows``, types included.
    """
    try:
        bound_to = _info(capsule) + number.to_bytes(8, "big")
        text = AESGCM(data_key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise _closed() from None
    return [{name: _value(*tagged) for name, tagged in row.items()} for row in json.loads(text)]


def _tagged(value: object) -> tuple[str, Any]:
    match value:
        case None | bool() | int() | float() | str():
            return "", value
        case bytes():
            return "bytes", base64.b64encode(value).decode("ascii")
        case datetime() | date() | time():
            return type(value).__name__, value.isoformat()
        case timedelta():
            return "timedelta", [value.days, value.seconds, value.microseconds]
        case Decimal():
            return "Decimal", str(value)
        case _:
            raise TypeError(f"a column holds a {type(value).__name__}, which a capsule cannot hold")


_READ: dict[str, Callable[[Any], object]] = {
    "": lambda said: said,
    "bytes": base64.b64decode,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda said: timedelta(*said),
    "Decimal": Decimal,
}


def _value(tag: str, said: Any) -> object:
    return _READ[tag](said)


def _share_text(identity: str, body: bytes) -> str:
    check = sha256(identity.encode() + body).digest()[:_CHECK_BYTES]
    return f"{SHARE}:{identity}:{base64.b64encode(body + check).decode('ascii')}"


def _share(text: str) -> tuple[str, bytes]:
    kind, _, rest = text.strip().partition(":")
    identity, _, encoded = rest.partition(":")
    raw = strict_base64(encoded)
    if kind != SHARE or raw is None or len(raw) != KEY_BYTES + _CHECK_BYTES:
        raise _no_share("the whole line of a share", "something else")
    body, check = raw[:KEY_BYTES], raw[KEY_BYTES:]
    if sha256(identity.encode() + body).digest()[:_CHECK_BYTES] != check:
        raise _no_share("the line as it was written down", "a line with a slip in it")
    return identity, body


def _info(capsule: str) -> bytes:
    return b"carrel undo 1 " + capsule.encode()


def _no_share(wanted: str, found: str) -> CarrelError:
    return fault(faults.SHARE_FORM, wanted=wanted, found=found, fix="ask both people for their line again")


def _closed() -> CarrelError:
    return fault(
        faults.CAPSULE_OPEN,
        wanted="the capsule and the key that belong together, unchanged",
        found="something that does not open",
        fix="check that both shares are of this capsule's key",
    )
