"""Reading a ledger folder: its checkpoint, its leaves, receipts for them, and the check of all of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from carrel.errors import CarrelError, fault
from carrel.ledger import faults, merkle
from carrel.ledger.checkpoint import Checkpoint, parse_checkpoint
from carrel.ledger.growth import Edge
from carrel.ledger.intent import NAME as INTENT
from carrel.ledger.note import Verifier, parse_note
from carrel.ledger.proof import make_receipt
from carrel.ledger.tile import HEIGHT, WIDTH, Tile, node_in_tiles, tile_for, tile_items
from carrel.ledger.verification import CHECKPOINT, VerifiedLedger, verify_files
from carrel.store.durable_folder import DurableFolder

TRIES = 10


class LedgerReading:
    """The half of a ledger folder that writes nothing.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._files = DurableFolder(path)

    @property
    def is_begun(self) -> bool:
        """Whether there is a ledger in the folder, sound or not: its first batch was written."""
        return (self.path / CHECKPOINT).exists()

    def checkpoint_text(self) -> str:
        """The signed checkpoint as it stands in the folder.

        Raises:
            CarrelError: LED-011 or LED-002.
        """
        raw = self._read(CHECKPOINT)
        if raw is None:
            raise fault(
                faults.NO_LEDGER,
                at=str(self.path),
                wanted="a folder with the file checkpoint",
                found="none",
                fix="name the folder of a ledger",
            )
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise fault(
                faults.NOTE_FORM,
                at=str(self.path / CHECKPOINT),
                wanted="UTF-8",
                found="other bytes",
                fix="put the file back from an outside copy of the ledger",
            ) from None

    def checkpoint(self) -> Checkpoint:
        """The checkpoint, parsed but not believed; `verify` believes."""
        return parse_checkpoint(parse_note(self.checkpoint_text()).text)

    @property
    def size(self) -> int:
        """The number of leaves that the checkpoint claims."""
        return self.checkpoint().size

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The leaves from `start` up to but not including `end`, one bundle in memory at a time."""
        size = self.size
        end = size if end is None else min(end, size)
        for number in range(start // WIDTH, -(-end // WIDTH)):
            bundle = Tile(None, number, min(WIDTH, size - number * WIDTH))
            yield from self._tile(bundle)[max(start - number * WIDTH, 0) : end - number * WIDTH]

    def backwards(self) -> Iterator[tuple[int, bytes]]:
        """Every leaf with its index, the newest first, one bundle in memory at a time."""
        size = self.size
        for first in range((size - 1) // WIDTH * WIDTH, -1, -WIDTH):
            bundle = Tile(None, first // WIDTH, min(WIDTH, size - first))
            entries = self._tile(bundle)
            for place in range(len(entries) - 1, -1, -1):
                yield first + place, entries[place]

    def receipt(self, index: int) -> str:
        """The receipt (tlog-proof) for one leaf at the current checkpoint.

        Raises:
            CarrelError: LED-015 no such leaf; LED-010 the tiles do not lead to the checkpoint.
        """
        note = self.checkpoint_text()
        checkpoint = parse_checkpoint(parse_note(note).text)
        if not 0 <= index < checkpoint.size:
            raise fault(
                faults.NO_SUCH_LEAF,
                wanted=f"an index from 0 to {checkpoint.size - 1}",
                found=str(index),
                fix="carrel ledger show prints the index of each leaf",
            )
        self._edge(checkpoint)
        entry = next(self.entries(index, index + 1))
        node = node_in_tiles(self._tile, checkpoint.size)
        path = merkle.prove_inclusion(index, checkpoint.size, node)
        if not merkle.verify_inclusion(index, checkpoint.size, merkle.leaf_hash(entry), checkpoint.root, path):
            raise _damaged(tile_for(0, index, checkpoint.size).path, f"a way from leaf {index} to the signed root")
        return make_receipt(entry, index, checkpoint.size, node, note)

    def consistency(self, old_size: int) -> list[bytes]:
        """The proof that the current tree continues the one of `old_size` leaves, for a witness."""
        return self._consistency(old_size, self.size)

    def verify(
        self,
        verifier: Verifier,
        known: str | Sequence[str] | None = None,
        *,
        read_leaves: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> VerifiedLedger:
        """Check everything in the folder; see `carrel.ledger.verification.verify_files`.

        A folder that grows while it is read is read again.

        Args:
            verifier: the ledger's public key.
            known: older signed checkpoints, one or several.
            read_leaves: also check the form of each leaf.
            progress: told leaves done and leaves in all.

        Raises:
            CarrelError: as `verify_files`; LED-013 when the folder never rests.
        """
        older = [known] if isinstance(known, str) else list(known or ())
        for _ in range(TRIES):
            before = self._state()
            try:
                with self._usable():
                    return verify_files(self._files, verifier, older, read_leaves=read_leaves, progress=progress)
            except CarrelError:
                if before == self._state():
                    raise
        raise fault(
            faults.LOCKED,
            at=str(self.path),
            wanted="a folder that rests while it is read",
            found=f"a folder that grew each of the {TRIES} times it was read",
            fix="repeat when no append is under way, or verify a copy",
        )

    def _state(self) -> tuple[bytes | None, bytes | None]:
        """What changes whenever an append begins, becomes visible or ends."""
        return self._read(CHECKPOINT), self._read(INTENT)

    def _read(self, path: str) -> bytes | None:
        with self._usable():
            return self._files.read(path)

    def _tile(self, tile: Tile) -> list[bytes]:
        raw = self._read(tile.path)
        if raw is None:
            raise _damaged(tile.path, "this file")
        return tile_items(tile, raw)

    def _edge(self, checkpoint: Checkpoint) -> Edge:
        """The right edge as it lies in the folder, if the signed root agrees with it."""
        size, edge = checkpoint.size, Edge(checkpoint.size)
        if size % WIDTH:
            edge.entries = self._tile(Tile(None, size // WIDTH, size % WIDTH))
        for level in range(-(-size.bit_length() // HEIGHT)):
            count = size >> (HEIGHT * level)
            edge.levels.append(self._tile(Tile(level, count // WIDTH, count % WIDTH)) if count % WIDTH else [])
        if edge.root() != checkpoint.root or (size % WIDTH and merkle.leaf_hashes(edge.entries) != edge.levels[0]):
            raise _damaged("the tiles at the right edge", "hashes that lead to the signed root")
        return edge

    def _consistency(self, old: int, new: int) -> list[bytes]:
        if not 0 < old <= new:
            return []
        return merkle.prove_consistency(old, new, node_in_tiles(self._tile, new))

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """What the operating system refuses leaves as an error of the ledger."""
        try:
            yield
        except OSError as error:
            raise fault(
                faults.FOLDER_UNUSABLE,
                at=str(self.path),
                wanted="a folder that can be read and written",
                found=os.strerror(error.errno or 0),
                changed="nothing that the current checkpoint covers; an append that had begun is finished by the next",
                fix="see to the rights and the free space of the folder, then repeat",
            ) from None


def _damaged(at: str, wanted: str) -> CarrelError:
    return fault(
        faults.MISMATCH,
        at=at,
        wanted=wanted,
        found="none, or other content",
        fix="run carrel ledger verify, and keep the folder as it is",
    )
