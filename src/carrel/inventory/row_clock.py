"""When what a row tells of was: its clock as an instant, however it is written, also when clocks were set."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

EPOCHS = {"seconds": 1, "milliseconds": 1000}
SIGNS = frozenset("YymdHMSfpIbz")
_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d\d(?::?\d\d)?)?)?")
_DAY = len("2026-03-01")
_ADJOINING = re.compile(r"%[YymdHMSIf]%[YymdHMSIf]")
_WIDTHS = {
    "Y": r"\d{4}",
    "f": r"\d{1,6}",
    "b": r"[^\W\d_]+\.?",
    "p": r"[^\W\d_][^\W\d]*\.?(?:[^\W\d_]\.)?",
    "z": r"\S+",
}
_WHOLE = re.compile(r"-?\d{1,17}(?:\.\d{1,9})?")


def latest_instant(naive: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock time as an instant, as late as it can have been.

    Args:
        naive: as the clock on the wall showed it.
        zone: in which it hangs.

    Returns:
        Aware time in UTC. A time that a clock shows twice is read as the second one; one that it never shows, because
        it was set forward over it, as it would have been had it not been set: so a clock that nobody set is read.

    Source:
        WPL-5.2.
    """
    return max(naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def is_form(form: str) -> bool:
    """Whether a text tells how times are written: ``seconds``, ``milliseconds``, or with signs such as ``%d.%m.%Y``."""
    if form in EPOCHS:
        return True
    signs = [part[:1] for part in form.split("%")[1:]]
    if ("I" in signs) != ("p" in signs) or {"H", "I"} <= set(signs):
        return False  # without its half of the day an hour can be twelve hours early
    has_year, has_month = {"Y", "y"} & set(signs), {"m", "b"} & set(signs)
    return all(one in SIGNS for one in signs) and bool(has_year and has_month) and "d" in signs


class RowClock:
    """Reads the clock of rows.

    Args:
        zone: in which values without a zone are read; None where none was declared, so that such a value tells nothing.
        form: how times are written, as `is_form` takes it; None for ISO 8601 and for types of a database.
        in_utc: whether naive times of the database are UTC, because its column keeps instants.
    """

    def __init__(self, zone: ZoneInfo | None, form: str | None = None, *, in_utc: bool = False) -> None:
        self._zone, self._form, self._in_utc = zone, form, in_utc
        self._per_second = EPOCHS.get(form or "")
        signs = [part[:1] for part in (form or "").split("%")[1:]]
        self._exact = _exact(form) if form and _ADJOINING.search(form) else None
        self._by_day = bool(signs) and not {"H", "I"} & set(signs)

    def of(self, value: Any) -> datetime | None:
        """The instant that a value tells.

        Args:
            value: of a database or a file.

        Returns:
            Aware time in UTC; None for what tells none, or none of our days. A day without a time of day is over only
            at its end.
        """
        try:
            found = self._read(value)
        except (ValueError, OverflowError, ArithmeticError):
            return None
        return found if found is not None and _EARLIEST <= found <= _LATEST else None

    def _read(self, value: Any) -> datetime | None:
        if isinstance(value, datetime):
            return self._instant(value)
        if isinstance(value, date):
            return self._instant(_end_of(datetime(value.year, value.month, value.day)))  # noqa: DTZ001  (on the wall)
        if isinstance(value, bytes):
            value = value.decode("ascii")
        if self._per_second is not None:
            return self._since_epoch(value)
        if self._form is not None and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # such as 20260301
        return self._written(value.strip()) if isinstance(value, str) and value.strip() else None

    def _written(self, text: str) -> datetime | None:
        if self._form is not None:
            read = self._in_form(text, self._form)
            return self._instant(_end_of(read) if self._by_day else read)
        if not _ISO.fullmatch(text):
            return None
        read = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "Z").replace(",", "."))
        return self._instant(_end_of(read) if len(text) == _DAY else read)

    def _in_form(self, text: str, form: str) -> datetime:
        """A time in its form; where numbers adjoin, a short one has lost a zero at its start, or tells nothing."""
        if self._exact is None or self._exact.fullmatch(text):
            return datetime.strptime(text, form)  # noqa: DTZ007  (its zone follows)
        padded = f"0{text}"
        if not self._exact.fullmatch(padded):
            raise ValueError("not as wide as its form")
        read = datetime.strptime(padded, form)  # noqa: DTZ007
        try:
            other = datetime.strptime(text, form)  # noqa: DTZ007
        except ValueError:
            return read
        if other != read:
            raise ValueError("1112026 can be the first of November, and the eleventh of January")
        return read

    def _since_epoch(self, value: Any) -> datetime | None:
        if isinstance(value, str) and not _WHOLE.fullmatch(value.strip()):
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
            return None
        number = Decimal(str(value).strip())
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            microseconds=int(number * 1_000_000 / (self._per_second or 1))
        )

    def _instant(self, read: datetime) -> datetime | None:
        if read.tzinfo is not None:
            return read.astimezone(UTC)
        if self._in_utc:
            return read.replace(tzinfo=UTC)
        return None if self._zone is None else latest_instant(read, self._zone)


def _exact(form: str) -> re.Pattern[str]:
    """What a time in a form looks like with every zero."""
    parts = re.split(r"%([A-Za-z])", form)
    return re.compile("".join(_WIDTHS.get(one, r"\d\d") if n % 2 else re.escape(one) for n, one in enumerate(parts)))


def _end_of(day: datetime) -> datetime:
    return day + timedelta(days=1)
