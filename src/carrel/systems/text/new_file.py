"""A file that takes its name when it is whole: written beside it, durable, in place of another only if told so."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from carrel.errors import CarrelError, fault
from carrel.systems.durable_file import settle
from carrel.systems.text import faults


def require_free(path: Path, *, force: bool) -> None:
    """Whether a file may be written there.

    Raises:
        CarrelError: TXT-013, there is one, and nobody said that it may go.
    """
    if path.exists() and not force:
        raise fault(faults.EXISTS, at=path.name, found="a file", fix="name another, or add --force to replace it")


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
def new_file(
    path: Path, *, force: bool = False, check: Callable[[Path], object] = lambda _: None
) -> Iterator[IO[bytes]]:
    """Bytes of a file that is there, whole, when this ends well, and not at all when it does not.

    Args:
        path: its name; with ``.gz`` at its end it is packed.
        force: it may replace another.
        check: called with the whole file before it takes its name; where it raises, nothing does.

    Raises:
        CarrelError: TXT-013, TXT-014.
    """
    require_free(path, force=force)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as wrong:
        raise _unwritable(path, wrong) from None
    try:
        with os.fdopen(handle, "wb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed:
                    yield cast("IO[bytes]", packed)
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        check(Path(name))
        require_free(path, force=force)
        Path(name).replace(path)
    except OSError as wrong:
        Path(name).unlink(missing_ok=True)
        raise _unwritable(path, wrong) from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    settle(path.parent)


def _unwritable(path: Path, wrong: OSError) -> CarrelError:
    return fault(
        faults.UNWRITABLE, at=path.name, found=wrong.strerror or "", fix="make room, or name a place that you may write"
    )
