"""Documents of a case as files: encrypted as they are read, under the key of the case, and named by a number."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carrel.disclosure import faults
from carrel.errors import CarrelError, fault
from carrel.store.recorded_disclosures import FOLDER, disclosure_key

LARGEST = 64 * 1024 * 1024
CHUNK = 64 * 1024
_NONCE, _COUNTER, _TAG = 8, 4, 16


@dataclass(frozen=True, slots=True)
class Filed:
    """A document that was put in: its id, its length in bytes, and SHA-256 of it in hex."""

    id: str
    size: int
    digest: str


class DisclosureDocuments:
    """The documents of a site's cases.

    Args:
        folder: of the site.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._home = folder, folder / FOLDER

    def put(self, case: str, source: BinaryIO, largest: int = LARGEST) -> Filed:
        """Encrypt a document into a file of its own; chunk by chunk, so a large one takes no more memory.

        Raises:
            CarrelError: DSC-015; DSC-017; DSC-026, the disk is full or cannot be written. Nothing is left of it then.

        Guarantees:
            Every file is a whole number of chunks long: its length is told in the case, and nowhere else.
        """
        name = f"doc-{secrets.token_hex(8)}"
        cipher = self._cipher(case)
        part = self._path(name).with_suffix(".part")
        try:
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as target:
                filed = _encrypted(name, case, source, target, cipher, largest)
                target.flush()
                os.fsync(target.fileno())
            part.replace(self._path(name))
        except BaseException as wrong:
            with suppress(FileNotFoundError):
                part.unlink()
            if isinstance(wrong, OSError):
                raise fault(
                    faults.DOCUMENT_UNKEPT,
                    at=str(self._home),
                    wanted="room for the document, and a folder that takes it",
                    found=os.strerror(wrong.errno or 0),
                    fix="make room, or mend the folder, and file it again",
                ) from None
            raise
        return filed

    def read(self, case: str, filed: Filed) -> Iterator[bytes]:
        """The document, chunk by chunk; each is compared before it is given, and the whole at the end.

        Raises:
            CarrelError: DSC-016, it is gone, was changed, cut, or is another; DSC-017.
        """
        cipher, left, digest = self._cipher(case), filed.size, hashlib.sha256()
        try:
            with self._path(filed.id).open("rb") as source:
                nonce = source.read(_NONCE)
                for number, last in _numbers(filed.size):
                    sealed = source.read(CHUNK + _TAG)
                    plain = cipher.decrypt(_nonce(nonce, number), sealed, _bound(case, filed.id, last=last))
                    piece, left = plain[:left], left - min(left, CHUNK)
                    digest.update(piece)
                    yield piece
                if source.read(1):
                    raise _broken()
        except (OSError, InvalidTag):
            raise _broken() from None
        if digest.hexdigest() != filed.digest:
            raise _broken()

    def drop(self, name: str) -> None:
        """Forget a document that no case names."""
        self._path(name).unlink(missing_ok=True)

    def sweep(self, named: Collection[str], before: datetime) -> int:
        """Forget what a process left that was killed: pieces of a document, and whole ones that no case names.

        Args:
            named: ids of the documents that cases name; of every case, and read before.
            before: aware time; what was written to since is let be: it may be named in a moment.

        Returns:
            How many files went.
        """
        left = [
            one for one in self._home.glob("doc-*")
            if one.stem not in named and one.suffix in {".part", ".sealed"} and one.stat().st_mtime < before.timestamp()
        ]  # fmt: skip
        for one in left:
            one.unlink(missing_ok=True)
        return len(left)

    def _path(self, name: str) -> Path:
        return self._home / f"{name}.sealed"

    def _cipher(self, case: str) -> AESGCM:
        key, _ = disclosure_key(self._folder, case).there()
        if not key:
            raise fault(
                faults.NO_KEY, wanted="the key of the case", found="none",
                fix="put the file back into the folder `disclosures` from a copy of the site's folder",
            )  # fmt: skip
        return AESGCM(hashlib.sha256(key + b"documents").digest())


def _encrypted(name: str, case: str, source: BinaryIO, target: BinaryIO, cipher: AESGCM, largest: int) -> Filed:
    nonce, digest, size, number = secrets.token_bytes(_NONCE), hashlib.sha256(), 0, 0
    target.write(nonce)
    piece = _whole(source)
    while True:
        following = _whole(source) if len(piece) == CHUNK else b""
        size += len(piece)
        if size > largest:
            raise fault(
                faults.DOCUMENT_SIZE,
                wanted=f"at most {largest // (1024 * 1024)} MB",
                found="more",
                because="papers of a case are read by people",
                fix="file the paper itself, and keep what is larger where it is",
            )
        digest.update(piece)
        bound = _bound(case, name, last=not following)
        target.write(cipher.encrypt(_nonce(nonce, number), piece.ljust(CHUNK, b"\0"), bound))
        if not following:
            return Filed(name, size, digest.hexdigest())
        piece, number = following, number + 1


def _whole(source: BinaryIO) -> bytes:
    """A whole chunk, where there is one: a pipe gives less at a time."""
    found = b""
    while len(found) < CHUNK and (more := source.read(CHUNK - len(found))):
        found += more
    return found


def _numbers(size: int) -> Iterator[tuple[int, bool]]:
    count = max(1, -(-size // CHUNK))
    return ((number, number == count - 1) for number in range(count))


def _nonce(prefix: bytes, number: int) -> bytes:
    return prefix + number.to_bytes(_COUNTER, "big")


def _bound(case: str, name: str, *, last: bool) -> bytes:
    return f"{case} {name} {'last' if last else 'more'}".encode()


def _broken() -> CarrelError:
    return fault(
        faults.DOCUMENT_BROKEN,
        wanted="the document as it was put in",
        found="none, or one that was changed",
        fix="put the file back from a copy of the site's folder",
    )
