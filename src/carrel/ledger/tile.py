"""Tiles: the tree and its leaves as static files of 256 hashes or entries each (C2SP tlog-tiles).

A tile on level 0 holds leaf hashes; each hash on level 1 and above is the root of one full tile on the level below. A
tile that is not full yet carries its width in its path, so no file is ever rewritten. Entry bundles follow the same
numbering and hold the leaves themselves, each after its length as two bytes, big-endian.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.ledger import faults
from carrel.ledger.merkle import HASH_BYTES, Node, fold

HEIGHT = 8
WIDTH = 1 << HEIGHT
LONGEST_ENTRY = (1 << 16) - 1
LENGTH_BYTES = 2
_PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of one tile. `level` is None for an entry bundle; `width` is 256 when the tile is full."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """The file's path below the ledger's folder. Source: C2SP tlog-tiles, "Merkle Tree"."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"

    @property
    def first_leaf(self) -> int:
        """The index of the first leaf below this tile."""
        return (self.index * WIDTH) << (HEIGHT * (self.level or 0))

    @property
    def last_leaf(self) -> int:
        """The index of the last leaf below this tile."""
        return ((self.index * WIDTH + self.width) << (HEIGHT * (self.level or 0))) - 1


def parse_path(path: str) -> Tile | None:
    """The tile a path names, or nothing when it is no tile's one true path."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level, groups, width = match.groups()
    index = int("".join(group.removeprefix("x") for group in groups.split("/")))
    tile = Tile(None if level == "entries" else int(level), index, int(width or WIDTH))
    return tile if tile.path == path and tile.width <= WIDTH else None


def tile_for(level: int, index: int, size: int) -> Tile:
    """The tile that holds hash `index` of tile level `level` in a tree of `size` leaves, in the width it has there."""
    count = size >> (HEIGHT * level)
    number = index // WIDTH
    return Tile(level, number, min(WIDTH, count - number * WIDTH))


def node_in_tiles(read: Callable[[Tile], Sequence[bytes]], size: int) -> Node:
    """A function that tells the hash of any complete subtree of a tree of `size` leaves from its tiles.

    Args:
        read: the hashes of a tile; asked at most once for each tile.
        size: leaves of the tree.
    """
    seen: dict[Tile, Sequence[bytes]] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, inside = divmod(level, HEIGHT)
        first = index << inside
        tile = tile_for(tile_level, first, size)
        if tile not in seen:
            seen[tile] = read(tile)
        place = first - tile.index * WIDTH
        return fold(seen[tile][place : place + (1 << inside)])

    return node


def split_hashes(raw: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """An entry bundle, or a part of one.

    Raises:
        CarrelError: LED-020 when an entry is longer than 65,535 bytes.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > LONGEST_ENTRY:
            raise fault(
                faults.LEAF_TOO_LONG,
                wanted=f"at most {LONGEST_ENTRY} bytes",
                found=amount(len(entry), "byte"),
                fix="split the leaf, or record a digest of the list instead of the list",
            )
        parts.append(len(entry).to_bytes(LENGTH_BYTES, "big"))
        parts.append(entry)
    return b"".join(parts)


def decode_entries(raw: bytes, at: str) -> list[bytes]:
    """The entries of a bundle, to its last byte.

    Args:
        raw: the file.
        at: the file's path, for the error.

    Raises:
        CarrelError: LED-009 when a length leads past the end.
    """
    entries: list[bytes] = []
    place, end = 0, len(raw)
    while place < end:
        start = place + LENGTH_BYTES
        place = start + int.from_bytes(raw[place:start], "big")
        if place > end or start > end:
            raise _no_tile(at, "entries that end with the file", f"entry {len(entries)} runs past the end")
        entries.append(raw[start:place])
    return entries


def tile_bytes(tile: Tile, items: Sequence[bytes]) -> bytes:
    """The file of a tile or bundle."""
    return encode_entries(items) if tile.level is None else b"".join(items)


def tile_items(tile: Tile, raw: bytes) -> list[bytes]:
    """The hashes or entries of a file, exactly as many as its path says.

    Raises:
        CarrelError: LED-009.

    Guarantees: `tile_bytes(tile, tile_items(tile, raw)) == raw`.
    """
    items = decode_entries(raw, tile.path) if tile.level is None else split_hashes(raw)
    if len(items) != tile.width or (tile.level is not None and len(raw) != tile.width * HASH_BYTES):
        raise _no_tile(tile.path, f"{tile.width} whole ones", f"{len(items)}, perhaps with a rest")
    return items


def _no_tile(at: str, wanted: str, found: str) -> CarrelError:
    return fault(
        faults.TILE_FORM, at=at, wanted=wanted, found=found, fix="compare this file with an outside copy of the ledger"
    )
