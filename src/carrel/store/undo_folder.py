"""Undo capsules as files: per run a folder with sealed chunks, the wrapped keys beside them, and an end.

A run that was resumed writes a second part with a key of its own, because the first key died with its process.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from carrel.errors import CarrelError, fault
from carrel.retention import faults, undo

_LENGTH = 4
_HEAD = "capsule.json"


@dataclass(frozen=True, slots=True)
class Capsule:
    """One capsule as a list shows it.

    Attributes:
        run: whose before-images it holds.
        system: that was cut.
        made_at: aware time.
        expires: aware time at which it is to be shredded.
        size: bytes of sealed chunks.
    """

    run: str
    system: str
    made_at: datetime
    expires: datetime
    size: int


class CapsulePart:
    """The part of a capsule that this process writes; it alone knows the data key, and never writes it down."""

    def __init__(self, rows: Path, name: str, data_key: bytes) -> None:
        self._rows = rows
        self._name = name
        self._data_key = data_key
        self._number = 0

    def __repr__(self) -> str:
        return f"CapsulePart({self._name!r}, {self._number} chunks)"

    def add(self, rows: Sequence[undo.Row]) -> None:
        """Seal one chunk's before-images; durable on return. To be called before the chunk is committed."""
        self._number += 1
        nonce = secrets.token_bytes(undo.NONCE_BYTES)
        blob = undo.seal_chunk(self._data_key, rows, nonce, capsule=self._name, number=self._number)
        handle = os.open(self._rows, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(handle, "wb") as file:
            file.write(len(blob).to_bytes(_LENGTH, "big") + blob)
            file.flush()
            os.fsync(file.fileno())


class UndoFolder:
    """The capsules of a site, below its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "undo"

    def begin(self, run: str, system: str, public_key: bytes, expires: datetime, now: datetime) -> CapsulePart:
        """Begin the capsule of a run, or its next part after a resume.

        Args:
            run: its id.
            system: that will be cut.
            public_key: the offline key's public half, 32 bytes.
            expires: aware time; inside the retention period of what is cut.
            now: aware time.
        """
        place = self._folder / run
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (place / _HEAD).exists():
            head = {"system": system, "made_at": now.isoformat(), "expires": expires.isoformat()}
            _write(place / _HEAD, json.dumps(head).encode())
        name = f"{run}.{sum(1 for _ in place.glob('*.key')) + 1}"
        data_key = secrets.token_bytes(undo.KEY_BYTES)
        _write(place / f"{name}.rows", b"")
        _write(place / f"{name}.key", undo.wrap(data_key, public_key, name))
        _sync(place)
        return CapsulePart(place / f"{name}.rows", name, data_key)

    def capsules(self) -> tuple[Capsule, ...]:
        """The capsules that are there, the first to expire first."""
        found = [self._capsule(head.parent) for head in self._folder.glob(f"*/{_HEAD}")]
        return tuple(sorted(found, key=lambda one: (one.expires, one.run)))

    def due(self, now: datetime) -> tuple[Capsule, ...]:
        """The capsules that are to be shredded now."""
        return tuple(one for one in self.capsules() if one.expires <= now)

    def rows(self, run: str, private: bytes) -> Iterator[list[dict[str, object]]]:
        """The before-images of a run, chunk by chunk in the order in which they were cut.

        A chunk that a kill cut short at the end of a part is left out: it was never committed.

        Raises:
            CarrelError: UND-003 when there is no such capsule, UND-002 when it does not open.
        """
        place = self._folder / run
        keys = sorted(place.glob("*.key"), key=lambda key: int(key.stem.rpartition(".")[2]))
        if not keys:
            raise _gone(run)
        for key in keys:
            data_key = undo.unwrap(key.read_bytes(), private, key.stem)
            for number, blob in enumerate(_blobs(key.with_suffix(".rows")), 1):
                yield undo.open_chunk(data_key, blob, capsule=key.stem, number=number)

    def shred(self, run: str) -> None:
        """Destroy a capsule: first the wrapped keys, so that no copy of the rows opens any more, then the rest.

        Repeating it after an interruption finishes it.

        Raises:
            CarrelError: UND-003 when there is no such capsule.
        """
        place = self._folder / run
        if not place.is_dir():
            raise _gone(run)
        for key in place.glob("*.key"):
            _overwrite(key)
            key.unlink()
        _sync(place)
        for rest in place.glob("*.rows"):
            rest.unlink()
        (place / _HEAD).unlink(missing_ok=True)
        place.rmdir()
        _sync(self._folder)

    def _capsule(self, place: Path) -> Capsule:
        head = json.loads((place / _HEAD).read_text(encoding="utf-8"))
        return Capsule(
            run=place.name,
            system=head["system"],
            made_at=datetime.fromisoformat(head["made_at"]),
            expires=datetime.fromisoformat(head["expires"]),
            size=sum(part.stat().st_size for part in place.glob("*.rows")),
        )


def _blobs(place: Path) -> Iterator[bytes]:
    with place.open("rb") as file:
        while len(head := file.read(_LENGTH)) == _LENGTH:
            size = int.from_bytes(head, "big")
            blob = file.read(size)
            if len(blob) < size:
                return
            yield blob


def _write(place: Path, content: bytes) -> None:
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _overwrite(place: Path) -> None:
    with place.open("r+b") as file:
        file.write(secrets.token_bytes(place.stat().st_size))
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _gone(run: str) -> CarrelError:
    return fault(
        faults.CAPSULE_GONE,
        at=f"run {run}",
        wanted="a capsule that is still there",
        found="none",
        because="after it is shredded the disposition is final",
        fix="look at the capsules that are left",
    )
