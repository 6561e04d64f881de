"""The values that options take: days, texts, files and folders, each refused with a code before a verb begins.

What was given is never repeated: it can hold a patron's number, or signs that steer a terminal.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from carrel.cli import faults
from carrel.errors import CarrelError, fault, unseen

# Within these, a day more or less, an hour of any zone and every database's own range are still there.
FIRST_YEAR, LAST_YEAR = 1000, 9998
_SPAN = re.compile(r"([1-9][0-9]{0,4}) (second|minute|hour)s?")
MOST_WORKERS = 32
_MOST, _DIGITS = 1000, 20  # of an amount, and behind its point
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR})


def day_of(text: str) -> date | None:
    """The day that a text names as year-month-day; None where it names none that can be used."""
    if not _DAY.fullmatch(text):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


class Day(click.ParamType[datetime]):
    """A day of the calendar, handed on as its midnight."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ARG002  (click's signature)
        """The midnight with which the day begins; CLI-002 where the text names none."""
        if isinstance(value, datetime):
            return value
        if (found := day_of(str(value))) is None:
            raise fault(
                faults.DAY,
                at=_at(param),
                wanted=f"a day of the calendar such as 2026-12-31, from {FIRST_YEAR} to {LAST_YEAR}",
                found="something else",
                fix="write year, month and day",
            )
        return datetime(found.year, found.month, found.day)  # noqa: DTZ001  (a day on the system's own calendar)


class Span(click.ParamType[timedelta]):
    """A length of time as people write it: a number and a unit."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:  # noqa: ARG002  (click's signature)
        """The length; CLI-005 where the text names none."""
        if isinstance(value, timedelta):
            return value
        match = _SPAN.fullmatch(str(value))
        if match is None:
            raise fault(
                faults.SPAN,
                at=_at(param),
                wanted="a number and a unit, such as '30 seconds', '90 minutes' or '4 hours'",
                found="something else",
                fix="write both",
            )
        return timedelta(**{f"{match[2]}s": int(match[1])})


class Amount(click.ParamType[Decimal]):
    """A number of zero or more, as exact as it is written."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The number; a usage error where the text is none."""
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or not 0 <= found <= _MOST or found.as_tuple().exponent < -_DIGITS:  # type: ignore[operator]  # finite
            self.fail(f"write a number from 0 to {_MOST}, such as 0.5", param, ctx)
        return found


class Words(click.ParamType[str]):
    """A text for people: it will stand in lists, records and signed notes."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002  (click's signature)
        """The text; CLI-004 where a sign in it steers a terminal or cannot be seen."""
        text = str(value)
        if unseen(text):
            raise fault(
                faults.WORDS,
                at=_at(param),
                wanted="letters, numbers and signs on one line",
                found="a control character, an invisible sign, or bytes that are no text",
                because="it would be shown where people decide by what they see",
                fix="type it anew",
            )
        return text


class Place(click.ParamType[Path]):
    """A file or a folder by name: a pipe, a device or a socket is none, and neither is a name that cannot be shown.

    Args:
        name: ``file``, ``directory`` or ``path``, as help calls it; a ``path`` may be either.
        exists: whether something must be there.
        new: it will be written: the folders on its way must be folders.
    """

    def __init__(self, name: str, *, exists: bool = False, new: bool = False) -> None:
        self.name, self.exists, self.new = name, exists, new

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ARG002  (click's signature)
        """The path; CLI-003 where it cannot be used."""
        text = os.fspath(value)
        if not text or unseen(text):
            raise _unusable(param, "a name of letters that can be seen", "none" if not text else "another name")
        try:
            mode = Path(text).stat().st_mode
        except OSError as wrong:
            if wrong.errno not in _NOT_THERE or self.exists or (self.new and wrong.errno == errno.ENOTDIR):
                raise _unusable(param, self._wanted, os.strerror(wrong.errno or 0)) from None
            return Path(text)
        if not self._fits(mode):
            raise _unusable(param, self._wanted, _kind(mode))
        return Path(text)

    @property
    def _wanted(self) -> str:
        return {"file": "a file", "directory": "a folder"}.get(self.name, "a file or a folder")

    def _fits(self, mode: int) -> bool:
        is_file, is_folder = stat.S_ISREG(mode), stat.S_ISDIR(mode)
        return {"file": is_file, "directory": is_folder}.get(self.name, is_file or is_folder)


class FileOrInput(Place):
    """A file, or ``-`` for the standard input."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; CLI-003 where it cannot be used."""
        return Path("-") if str(value) == "-" else super().convert(value, param, ctx)


class TextOrFile(click.ParamType[str]):
    """A text that may name a file: the name of a policy or its file, a public key or its file."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002  (click's signature)
        """The text; CLI-003 where it cannot be shown, or names a pipe, a device, a socket or a circle of links."""
        text = str(value)
        if not text or unseen(text):
            raise _unusable(param, "a text of letters that can be seen", "none" if not text else "another text")
        try:
            mode = Path(text).stat().st_mode
        except OSError as wrong:
            if wrong.errno == errno.ELOOP:
                raise _unusable(param, "a file", os.strerror(errno.ELOOP)) from None
            return text
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise _unusable(param, "a file", _kind(mode))
        return text


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """A place that was named is written; CLI-003 where the file system refuses that."""
    try:
        yield
    except OSError as wrong:
        found = os.strerror(wrong.errno or 0)
        raise fault(faults.PLACE, at=str(place), wanted="a place to write", found=found, fix="name another") from None


def require_folders(*places: Path | None) -> None:
    """Whether the folders are there into which files will be written, looked at before anything is made.

    Raises:
        CarrelError: CLI-003.
    """
    for place in places:
        if place is not None and not place.absolute().parent.is_dir():
            raise fault(
                faults.PLACE,
                at=place.name,
                wanted="a folder that is there",
                found="none",
                fix="make it, or name another",
            )


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISREG, "a file"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
    )
    return next((said for fits, said in kinds if fits(mode)), "a device")


def _unusable(param: click.Parameter | None, wanted: str, found: str) -> CarrelError:
    return fault(faults.PLACE, at=_at(param), wanted=wanted, found=found, fix="name another")


def _at(param: click.Parameter | None) -> str:
    if param is None:
        return ""
    return param.opts[-1] if isinstance(param, click.Option) else str(param.make_metavar(click.get_current_context()))


AMOUNT = Amount()
DAY, PERIOD, WORDS, TEXT_OR_FILE = Day(), Span(), Words(), TextOrFile()
FILE, ANY_FILE, NEW_FILE = Place("file", exists=True), Place("file"), Place("file", new=True)
FILE_OR_INPUT = FileOrInput("file", exists=True)
FOLDER, ANY_FOLDER, FREE_FOLDER = Place("directory", exists=True), Place("directory", new=True), Place("directory")
FILE_OR_FOLDER = Place("path")


def workers_option(command: Any) -> Any:
    """``--workers N``, the processes on this host that share a run."""
    return click.option(
        "--workers",
        metavar="N",
        default=1,
        show_default=True,
        type=click.IntRange(1, MOST_WORKERS),
        help="Processes on this host that share the run.",
    )(command)
