"""A key that seals a text for as long as something lasts, and goes when that ends."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_BYTES = 32


class SealingKey:
    """A file beside the store, of mode 0600, outside the database and so outside its log and its backups.

    Args:
        path: of the file.
        of: what it belongs to; nothing that was sealed for another opens with it.
    """

    def __init__(self, path: Path, of: str) -> None:
        self._path, self._of = path, of.encode()

    def create(self) -> None:
        """Draw the key and write it down before anything is sealed with it."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            os.write(handle, AESGCM.generate_key(bit_length=256))
            os.fsync(handle)
        finally:
            os.close(handle)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # its name too, before anything that it seals is committed
        finally:
            os.close(folder)

    def there(self) -> tuple[bytes, str]:
        """The key; where it is gone or none, no bytes, and in words what is found instead."""
        try:
            key = self._path.read_bytes()
        except OSError:
            return b"", "no file"
        return (key, "") if len(key) == _BYTES else (b"", "something else")

    def exists(self) -> bool:
        """Whether it was drawn and not shredded yet."""
        return self._path.exists()

    def ensure(self) -> None:
        """`create`, where it is not there yet; of processes of one host that race, one draws it for all."""
        if self._path.exists():
            return
        other = SealingKey(self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}"), "")
        other.create()
        try:
            with suppress(FileExistsError):
                os.link(other._path, self._path)
        finally:
            other._path.unlink()

    def seal_text(self, text: str) -> bytes:
        """The text, readable to nobody without the key.

        Raises:
            OSError: the key is not there.
        """
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._path.read_bytes()).encrypt(nonce, text.encode(), self._of)

    def open_text(self, sealed: bytes) -> str | None:
        """The text; None when the key is gone or does not fit."""
        try:
            return AESGCM(self._bytes()).decrypt(sealed[:_NONCE], sealed[_NONCE:], self._of).decode()
        except (OSError, ValueError, InvalidTag):
            return None

    def _bytes(self) -> bytes:
        """The key as it is on the disk now, with no more than that takes: a page can open many texts."""
        handle = os.open(self._path, os.O_RDONLY)
        try:
            return os.read(handle, _BYTES + 1)
        finally:
            os.close(handle)

    def shred(self) -> None:
        """Overwrite the key and delete it; nothing happens when it is gone already."""
        try:
            handle = os.open(self._path, os.O_WRONLY)
        except FileNotFoundError:
            return
        try:
            os.write(handle, secrets.token_bytes(32))
            os.fsync(handle)
        finally:
            os.close(handle)
        self._path.unlink(missing_ok=True)
