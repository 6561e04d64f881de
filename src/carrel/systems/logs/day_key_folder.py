"""The keys of the days on disk, one file each, and their destruction on schedule.

Only keys of yesterday, today and tomorrow are ever written down. A line of an older day, or of a day far ahead, such as
a clock that jumped makes, gets a key that lives in memory alone and ends with the run.

Source: MITL-2.5.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from contextlib import suppress
from datetime import date
from pathlib import Path

from carrel.amount import amount
from carrel.deidentification.logs.day_key import KEY_BYTES, is_due, is_far_ahead
from carrel.errors import fault
from carrel.systems.drawn_key import draw, read, shred
from carrel.systems.durable_file import settle
from carrel.systems.logs import faults

_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.key")
_DRAWN = re.compile(rf"\.{_NAME.pattern}\.[0-9a-f]{{16}}")  # beside its place, until it has its name
_NO_FILE = dict.fromkeys((errno.ELOOP, errno.EISDIR, errno.EINVAL, errno.ENXIO), "a link, or no file")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class DayKeyFolder:
    """A folder of mode 0700 with one file of mode 0600 for each day that is not over for long.

    Args:
        path: of the folder. Keep it out of backups.
        make: whether it is made where it is not there; only whoever draws keys does so.
        destroys: nothing but destruction is meant, which a folder that others can look into needs all the more.

    Raises:
        CarrelError: LOG-017, others can look into it, or it is not there and cannot or may not be made.
    """

    def __init__(self, path: Path, *, make: bool = False, destroys: bool = False) -> None:
        self.path = path
        try:
            if make:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = path.stat().st_mode
        except OSError as wrong:
            fix = "name a folder that can be made" if make else "name the folder in which the keys are"
            raise self._unusable(_words(wrong), fix) from None
        if not stat.S_ISDIR(mode):
            raise self._unusable("no folder", "name the folder in which the keys are")
        # Where others can write, they could have put another file under the name of a key.
        self._seen = f"mode {stat.S_IMODE(mode):04o}" if mode & _OTHERS else ""
        if mode & (_OTHERS_WRITE if destroys else _OTHERS):
            raise self._unusable(self._seen, f"chmod 700 {path}")

    def secret(self, day: date, today: date) -> bytes:
        """The secret of a day: the one on disk, or a new one, which is written down where the day is near enough.

        Raises:
            CarrelError: LOG-017, the folder cannot be read or written, or a key in it is not whole.
        """
        if may_not_stand(day, today):
            return secrets.token_bytes(KEY_BYTES)
        place = self._place(day)
        try:
            if not os.path.lexists(place):
                draw(place, KEY_BYTES)
            found = read(place, KEY_BYTES)
        except OSError as wrong:
            raise self._unusable(_words(wrong), "let this account read and write it") from None
        if len(found) != KEY_BYTES:
            raise self._unusable("a key that is not whole", f"delete {place.name}; the day goes on under a new key")
        return found

    def days(self) -> list[date]:
        """Days whose keys are on disk, in order.

        Raises:
            CarrelError: LOG-017, the folder cannot be read.
        """
        return sorted({day for name in self._names() if (day := _day_of(_NAME, name)) is not None})

    def strangers(self) -> int:
        """How many files are there that are no key, such as a copy of one, which nobody destroys.

        Raises:
            CarrelError: LOG-017, the folder cannot be read.
        """
        return sum(_day_of(_NAME, name) is None and _day_of(_DRAWN, name) is None for name in self._names())

    def destroy_due(self, today: date, gone: list[date] | None = None) -> list[date]:
        """Overwrite and delete every key that is due or far ahead, and tell of which days they were.

        Args:
            today: by this machine.
            gone: takes these days as their keys go, also where an error comes after.

        Raises:
            CarrelError: LOG-017, a key cannot be deleted, or others can look into the folder.

        Guarantees:
            What is in the way of one key stands in the way of no other. Nothing but a file of its own is overwritten:
            no link is followed.
        """
        gone = [] if gone is None else gone
        before = len(gone)
        wrong: list[str] = []
        for name in self._names():
            day = _day_of(_NAME, name) or _day_of(_DRAWN, name)
            if day is None or not may_not_stand(day, today):
                continue
            try:
                shred(self.path / name, KEY_BYTES)
            except OSError as one:
                wrong.append(_words(one))
            else:
                gone.extend([day] if _NAME.fullmatch(name) else [])
        try:
            if len(gone) > before:
                settle(self.path)
        except OSError as one:
            wrong.append(_words(one))
        if wrong or self._seen:
            found = f"{amount(len(wrong), 'key')} that cannot be destroyed: {wrong[0]}" if wrong else self._seen
            fix = "let this account write there; of a link or folder with the name of a key, see what put it there"
            count = len(gone) - before
            changed = f"{amount(count, 'day key was', 'day keys were')} destroyed" if count else "nothing"
            raise self._unusable(found, fix if wrong else f"chmod 700 {self.path}", changed)
        return gone[before:]

    def _place(self, day: date) -> Path:
        return self.path / f"{day.isoformat()}.key"

    def _names(self) -> list[str]:
        try:
            return sorted(one.name for one in self.path.iterdir())
        except OSError as wrong:
            raise self._unusable(_words(wrong), "let this account read it") from None

    def _unusable(self, found: str, fix: str, changed: str = "nothing") -> Exception:
        return fault(
            faults.KEY_FOLDER,
            at=str(self.path),
            wanted="a folder that only its owner can read (mode 0700), and files in it",
            found=found,
            because="whoever has a day's key can try names against that day's tokens",
            changed=changed,
            fix=fix,
        )


def _words(wrong: OSError) -> str:
    return _NO_FILE.get(wrong.errno or 0) or os.strerror(wrong.errno or 0)


def _day_of(form: re.Pattern[str], name: str) -> date | None:
    with suppress(ValueError):
        if (found := form.fullmatch(name)) is not None:
            return date.fromisoformat(found[1])
    return None


def may_not_stand(day: date, today: date) -> bool:
    """Whether the key of a day is none of those that are written down, or is not any more."""
    return is_due(day, today) or is_far_ahead(day, today)
