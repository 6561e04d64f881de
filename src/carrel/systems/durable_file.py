"""Files that are replaced as a whole and are on the disk by then: what a crash leaves is the old one or the new one."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO, Final

# What file systems say that cannot give one file two names.
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


def replace_file(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace a file as a whole, durably; a reader sees the old or the new one.

    Args:
        path: of the file; its folder exists.
        text: its new content.
        mode: permissions of the new file.
    """
    with whole_file(path, mode=mode) as file:
        file.write(text.encode("utf-8"))


@contextmanager
def whole_file(
    path: Path, *, replace: bool = True, mode: int = 0o600,
    whole: Callable[[Path], AbstractContextManager[object]] = nullcontext,
) -> Iterator[BinaryIO]:  # fmt: skip
    """Bytes of a file that has its name, whole and durable, when this ends well, and not at all when it does not.

    Args:
        path: its name; its folder exists.
        replace: whether it may take the place of another.
        mode: permissions of the file.
        whole: entered with the file, whole and on the disk, before it takes its name, and left when it has it; where it
            raises, nothing takes that name.

    Raises:
        FileExistsError: there is another, and it may not be replaced.
        OSError: it cannot be written.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    other = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        with whole(other):
            _take_name(other, path, replace=replace)
            settle(path.parent)
    except BaseException:
        other.unlink(missing_ok=True)
        raise


def _take_name(other: Path, path: Path, *, replace: bool) -> None:
    if replace:
        other.replace(path)
        return
    try:
        os.link(other, path)
    except OSError as wrong:
        if wrong.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        other.replace(path)
        return
    other.unlink()


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
        _take_name(other, path, replace=force)
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
