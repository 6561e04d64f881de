"""Whether an identifier in a log serves one session only: counted, and forgotten with the run.

What tells users and sessions apart stands as a number made with a key of this run alone. An identifier is found

- in two sessions: a user's with two session names, a session's name with two users, or one day's token on another day;
- past its session's end: seen again after more time than a session may lie idle.

Source: MITL-2.5, "one identifier in two sessions, or past the session's end, is a finding".
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from carrel.deidentification.logs.day_key import is_token
from carrel.deidentification.logs.line_pattern import Placed, line_pattern
from carrel.deidentification.logs.log_field import Kind
from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.log_time import Precision

MOST: Final = 1 << 20  # identifiers that are remembered
_NONE = frozenset((b"", b"-"))
_NUMBER: Final = 8  # bytes that stand for an identifier
_CACHED: Final = 1 << 16  # names and times that are remembered as they stand, for as long as the run lasts
_COARSE = {
    Precision.SECOND: timedelta(seconds=1),
    Precision.MINUTE: timedelta(minutes=1),
    Precision.HOUR: timedelta(hours=1),
    Precision.DAY: timedelta(days=1),
}
_TWO, _PAST = 1, 2


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """What the test found, in counts of identifiers.

    Attributes:
        identifiers: of users and sessions that were seen.
        in_two: that stand in two sessions.
        past_end: that were seen after their session's end.
        users: lines that name a user, or hold a user's token.
        whole: whether all of them could be remembered.
    """

    identifiers: int = 0
    in_two: int = 0
    past_end: int = 0
    users: int = 0
    whole: bool = True

    @property
    def reused(self) -> int:
        """Both; an identifier that is both counts twice, as it is two findings."""
        return self.in_two + self.past_end


@dataclass(slots=True)
class _Seen:
    last: float
    day: int
    peer: bytes
    flags: int = 0


@dataclass(slots=True)
class SessionTest:
    """Takes the lines of logs in the order of their times, log after log.

    Attributes:
        secret: random, of this run alone.
        idle: a session is over when nothing came of it for so long.
        zone: of times that bear none.
    """

    secret: bytes = field(repr=False)
    idle: timedelta
    zone: tzinfo = UTC
    _seen: dict[bytes, _Seen] = field(default_factory=dict, repr=False)
    _numbers: dict[bytes, bytes] = field(default_factory=dict, repr=False)
    _users: int = 0
    _whole: bool = True

    def reader(self, log_format: LogFormat, precision: Precision) -> Callable[[bytes], None]:
        """What takes whole lines of one log.

        Args:
            log_format: of the lines; those that do not fit are left out.
            precision: how much of their times stands in them.
        """
        pattern = line_pattern(log_format, frozenset((Kind.PERSON, Kind.SESSION)))
        placed = {
            one.field.kind: one.groups[0]
            for one in pattern.parts
            if isinstance(one, Placed) and one.groups and one.field.kind in {Kind.PERSON, Kind.SESSION, Kind.TIME}
        }
        form = next((one.form for one in log_format.fields if one.kind is Kind.TIME), None)
        person, session, time = (placed.get(one) for one in (Kind.PERSON, Kind.SESSION, Kind.TIME))
        allowed = (self.idle + _COARSE[precision]).total_seconds()
        moments: dict[bytes, tuple[float, int] | None] = {}

        def take(data: bytes) -> None:
            if form is None or time is None or (person is None and session is None):
                return
            if len(moments) >= _CACHED:
                moments.clear()
            rows = pattern.expression.findall(data)
            whose = [b""] * len(rows) if person is None else [row[person] for row in rows]
            named = [b""] * len(rows) if session is None else [row[session] for row in rows]
            # Many lines of one second are one sighting.
            for who, name, raw in dict.fromkeys(zip(whose, named, (row[time] for row in rows), strict=True)):
                if who in _NONE and name in _NONE:  # a line that does not fit has none of them
                    continue
                if raw not in moments:
                    at = form.read(raw)
                    moments[raw] = None if at is None else self._instant(at)
                if (instant := moments[raw]) is not None:
                    self._take(who, name, *instant, allowed)
            self._users += sum(one not in _NONE for one in whose)

        return take

    def told(self) -> SessionCounts:
        """What was found so far."""
        flags = [one.flags for one in self._seen.values()]
        in_two, past = (sum(bool(one & flag) for one in flags) for flag in (_TWO, _PAST))
        return SessionCounts(len(self._seen), in_two, past, self._users, self._whole)

    def _instant(self, at: datetime) -> tuple[float, int]:
        """A moment in seconds, and its day by the log's own calendar, which the keys of days go by."""
        return at.replace(tzinfo=at.tzinfo or self.zone).timestamp(), at.toordinal()

    def _take(self, who: bytes, named: bytes, second: float, day: int, allowed: float) -> None:
        user = b"" if who in _NONE else self._number(b"u" + who)
        session = b"" if named in _NONE else self._number(b"s" + named)
        if user:
            self._one(user, session, second, day, allowed, token=is_token(who))
        if session:
            self._one(session, user, second, day, allowed, token=is_token(named))

    def _one(self, name: bytes, peer: bytes, second: float, day: int, allowed: float, *, token: bool) -> None:
        known = self._seen.get(name)
        if known is None:
            if len(self._seen) >= MOST:
                self._whole = False
                return
            self._seen[name] = _Seen(second, day, peer)
            return
        if (peer and known.peer and peer != known.peer) or (token and day != known.day):
            known.flags |= _TWO
        elif abs(second - known.last) > allowed:
            known.flags |= _PAST
        known.peer = known.peer or peer
        known.last = max(known.last, second)

    def _number(self, name: bytes) -> bytes:
        if (made := self._numbers.get(name)) is None:
            if len(self._numbers) >= _CACHED:
                self._numbers.clear()
            made = self._numbers[name] = hmac.digest(self.secret, name, "sha256")[:_NUMBER]
        return made
