"""Verification: whether a folder is the ledger that its checkpoint vouches for, in one pass with flat memory.

The verifier appends every entry again to an empty tree and compares what comes out with what lies in the folder: each
tile, the signed root, the root at the size of every older checkpoint it is given, and every other file. It needs the
files and the public key and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.ledger import faults, merkle
from carrel.ledger.checkpoint import Checkpoint, open_checkpoint
from carrel.ledger.growth import Edge
from carrel.ledger.intent import NAME as INTENT
from carrel.ledger.intent import Intent, parse_intent, replay
from carrel.ledger.leaf import decode_leaf
from carrel.ledger.note import Verifier
from carrel.ledger.ports import Files
from carrel.ledger.tile import HEIGHT, WIDTH, Tile, parse_path, split_hashes, tile_bytes, tile_items

CHECKPOINT = "checkpoint"
LOCK = ".lock"
STAGING = ".staging/"
FIX = "keep the folder as it is, compare the named files with an outside copy, and find out who wrote to it"


@dataclass(frozen=True, slots=True)
class VerifiedLedger:
    """What was found to hold.

    Attributes:
        checkpoint: the signed state of the ledger.
        known: the sizes of the older checkpoints that the ledger was found to continue.
        files: files compared, the checkpoint included.
        interrupted: an append was cut short; what it left was checked too, and the next append finishes it.
        kinds: number of leaves by kind, when leaves were read; else empty.
    """

    checkpoint: Checkpoint
    known: tuple[int, ...]
    files: int
    interrupted: bool
    kinds: dict[str, int] = field(default_factory=dict)


def verify_files(
    files: Files,
    verifier: Verifier,
    known: Sequence[str] = (),
    *,
    read_leaves: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> VerifiedLedger:
    """Check a whole ledger.

    Args:
        files: the folder.
        verifier: the ledger's public key, from somewhere else than the folder.
        known: signed checkpoints that somebody kept, of any age.
        read_leaves: also check that each leaf is an open leaf in canonical form.
        progress: told the leaves done and the leaves in all, once per bundle.

    Raises:
        CarrelError: LED-011 when there is no checkpoint; LED-002, LED-003, LED-005 when it is not signed by this key;
            LED-006 when the ledger does not continue a known checkpoint; LED-009 or LED-010, with the file and the
            range of leaves, when anything else does not fit.

    Guarantees: any byte changed, added or taken away in any file of a ledger at rest is refused.
    """
    note = files.read(CHECKPOINT)
    if note is None:
        raise fault(
            faults.NO_LEDGER,
            at=CHECKPOINT,
            wanted="a file named checkpoint in the folder of the ledger",
            found="none",
            fix="name the folder that holds the file checkpoint",
        )
    checkpoint = open_checkpoint(_text(note, CHECKPOINT), verifier)
    older = [open_checkpoint(text, verifier) for text in known]
    for one in older:
        if one.size > checkpoint.size:
            raise _broken_promise(one, f"{amount(checkpoint.size, 'leaf', 'leaves')} in all")
    raw = files.read(INTENT)
    intent = None if raw is None else parse_intent(raw)
    marks = {one.size for one in older} | _base(intent, note, checkpoint, verifier)
    walk = _Walk(files, checkpoint, progress or (lambda _done, _all: None), {} if read_leaves else None)
    edges = walk.append_again(marks)
    for one in older:
        if edges[one.size].root() != one.root:
            raise _broken_promise(one, f"another root over the first {amount(one.size, 'leaf', 'leaves')}")
    pending: dict[str, bytes] = {}
    if intent is not None:
        base = edges[intent.base(open_checkpoint(intent.note, verifier))]
        pending = {tile.path: content for tile, content in replay(intent, base, verifier).items()}
    counted, staged = walk.others(pending)
    sizes = tuple(one.size for one in older)
    return VerifiedLedger(checkpoint, sizes, counted, intent is not None or staged, walk.kinds or {})


@dataclass(slots=True)
class _Walk:
    """One pass over the files."""

    files: Files
    checkpoint: Checkpoint
    progress: Callable[[int, int], None]
    kinds: dict[str, int] | None

    def append_again(self, marks: set[int]) -> dict[int, Edge]:
        """Append every entry to an empty tree, compare each tile, and keep the edge at each marked size."""
        size, edge = self.checkpoint.size, Edge()
        kept = {0: edge.copy()} if 0 in marks else {}
        for first in range(0, size, WIDTH):
            bundle = Tile(None, first // WIDTH, min(WIDTH, size - first))
            entries = tile_items(bundle, self._file(bundle))
            if self.kinds is not None:
                self._read(self.kinds, bundle, entries)
            place = 0
            for cut in (*sorted(mark - first for mark in marks if first < mark < first + bundle.width), bundle.width):
                self._compare(edge, entries[place:cut])
                place = cut
                if first + cut in marks:
                    kept[first + cut] = edge.copy()
            self.progress(edge.size, size)
        self._compare_edge(edge)
        return kept

    def others(self, pending: Mapping[str, bytes]) -> tuple[int, bool]:
        """Check every file that the tree does not need; tell the files checked in all, and if any lies in staging."""
        counted, staged = 0, False
        for path in self.files.paths():
            if path.startswith(STAGING):
                staged = True
                continue
            counted += 1
            if path in (CHECKPOINT, INTENT):
                continue
            tile = parse_path(path)
            if path == LOCK:
                wanted: bytes | None = b""
            elif tile is None:
                wanted = None
            elif self._needed(tile):
                continue
            else:
                wanted = self._older(tile) or pending.get(path)
            if wanted is None:
                raise _differs(path, "only files of the ledger", "a file that belongs to no signed checkpoint")
            # A file that is gone again is an older partial tile that an append under way has just taken away.
            if self.files.read(path) not in (wanted, None):
                raise _differs(path, "the content that the signed leaves give it", "other content")
        return counted, staged

    def _compare(self, edge: Edge, entries: Sequence[bytes]) -> None:
        for tile, hashes in edge.take(entries):
            if tile.level is None:  # the bundle is where the entries came from
                continue
            found = self._file(tile)
            if found != tile_bytes(tile, hashes):
                parent = self._parent(tile)
                if parent is not None and parent == merkle.fold(hashes):
                    raise _differs(tile.path, "the hashes that the tile above it covers", "others", tile)
                whole = len(found) == WIDTH * merkle.HASH_BYTES
                covered = whole and parent == merkle.fold(split_hashes(found))
                self._blame(tile, hashes, found, entries_changed=covered)

    def _compare_edge(self, edge: Edge) -> None:
        for tile, hashes in edge.partials():
            if tile.level is None:
                continue
            found = self._file(tile)
            if found != tile_bytes(tile, hashes):
                if edge.root() == self.checkpoint.root:
                    raise _differs(tile.path, "the hashes that the signed root covers", "others", tile)
                self._blame(tile, hashes, found, entries_changed=self._covers(edge, tile, found))
        if edge.root() != self.checkpoint.root:
            last = max(self.checkpoint.size - 1, 0)
            raise _differs(CHECKPOINT, "the signed root over the entries", f"another root over leaves 0 to {last}")

    def _blame(self, tile: Tile, hashes: Sequence[bytes], found: bytes, *, entries_changed: bool) -> NoReturn:
        """Refuse, and say as nearly as can be told which file was changed, and at which leaf."""
        if tile.level != 0:
            raise _differs(tile.path, "the roots of the tiles below it", "others", tile)
        entries = Tile(None, tile.index, tile.width).path
        there = split_hashes(found)
        wrong = [at for at, one in enumerate(hashes) if there[at : at + 1] != [one]]
        first = tile.first_leaf + wrong[0] if wrong else tile.last_leaf
        raise _differs(
            entries if entries_changed else f"{entries} or {tile.path}",
            "entries that hash to the tile beside them",
            f"{len(wrong) or 1} that does not, the first at leaf {first}",
            tile,
        )

    def _covers(self, edge: Edge, tile: Tile, found: bytes) -> bool:
        """Whether the signed root covers the hashes of this unfinished tile as it lies in the folder."""
        if tile.level is None or len(found) != tile.width * merkle.HASH_BYTES:
            return False
        trial = edge.copy()
        trial.levels[tile.level] = split_hashes(found)
        return trial.root() == self.checkpoint.root

    def _parent(self, tile: Tile) -> bytes | None:
        """The hash that the tile above has for this full tile, if the folder has that tile."""
        level = (tile.level or 0) + 1
        width = min(WIDTH, (self.checkpoint.size >> (HEIGHT * level)) - tile.index // WIDTH * WIDTH)
        raw = self.files.read(Tile(level, tile.index // WIDTH, width).path) or b""
        place = tile.index % WIDTH * merkle.HASH_BYTES
        return raw[place : place + merkle.HASH_BYTES] or None

    def _file(self, tile: Tile) -> bytes:
        raw = self.files.read(tile.path)
        if raw is None:
            raise _differs(tile.path, "this file", "none", tile)
        return raw

    def _count(self, tile: Tile) -> int:
        return self.checkpoint.size >> (HEIGHT * (tile.level or 0))

    def _needed(self, tile: Tile) -> bool:
        """Whether the tree at this size has this tile in this width: then it was compared already."""
        count = self._count(tile)
        return tile.index < count // WIDTH if tile.width == WIDTH else divmod(count, WIDTH) == (tile.index, tile.width)

    def _older(self, tile: Tile) -> bytes | None:
        """What a partial tile of an earlier size must hold: the beginning of the tile that took its place."""
        count = self._count(tile)
        if tile.index * WIDTH + tile.width > count:
            return None
        newer = replace(tile, width=min(WIDTH, count - tile.index * WIDTH))
        return tile_bytes(tile, tile_items(newer, self._file(newer))[: tile.width])

    def _read(self, kinds: dict[str, int], bundle: Tile, entries: Sequence[bytes]) -> None:
        for place, entry in enumerate(entries):
            try:
                kind = decode_leaf(entry).kind
            except CarrelError:
                at = f"{bundle.path}, leaf {bundle.first_leaf + place}"
                raise _differs(at, "an open leaf in canonical form", "other bytes") from None
            kinds[kind] = kinds.get(kind, 0) + 1


def _base(intent: Intent | None, note: bytes, checkpoint: Checkpoint, verifier: Verifier) -> set[int]:
    """The size that an intent starts from, if there is an intent; it must be about this ledger as it is now."""
    if intent is None:
        return set()
    coming = open_checkpoint(intent.note, verifier)
    base = intent.base(coming)
    done = coming == checkpoint and intent.note.encode() == note
    if base < 0 or not (base == checkpoint.size or done):
        raise _differs(INTENT, "an append to the ledger as it is", "an append to another size")
    return {base}


def _text(raw: bytes, at: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise fault(faults.NOTE_FORM, at=at, wanted="UTF-8", found="other bytes", fix=FIX) from None


def _differs(at: str, wanted: str, found: str, tile: Tile | None = None) -> CarrelError:
    where = at if tile is None else f"{at} (leaves {tile.first_leaf} to {tile.last_leaf})"
    return fault(faults.MISMATCH, at=where, wanted=wanted, found=found, fix=FIX)


def _broken_promise(known: Checkpoint, found: str) -> CarrelError:
    return fault(
        faults.INCONSISTENT,
        at=f"the known checkpoint of {amount(known.size, 'leaf', 'leaves')}",
        wanted=f"the first {amount(known.size, 'leaf', 'leaves')} as signed",
        found=found,
        because="leaves that the known checkpoint vouches for were changed or taken away",
        fix=FIX,
    )
