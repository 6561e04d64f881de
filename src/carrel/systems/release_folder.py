"""A folder from which releases leave, as it lies on the disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

from carrel.errors import CarrelError
from carrel.systems.text.release_note import ReleaseNote, note_of, queue_of
from carrel.systems.text.review_queue import ReviewQueue


def files_in(folder: Path) -> dict[str, str]:
    """SHA-256 of every file, by its name in the folder; hidden files, and notes beside a released text, are none.

    A note is what `carrel deidentify text` lays beside a release, and what does not leave with it: the counts, with the
    digest of this very text, and the places to look at. Whatever else is called so is a file like any other.

    Args:
        folder: with all that is below it.

    Raises:
        OSError: it is not there, or something in it cannot be read.
    """
    found: dict[str, str] = {}
    todo = [folder]
    while todo:
        for one in todo.pop().iterdir():
            if one.name.startswith(".") or _lies_beside(one):
                continue
            if one.is_dir() and not one.is_symlink():
                todo.append(one)
                continue
            found[str(one.relative_to(folder))] = _digest(one)
    return found


def _digest(one: Path) -> str:
    if not one.is_file():
        return ""  # a pipe, a link to a folder or to nothing: it is on record nowhere, and is not opened
    with one.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lies_beside(one: Path) -> bool:
    for ending in (note_of(Path("x")).name[1:], queue_of(Path("x")).name[1:]):
        text = one.with_name(one.name.removesuffix(ending))
        if one.name.endswith(ending) and text.is_file() and one.is_file() and _is_of_text(text):
            return one == note_of(text) or _is_queue(one)
    return False


def _is_of_text(text: Path) -> bool:
    """Whether a note lies beside a file that is of its bytes, and holds nothing else."""
    note = ReleaseNote.found(note_of(text))
    return note is not None and note.text == _digest(text) and note_of(text).read_text(encoding="utf-8") == note.body


def _is_queue(one: Path) -> bool:
    try:
        return one.read_text(encoding="utf-8") == ReviewQueue.read(one).body
    except (CarrelError, ValueError):
        return False
