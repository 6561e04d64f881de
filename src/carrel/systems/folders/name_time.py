"""When the events of a file were, by its name: the end of the day, hour or month that it names."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_WIDTH = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_SPANS = {"S": timedelta(seconds=1), "M": timedelta(minutes=1), "H": timedelta(hours=1), "d": timedelta(days=1)}


class NameTime:
    """Reads dates out of names.

    Args:
        dated: such as ``visits-%Y-%m-%d*.csv``; ``*`` stands for anything.
    """

    def __init__(self, dated: str) -> None:
        parts = re.split(r"(%[YmdHMS]|\*)", dated)
        self._pattern = re.compile("".join(map(_as_pattern, parts)))
        self._span = next((_SPANS[sign] for sign in _SPANS if f"%{sign}" in dated), None)

    def end(self, name: str) -> datetime | None:
        """The naive local time at which what the name names is over; None where it names nothing."""
        found = self._pattern.fullmatch(name)
        if found is None:
            return None
        told = {sign: int(value) for sign, value in found.groupdict().items()}
        try:
            at = datetime(  # noqa: DTZ001  (local: its zone is the folder's)
                told["Y"], told["m"], told.get("d", 1), told.get("H", 0), told.get("M", 0), told.get("S", 0)
            )
            if self._span is not None:
                return at + self._span
            return (at + timedelta(days=31)).replace(day=1)
        except (ValueError, OverflowError):
            return None


def _as_pattern(part: str) -> str:
    if part.startswith("%"):
        return f"(?P<{part[1]}>[0-9]{{{_WIDTH[part[1]]}}})"
    return ".*" if part == "*" else re.escape(part)
