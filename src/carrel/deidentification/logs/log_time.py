"""Times of a log: read strictly by the form that the log writes them in, and written again, as coarse as is wanted."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

from carrel.deidentification.logs import faults
from carrel.errors import fault

_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_MONTH_NUMBERS = {one: n for n, one in enumerate(_MONTHS, 1)}
_FORMS: Mapping[str, str] = {
    "d": r"[0-3]\d", "m": r"[01]\d", "b": "|".join(one.decode() for one in _MONTHS), "Y": r"(?:19|20)\d\d",
    "H": r"[0-2]\d", "M": r"[0-5]\d", "S": r"[0-6]\d", "z": r"[+-][01]\d[0-5]\d", ":z": r"Z|[+-][01]\d:[0-5]\d",
    "s": r"[12]\d{9}", "f": r"\d{1,6}",
}  # fmt: skip
_LENGTHS = {"d": 2, "m": 2, "b": 3, "Y": 4, "H": 2, "M": 2, "S": 2, "z": 5, "s": 10, "%": 1}
_WHOLE = {"T": "%H:%M:%S", "F": "%Y-%m-%d", "e": "%d", "%": "%%"}
_DIRECTIVE = re.compile(r"%(:?[a-zA-Z%])")
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_QUARTER = 15  # minutes: every offset of the world is a number of these
_FURTHEST = 14 * 60


class Precision(enum.StrEnum):
    """How much of a time stays."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class TimeForm:
    """How a log writes a time, in the directives of strftime: d m b Y H M S z :z s f, and T and F for several.

    Attributes:
        text: of the form.
        pattern: a regular expression that finds such a time, without groups.

    Raises:
        CarrelError: LOG-001, a directive is not known, or it says no day.
    """

    text: str
    pattern: str = field(init=False)
    _reading: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        whole = _DIRECTIVE.sub(lambda one: _WHOLE.get(one[1], one[0]), self.text)
        reading, seen, at = "", set[str](), 0
        for one in _DIRECTIVE.finditer(whole):
            name = one[1]
            reading += re.escape(whole[at : one.start()])
            at = one.end()
            if name == "%":
                reading += "%"
                continue
            if name not in _FORMS or name in seen:
                raise _unusable(self.text, f"%{name}")
            seen.add(name)
            reading += f"(?P<{name.replace(':', 'c')}>{_FORMS[name]})"
        reading += re.escape(whole[at:])
        if not ("s" in seen or ({"d", "Y"} <= seen and seen & {"m", "b"})):
            raise _unusable(self.text, "no day")
        object.__setattr__(self, "text", whole)
        object.__setattr__(self, "_reading", re.compile(reading.encode()))
        object.__setattr__(self, "pattern", re.sub(r"\(\?P<\w+>", "(?:", reading))

    def read(self, text: bytes) -> datetime | None:
        """The moment, with its offset where the form has one; None where the text names no moment of 1990 to 2100."""
        match = self._reading.fullmatch(text)
        return None if match is None else _moment(match.groupdict())

    def unkept(self, precision: Precision) -> tuple[int, int]:
        """Where two digits of minutes and of seconds stand that a precision does not keep.

        Returns:
            Both places; -1 where they are kept, or where their place is not fixed.
        """
        at = dict(self._places())
        if "s" in at:
            return -1, -1
        seconds = at.get("S", -1) if precision is not Precision.SECOND else -1
        minutes = at.get("M", -1) if precision in {Precision.HOUR, Precision.DAY} else -1
        return minutes, seconds

    def _places(self) -> Iterator[tuple[str, int]]:
        """Which directive stands where, as far as all before it have one length."""
        at = last = 0
        for one in _DIRECTIVE.finditer(self.text):
            at += len(self.text[last : one.start()].encode())
            last = one.end()
            yield one[1], at
            if one[1] not in _LENGTHS:
                return
            at += _LENGTHS[one[1]]

    def write(self, at: datetime, precision: Precision) -> bytes:
        """A moment in this form; what is finer than the precision is zero."""
        local = coarse(at, precision)
        values = {
            "d": b"%02d" % local.day, "m": b"%02d" % local.month, "b": _MONTHS[local.month - 1],
            "Y": b"%04d" % local.year, "H": b"%02d" % local.hour, "M": b"%02d" % local.minute,
            "S": b"%02d" % local.second, "z": _offset(local, b""), ":z": _offset(local, b":"), "f": b"0", "%": b"%",
            "s": b"%d" % int(local.timestamp()) if "%s" in self.text else b"",
        }  # fmt: skip
        return _DIRECTIVE.sub(lambda one: values[one[1]].decode(), self.text).encode()


def without(text: bytes, places: Sequence[int]) -> bytes:
    """A time with zeros for the two digits at each of these places; below zero is none."""
    for place in places:
        if place >= 0:
            text = text[:place] + b"00" + text[place + 2 :]
    return text


def coarse(at: datetime, precision: Precision) -> datetime:
    """A moment without what is finer than the precision."""
    match precision:
        case Precision.SECOND:
            return at.replace(microsecond=0)
        case Precision.MINUTE:
            return at.replace(second=0, microsecond=0)
        case Precision.HOUR:
            return at.replace(minute=0, second=0, microsecond=0)
        case Precision.DAY:
            return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _moment(parts: Mapping[str, bytes]) -> datetime | None:
    try:
        if "s" in parts:
            return datetime.fromtimestamp(int(parts["s"]), UTC)
        year = int(parts["Y"])
        month = int(parts["m"]) if "m" in parts else _MONTH_NUMBERS[parts["b"]]
        day, hour, minute = int(parts["d"]), int(parts.get("H", b"0")), int(parts.get("M", b"0"))
        second = min(int(parts.get("S", b"0")), 59)  # a leap second is told as the last one
        zone = _zone(parts.get("z", parts.get("cz", b"")))
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            return None
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def _zone(text: bytes) -> timezone | None:
    if not text:
        return None
    if text == b"Z":
        return UTC
    zone = _offset_zone(text)
    if zone is None:
        raise ValueError
    return zone


@cache
def _offset_zone(text: bytes) -> timezone | None:
    digits = text.replace(b":", b"")
    minutes = int(digits[1:3]) * 60 + int(digits[3:5])
    if minutes > _FURTHEST or minutes % _QUARTER:
        return None
    return timezone(timedelta(minutes=-minutes if digits.startswith(b"-") else minutes))


def _offset(at: datetime, between: bytes) -> bytes:
    ahead = at.utcoffset() or timedelta()
    minutes = int(ahead.total_seconds()) // 60
    sign = b"-" if minutes < 0 else b"+"
    return sign + b"%02d" % (abs(minutes) // 60) + between + b"%02d" % (abs(minutes) % 60)


def _unusable(text: str, found: str) -> Exception:
    return fault(
        faults.FORMAT_TEXT,
        at=f"time {text!r}",
        wanted="a day and perhaps an hour, in %d %m %b %Y %H %M %S %z %:z %s %f, each once",
        found=found,
        fix="write the form of the times as the log has them",
    )
