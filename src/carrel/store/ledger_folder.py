"""The ledger as a folder of static files, which any web server or memory stick can carry as it is.

An append writes down its intent (the entries and the signed checkpoint to come), then the new tiles, then the
checkpoint, then clears away. No file that the current checkpoint needs is touched before the next checkpoint is
durable, so the folder verifies after a crash between any two steps, and the next append first finishes the one that was
cut short.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from carrel import __version__
from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.ledger import faults, merkle
from carrel.ledger.batch import BATCH, padded
from carrel.ledger.checkpoint import Checkpoint, must_continue, open_checkpoint, parse_checkpoint
from carrel.ledger.growth import Edge
from carrel.ledger.intent import NAME as INTENT
from carrel.ledger.intent import Intent, parse_intent, replay
from carrel.ledger.leaf import Leaf, OpenLeaf
from carrel.ledger.note import Signer, Verifier, parse_note
from carrel.ledger.ports import InHand, Outbox
from carrel.ledger.tile import HEIGHT, WIDTH, Tile, node_in_tiles
from carrel.ledger.verification import CHECKPOINT
from carrel.store.durable_folder import Step
from carrel.store.ledger_reading import LedgerReading


def _no_step(_name: str) -> None:
    """Nobody watches."""


class LedgerFolder(LedgerReading):
    """A ledger on a disk. Opening one reads nothing; only `create`, `append` and `recover` write.

    Attributes:
        path: the folder.
    """

    def create(
        self,
        origin: str,
        signer: Signer,
        now: datetime,
        *,
        carrel_version: str = __version__,
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
        """Append leaves that are owed nowhere else; none are a batch of padding. As `deliver`."""
        return self.deliver(InHand(leaves), signer, now, pad_to=pad_to, known=known, step=step)

    def deliver(
        self,
        outbox: Outbox,
        signer: Signer,
        now: datetime,
        *,
        pad_to: int = BATCH,
        known: Sequence[str] = (),
        step: Step = _no_step,
    ) -> Checkpoint:
        """Append one batch and sign the new checkpoint; all of it becomes visible at once, or nothing.

        Args:
            outbox: whose leaves, in the order in which they shall stand.
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
            verifies, and the next append finishes it; what an outbox owes stands in the ledger once, whatever crashed.
        """
        self._must_exist()
        with self._alone():
            current = self._recover(signer.verifier, step)
            edge = self._edge(current)
            for note in known:
                old = open_checkpoint(note, signer.verifier)
                must_continue(old, current, self._consistency(old.size, current.size))
            owed = outbox.claim(current.size, self.entries)
            if owed is None:
                return current
            entries = padded(owed, now, pad_to)
            coming = self._extend(current, edge, entries, signer, step) if entries else current
            outbox.clear()
            return coming

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
                wanted=f"an append to {amount(current.size, 'leaf', 'leaves')}",
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


def _other_key(origin: str, key: Signer | Verifier) -> CarrelError:
    return fault(
        faults.OTHER_KEY,
        wanted=f"the key that {origin} was begun with",
        found=f"a key of {key.name}" if key.name != origin else "another key of that name",
        because="a ledger is continued by one key, so that an outsider needs only one",
        fix="give the ledger's own key",
    )
