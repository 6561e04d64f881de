"""Files that a passphrase opens: age v1 with one scrypt stanza, written as a stream so that nothing waits in the clear.

Any age tool opens them (``age -d``). Only the format is ours; every cipher and every hash is the library's.
"""

from __future__ import annotations

import base64
import hmac
import io
from collections.abc import Callable
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

# Source: age-encryption.org/v1 (C2SP age.md).
INTRO = b"age-encryption.org/v1\n"
_LABEL = b"age-encryption.org/v1/scrypt"
CHUNK = 64 * 1024
WORK_FACTOR = 18  # log2 of scrypt's N: what age itself writes; some 256 MB for a second
_FILE_KEY, _SALT, _NONCE, _COUNTER = 16, 16, 16, 11

Random = Callable[[int], bytes]


class AgeWriter(io.RawIOBase):
    """Encrypts whatever is written to it; `close` writes the last chunk, without which no tool opens the file.

    Args:
        target: takes the encrypted bytes, one after the other.
        passphrase: that opens it.
        random: gives unguessable bytes.
        work_factor: log2 of scrypt's N.
    """

    def __init__(self, target: BinaryIO, passphrase: bytes, random: Random, *, work_factor: int = WORK_FACTOR) -> None:
        super().__init__()
        self._target, self._waiting, self._number, self._done = target, bytearray(), 0, False
        file_key, salt, nonce = random(_FILE_KEY), random(_SALT), random(_NONCE)
        wrapping = Scrypt(_LABEL + salt, 32, 2**work_factor, 8, 1).derive(passphrase)
        body = _base64(ChaCha20Poly1305(wrapping).encrypt(bytes(12), file_key, None))
        head = INTRO + b"-> scrypt " + _base64(salt) + b" %d\n" % work_factor + body + b"\n---"
        mac = hmac.digest(_derived(file_key, b"", b"header"), head, "sha256")
        target.write(head + b" " + _base64(mac) + b"\n" + nonce)
        self._cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))

    def writable(self) -> bool:
        """It is written to."""
        return True

    def write(self, data: object) -> int:
        """Take bytes; whole chunks go out encrypted."""
        piece = bytes(data)  # type: ignore[call-overload]  # any buffer
        self._waiting += piece
        while len(self._waiting) > CHUNK:  # the last chunk is marked, and nobody knows yet whether this is the last
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(piece)

    def close(self) -> None:
        """Write the last chunk; the target stays open."""
        if not self._done:
            self._done = True
            self._put(bytes(self._waiting), last=True)
            self._waiting.clear()
        super().close()

    def abandon(self) -> None:
        """Close without a last chunk: what was written opens with no tool."""
        self._done = True
        self._waiting.clear()
        self.close()

    def _put(self, piece: bytes, *, last: bool) -> None:
        nonce = self._number.to_bytes(_COUNTER, "big") + (b"\x01" if last else b"\x00")
        self._number += 1
        self._target.write(self._cipher.encrypt(nonce, piece, None))


def opened(content: bytes, passphrase: bytes) -> bytes:
    """What a file of one scrypt stanza holds; for the library's own look at what it wrote.

    Raises:
        ValueError: it is no such file, or another passphrase opens it, or it was cut or changed.
    """
    try:
        head, _, payload = content.partition(b"\n--- ")
        intro, stanza, body = head.split(b"\n", 2)
        _, kind, salt, factor = stanza.split(b" ")
        mac, _, payload = payload.partition(b"\n")
        wrapping = Scrypt(_LABEL + _plain(salt), 32, 2 ** int(factor), 8, 1).derive(passphrase)
        file_key = ChaCha20Poly1305(wrapping).decrypt(bytes(12), _plain(body), None)
        expected = hmac.digest(_derived(file_key, b"", b"header"), head + b"\n---", "sha256")
        whole = (intro + b"\n", kind) == (INTRO, b"scrypt") and hmac.compare_digest(_plain(mac), expected)
        nonce, payload = payload[:_NONCE], payload[_NONCE:]
        cipher, size = ChaCha20Poly1305(_derived(file_key, nonce, b"payload")), CHUNK + 16
        pieces = [payload[start : start + size] for start in range(0, len(payload), size)] or [b""]
        plain = b"".join(
            cipher.decrypt(n.to_bytes(_COUNTER, "big") + bytes([n == len(pieces) - 1]), piece, None)
            for n, piece in enumerate(pieces)
        )
    except Exception as wrong:
        raise ValueError("it does not open") from wrong
    if not whole:
        raise ValueError("its head was changed")
    return plain


def _derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def _base64(value: bytes) -> bytes:
    return base64.b64encode(value).rstrip(b"=")


def _plain(text: bytes) -> bytes:
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
