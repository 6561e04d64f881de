"""Monthly counts, taken in memory from the lines as they came, before these go: requests and sessions by host.

The rules are those of COUNTER 5.1: only pages that were delivered (200 and 304), no robots, and of two clicks on one
page by one person within thirty seconds the second. A session is the log's own session on one day; where the log has
none, it is one hour of a person, or of an address with its software. What tells persons apart is kept as a number made
with a key that lives as long as the run, and for as long as it is needed.

Source: COUNTER Code of Practice 5.1, 7.2 and 7.3; MITL-2.7, "totals by month".
"""

from __future__ import annotations

import hmac
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from carrel.deidentification.logs.log_field import Kind
from carrel.deidentification.logs.log_line import SeenRow
from carrel.deidentification.logs.page_address import STAR, PageAddresses
from carrel.deidentification.logs.scrub_rules import Vocabulary
from carrel.deidentification.logs.software import ROBOT, family

DOUBLE_CLICK = timedelta(seconds=30)
LEAST_TOLD = 10  # sessions in a figure
OTHER = "(other)"
TOO_FEW = "0-9"
_DELIVERED = frozenset((b"200", b"304"))
_ASKED = frozenset((b"GET", b"POST", b""))
_NONE = frozenset((b"", b"-"))
_NUMBER = 8  # bytes that stand for a person or a page

Cell = tuple[str, str]  # month, host


@dataclass(slots=True)
class LogCounts:
    """Counts of one run.

    Attributes:
        vocabulary: the closed lists, for what stays of a host.
        secret: random, of this run alone.
        here: what stands for a host that the log does not name.
        requests: by month and host, double clicks counted once.
        sessions: by month and host.
    """

    vocabulary: Vocabulary
    secret: bytes = field(repr=False)
    here: str = "(here)"
    requests: Counter[Cell] = field(default_factory=Counter)
    sessions: Counter[Cell] = field(default_factory=Counter)
    _pages: PageAddresses = field(init=False, repr=False)
    _waiting: OrderedDict[bytes, tuple[datetime, Cell]] = field(default_factory=OrderedDict, repr=False)
    _seen: dict[str, set[bytes]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._pages = PageAddresses(self.vocabulary)

    def take(self, row: SeenRow) -> None:
        """Count a row, if it is a delivered page asked for by no robot."""
        fields = row.fields
        if fields.get(Kind.STATUS, b"200") not in _DELIVERED or fields.get(Kind.METHOD, b"") not in _ASKED:
            return
        if family(fields.get(Kind.AGENT, b"")) == ROBOT:
            return
        cell = (f"{row.at:%Y-%m}", self._host(fields))
        who = self._who(fields)
        self._click(self._number(who, fields.get(Kind.URL, b"")), row.at, cell)
        if self._is_new_session(fields, who, row.at, cell[1]):
            self.sessions[cell] += 1

    def _host(self, fields: Mapping[Kind, bytes]) -> str:
        url = fields.get(Kind.URL, b"")
        scheme, between, rest = url.partition(b"://")
        raw = rest.partition(b"/")[0] if between and len(scheme) < _NUMBER else fields.get(Kind.HOST, b"")
        if raw in _NONE:
            return self.here
        host = self._pages.hosts[raw]
        return OTHER if host == STAR else host.decode()

    def _who(self, fields: Mapping[Kind, bytes]) -> bytes:
        for kind in (Kind.PERSON, Kind.SESSION):
            if fields.get(kind, b"") not in _NONE:
                return self._number(kind.encode(), fields[kind])
        return self._number(b"", fields.get(Kind.ADDRESS, b""), fields.get(Kind.AGENT, b""))

    def close(self) -> None:
        """Count the clicks that still waited for a second one."""
        self.requests.update(cell for _, cell in self._waiting.values())
        self._waiting.clear()

    def _click(self, page: bytes, at: datetime, cell: Cell) -> None:
        """A click counts once no second one has followed for thirty seconds."""
        while self._waiting and at - next(iter(self._waiting.values()))[0] > DOUBLE_CLICK:
            _, (_, over) = self._waiting.popitem(last=False)
            self.requests[over] += 1
        before = self._waiting.pop(page, None)
        if before is not None and abs(at - before[0]) > DOUBLE_CLICK:
            self.requests[before[1]] += 1
        self._waiting[page] = (at, cell)

    def _is_new_session(self, fields: Mapping[Kind, bytes], who: bytes, at: datetime, host: str) -> bool:
        named = fields.get(Kind.SESSION, b"")
        if named not in _NONE:
            session = self._number(b"s", named, f"{at:%Y%m%d}".encode(), host.encode())
        else:
            session = self._number(b"h", who, f"{at:%Y%m%d%H}".encode(), host.encode())
        seen = self._seen.setdefault(f"{at:%Y-%m-%d}", set())
        if session in seen:
            return False
        seen.add(session)
        for day in sorted(self._seen)[:-2]:  # lines can come a little late, not two days
            del self._seen[day]
        return True

    def _number(self, *parts: bytes) -> bytes:
        return hmac.digest(self.secret, b"\0".join(parts), "sha256")[:_NUMBER]


@dataclass(frozen=True, slots=True)
class ToldCount:
    """A figure as it may be told.

    Attributes:
        month: as year and month.
        host: or ``(other)`` for several that are too small to stand alone.
        requests, sessions: in it; the words for a small figure where even all others together are too few.
    """

    month: str
    host: str
    requests: int | str
    sessions: int | str

    def as_dict(self) -> dict[str, int | str]:
        """For ``--json``."""
        return {"month": self.month, "host": self.host, "requests": self.requests, "sessions": self.sessions}


def told_counts(requests: Mapping[Cell, int], sessions: Mapping[Cell, int]) -> list[ToldCount]:
    """The figures of each month that may be told: none with fewer than ten sessions, and no sum to subtract from.

    Hosts with fewer go together as ``(other)``; where these are still fewer than ten, the smallest host that could
    stand alone joins them.
    """
    out: list[ToldCount] = []
    for month in sorted({month for month, _ in sessions}):
        mine = {host: count for (at, host), count in sessions.items() if at == month}
        small = {host for host, count in mine.items() if count < LEAST_TOLD or host == OTHER}
        for host in sorted(mine.keys() - small, key=lambda one: (mine[one], one)):
            if not small or sum(mine[one] for one in small) >= LEAST_TOLD:
                break
            small.add(host)
        out += [
            ToldCount(month, host, requests.get((month, host), 0), mine[host]) for host in sorted(mine.keys() - small)
        ]
        if small:
            together = sum(mine[one] for one in small)
            asked = sum(requests.get((month, one), 0) for one in small)
            few = together < LEAST_TOLD
            out.append(ToldCount(month, OTHER, TOO_FEW if few else asked, TOO_FEW if few else together))
    return out
