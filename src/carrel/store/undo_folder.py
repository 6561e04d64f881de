"""Undo capsules as files: per run a folder with sealed chunks, the wrapped keys beside them, and an end.

A run that was resumed writes a second part with a key of its own, because the first key died with its process.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from carrel.errors import CarrelError, fault
from carrel.retention import faults, undo
from carrel.store.durable_folder import sync

_LENGTH = 4
_HEAD = "capsule.json"
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


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
        """Seal one chunk's before-images; durable on return. To be called before the chunk is committed.

        Raises:
            CarrelError: UND-005: the chunk must not be committed.
        """
        try:
            self._append(rows)
        except OSError as wrong:
            raise fault(
                faults.CAPSULE_WRITE,
                at=self._rows.name,
                found=os.strerror(wrong.errno or 0),
                because="without its before-images a chunk could not be put back",
                changed="nothing of this chunk; what was cut before is recorded",
                fix="make room in the site's folder, then run again: it goes on where it stopped",
            ) from None

    def committed(self) -> None:
        """Note that the chunk that was added last is committed.

        Where this note is missing, the chunk was undone, or a kill came first; `UndoFolder.backwards` says so.
        """
        with contextlib.suppress(OSError):
            self._append(())

    def _append(self, rows: Sequence[undo.Row]) -> None:
        nonce = secrets.token_bytes(undo.NONCE_BYTES)
        blob = undo.seal_chunk(self._data_key, rows, nonce, capsule=self._name, number=self._number + 1)
        handle = os.open(self._rows, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(handle, "wb") as file:
            begun = os.fstat(handle).st_size
            try:
                file.write(len(blob).to_bytes(_LENGTH, "big") + blob)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(handle, begun)
                raise
        self._number += 1


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
        sync(place)
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
        for key in self._keys(run):
            data_key = undo.unwrap(key.read_bytes(), private, key.stem)
            with key.with_suffix(".rows").open("rb") as file:
                for number, place in enumerate(_places(file), 1):
                    if rows := undo.open_chunk(data_key, _blob(file, place), capsule=key.stem, number=number):
                        yield rows

    def backwards(self, run: str, private: bytes) -> Iterator[tuple[list[dict[str, object]], bool]]:
        """The before-images of a run, the chunk that was cut last first.

        Yields:
            The rows of a chunk, and whether it is known to have been committed.

        Raises:
            CarrelError: UND-003 when there is no such capsule, UND-002 when it does not open; every part is tried
                before the first chunk is given out.
        """
        opened = [(key, undo.unwrap(key.read_bytes(), private, key.stem)) for key in self._keys(run)]
        for key, data_key in reversed(opened):
            with key.with_suffix(".rows").open("rb") as file:
                committed = False
                for number, place in reversed(list(enumerate(_places(file), 1))):
                    rows = undo.open_chunk(data_key, _blob(file, place), capsule=key.stem, number=number)
                    if rows:
                        yield rows, committed
                    committed = not rows

    def _keys(self, run: str) -> list[Path]:
        # A name that is no run's would be a way out of the folder.
        here = self._folder / run if _RUN.fullmatch(run) else None
        keys = [] if here is None else sorted(here.glob("*.key"), key=lambda key: int(key.stem.rpartition(".")[2]))
        if not keys:
            raise gone(run)
        return keys

    def shred(self, run: str) -> None:
        """Destroy a capsule: first the wrapped keys, so that no copy of the rows opens any more, then the rest.

        Repeating it after an interruption finishes it.

        Raises:
            CarrelError: UND-003 when there is no such capsule.
        """
        place = self._folder / run
        if not _RUN.fullmatch(run) or not place.is_dir():
            raise gone(run)
        for key in place.glob("*.key"):
            _overwrite(key)
            key.unlink()
        sync(place)
        for rest in place.glob("*.rows"):
            rest.unlink()
        (place / _HEAD).unlink(missing_ok=True)
        place.rmdir()
        sync(self._folder)

    def forget_emptied(self, run: str) -> None:
        """Take away the folder of a capsule of which a kill left nothing else."""
        if _RUN.fullmatch(run):
            with contextlib.suppress(OSError):
                (self._folder / run).rmdir()  # the system refuses it unless it is empty

    def _capsule(self, place: Path) -> Capsule:
        head = json.loads((place / _HEAD).read_text(encoding="utf-8"))
        return Capsule(
            run=place.name,
            system=head["system"],
            made_at=datetime.fromisoformat(head["made_at"]),
            expires=datetime.fromisoformat(head["expires"]),
            size=sum(part.stat().st_size for part in place.glob("*.rows")),
        )


def _places(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Where each whole chunk of a part begins, and its length."""
    at, end = 0, os.fstat(file.fileno()).st_size
    while True:
        file.seek(at)
        head = file.read(_LENGTH)
        size = int.from_bytes(head, "big")
        if len(head) < _LENGTH or at + _LENGTH + size > end:
            return
        yield at + _LENGTH, size
        at += _LENGTH + size


def _blob(file: BinaryIO, place: tuple[int, int]) -> bytes:
    file.seek(place[0])
    return file.read(place[1])


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


def gone(run: str) -> CarrelError:
    """The error of whoever asks for a capsule that is not there."""
    return fault(
        faults.CAPSULE_GONE,
        at=f"run {run}",
        wanted="a capsule that is still there",
        found="none",
        because="after it is shredded the disposition is final",
        fix="look at the capsules that are left",
    )
