"""The release package: a zip of what an order asks for, its manifest and the library's signature, encrypted."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from carrel.disclosure import faults
from carrel.disclosure.production import ProducedTable
from carrel.disclosure.release_note import MANIFEST, NOTE, manifest_text, no_package, opened, signed
from carrel.errors import CarrelError, fault
from carrel.ledger.note import Signer, Verifier
from carrel.ledger.proof import verify_receipt
from carrel.rights.csv_form import BOM, cell, line
from carrel.rights.json_form import value_of
from carrel.rights.third_persons import HeldRow
from carrel.systems import age_file
from carrel.systems.access_package import TIME, Stream
from carrel.systems.plain_names import plain_names

MOST_BYTES = 1 << 28  # of a package that is looked into whole
MOST_FILES = 20_000
_PIECE, _AT_ONCE = 1 << 20, 1 << 16
_RECEIPT = ".tlog-proof"
FIELDS = "fields.csv"


@dataclass(frozen=True)
class Contents:
    """What goes into a package, beside its manifest.

    Attributes:
        tables: that are produced.
        texts: further files, by name.
        told: the manifest, without the digests.
    """

    tables: tuple[ProducedTable, ...]
    texts: Mapping[str, str | bytes]
    told: Mapping[str, Any]


def write(contents: Contents, signer: Signer, target: BinaryIO) -> bytes:
    """Write the zip to whatever takes bytes one after the other: every file, then the manifest and its signature.

    Args:
        contents: what goes in.
        signer: the library's key.
        target: takes the bytes.

    Returns:
        The signed manifest.

    Guarantees:
        As many rows are in memory as one sealed piece has.
    """
    digests: dict[str, str] = {}
    with zipfile.ZipFile(Stream(target), "w", zipfile.ZIP_DEFLATED) as package:
        for table in contents.tables:
            digests[table.place] = _entry(package, table.place, _csv(table))
        if contents.tables:
            digests["records.json"] = _entry(package, "records.json", _json(contents.tables))
            digests[FIELDS] = _entry(package, FIELDS, _fields(contents.tables))
        for name, text in contents.texts.items():
            digests[name] = _entry(package, name, [text])
        manifest = manifest_text(contents.told, dict(sorted(digests.items()))).encode()
        _entry(package, MANIFEST, [manifest])
        _entry(package, NOTE, [signed(manifest, signer)])
    return manifest


def _entry(package: zipfile.ZipFile, name: str, pieces: Iterable[str | bytes]) -> str:
    """Write one file, and tell its SHA-256."""
    told = zipfile.ZipInfo(name, TIME)
    told.compress_type, told.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    digest, waiting = hashlib.sha256(), bytearray()
    with package.open(told, "w", force_zip64=True) as entry:
        for piece in pieces:
            waiting += piece.encode("utf-8", "replace") if isinstance(piece, str) else piece
            if len(waiting) >= _AT_ONCE:  # a row is small, and every write has its price
                digest.update(waiting)
                entry.write(waiting)
                waiting = bytearray()
        digest.update(waiting)
        entry.write(waiting)
    return digest.hexdigest()


@dataclass(frozen=True)
class Checked:
    """What a package that holds says of itself.

    Attributes:
        told: its manifest.
        files: how many it has beside manifest and signature.
        receipts: leaves of the ledger that it proves.
        manifest: SHA-256 of its manifest, in hex, as the case keeps it.
    """

    told: Mapping[str, Any]
    files: int
    receipts: int
    manifest: str


def check(place: Path, passphrase: str | None, key: Verifier) -> Checked:
    """Whether a package is what this library signed: nothing but the package and the key is needed.

    Args:
        place: of the file.
        passphrase: that opens it; None for one that lies in the clear.
        key: of the library's ledger.

    Raises:
        CarrelError: DSC-062, it does not open; DSC-063, its manifest is not signed by the key; DSC-064, a file was
            changed, added or taken out; LED-…, a receipt of the ledger in it does not hold.
    """
    raw = _read(place)
    if passphrase is not None:
        try:
            raw = age_file.opened(raw, passphrase.encode())
        except ValueError:
            raise no_package("a package that the passphrase opens", "one that it does not open") from None
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            return _checked(package, key)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        raise no_package("a zip that can be read, decrypted", "something else") from None


def _checked(package: zipfile.ZipFile, key: Verifier) -> Checked:
    listed = package.infolist()
    names = [one.filename for one in listed]
    if len(names) > MOST_FILES or sum(one.file_size for one in listed) > 4 * MOST_BYTES:
        raise no_package("a package of some files", "far too many or too large ones")
    if MANIFEST not in names or NOTE not in names:
        raise no_package(f"{MANIFEST} and {NOTE} in it", "a zip without them")
    try:
        note = package.read(NOTE).decode()
    except UnicodeDecodeError:
        note = ""
    manifest = package.read(MANIFEST)
    told = opened(manifest, note, key)
    promised: dict[str, str] = told["files"]
    if len(set(names)) != len(names) or set(names) - {MANIFEST, NOTE} != set(promised):
        raise _changed("exactly the files of the manifest, each once", "others")
    receipts = 0
    for name, digest in promised.items():
        if _digest(package, name) != digest:
            raise _changed("the SHA-256 of the manifest", f"another one, of file {names.index(name) + 1}")
        if name.endswith(_RECEIPT):
            verify_receipt(package.read(name).decode("utf-8", "replace"), key)
            receipts += 1
    return Checked(told, len(promised), receipts, hashlib.sha256(manifest).hexdigest())


def _digest(package: zipfile.ZipFile, name: str) -> str:
    whole = hashlib.sha256()
    with package.open(name) as file:
        while piece := file.read(_PIECE):
            whole.update(piece)
    return whole.hexdigest()


def _read(place: Path) -> bytes:
    try:
        with place.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError:
        raise no_package("a file that is there and that you may read", "none") from None
    if len(raw) > MOST_BYTES:
        raise no_package(f"at most {MOST_BYTES} bytes", "more")
    return raw


def _changed(wanted: str, found: str) -> CarrelError:
    return fault(
        faults.CHANGED,
        wanted=wanted,
        found=found,
        because="something was changed after the library signed it",
        fix="use nothing of it, and ask the library for the package again",
    )


def _fields(tables: Iterable[ProducedTable]) -> Iterator[str]:
    """Which column of the database each field of the files is, and which words of the order ask for it."""
    yield BOM + line(["file", "field", "system", "table", "column", "category", "asked as", "words of the order"])
    for table in tables:
        names = _names(table)
        for name, one in zip(names, table.columns, strict=True):
            category = "" if one.category is None else one.category.value
            yield line(
                [*map(cell, (table.place, name, table.system, table.table, one.name, category, one.field, one.words))]
            )


def _names(table: ProducedTable) -> tuple[str, ...]:
    return plain_names([one.name for one in table.columns], table.table if table.of_product else "")


def _csv(table: ProducedTable) -> Iterator[str]:
    names = [one.name for one in table.columns]
    yield BOM + line([*map(cell, _names(table))])
    for row in table.rows:
        yield line([_cell(row, name) for name in names])


def _cell(row: HeldRow, name: str) -> str:
    why = row.withheld.get(name)
    return cell(row.values.get(name)) if why is None else f"[withheld: {why.value}]"


def _json(tables: Iterable[ProducedTable]) -> Iterator[str]:
    yield '{"format": "carrel-release-records", "format_version": 1, "tables": ['
    for n, table in enumerate(tables):
        head = {"part": table.part, "person": table.person, "system": table.system, "table": table.table}
        columns = [one.as_dict() for one in table.columns]
        yield (",\n" if n else "\n") + _text({**head, "columns": columns})[:-1] + ', "records": ['
        for m, row in enumerate(table.rows):
            told: dict[str, Any] = {"values": {name: value_of(value) for name, value in row.values.items()}}
            if row.withheld:
                told["withheld"] = {name: why.value for name, why in row.withheld.items()}
            if row.redacted:
                told["others_left_out_of"] = list(row.redacted)
            yield (",\n" if m else "\n") + _text(told)
        yield "]}"
    yield "]}\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
