"""How a column writes times, found by trying: which forms its values fit, counted, and none of them kept."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from carrel.inventory.row_clock import EPOCHS, RowClock

ISO = "ISO 8601"
_LONGEST = 40  # letters of a time
_FEWEST = 4  # digits in a time
_OUTLINES = 500  # of a column of times there are a few
_SPANS = {"seconds": (946_684_800, 4_102_444_800), "milliseconds": (946_684_800_000, 4_102_444_800_000)}
_DATES = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y", "%d/%m/%y",
          "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y")  # fmt: skip
_TIMES = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S.%f", "%H.%M")
_FORMS = (
    *(f"{day}{between}{time}" for day in _DATES for between in (" ", ", ") for time in _TIMES),
    *_DATES,
    "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S",
    "%Y%m%d",
    "%d/%b/%Y:%H:%M:%S %z",
)
_SIGNS = {"Y": "9999", "y": "99", "f": "9{1,6}", "b": "A{3,9}", "p": "A{1,4}", "z": r"[+-]99:?99"}


def _outline(form: str) -> re.Pattern[str]:
    """What a time in a form looks like once every digit is a 9 and every letter an A."""
    parts = re.split(r"%([A-Za-z])", form)
    return re.compile("".join(_SIGNS.get(one, "99?") if n % 2 else re.escape(one) for n, one in enumerate(parts)))


_SAMPLE = datetime(2026, 3, 1, 10, 5, 7)  # noqa: DTZ001  (an example of a wall-clock time)
_ZONE = ZoneInfo("UTC")
_CLOCKS = [(form, _outline(form), RowClock(_ZONE, form)) for form in _FORMS]
_ISO = RowClock(_ZONE)
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ].*(?:Z|[+-]\d\d(?::?\d\d)?)")


@dataclass
class ClockGuess:
    """Counts over one column.

    Attributes:
        filled: values that were looked at.
        typed: times as the database has them.
        fits: form → how many values fit it.
        zoned: values that bear a zone of their own.
    """

    filled: int = 0
    typed: int = 0
    fits: Counter[str] = field(default_factory=Counter)
    zoned: int = 0
    _known: dict[str, list[tuple[str, re.Pattern[str], RowClock]]] = field(default_factory=dict, repr=False)

    def add(self, value: Any) -> None:
        """Look at one value."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return
        self.filled += 1
        if isinstance(value, date):
            self.typed += 1
            return
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str):
            self._text(value.strip())

    def _text(self, text: str) -> None:
        if _ISO.of(text) is not None:
            self.fits[ISO] += 1
            self.zoned += bool(_ZONED.fullmatch(text))
            return
        if text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit():
            self.fits.update(form for form in EPOCHS if _SPANS[form][0] <= float(text) <= _SPANS[form][1])
        if len(text) > _LONGEST or sum(map(str.isdigit, text)) < _FEWEST:
            return
        outline = re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", text))
        if outline not in self._known and len(self._known) < _OUTLINES:
            self._known[outline] = [clock for clock in _CLOCKS if clock[1].fullmatch(outline)]
        found = [form for form, _, clock in self._known.get(outline, ()) if clock.of(text) is not None]
        self.fits.update(found)
        self.zoned += any("%z" in form for form in found)

    @property
    def forms(self) -> list[str]:
        """The forms that fit the most values, all of them where several fit as many; empty where none does."""
        most = max(self.fits.values(), default=0)
        return [form for form in (ISO, *_FORMS, *EPOCHS) if most and self.fits[form] == most]

    @property
    def fitting(self) -> int:
        """How many values are times in the best form."""
        return max(self.typed, max(self.fits.values(), default=0))

    @property
    def is_number(self) -> bool:
        """Whether these would be times only as counted seconds."""
        return not self.typed and bool(self.forms) and set(self.forms) <= set(EPOCHS)


def example(form: str) -> str:
    """A time of nobody's in that form."""
    if form == ISO:
        return _SAMPLE.isoformat(" ")
    return f"{form} since 1970" if form in EPOCHS else _SAMPLE.strftime(form)
