"""A folder from which releases leave, as it lies on the disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

# What `carrel deidentify text` lays beside a release, and what does not leave with it.
_BESIDE = (".release.json", ".review.jsonl")


def files_in(folder: Path) -> dict[str, str]:
    """SHA-256 of every file, by its name in the folder; hidden files, and notes beside a released text, are none.

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
    return any(one.name.endswith(end) and one.with_name(one.name.removesuffix(end)).is_file() for end in _BESIDE)
