"""The one file in which a bundle travels: a plain tar, of which every byte is fixed by the names and contents in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from carrel.accountability import faults
from carrel.errors import CarrelError, fault

BLOCK = 512
MOST_FILES = 150_000
MOST_BYTES = 256 << 20
MOST_BYTES_OF_ONE = 8 << 20
_NAME = re.compile(r"(?:[a-z][a-z-]{0,30}/)?[a-z0-9][a-z0-9-]{0,70}(?:\.[a-z]{1,10})?")
_END = bytes(2 * BLOCK)


def pack(files: Mapping[str, bytes]) -> bytes:
    """The files as a tar, in order of name, with no owner, mode or time of their own.

    Raises:
        ValueError: a name or a size that `unpack` would refuse.

    Guarantees:
        The same files give the same bytes; `unpack(pack(f)) == f`.
    """
    parts = []
    for name in sorted(files):
        content = files[name]
        if not _NAME.fullmatch(name) or len(content) > MOST_BYTES_OF_ONE:
            raise ValueError("a bundle has no such file")
        parts += [_header(name, len(content)), content, bytes(-len(content) % BLOCK)]
    found = b"".join([*parts, _END])
    if len(files) > MOST_FILES or len(found) > MOST_BYTES:
        raise ValueError("more than a bundle can carry")
    return found


def unpack(raw: bytes) -> dict[str, bytes]:
    """The files of a tar that `pack` made.

    Raises:
        CarrelError: CUS-010 when any byte that is not a file's content is another than `pack` writes.

    Guarantees:
        No name leads out of a folder, none stands twice; sizes are bounded before anything is copied.
    """
    if len(raw) > MOST_BYTES or len(raw) % BLOCK:
        raise no_bundle(f"whole blocks of {BLOCK} bytes, {MOST_BYTES:,} at most", "another length")
    found: dict[str, bytes] = {}
    place, last = 0, ""
    while raw[place : place + BLOCK] != bytes(BLOCK):
        header = raw[place : place + BLOCK]
        name, size = _read(header)
        end = place + BLOCK + size
        after = end + -size % BLOCK
        if name <= last or len(found) == MOST_FILES or after > len(raw) or any(raw[end:after]):
            raise no_bundle("files in order, each once and whole", "another order, or a part of a file")
        found[name] = raw[place + BLOCK : end]
        place, last = after, name
    if raw[place:] != _END:
        raise no_bundle("two empty blocks at its end", "another end")
    return found


def no_bundle(wanted: str, found: str) -> CarrelError:
    """CUS-010."""
    return fault(
        faults.BUNDLE_FORM,
        wanted=wanted,
        found=found,
        because="a bundle that was cut short, put together anew or changed proves nothing",
        fix="get the file again that `carrel custodian bundle` wrote",
    )


def too_large() -> CarrelError:
    """CUS-010, of a bundle that would be larger than anybody opens."""
    return fault(
        faults.BUNDLE_FORM,
        wanted=f"{MOST_FILES:,} files and {MOST_BYTES:,} bytes at most",
        found="more leaves of the ledger than that",
        because="whoever opens it bounds what is read",
        fix="give bundles more often; agree with the library on --since, and begin anew there",
    )


def _read(header: bytes) -> tuple[str, int]:
    try:
        name = header[:100].rstrip(b"\0").decode("ascii")
        size = int(header[124:135], 8)
    except ValueError:
        raise no_bundle("the header of a file", "something else") from None
    if not _NAME.fullmatch(name) or size > MOST_BYTES_OF_ONE or header != _header(name, size):
        raise no_bundle("the header of a file, as Carrel writes it", "another header")
    return name, size


def _header(name: str, size: int) -> bytes:
    """Source: POSIX.1-1988 (ustar), "ustar Interchange Format"."""
    fields = (
        name.encode("ascii").ljust(100, b"\0"),
        b"0000600\0",
        b"0000000\0" * 2,
        b"%011o\0" % size,
        b"00000000000\0",
        b" " * 8,
        b"0",
        bytes(100),
        b"ustar\x0000",
        bytes(64),
        b"0000000\0" * 2,
        bytes(167),
    )
    head = b"".join(fields)
    return head[:148] + b"%06o\0 " % sum(head) + head[156:]
