"""How far back a sweep reads for words: all that can speak of its loans, and of the oldest a part each night."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self

# In so many nights every older row is read once. In seven they would be a quarter of a night in a large library.
NIGHTS = 28
_FEW = 10  # one loan in so many may be older than what is read whole
_SLACK = timedelta(days=2)  # a row with its day only, and servers that write another zone's time


@dataclass(frozen=True, slots=True)
class LookBack:
    """Which rows of a table of words are read, by their times.

    Attributes:
        earliest: a row all of whose times lie before is about none of the loans. None: every row may be.
        since: rows from here on are read, and of the older ones one part in `NIGHTS`. None: all are read.
        part: which part, from 0.
    """

    earliest: datetime | None = None
    since: datetime | None = None
    part: int = 0

    @classmethod
    def of(cls, begins: Iterable[datetime], night: date | None = None) -> Self:
        """How far a sweep reads.

        Args:
            begins: of each loan that is looked for, from when on its traces were written; naive local times.
            night: local day; each reads another part of what is older than nearly all of the loans. None: all is read.

        Guarantees:
            A row without a usable time is read. A row that is left out without being in another night's part cannot
            make `carrel.retention.trail.speaks` answer yes for any of the loans.
        """
        ordered = sorted(begins)
        if not ordered:
            return cls()
        earliest, since = (_before(at) for at in (ordered[0], ordered[len(ordered) // _FEW]))
        if night is None or since is None or since == earliest:
            return cls(earliest)
        return cls(earliest, since, night.toordinal() % NIGHTS)

    @property
    def whole(self) -> Self:
        """The same without parts."""
        return type(self)(self.earliest)

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        since = None if self.since is None else self.since.date().isoformat()
        return {"whole_since": since, "older_in_parts": 1 if self.since is None else NIGHTS}

    @property
    def says(self) -> str:
        """For a screen; empty where everything was read that can speak of the loans."""
        if self.since is None:
            return ""
        return f"texts: all rows since {self.since:%Y-%m-%d}, and one in {NIGHTS} of those before, in turns"


def _before(at: datetime) -> datetime | None:
    return None if at - datetime.min < _SLACK else at - _SLACK  # noqa: DTZ901  (naive local times)
