"""The intent: what an append is about to do, written down before it does it.

It holds the signed checkpoint to come and the entries that lead to it, so whoever finds it after a crash can finish the
append without the private key, and whoever verifies the folder can check the half-written files against it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.ledger import faults
from carrel.ledger.checkpoint import Checkpoint, open_checkpoint
from carrel.ledger.growth import Edge
from carrel.ledger.note import Verifier
from carrel.ledger.tile import Tile, decode_entries, encode_entries, tile_bytes

NAME = "intent"
_HEAD = re.compile(rb"carrel-ledger-intent 1 (0|[1-9][0-9]{0,6}) (0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True, slots=True)
class Intent:
    """The checkpoint to come, as a signed note, and the entries to append."""

    note: str
    entries: tuple[bytes, ...]

    def encode(self) -> bytes:
        """The intent as a file: a line with the note's length and the number of entries, the note, the entries."""
        note = self.note.encode()
        return b"carrel-ledger-intent 1 %d %d\n" % (len(note), len(self.entries)) + note + encode_entries(self.entries)

    def base(self, checkpoint: Checkpoint) -> int:
        """The size of the ledger that the entries are appended to."""
        return checkpoint.size - len(self.entries)


def parse_intent(raw: bytes) -> Intent:
    """The intent from its file, strictly.

    Raises:
        CarrelError: LED-010.

    Guarantees: `parse_intent(r).encode() == r`.
    """
    head = _HEAD.match(raw)
    if head is None:
        raise _damaged("a first line with two numbers", "another first line")
    start, length = head.end(), int(head[1])
    try:
        note = raw[start : start + length].decode()
    except UnicodeDecodeError:
        raise _damaged("a signed note in UTF-8", "other bytes") from None
    entries = decode_entries(raw[start + length :], NAME)
    if len(entries) != int(head[2]):
        raise _damaged(amount(int(head[2]), "entry", "entries"), str(len(entries)))
    return Intent(note, tuple(entries))


def replay(intent: Intent, edge: Edge, verifier: Verifier) -> dict[Tile, bytes]:
    """The files that the intent leads to from `edge`, which is the ledger before it and grows by it.

    Raises:
        CarrelError: LED-010 when the entries do not lead to the checkpoint; LED-002, LED-003 or LED-005 for its note.
    """
    checkpoint = open_checkpoint(intent.note, verifier)
    files = {tile: tile_bytes(tile, items) for tile, items in edge.grow(intent.entries).items()}
    if (edge.size, edge.root()) != (checkpoint.size, checkpoint.root):
        raise _damaged("entries that lead to the checkpoint in it", "entries that lead elsewhere")
    return files


def _damaged(wanted: str, found: str) -> CarrelError:
    return fault(
        faults.MISMATCH,
        at=NAME,
        wanted=wanted,
        found=found,
        because="the note of an unfinished append was changed or is damaged",
        fix="keep the folder as it is and compare it with the last outside copy",
    )
