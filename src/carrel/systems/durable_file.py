"""Files that are replaced as a whole and are on the disk by then: what a crash leaves is the old one or the new one."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import nullcontext, suppress
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
