"""Addresses encrypted as whole blocks, many in one call: ipcrypt's deterministic, nd and ndx.

Each of them is undone with its key, so what comes out is a pseudonym and stays personal data until the key is gone.

Source: draft-denis-ipcrypt; MITL-7.1, "log addresses are removed or encrypted".
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from carrel.deidentification.logs import faults
from carrel.deidentification.logs.ip_address import BYTES
from carrel.deidentification.logs.tweaked_aes import encrypt_tweaked
from carrel.errors import fault

ND_TWEAK, NDX_TWEAK = 8, 16


def deterministic(key: bytes, addresses: Sequence[bytes]) -> list[bytes]:
    """One address always becomes the same other one.

    Args:
        key: 16 bytes.
        addresses: of 16 bytes each.

    Raises:
        CarrelError: LOG-004, the key has another length.
    """
    require_key(key, 16)
    return blocks(ecb(key, b"".join(addresses)))


def nd(key: bytes, tweaks: Sequence[bytes], addresses: Sequence[bytes]) -> list[bytes]:
    """Tweak and ciphertext, 24 bytes: one address becomes another text each time.

    Args:
        key: 16 bytes.
        tweaks: one of 8 random bytes for each address.
        addresses: of 16 bytes each.

    Raises:
        CarrelError: LOG-004.
    """
    require_key(key, 16)
    sealed = blocks(encrypt_tweaked(key, b"".join(tweaks), b"".join(addresses)))
    return [tweak + one for tweak, one in zip(tweaks, sealed, strict=True)]


def ndx(key: bytes, tweaks: Sequence[bytes], addresses: Sequence[bytes]) -> list[bytes]:
    """Tweak and ciphertext, 32 bytes, by AES-XTS of one block; the tweak is long enough not to come twice.

    Args:
        key: 32 bytes: for the block, then for the tweak.
        tweaks: one of 16 random bytes for each address.
        addresses: of 16 bytes each.

    Raises:
        CarrelError: LOG-004, the key has another length, or its halves are equal.
    """
    require_key(key, 32)
    masks = ecb(key[16:], b"".join(tweaks))
    inner = xor(b"".join(addresses), masks)
    sealed = blocks(xor(ecb(key[:16], inner), masks))
    return [tweak + one for tweak, one in zip(tweaks, sealed, strict=True)]


def require_key(key: bytes, length: int) -> None:
    """Refuse a key of another length, or one whose two halves are one key.

    Raises:
        CarrelError: LOG-004.
    """
    if len(key) != length:
        raise fault(
            faults.ADDRESS_KEY, wanted=f"{length} bytes", found=f"{len(key)} bytes", fix="draw a key of that length"
        )
    if length == 2 * BYTES and key[:BYTES] == key[BYTES:]:
        raise fault(
            faults.ADDRESS_KEY,
            wanted="two different halves",
            found="one half twice",
            because="the two steps would undo each other",
            fix="draw another key",
        )


def ecb(key: bytes, data: bytes) -> bytes:
    """AES of each block by itself, in one call: what the published schemes are made of, never a mode for texts."""
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(data)  # noqa: S305  (single blocks)


def xor(one: bytes, other: bytes) -> bytes:
    """Two texts of one length, bit by bit."""
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


def blocks(data: bytes) -> list[bytes]:
    """A text in pieces of sixteen bytes."""
    return [data[at : at + BYTES] for at in range(0, len(data), BYTES)]
