"""What the ledger asks of the world: to read the files of a folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Files(Protocol):
    """The files of a ledger, on a disk, on a web server or in a test's memory."""

    def read(self, path: str) -> bytes | None:
        """The whole file, or None when there is none."""
        ...

    def paths(self) -> Iterable[str]:
        """Every file below the ledger's folder, with forward slashes, in any order."""
        ...
