"""A log file replaced by its scrubbed self, as a whole or not at all.

The scrubbed log is written beside it, made durable, and takes its name in one step; until then, and whatever
happens, the log stands as it was. A link is never followed, a log that is being written is left alone, and one whose
lines do not fit is left as it is. The last line of a scrubbed file says so, with a digest of all before it, so that it
is not scrubbed twice.

Source: MITL-6.3; WPL-8.3.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, BinaryIO

from carrel.amount import amount
from carrel.deidentification.logs import faults as log_faults
from carrel.errors import CarrelError, fault
from carrel.systems.durable_file import as_before
from carrel.systems.logs import faults
from carrel.systems.logs.end_mark import Mark, end_line, mark_of
from carrel.systems.logs.log_copy import beside, not_alone, unreadable, unwritable
from carrel.systems.logs.log_stream import compressed, opened
from carrel.systems.logs.log_tally import Tally
from carrel.systems.logs.open_files import Identity, OpenFiles
from carrel.systems.logs.own_output import refuse_own
from carrel.systems.logs.scrub_run import ScrubRun

_FEW = 20  # lines: in a log this small one odd line is no sign of another format


@dataclass(frozen=True, slots=True)
class Replacing:
    """How files are replaced.

    Attributes:
        run: how their lines are scrubbed.
        most_unknown: share of the lines that may be let go because they fit no format; more, and the file stays as it
            is. None where such lines are kept elsewhere.
        first: called before a file is replaced, with what tells this file from any other, so that all else that was
            made of it is safe by then.
        into: folder that takes the scrubbed file; None to replace the log itself.
        open_files: what other processes write to.
        own: files that this call writes; none of them is a log.
        taken: names of files that this call has put into that folder.
    """

    run: ScrubRun
    most_unknown: float | None
    first: Callable[[str], object]
    into: int | None = None
    open_files: OpenFiles = field(default_factory=OpenFiles)
    own: frozenset[Identity] = frozenset()
    taken: set[str] = field(default_factory=set)


def replace_log(folder: int, name: str, at: str, how: Replacing) -> Tally | None:
    """Scrub one file of a folder.

    Args:
        folder: handle of the folder that the file lies in.
        name: of the file.
        at: what faults call it.
        how: and where to.

    Returns:
        What became of its lines; None where it was scrubbed before.

    Raises:
        CarrelError: of the LOG codes; the log stands as it was.
    """
    with _source(folder, name, at) as (source, before):
        refuse_own(before, at, how.own)
        if not before.st_size:
            return Tally()
        if mark_of(source, at) is Mark.AGREES:
            return None
        target = folder if how.into is None else how.into
        itself = _is_in(target, name, before)
        if itself:
            _require_alone(before, at, how.open_files)
        elif name in how.taken:
            raise _taken(at)
        source.seek(0)
        with beside(target, name, at) as (raw, temporary):
            tally = _written(source, raw, at, how, before)
            if itself:
                _require_unchanged(folder, name, before, at)
            how.first(f"{before.st_dev}-{before.st_ino}-{before.st_size}-{before.st_mtime_ns}")
            if itself:  # that can have taken a while
                _require_unchanged(folder, name, before, at)
            try:
                os.rename(temporary, name, src_dir_fd=target, dst_dir_fd=target)
                os.fsync(target)
            except OSError as wrong:
                raise unwritable(at, wrong) from None
            if how.into is not None:
                how.taken.add(name)
    return tally


def _is_in(folder: int, name: str, log: os.stat_result) -> bool:
    """Whether a name in a folder is that of the log itself: the folder to write into can be the one it lies in."""
    try:
        there = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (log.st_dev, log.st_ino)


def _taken(at: str) -> CarrelError:
    return fault(
        faults.UNWRITABLE,
        at=at,
        wanted="a name that no other log of this call has",
        found="another log of that name, which lies in the folder already",
        because="the one would take the other's place",
        fix="scrub it in a call of its own, with another folder behind --out",
    )


def _written(source: BinaryIO, raw: BinaryIO, at: str, how: Replacing, before: os.stat_result) -> Tally:
    try:
        with opened(source, at) as (stream, kind):
            out = compressed(raw, kind)
            digest = hashlib.sha256()

            def write(text: bytes | memoryview) -> None:
                digest.update(text)
                _put(out, text, at)

            tally = how.run.scrub(stream, write, at)
            _require_fitting(tally, at, how)
            _put(out, end_line(digest.hexdigest()), at)
    except OSError as wrong:
        raise unreadable(at, wrong) from None
    try:
        if out is not raw:
            out.close()
        raw.flush()
        as_before(raw.fileno(), before, owner_may_differ=True)  # other tools go by its age
        os.fsync(raw.fileno())
    except OSError as wrong:
        raise unwritable(at, wrong) from None
    return tally


def _put(out: IO[bytes], text: bytes | memoryview, at: str) -> None:
    try:
        out.write(text)
    except OSError as wrong:
        raise unwritable(at, wrong) from None


@contextmanager
def _source(folder: int, name: str, at: str) -> Iterator[tuple[BinaryIO, os.stat_result]]:
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as wrong:
        if wrong.errno == errno.ELOOP:
            raise not_alone(at, "a link to somewhere else") from None
        raise unreadable(at, wrong) from None
    with os.fdopen(handle, "rb") as source:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise not_alone(at, "a folder, a pipe or a device")
        yield source, before


def _require_alone(before: os.stat_result, at: str, open_files: OpenFiles) -> None:
    if before.st_nlink > 1:
        raise not_alone(at, f"a file with {before.st_nlink} names, of which one would be left as it is")
    if open_files.written((before.st_dev, before.st_ino)):
        raise fault(
            faults.IN_USE,
            at=at,
            wanted="a log that was rotated and closed",
            found="a process that writes to it",
            because="what that process writes after the replacement would be lost",
            fix="rotate it first, and have the server open its log anew; for a running log use a pipe",
        )


def _require_unchanged(folder: int, name: str, before: os.stat_result, at: str) -> None:
    try:
        now = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        now = None
    facts = ("st_dev", "st_ino", "st_size", "st_mtime_ns")
    if now is None or any(getattr(now, one) != getattr(before, one) for one in facts):
        raise fault(
            faults.CHANGED,
            at=at,
            wanted="the file that was read",
            found="one that has grown, was rotated or is gone",
            fix="scrub it again once it is rotated",
        )


def _require_fitting(tally: Tally, at: str, how: Replacing) -> None:
    if how.most_unknown is None:
        return
    allowed = max(how.most_unknown * tally.lines, 1 if tally.lines > _FEW else 0)
    if tally.set_aside > allowed:
        raise fault(
            log_faults.MISFIT,
            at=at,
            wanted=f"at most {how.most_unknown:.0%} of the lines that do not fit",
            found=f"{tally.set_aside:,} of {amount(tally.lines, 'line')}",
            because="they would be gone with the file that is replaced",
            fix="declare the format with --format, or keep these lines with --aside FILE",
        )
