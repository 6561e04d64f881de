"""A folder whose files appear whole and durable, or not at all, and that one process writes at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Step = Callable[[str], None]


class DurableFolder:
    """Files below one path. Each is written in `.staging`, forced to the disk, and then moved to its name.

    Attributes:
        path: the folder.
    """

    STAGING = ".staging"
    LOCK = ".lock"

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def read(self, path: str) -> bytes | None:
        """One file, whole; None when there is none."""
        try:
            return (self.path / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def paths(self) -> Iterable[str]:
        """Every file below the folder; a link counts as a file."""
        for folder, names, files in os.walk(self.path):
            below = Path(folder).relative_to(self.path)
            for name in (*files, *(name for name in names if (Path(folder) / name).is_symlink())):
                yield (below / name).as_posix()

    def write(self, name: str, content: bytes, step: Step) -> None:
        """One file below the folder itself, durable when this returns; an older one of that name is replaced."""
        place = self._staging() / name
        place.write_bytes(content)
        sync(place)
        step(f"{name} staged")
        place.replace(self.path / name)
        sync(self.path)
        step(name)

    def write_all(self, files: Mapping[str, bytes], step: Step) -> None:
        """Many files, all durable when this returns.

        All are written before the first wait for the disk, which is many times faster than one wait after each.
        """
        staging = self._staging()
        staged: list[tuple[Path, str]] = []
        for number, (name, content) in enumerate(files.items()):
            place = staging / str(number)
            place.write_bytes(content)
            staged.append((place, name))
        step("files staged")
        for place, _ in staged:
            sync(place)
        folders: set[Path] = set()
        for place, name in staged:
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            place.replace(target)
            folders.update(parent for parent in target.parents if parent.is_relative_to(self.path))
            step(name)
        for folder in folders:
            sync(folder)
        step("files durable")

    def remove(self, name: str) -> None:
        """Take one file away, durably; nothing happens when there is none."""
        (self.path / name).unlink(missing_ok=True)
        sync(self.path)

    def remove_below(self, name: str) -> None:
        """Take a folder of superseded files away."""
        shutil.rmtree(self.path / name, ignore_errors=True)

    def clear_staging(self) -> None:
        """Forget what was staged and never moved."""
        self.remove_below(self.STAGING)

    def make(self) -> None:
        """Make the folder if there is none."""
        if not self.path.is_dir():
            self.path.mkdir(parents=True, exist_ok=True)
            sync(self.path.parent)

    def is_bare(self) -> bool:
        """Whether the folder holds nothing but what this class puts there."""
        return {entry.name for entry in self.path.iterdir()} <= {self.STAGING, self.LOCK}

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold the folder's lock, which goes with the process; tell whether it was free."""
        handle = os.open(self.path / self.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                free = True
            except BlockingIOError:
                free = False
            yield free
        finally:
            os.close(handle)

    def _staging(self) -> Path:
        staging = self.path / self.STAGING
        staging.mkdir(exist_ok=True)
        return staging


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
