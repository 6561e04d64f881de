"""The ledger as a folder of static files, which any web server or memory stick can carry as it is.

An append writes down its intent (the entries and the signed checkpoint to come), then the new tiles, then the
checkpoint, then clears away. No file that the current checkpoint needs is touched before the next checkpoint is
durable, so the folder verifies after a crash between any two steps, and the next append first finishes the one that was
cut short.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from carrel.errors import CarrelError, fault
from carrel.ledger import faults, merkle
from carrel.ledger.batch import BATCH, padded
from carrel.ledger.checkpoint import Checkpoint, must_continue, open_checkpoint, parse_checkpoint
from carrel.ledger.growth import Edge
from carrel.ledger.intent import NAME as INTENT
from carrel.ledger.intent import Intent, parse_intent, replay
from carrel.ledger.leaf import Leaf, OpenLeaf
from carrel.ledger.note import Signer, Verifier, parse_note
from carrel.ledger.proof import make_receipt
from carrel.ledger.tile import HEIGHT, WIDTH, Tile, node_in_tiles, tile_for, tile_items
from carrel.ledger.verification import CHECKPOINT, VerifiedLedger, verify_files
from carrel.store.durable_folder import DurableFolder, Step

TRIES = 5


def _no_step(_name: str) -> None:
    """Nobody watches."""


class LedgerFolder:
    """A ledger on a disk. Opening one reads nothing; only `create`, `append` and `recover` write.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._files = DurableFolder(path)

    # -- writing

    def create(
        self,
        origin: str,
        signer: Signer,
        now: datetime,
        *,
        carrel_version: str = "0.1.0",
        pad_to: int = BATCH,
        step: Step = _no_step,
    ) -> Checkpoint:
        """Begin a ledger with one batch whose first leaf is the genesis leaf.

        Args:
            origin: the ledger's name, such as ``library.example/ledger``; the same as the key's name.
            signer: the ledger's key.
            now: the time of the genesis leaf.
            carrel_version: recorded in the genesis leaf.
            pad_to: the step in which the ledger grows.
            step: told the name of each step before the next is taken.

        Raises:
            CarrelError: LED-012 when the folder has a ledger; LED-014 when the key is of another name; LED-013.
        """
        if signer.name != origin:
            raise _other_key(origin, signer)
        with self._usable():
            self._files.make()
        with self._alone():
            if self._read(CHECKPOINT) is None and self._read(INTENT) is not None:
                # An earlier create was cut short after it had signed: only that one can be finished.
                return self._recover(signer.verifier, step)
            if not self._files.is_bare():
                raise fault(
                    faults.LEDGER_EXISTS,
                    at=str(self.path),
                    wanted="an empty folder",
                    found="files",
                    fix="append to the ledger in it, or name another folder",
                )
            genesis = OpenLeaf("genesis", now, {"origin": origin, "carrel_version": carrel_version, "batch": pad_to})
            empty = Checkpoint(origin, 0, merkle.EMPTY_ROOT)
            return self._extend(empty, Edge(), padded([genesis], now, pad_to), signer, step)

    def append(
        self,
        leaves: Sequence[Leaf],
        signer: Signer,
        now: datetime,
        *,
        pad_to: int = BATCH,
        known: Sequence[str] = (),
        step: Step = _no_step,
    ) -> Checkpoint:
        """Append one batch and sign the new checkpoint; all of it becomes visible at once, or nothing.

        Args:
            leaves: in the order in which they shall stand.
            signer: the ledger's key.
            now: the time of the padding leaves.
            pad_to: the batch is filled with padding to a multiple of this many leaves; 1 adds none.
            known: signed checkpoints from outside; signing is refused when the folder does not continue each of them
                (somebody put back an old copy of the folder).
            step: told the name of each step before the next is taken.

        Raises:
            CarrelError: LED-011 no ledger; LED-013 somebody else is writing; LED-014 another key; LED-006 the folder
                contradicts a known checkpoint; LED-009 or LED-010 the folder's edge is damaged.

        Guarantees: append in parts equals append at once (without padding); a crash at any step leaves a folder that
            verifies, and the next append finishes it.
        """
        self._must_exist()
        with self._alone():
            current = self._recover(signer.verifier, step)
            edge = self._edge(current)
            for note in known:
                old = open_checkpoint(note, signer.verifier)
                must_continue(old, current, self._consistency(old.size, current.size))
            entries = padded(leaves, now, pad_to)
            return self._extend(current, edge, entries, signer, step) if entries else current

    def recover(self, verifier: Verifier) -> Checkpoint:
        """Finish an append that was cut short, if one was; it needs no private key.

        Raises:
            CarrelError: LED-011, LED-013, LED-010, or the fault of a checkpoint that is not this key's.
        """
        self._must_exist()
        with self._alone():
            return self._recover(verifier, _no_step)

    def _extend(self, current: Checkpoint, edge: Edge, entries: list[bytes], signer: Signer, step: Step) -> Checkpoint:
        before = edge.copy()
        fresh = edge.grow(entries)
        coming = Checkpoint(current.origin, edge.size, edge.root())

        def read(tile: Tile) -> Sequence[bytes]:
            return fresh[tile] if tile in fresh else self._tile(tile)

        proof = (
            merkle.prove_consistency(current.size, coming.size, node_in_tiles(read, coming.size))
            if current.size
            else []
        )
        intent = Intent(coming.signed(signer, since=current, proof=proof), tuple(entries))
        self._files.write(INTENT, intent.encode(), step)
        return self._finish(intent, before, signer.verifier, step)

    def _recover(self, verifier: Verifier, step: Step) -> Checkpoint:
        raw = self._read(INTENT)
        if raw is None:
            current = self._signed_checkpoint(verifier)
            self._files.clear_staging()
            return current
        intent = parse_intent(raw)
        coming = open_checkpoint(intent.note, verifier)
        base = intent.base(coming)
        if self._read(CHECKPOINT) is None and base == 0:
            return self._finish(intent, Edge(), verifier, step)
        current = self._signed_checkpoint(verifier)
        if current == coming:
            self._clear(intent, coming, step)
            return coming
        if current.size != base:
            raise fault(
                faults.MISMATCH,
                at=str(self.path / INTENT),
                wanted=f"an append to the {current.size} leaves there are",
                found="an append to another size",
                fix="keep the folder as it is and compare it with the last outside copy",
            )
        return self._finish(intent, self._edge(current), verifier, step)

    def _finish(self, intent: Intent, before: Edge, verifier: Verifier, step: Step) -> Checkpoint:
        """From a durable intent to the end; repeating any part of it changes nothing."""
        coming = open_checkpoint(intent.note, verifier)
        files = replay(intent, before.copy(), verifier)
        self._files.write_all({tile.path: content for tile, content in files.items()}, step)
        self._files.write(CHECKPOINT, intent.note.encode(), step)
        self._clear(intent, coming, step)
        return coming

    def _clear(self, intent: Intent, coming: Checkpoint, step: Step) -> None:
        """Take away the partial tiles that full ones have replaced, then the intent, then the staging folder."""
        for level in (None, *range((coming.size.bit_length() - 1) // HEIGHT + 1)):
            shift = HEIGHT * (level or 0)
            first = (intent.base(coming) >> shift) // WIDTH
            if first < (coming.size >> shift) // WIDTH:
                self._files.remove_below(Tile(level, first).path + ".p")
        step("partials removed")
        self._files.remove(INTENT)
        step("intent removed")
        self._files.clear_staging()

    # -- reading

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
            raise fault(faults.NOTE_FORM, at=str(self.path / CHECKPOINT), wanted="UTF-8", found="other bytes") from None

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
        """
        older = [known] if isinstance(known, str) else list(known or ())
        for left in range(TRIES - 1, -1, -1):
            before = self._read(CHECKPOINT)
            try:
                with self._usable():
                    return verify_files(self._files, verifier, older, read_leaves=read_leaves, progress=progress)
            except CarrelError:
                if left == 0 or before == self._read(CHECKPOINT):
                    raise
        raise AssertionError("unreachable")

    # -- the parts

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

    def _signed_checkpoint(self, verifier: Verifier) -> Checkpoint:
        note = self.checkpoint_text()
        claimed = parse_checkpoint(parse_note(note).text)
        ids = {(signature.name, signature.id) for signature in parse_note(note).signatures}
        if claimed.origin != verifier.name or (verifier.name, verifier.id) not in ids:
            raise _other_key(claimed.origin, verifier)
        return open_checkpoint(note, verifier)

    def _must_exist(self) -> None:
        """Before a lock is put into a folder that is no ledger's."""
        if self._read(INTENT) is None:
            self.checkpoint_text()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._usable(), self._files.alone() as free:
            if not free:
                raise fault(
                    faults.LOCKED,
                    at=str(self.path),
                    wanted="the folder for this process alone",
                    found="another process that writes",
                    fix="wait until it has ended, then repeat",
                )
            yield

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


def _other_key(origin: str, key: Signer | Verifier) -> CarrelError:
    return fault(
        faults.OTHER_KEY,
        wanted=f"the key that {origin} was begun with",
        found=f"a key of {key.name}" if key.name != origin else "another key of that name",
        because="a ledger is continued by one key, so that an outsider needs only one",
        fix="give the ledger's own key",
    )


def _damaged(at: str, wanted: str) -> CarrelError:
    return fault(
        faults.MISMATCH,
        at=at,
        wanted=wanted,
        found="none, or other content",
        fix="run carrel ledger verify, and keep the folder as it is",
    )
