"""The readers and the time of a chunk, as parameters of its statements: those are built once for a whole run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, bindparam

from carrel.systems.sql.expressions import LocalTime

FIRST = bindparam("span_first", type_=Integer())
LAST = bindparam("span_last", type_=Integer())
LO = bindparam("span_lo", type_=LocalTime())
LO_DAY = bindparam("span_lo_day", type_=LocalTime())
LATER = bindparam("span_later", type_=LocalTime())
MOST = bindparam("span_most", type_=Integer())
REMINDED = bindparam("span_reminded", type_=LocalTime())

REMINDED_SECONDS = 45 * 86_400  # a reminder of a loan that came back early can still follow
# Naive local times, as the systems write them.
_EVER = datetime(1000, 1, 1)  # noqa: DTZ001
_NEVER = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
_DAY = timedelta(days=1)
_REMINDED = timedelta(seconds=REMINDED_SECONDS)


@dataclass(frozen=True, slots=True)
class Span:
    """The readers of a chunk: it is a piece of the walk in order of person, so they lie between its ends.

    Attributes:
        first, last: readers.
        lo, later: from when until when the traces of its loans were written, naive local times; None where a loan's
            times cannot be used, and the whole of time is meant.
        most: rows that go with their readers in one chunk.
    """

    first: int
    last: int
    lo: datetime | None = None
    later: datetime | None = None
    most: int = 1_000_000

    def parameters(self) -> dict[str, object]:
        """The values of `FIRST` to `REMINDED`."""
        lo, later = self.lo or _EVER, self.later or _NEVER
        return {
            "span_first": self.first,
            "span_last": self.last,
            "span_lo": lo,
            "span_lo_day": lo - _DAY if lo - _EVER >= _DAY else _EVER,
            "span_later": later,
            "span_most": self.most,
            "span_reminded": later + _REMINDED if _NEVER - later >= _REMINDED else _NEVER,
        }
