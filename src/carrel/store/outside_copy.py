"""The outside copy: checkpoints laid where whoever runs the ledger cannot quietly change them.

The place is a folder on a second host, a stick in the director's safe, a directory that a mail job sends from. Each
checkpoint is a file of its own, is never written over, and must continue the newest one that lies there.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

from carrel.errors import CarrelError, fault
from carrel.ledger import faults
from carrel.ledger.checkpoint import must_continue, parse_checkpoint
from carrel.ledger.leaf import utc_seconds
from carrel.ledger.note import parse_note
from carrel.store.ledger_folder import LedgerFolder

FOLDER = "checkpoints"
_NAME = re.compile(r"([0-9]{1,19})-[0-9]{8}T[0-9]{6}Z\.note")


def copy_outward(ledger: LedgerFolder, target: Path, now: datetime, note: str | None = None) -> Path:
    """Lay the current checkpoint into ``checkpoints/`` below the target, and tell the file.

    Args:
        ledger: the ledger.
        target: the outside place; made if there is none.
        now: goes into the file's name, ``<size>-<time>.note``.
        note: the ledger's checkpoint with cosignatures, if it has any; else as it stands in the folder.

    Returns:
        The new file, or the one that already holds this very checkpoint.

    Raises:
        CarrelError: LED-006 when the ledger does not continue the newest copy; LED-016 when a file of that name holds
            something else; LED-021 when the place cannot be written. Nothing that lay there is changed.
    """
    note = ledger.checkpoint_text() if note is None else note
    current = parse_checkpoint(parse_note(note).text)
    for path in reversed(outside_copies(target)):
        kept = path.read_text(encoding="utf-8")
        if kept == note:
            return path
        old = parse_checkpoint(parse_note(kept).text)
        proof = ledger.consistency(old.size) if 0 < old.size <= current.size else []
        must_continue(old, current, proof)
        break
    stamp = utc_seconds(now).replace("-", "").replace(":", "")
    place = target / FOLDER / f"{current.size}-{stamp}.note"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            file.write(note.encode())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise fault(
            faults.COPY_EXISTS,
            at=str(place),
            wanted="no file of this name",
            found="one with another checkpoint",
            because="an outside copy is never written over",
            fix="keep both, and find out which of them the ledger's key signed first",
        ) from None
    except OSError as error:
        raise _unusable(place, error) from None
    return place


def outside_copies(target: Path) -> list[Path]:
    """The checkpoints that lie below the target, smallest ledger first, then oldest."""
    found = [
        (int(match[1]), path) for path in (target / FOLDER).glob("*.note") if (match := _NAME.fullmatch(path.name))
    ]
    return [path for _, path in sorted(found)]


def _unusable(place: Path, error: OSError) -> CarrelError:
    return fault(
        faults.FOLDER_UNUSABLE,
        at=str(place),
        wanted="a folder that can be written",
        found=os.strerror(error.errno or 0),
        fix="see to the rights and the free space of the outside place, then repeat",
    )
