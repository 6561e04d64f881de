"""The keys of the days on disk, one file each, and their destruction on schedule.

Only keys of yesterday, today and tomorrow are ever written down. A line of an older day, or of a day far ahead, such as
a clock that jumped makes, gets a key that lives in memory alone and ends with the run.

Source: MITL-2.5.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import suppress
from datetime import date
from pathlib import Path

from carrel.deidentification.logs.day_key import KEY_BYTES, is_due, is_far_ahead
from carrel.errors import fault
from carrel.systems.durable_file import settle
from carrel.systems.logs import faults

_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.key")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class DayKeyFolder:
    """A folder of mode 0700 with one file of mode 0600 for each day that is not over for long.

    Args:
        path: of the folder. Keep it out of backups.
        make: whether it is made where it is not there; only whoever draws keys does so.

    Raises:
        CarrelError: LOG-017, others can look into it, or it is not there and cannot or may not be made.
    """

    def __init__(self, path: Path, *, make: bool = False) -> None:
        self.path = path
        try:
            if make:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = path.stat().st_mode
        except OSError as wrong:
            fix = "name a folder that can be made" if make else "name the folder in which the keys are"
            raise self._unusable(os.strerror(wrong.errno or 0), fix) from None
        if not stat.S_ISDIR(mode):
            raise self._unusable("no folder", "name the folder in which the keys are")
        if mode & _OTHERS:
            raise self._unusable(f"mode {stat.S_IMODE(mode):04o}", f"chmod 700 {path}")

    def secret(self, day: date, today: date) -> bytes:
        """The secret of a day: the one on disk, or a new one, which is written down where the day is near enough.

        Raises:
            CarrelError: LOG-017, the folder cannot be read or written, or a key in it is not whole.
        """
        if may_not_stand(day, today):
            return secrets.token_bytes(KEY_BYTES)
        place = self.path / f"{day.isoformat()}.key"
        try:
            if not place.exists():
                self._draw(place)
            found = place.read_bytes()
        except OSError as wrong:
            raise self._unusable(os.strerror(wrong.errno or 0), "let this account read and write it") from None
        if len(found) != KEY_BYTES:
            raise self._unusable("a key that is not whole", f"delete {place.name}; the day goes on under a new key")
        return found

    def days(self) -> list[date]:
        """Days whose keys are on disk, in order."""
        found = []
        for place in sorted(self.path.iterdir()):
            if (match := _NAME.fullmatch(place.name)) is not None:
                with suppress(ValueError):
                    found.append(date.fromisoformat(match[1]))
        return found

    def destroy_due(self, today: date) -> list[date]:
        """Overwrite and delete every key that is due or far ahead, and tell of which days they were.

        Raises:
            CarrelError: LOG-017, a key cannot be deleted.
        """
        gone = [day for day in self.days() if may_not_stand(day, today)]
        try:
            for day in gone:
                self._shred(self.path / f"{day.isoformat()}.key")
            if gone:
                settle(self.path)
        except OSError as wrong:
            raise self._unusable(os.strerror(wrong.errno or 0), "let this account write it") from None
        return gone

    def _draw(self, place: Path) -> None:
        """Of processes that race, one draws the key for all."""
        other = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
        handle = os.open(other, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            os.write(handle, secrets.token_bytes(KEY_BYTES))
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            with suppress(FileExistsError):
                os.link(other, place)
        finally:
            other.unlink()
        settle(self.path)

    @staticmethod
    def _shred(place: Path) -> None:
        with suppress(FileNotFoundError):
            handle = os.open(place, os.O_WRONLY | os.O_NOFOLLOW)
            try:
                os.write(handle, secrets.token_bytes(KEY_BYTES))
                os.fsync(handle)
            finally:
                os.close(handle)
            place.unlink()

    def _unusable(self, found: str, fix: str) -> Exception:
        return fault(
            faults.KEY_FOLDER,
            at=str(self.path),
            wanted="a folder that only its owner can read (mode 0700)",
            found=found,
            because="whoever has a day's key can try names against that day's tokens",
            fix=fix,
        )


def may_not_stand(day: date, today: date) -> bool:
    """Whether the key of a day is none of those that are written down, or is not any more."""
    return is_due(day, today) or is_far_ahead(day, today)
