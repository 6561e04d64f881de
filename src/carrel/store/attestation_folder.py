"""What people signed for one log service, kept as it came: signed notes, each under its digest."""

from __future__ import annotations

import os
import re
from pathlib import Path

from carrel.accountability import faults
from carrel.errors import CarrelError, fault
from carrel.store.durable_folder import DurableFolder

FOLDER = "log-services"
_NAMED = re.compile(r"[0-9a-f]{64}\.note")


class AttestationFolder:
    """The folder of one service below ``log-services/`` of a site. Every file is whole or not there.

    Args:
        site_folder: of the site.
        service: its name in the site file.
    """

    def __init__(self, site_folder: Path, service: str) -> None:
        self.path = site_folder / FOLDER / service

    def keep(self, digest: str, note: str) -> None:
        """Keep a note; nothing happens where it is kept already.

        Raises:
            CarrelError: CUS-016.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            files = DurableFolder(self.path)
            with files.alone() as free:
                if not free:
                    raise self._unusable("another process that works in it")
                files.write(f"{digest}.note", note.encode(), lambda _: None)
                files.clear_staging()
        except OSError as wrong:
            raise self._unusable(os.strerror(wrong.errno or 0)) from None

    def notes(self) -> list[str]:
        """Every note, in order of digest.

        Raises:
            CarrelError: CUS-016.
        """
        try:
            found = sorted(one for one in self.path.iterdir() if _NAMED.fullmatch(one.name))
            return [one.read_bytes().decode("utf-8", "replace") for one in found]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as wrong:
            raise self._unusable(os.strerror(wrong.errno or 0)) from None

    def _unusable(self, found: str) -> CarrelError:
        return fault(
            faults.CUSTODY_FILE,
            at=str(self.path),
            wanted="a place that this process can read and write",
            found=found,
            fix="see to its rights and the free space, then repeat",
        )
