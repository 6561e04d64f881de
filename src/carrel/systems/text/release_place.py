"""Where a release goes: whether it may, and how it takes its name, after everything that lies beside it."""

from __future__ import annotations

import bz2
import fcntl
import gzip
import lzma
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, BinaryIO, cast

from carrel.errors import CarrelError, fault
from carrel.systems.durable_file import replace_file, settle, whole_file
from carrel.systems.text import faults


def require_free(path: Path, *, force: bool) -> None:
    """Whether a file may be written there.

    Raises:
        CarrelError: TXT-013, there is one, and nobody said that it may go; TXT-022, there is no such folder.
    """
    if not path.parent.is_dir():
        raise fault(faults.FOLDER, at=path.name, wanted="a folder that is there", found="none",
                    fix="make the folder, or name another")  # fmt: skip
    if path.exists() and not force:
        raise _taken(path)


def require_other(path: Path, *read: Path | None) -> None:
    """Whether a file that is to be written is none of those that are read, by any of its names.

    Raises:
        CarrelError: TXT-013, it is; `--force` does not help.
    """
    for one in read:
        if one is not None and path.exists() and one.exists() and path.samefile(one):
            raise fault(
                faults.EXISTS, at=path.name, wanted="a file of its own", found="the file that is read",
                because="what is read would be gone", fix="name another",
            )  # fmt: skip


@contextmanager
def released_file(
    path: Path, *, force: bool = False, whole: Callable[[Path], AbstractContextManager[object]] = nullcontext
) -> Iterator[IO[bytes]]:
    """Bytes of a file that is there, whole, when this ends well, and not at all when it does not.

    Args:
        path: its name; with ``.gz``, ``.bz2`` or ``.xz`` at its end it is packed so.
        force: it may replace another.
        whole: as of `whole_file`.

    Raises:
        CarrelError: TXT-013, TXT-014, TXT-022.
    """
    require_free(path, force=force)
    try:
        with whole_file(path, replace=force, whole=whole) as raw, _packing(path, raw) as out:
            yield out
    except FileExistsError:
        raise _taken(path) from None
    except OSError as wrong:
        raise fault(
            faults.UNWRITABLE, at=path.name, found=wrong.strerror or "",
            fix="make room, or name a place that you may write",
        ) from None  # fmt: skip


@contextmanager
def beside(target: Path, texts: Mapping[Path, str], require: Callable[[], object]) -> Iterator[None]:
    """What lies beside a release, written before it takes its name within this; gone again if it does not.

    An older release of that name goes first. So whatever ends this process, a release that is there has what belongs to
    it beside it.

    Args:
        target: the release.
        texts: what lies beside it, file by file.
        require: raises where the place is no longer free; no other release is named there meanwhile.
    """
    made: list[Path] = []
    with _alone(target.parent):
        require()
        try:
            if target.exists():
                target.unlink()
                settle(target.parent)
            for place, text in texts.items():
                replace_file(place, text)
                made.append(place)
            yield
        except BaseException:
            for place in made:
                place.unlink(missing_ok=True)
            raise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """As the only one that names releases in a folder, where its file system knows locks."""
    with ExitStack() as stack:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, descriptor)
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _packing(path: Path, raw: BinaryIO) -> AbstractContextManager[IO[bytes]]:
    match path.suffix.lower():
        case ".gz":
            made: object = gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0)
        case ".bz2":
            made = bz2.BZ2File(raw, "wb")
        case ".xz":
            made = lzma.LZMAFile(raw, "wb")  # noqa: SIM115  (whoever asks closes it)
        case _:
            made = nullcontext(raw)
    return cast("AbstractContextManager[IO[bytes]]", made)


def _taken(path: Path) -> CarrelError:
    return fault(faults.EXISTS, at=path.name, found="a file", fix="name another, or add --force to replace it")
