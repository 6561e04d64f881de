"""Files of texts, opened to be read: packed or not, in any encoding that leaves bytes of ASCII as they are."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from carrel.errors import CarrelError, Fault, fault
from carrel.systems.logs import faults as log_faults
from carrel.systems.logs.log_stream import opened
from carrel.systems.text import faults

_HEAD: Final = 1 << 12  # bytes that are looked at for letters of two bytes
_FEW_ZEROS: Final = 10  # of each hundred bytes in every second place


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """The plain bytes of a file.

    Raises:
        CarrelError: TXT-010, TXT-011.
    """
    try:
        with path.open("rb") as raw, opened(cast("BinaryIO", raw), path.name) as (stream, _):
            _require_bytes(stream, path.name)
            yield stream
    except OSError as wrong:
        raise fault(
            faults.UNREADABLE, at=path.name, found=wrong.strerror or "", fix="name a file that you may read"
        ) from None
    except CarrelError as wrong:
        raise CarrelError(tuple(_ours(one) for one in wrong.faults)) from None


def _require_bytes(stream: IO[bytes], at: str) -> None:
    """Refuse letters of two or four bytes that no mark tells of: nothing would be found in them."""
    head = cast("io.BufferedReader[Any]", stream).peek(_HEAD)[:_HEAD]
    for half in (head[::2], head[1::2]):
        if half.count(0) * 100 > len(half) * _FEW_ZEROS:
            raise fault(
                faults.UNREADABLE, at=at, wanted="text in UTF-8, or in UTF-16 with its mark at the beginning",
                found="a zero at many a second byte, as in UTF-16 without a mark", fix="write it as UTF-8 first",
            )  # fmt: skip


def _ours(one: Fault) -> Fault:
    ours = {
        log_faults.DAMAGED: faults.UNREADABLE, log_faults.UNREADABLE: faults.UNREADABLE,
        log_faults.NESTED: faults.PACKED,
    }.get(one.condition, one.condition)  # fmt: skip
    return Fault(ours, one.at, one.wanted, one.found, one.because, one.changed, one.fix)
