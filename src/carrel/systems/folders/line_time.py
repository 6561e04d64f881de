"""When the event of a line was: ISO 8601, as Apache and nginx write, or as syslog does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from carrel.inventory.row_clock import latest_instant

LONGEST = 1 << 16  # what of a line is looked at
# An offset as there are some: a number of a telephone behind a time is none.
_OFFSET = rb"Z|[+-](?:0\d|1[0-4]):?(?:00|15|30|45)(?![\d:])"
_ISO = re.compile(
    rb"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d{1,9}(?![\d-]))?\s?(" + _OFFSET + rb")?"
)
_APACHE = re.compile(rb"\[(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\]")
_SYSLOG = re.compile(rb"(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) ")
_MONTHS = {name: n for n, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_LEAD = b"\xef\xbb\xbf\"'[( "
_AHEAD = timedelta(days=1)


class LineTime:
    """Reads the times of lines.

    Args:
        zone: in which times without a zone are read, as late as they can have been.
        now: aware time; a time without a year lies in the last year before it.
    """

    def __init__(self, zone: ZoneInfo, now: datetime) -> None:
        self._zone, self._now = zone, now

    def of(self, line: bytes) -> datetime | None:
        """The time of a line.

        A time at its beginning counts alone; else the latest in it, since an earlier one can be a date of birth.

        Returns:
            Aware time; None where the line tells none.
        """
        start = len(line) - len(line.lstrip(_LEAD))
        try:
            if first := _ISO.match(line, start):
                return self._iso(first)
            if found := _APACHE.search(line):
                day, month, *rest = found.groups()
                return self._made((rest[0], _MONTHS[month], day, *rest[1:4]), rest[4])
            if found := _SYSLOG.match(line, start):
                return self._without_year(found)
            return max((one for found in _ISO.finditer(line) if (one := self._or_none(found))), default=None)
        except (ValueError, KeyError, OverflowError):
            return None

    def latest(self, lines: Iterable[bytes]) -> datetime | None:
        """The latest time of all lines."""
        return max((at for line in lines if (at := self.of(line)) is not None), default=None)

    def local(self, naive: datetime) -> datetime:
        """A local time as an instant, as late as it can have been where a clock is set back."""
        return latest_instant(naive, self._zone)

    def _iso(self, found: re.Match[bytes]) -> datetime:
        return self._made(found.groups()[:6], found[7])

    def _or_none(self, found: re.Match[bytes]) -> datetime | None:
        try:
            return self._iso(found)
        except (ValueError, OverflowError):
            return None

    def _made(self, parts: Iterable[bytes | int | None], offset: bytes | None) -> datetime:
        naive = datetime(*(int(part or 0) for part in parts))  # type: ignore[arg-type]  # noqa: DTZ001  (its zone follows)
        if offset is None:
            return self.local(naive)
        if offset == b"Z":
            return naive.replace(tzinfo=UTC)
        sign = -1 if offset[:1] == b"-" else 1
        return naive.replace(tzinfo=UTC) - sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))

    def _without_year(self, found: re.Match[bytes]) -> datetime | None:
        month, *rest = found.groups()
        for year in range(self._now.year + 1, self._now.year - 5, -1):  # a 29th of February is in one of five
            try:
                at = self._made((year, _MONTHS[month], *rest), None)
            except ValueError:
                continue
            if at <= self._now + _AHEAD:
                return at
        return None
