"""The package that answers one person: a zip of JSON, CSV and a page, as a stream, encrypted or in a private file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import BinaryIO

from carrel.rights import csv_form, json_form
from carrel.rights.answer import Answer
from carrel.rights.wording import Words
from carrel.systems import access_page
from carrel.systems.age_file import WORK_FACTOR, AgeWriter, Random
from carrel.systems.nameless_file import nameless

_SAFE = re.compile(r"[^a-z0-9]+")
TIME = (1980, 1, 1, 0, 0, 0)  # the entries carry no time of their own; when it was read stands in the answer
_AT_ONCE = 1 << 16  # letters that are written at once

Counts = dict[tuple[str, str], int]


def write(answer: Answer, target: BinaryIO, words: Words) -> Counts:
    """Write the zip to a file, a socket or whatever else takes bytes one after the other.

    Args:
        answer: open, so that its rows can be read.
        target: takes the bytes.
        words: of the language in which it is told.

    Returns:
        How many entries were written, by system and kind of record.

    Guarantees:
        Some 64 KB of rows are in memory beside those that were read first, and nothing is written anywhere else.
    """
    counts: Counts = {}
    with zipfile.ZipFile(Stream(target), "w", zipfile.ZIP_DEFLATED) as package:
        _entry(package, "index.html", access_page.pieces(answer, words))
        _entry(package, "answer.json", json_form.pieces(answer, words))
        _entry(package, json_form.SCHEMA, [schema_text()])
        for system in answer.systems:
            for number, records in enumerate(system.records, 1):
                for table in records.tables:
                    place = f"csv/{_word(system.name)}/{number:02}-{_word(records.name)}/{_word(table.table)}.csv"
                    lines = _entry(package, place, csv_form.pieces(table, words))
                    counts[system.name, records.name] = counts.get((system.name, records.name), 0) + lines - 1
    return counts


@contextmanager
def package(
    place: Path, passphrase: str | None, random: Random, *, work_factor: int = WORK_FACTOR
) -> Iterator[BinaryIO]:
    """A new file for a package, that has no name until it is whole.

    Args:
        place: of the file.
        passphrase: that opens it; None writes it in the clear, for its owner alone.
        random: gives unguessable bytes.
        work_factor: log2 of the passphrase's cost.

    Yields:
        What the zip is written to.

    Raises:
        CarrelError: RGT-005.

    Guarantees:
        Whoever is killed meanwhile leaves no file behind, neither in the clear nor encrypted.
    """
    with nameless(place) as file:
        if passphrase is None:
            yield file
            return
        sealed = AgeWriter(file, passphrase.encode(), random, work_factor=work_factor)
        try:
            yield sealed  # type: ignore[misc]  # it takes bytes, which is all that a zip needs
        except BaseException:
            sealed.abandon()
            raise
        sealed.close()


def schema_text() -> str:
    """The published JSON Schema of an answer."""
    return (resources.files("carrel.rights") / json_form.SCHEMA).read_text(encoding="utf-8")


def _entry(package: zipfile.ZipFile, name: str, parts: Iterable[str]) -> int:
    count, waiting, length = 0, list[str](), 0
    told = zipfile.ZipInfo(name, TIME)
    told.compress_type, told.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    with package.open(told, "w", force_zip64=True) as entry:
        for part in parts:
            waiting.append(part)
            length += len(part)
            count += 1
            if length >= _AT_ONCE:  # a page comes in pieces of some letters, and every write has its price
                entry.write("".join(waiting).encode("utf-8", "replace"))
                waiting, length = [], 0
        entry.write("".join(waiting).encode("utf-8", "replace"))
    return count


def _word(name: str) -> str:
    return _SAFE.sub("-", name.lower()).strip("-") or "x"


class Stream(io.RawIOBase):
    """Takes bytes and cannot go back, so that a zip writes each entry's size behind it."""

    def __init__(self, target: BinaryIO) -> None:
        super().__init__()
        self._put: Callable[[bytes], object] = target.write

    def writable(self) -> bool:
        """It is written to."""
        return True

    def write(self, data: object) -> int:
        """Hand the bytes on."""
        piece = bytes(data)  # type: ignore[call-overload]  # any buffer
        self._put(piece)
        return len(piece)
