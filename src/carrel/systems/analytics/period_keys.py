"""The keys of pseudonyms on disk, a file for each silo and period, and their destruction on schedule.

The key of a period that is over for long is never written down: tokens of such records are made with a key that lives
in memory alone and ends with the run.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from datetime import date
from pathlib import Path

from carrel.deidentification.records import faults
from carrel.deidentification.records.pseudonym import KEY_BYTES, PeriodKey, is_due, place
from carrel.errors import fault
from carrel.systems.drawn_key import draw, read, shred
from carrel.systems.durable_file import settle

_NAME = re.compile(r"([a-z0-9][a-z0-9-]{0,39})\.(\d{4}[0-9QW-]*)\.kept(\d{1,2})\.key")
_DRAWN = re.compile(rf"\.{_NAME.pattern}\.[0-9a-f]{{16}}")  # beside its place, until it has its name
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class PeriodKeyFolder:
    """A folder of mode 0700 with a file of mode 0600 for each key; its name tells for how long it may stand.

    Args:
        path: of the folder. Keep it out of backups.
        make: whether it is made where it is not there.

    Raises:
        CarrelError: REC-010, others can look into it, or it is not there and cannot or may not be made.
    """

    def __init__(self, path: Path, *, make: bool = False) -> None:
        self.path = path
        try:
            if make:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = path.stat().st_mode
        except OSError as wrong:
            raise self._unusable(os.strerror(wrong.errno or 0), "name a folder that is there") from None
        if not stat.S_ISDIR(mode):
            raise self._unusable("no folder", "name the folder in which the keys are")
        if mode & _OTHERS:
            raise self._unusable(f"mode {stat.S_IMODE(mode):04o}", "chmod 700 of that folder")

    def key(self, silo: str, period: str, kept: int, today: date) -> PeriodKey:
        """The key of a silo and period: the one on disk, or a new one, which is written down unless it is due.

        Raises:
            CarrelError: REC-010, the folder cannot be read or written, or a key in it is not whole.
        """
        if is_due(period, today, kept):
            return PeriodKey(silo, period, secrets.token_bytes(KEY_BYTES))
        try:
            standing = [one for one in self.path.iterdir() if one.name.startswith(f"{silo}.{period}.kept")]
            file = standing[0] if standing else self.path / f"{silo}.{period}.kept{kept}.key"
            if not standing:
                draw(file, KEY_BYTES)
            secret = read(file, KEY_BYTES)
        except OSError as wrong:
            raise self._unusable(os.strerror(wrong.errno or 0), "let this account read and write it") from None
        if len(secret) != KEY_BYTES:
            raise self._unusable("a key that is not whole", f"delete {file.name}; its period goes on under a new key")
        return PeriodKey(silo, period, secret)

    def standing(self) -> list[tuple[str, str, int]]:
        """Silo and period of each key on disk, and for how many periods it may stand, in order.

        Raises:
            CarrelError: REC-010.
        """
        found = [match for name in self._names() if (match := _NAME.fullmatch(name)) is not None and place(match[2])]
        return [(match[1], match[2], int(match[3])) for match in found]

    def destroy_due(self, today: date) -> list[tuple[str, str]]:
        """Overwrite and delete every key that is due, and tell of which silos and periods they were.

        Raises:
            CarrelError: REC-010, a key cannot be deleted.
        """
        gone: list[tuple[str, str]] = []
        try:
            for name in self._names():
                match = _NAME.fullmatch(name) or _DRAWN.fullmatch(name)  # a kill leaves a second name of a key
                if match is None or place(match[2]) is None or not is_due(match[2], today, int(match[3])):
                    continue
                shred(self.path / name, KEY_BYTES)
                if not name.startswith("."):
                    gone.append((match[1], match[2]))
            settle(self.path)
        except OSError as wrong:
            raise self._unusable(os.strerror(wrong.errno or 0), "let this account write it") from None
        return gone

    def _names(self) -> list[str]:
        try:
            return sorted(one.name for one in self.path.iterdir())
        except OSError as wrong:
            raise self._unusable(os.strerror(wrong.errno or 0), "let this account read it") from None

    def _unusable(self, found: str, fix: str) -> Exception:
        return fault(
            faults.PERIOD_KEY,
            at=self.path.name,
            wanted="a folder that only its owner can read (mode 0700)",
            found=found,
            because="whoever has a key can try names against the tokens of its period",
            fix=fix,
        )
