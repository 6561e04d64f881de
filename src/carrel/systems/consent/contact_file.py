"""A file of addresses: for its owner alone, and there as a whole or not at all, whenever the process dies."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from carrel.consent import faults
from carrel.errors import fault
from carrel.inventory.csv_writing import harmless, hides, is_formula
from carrel.systems.durable_file import settle
from carrel.systems.nameless_file import NOT_OFFERED, give_name


def plain(value: str) -> str:
    """A value as no spreadsheet takes it for a formula, on one line."""
    if "\n" in value or "\r" in value or "\x00" in value:
        value = " ".join(value.replace("\x00", "").split())
    return harmless(value)


def _plain_column(values: Sequence[str]) -> Sequence[str]:
    """Each value made plain. Most columns are plain as they are, which is seen by what their values begin with."""
    together = "".join(values)
    broken = "\n" in together or "\r" in together or "\x00" in together
    if not broken and not any(is_formula(one) or hides(one) for one in {value[:1] for value in values}):
        return values
    return [plain(value) for value in values]


class ContactFile:
    """A CSV file that has no name until it is whole.

    Args:
        stream: of the file.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream, self._writer = stream, csv.writer(stream, lineterminator="\n")

    def head(self, names: Sequence[str]) -> None:
        """The names of its columns."""
        self._writer.writerow(names)

    def rows(self, columns: Sequence[Sequence[str]]) -> None:
        """Further rows, column by column."""
        self._writer.writerows(zip(*map(_plain_column, columns), strict=True))

    def settle(self) -> None:
        """Wait until all of it is on the disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())


@contextmanager
def contact_file(place: Path) -> Iterator[tuple[ContactFile, NameIt]]:
    """A new file, of mode 0600, and what gives it its name.

    Args:
        place: that it shall have; nothing stands there yet.

    Raises:
        CarrelError: CNS-015, something stands there.

    Guarantees:
        Until it is named nobody finds it in the folder, and what a kill leaves goes with the process; where the file
        system cannot do that, a hidden file of mode 0600 may be left beside the place.
    """
    refuse_there(place)
    folder, hidden = place.parent, None
    try:
        handle = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as wrong:
        if wrong.errno not in NOT_OFFERED or not folder.is_dir():
            raise
        handle, hidden = tempfile.mkstemp(prefix=f".{place.name}.", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield ContactFile(stream), NameIt(stream, place, hidden)
    finally:
        if hidden is not None:
            with suppress(FileNotFoundError):
                Path(hidden).unlink()


class NameIt:
    """Gives a file its name, once all of it is on the disk."""

    def __init__(self, stream: IO[str], place: Path, hidden: str | None) -> None:
        self._stream, self._place, self._hidden = stream, place, hidden

    def __call__(self) -> None:
        """Name it.

        Raises:
            CarrelError: CNS-015, something stands there since.
        """
        try:
            if self._hidden is not None:
                os.link(self._hidden, self._place)
            else:
                give_name(self._stream.fileno(), self._place)
        except FileExistsError:
            refuse_there(self._place)
            raise
        settle(self._place.parent)


def refuse_there(place: Path) -> None:
    """Refuse a place at which something stands.

    Raises:
        CarrelError: CNS-015.
    """
    if place.exists() or place.is_symlink():
        raise fault(
            faults.THERE,
            at=str(place),
            wanted="a name that is free",
            found="something of that name",
            because="an older list may hold people who have withdrawn since",
            fix="delete the older file, or name another",
        )
