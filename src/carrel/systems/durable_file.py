"""Files that are replaced as a whole and are on the disk by then: what a crash leaves is the old one or the new one."""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path


def replace_file(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace a file as a whole, durably; a reader sees the old or the new one.

    Args:
        path: of the file; its folder exists.
        text: its new content.
        mode: permissions of the new file.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    settle(path.parent)


@contextmanager
def named_when_whole(path: Path, *, force: bool = False) -> Iterator[Path]:
    """A file beside its place, which only its owner may read; it gets its name when the block ends well.

    Args:
        path: of the file, whose ending the file beside it has as well.
        force: a file there is replaced; else one that came meanwhile stays.

    Raises:
        OSError: it cannot be made or named; FileExistsError, one is there by then.

    Guarantees:
        What bears the name is on the disk. Where anything fails, nothing of it stays.
    """
    other = path.with_name(f".{path.stem}.{secrets.token_hex(8)}{path.suffix}")
    os.close(os.open(other, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield other
        written = os.open(other, os.O_RDONLY)
        try:
            os.fsync(written)
        finally:
            os.close(written)
        other.replace(path) if force else os.link(other, path)
        settle(path.parent)
    finally:
        with suppress(FileNotFoundError):
            other.unlink()


def is_same_file(path: Path, other: Path | None) -> bool:
    """Whether two names are of one file that is there."""
    return other is not None and path.exists() and other.exists() and path.samefile(other)


def settle(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def as_before(descriptor: int, known: os.stat_result, *, owner_may_differ: bool = False) -> None:
    """Give a file that takes another one's place the other's mode, owner and times.

    Args:
        descriptor: of the new file, whose content is written.
        known: the old file.
        owner_may_differ: whether an account that may not give files away keeps it.

    Raises:
        OSError: one of these cannot be given.
    """
    os.fchmod(descriptor, stat.S_IMODE(known.st_mode))
    if (known.st_uid, known.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(PermissionError) if owner_may_differ else nullcontext():
            os.fchown(descriptor, known.st_uid, known.st_gid)
    os.utime(descriptor, ns=(known.st_atime_ns, known.st_mtime_ns))
