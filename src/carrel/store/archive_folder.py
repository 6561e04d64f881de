"""Packages for the archives as files: chunk after chunk while a run lasts, and sealed as a bag at its end."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from carrel.errors import CarrelError, fault
from carrel.retention import bag
from carrel.store import faults
from carrel.store.durable_folder import sync

_OPEN, _PENDING = ".open", ".pending"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.@_-]*")
_MAIN = re.compile(r"data/[0-9]{6}-main-")

_STAY = "nothing by this chunk; its rows stay in the system"
_GONE = "rows are gone from the system and stand in the package; it stays open until a run closes it"

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Unsettled:
    """One chunk that a killed process wrote, and of which nobody noted whether it was committed.

    Attributes:
        places: its files.
        table, rows: the main records; empty where ``committed`` is known.
        committed: what its files alone tell; None where the system must be asked whether it still has the rows.
    """

    places: tuple[Path, ...]
    table: str
    rows: tuple[dict[str, Any], ...]
    committed: bool | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A package that is closed.

    Attributes:
        name: of its folder.
        digest: SHA-256 of its tag manifest, hex; over that of every other file.
        records: main records in it.
        files: of its payload.
    """

    name: str
    digest: str
    records: int
    files: int


class ArchiveFolder:
    """The folder that the archives fetch from, mode 0700; its files have mode 0600.

    Args:
        path: as the site names it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def package(self, system: str, run: str) -> ArchivePackage:
        """The package of a run; nothing is made before its first chunk."""
        return ArchivePackage(self.path / f"{system}@{run}{_OPEN}")

    def open_packages(self, system: str) -> tuple[ArchivePackage, ...]:
        """Packages of a system that no run has sealed yet."""
        return tuple(ArchivePackage(one) for one in self._folders(f"{system}@") if one.name.endswith(_OPEN))

    def sealed(self, names: Container[str] | None = None) -> tuple[Sealed, ...]:
        """Every closed package, or those of them that are named; what else lies in the folder is not read."""
        closed = (one for one in self._folders("") if not one.name.endswith(_OPEN))
        return tuple(_sealed(one) for one in closed if names is None or one.name in names)

    def closed_names(self, system: str) -> tuple[str, ...]:
        """What lies there under the name of a closed package of a system; anybody may have put it there."""
        return tuple(one.name for one in self._folders(f"{system}@") if not one.name.endswith(_OPEN))

    def faults_of(self, name: str) -> tuple[str, ...]:
        """What is wrong with a closed package; its own name where it is not there."""
        place = self.path / name
        if not _NAME.fullmatch(name) or place.is_symlink() or not place.is_dir():
            return (name,)
        # A link can lead to other bytes tomorrow: whatever it shows today, the package is not whole by itself.
        links = {one.relative_to(place).as_posix() for one in place.rglob("*") if one.is_symlink()}
        return tuple(sorted({*links, *bag.faults_of(_files(place, pending=True))}))

    def _folders(self, begin: str) -> Iterator[Path]:
        if self.path.is_dir():
            yield from sorted(one for one in self.path.iterdir() if one.is_dir() and one.name.startswith(begin))


class ArchivePackage:
    """A package that is still being filled."""

    def __init__(self, place: Path) -> None:
        self._place = place

    @property
    def run(self) -> str:
        """The end of its name: whose it is."""
        return self._place.name.removesuffix(_OPEN).rpartition("@")[2]

    def add(self, chunk: Sequence[tuple[str, bool, Rows]]) -> list[list[dict[str, Any]]]:
        """Write one chunk's rows, durable on return; to be called before anything of them is deleted.

        Args:
            chunk: table, whether they are the main records, and rows.

        Returns:
            The rows as they are read back from the disk.

        Raises:
            CarrelError: ARC-002.
        """
        with _writing(self._place):
            data = self._place / bag.PAYLOAD
            for one in (self._place.parent, self._place, data):
                one.mkdir(mode=0o700, parents=True, exist_ok=True)
            number = 1 + max((int(one.name[:6]) for one in data.iterdir()), default=0)
            names = [f"{number:06}-{'main' if main else 'part'}-{table}.ndjson{_PENDING}" for table, main, _ in chunk]
            for name, (_, _, rows) in zip(names, chunk, strict=True):
                _write(data / name, bag.lines(rows))
            for folder in (data, self._place, self._place.parent):
                sync(folder)
            return [bag.rows_of((data / name).read_bytes()) for name in names]

    def holds(self, table: str) -> bool:
        """Whether rows of a table are in it."""
        return any((self._place / bag.PAYLOAD).glob(f"*-{table}.ndjson"))

    def pending(self) -> tuple[Path, ...]:
        """Files of chunks of which nobody knows whether they were committed."""
        return tuple(sorted((self._place / bag.PAYLOAD).glob(f"*{_PENDING}")))

    def unsettled(self) -> tuple[Unsettled, ...]:
        """The same by chunk: a chunk is committed as one, so its main rows answer for all of it."""
        chunks: dict[str, list[Path]] = {}
        for place in self.pending():
            chunks.setdefault(place.name[:6], []).append(place)
        return tuple(self._unsettled(number, places) for number, places in chunks.items())

    def _unsettled(self, number: str, places: list[Path]) -> Unsettled:
        main = next((one for one in places if _MAIN.match(f"{bag.PAYLOAD}/{one.name}")), None)
        if main is None:
            # The main file is named first and dropped first: its name tells what the killed process was about.
            named = any((self._place / bag.PAYLOAD).glob(f"{number}-main-*.ndjson"))
            return Unsettled(tuple(places), "", (), committed=named)
        rows = _whole_rows(main)
        if rows is None or any(_whole_rows(one) is None for one in places):
            return Unsettled(tuple(places), "", (), committed=False)
        table = main.name.removesuffix(f".ndjson{_PENDING}").split("-", 2)[2]
        return Unsettled(tuple(places), table, tuple(rows), committed=None)

    def committed(self, places: Iterable[Path] | None = None) -> None:
        """Their rows are gone from the system: they belong to the package."""
        with _writing(self._place, _GONE):
            written = list(self.pending() if places is None else places)
            for place in written:
                place.rename(place.with_name(place.name.removesuffix(_PENDING)))
            if written:
                sync(self._place / bag.PAYLOAD)

    def drop(self, places: Iterable[Path] | None = None) -> None:
        """Their rows are still in the system: they do not belong to the package."""
        with _writing(self._place):
            for place in list(self.pending() if places is None else places):
                place.unlink()

    def seal(self, custody: bag.Custody, schemas: Mapping[str, bytes], at: datetime) -> Sealed | None:
        """Close it: schemas, manifests, a last look at every file, and the name under which it is fetched.

        Args:
            custody: who hands over to whom.
            schemas: JSON Schema by table.
            at: aware time.

        Returns:
            What was closed; None where nothing was put into it.

        Raises:
            CarrelError: ARC-002 it cannot be written, ARC-003 it does not read back whole.

        Guarantees:
            Killed at any moment and repeated, it ends in one closed package with the same payload.
        """
        with _writing(self._place, _GONE):
            payload = {name: one for name, one in _files(self._place).items() if name.startswith(f"{bag.PAYLOAD}/")}
            if not payload:
                for folder in (self._place / bag.PAYLOAD, self._place):
                    if folder.is_dir() and not any(folder.iterdir()):
                        folder.rmdir()
                return None
            records = sum(content.count(b"\n") for name, content in payload.items() if _MAIN.match(name))
            tags = {f"{bag.SCHEMAS}/{table}.schema.json": content for table, content in schemas.items()}
            tags |= {
                "bagit.txt": bag.DECLARATION.encode(),
                bag.INFO: bag.info(custody, payload, records, at).encode(),
                bag.MANIFEST: bag.manifest(payload).encode(),
            }
            tags[bag.TAG_MANIFEST] = bag.manifest(tags).encode()
            (self._place / bag.SCHEMAS).mkdir(mode=0o700, exist_ok=True)
            for name, content in tags.items():
                _write(self._place / name, content)
            sync(self._place / bag.SCHEMAS)
            sync(self._place)
            if wrong := bag.faults_of(_files(self._place)):
                raise fault(
                    faults.PACKAGE_DAMAGED,
                    at=self._place.name,
                    found=", ".join(wrong),
                    changed=_GONE,
                    fix="look at the disk, put these files back from a copy, and apply the same plan again",
                )
            target = self._place.with_name(self._place.name.removesuffix(_OPEN))
            self._place.rename(target)
            sync(target.parent)
        return _sealed(target)


def _sealed(place: Path) -> Sealed:
    files = _files(place)
    payload = [name for name in files if name.startswith(f"{bag.PAYLOAD}/")]
    records = sum(files[name].count(b"\n") for name in payload if _MAIN.match(name))
    return Sealed(place.name, sha256(files.get(bag.TAG_MANIFEST, b"")).hexdigest(), records, len(payload))


def _files(place: Path, *, pending: bool = False) -> dict[str, bytes]:
    return {
        one.relative_to(place).as_posix(): one.read_bytes()
        for one in sorted(place.rglob("*"))
        if one.is_file() and (pending or not one.name.endswith(_PENDING))
    }


def _whole_rows(place: Path) -> list[dict[str, Any]] | None:
    """A file's rows; None where it was not written to its end: then its chunk was never committed."""
    content = place.read_bytes()
    return bag.rows_of(content) if content.endswith(b"\n") else None


class _writing:  # noqa: N801  (a with-statement reads as a sentence)
    def __init__(self, place: Path, changed: str = _STAY) -> None:
        self._place, self._changed = place, changed

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, wrong: BaseException | None, _trace: object) -> None:
        if isinstance(wrong, OSError):
            raise _unwritable(self._place, wrong, self._changed) from None


def _unwritable(place: Path, wrong: OSError, changed: str) -> CarrelError:
    return fault(
        faults.PACKAGE_WRITE,
        at=place.name,
        found=os.strerror(wrong.errno or 0),
        changed=changed,
        fix="make room, or let this account write in the folder of `archives:`, and apply the same plan again",
    )


def _write(place: Path, content: bytes) -> None:
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb", closefd=False) as file:
            file.write(content)
        os.fsync(handle)
    finally:
        os.close(handle)
