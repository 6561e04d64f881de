"""The key of one run: what seals the resume position, which names a loan and its reader, and goes when the run ends."""

from __future__ import annotations

import json
from pathlib import Path

from carrel.retention.ports import Position
from carrel.store.sealing_key import SealingKey


class RunKey(SealingKey):
    """The key of a run."""

    def __init__(self, folder: Path, run: str) -> None:
        super().__init__(folder / "runs" / f"{run}.key", run)

    def seal(self, position: Position) -> bytes:
        """The position, readable to nobody without the key."""
        return self.seal_text(json.dumps([position.path, position.person, position.loan]))

    def open(self, sealed: bytes) -> Position | None:
        """The position; None when the key is gone or does not fit: the walk begins anew, and repeats are no-ops."""
        text = self.open_text(sealed)
        if text is None:
            return None
        path, person, loan = json.loads(text)
        return Position(path, person, loan)
