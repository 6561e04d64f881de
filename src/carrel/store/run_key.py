"""The key of one run: what seals the resume position, which names a loan and its reader, and goes when the run ends."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carrel.retention.ports import Position

_NONCE = 12


class RunKey:
    """A file beside the store, of mode 0600, outside the database and so outside its log and its backups."""

    def __init__(self, folder: Path, run: str) -> None:
        self._path = folder / "runs" / f"{run}.key"
        self._run = run.encode()

    def create(self) -> None:
        """Draw the key and write it down before anything is sealed with it."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            os.write(handle, AESGCM.generate_key(bit_length=256))
            os.fsync(handle)
        finally:
            os.close(handle)

    def seal(self, position: Position) -> bytes:
        """The position, readable to nobody without the key."""
        text = json.dumps([position.path, position.person, position.loan]).encode()
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._path.read_bytes()).encrypt(nonce, text, self._run)

    def open(self, sealed: bytes) -> Position | None:
        """The position; None when the key is gone or does not fit: the walk begins anew, and repeats are no-ops."""
        try:
            text = AESGCM(self._path.read_bytes()).decrypt(sealed[:_NONCE], sealed[_NONCE:], self._run)
        except (OSError, ValueError, InvalidTag):
            return None
        path, person, loan = json.loads(text)
        return Position(path, person, loan)

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
