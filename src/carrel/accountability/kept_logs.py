"""Declared logs as they were read a moment ago: raw ones, scrubbed ones, keys and counts, and what is to be said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from carrel.amount import amount
from carrel.deidentification.logs.session_test import SessionCounts


@dataclass(frozen=True, slots=True)
class KeptLog:
    """The logs of one entry of the site file.

    Attributes:
        name: of the entry.
        record: what they hold, as the policy calls it.
        rule: of the policy; empty where it has none, and ``wrong`` tells it.
        deletes: whether the rule deletes lines, rather than de-identifying them.
        raw: logs that are not scrubbed; scrubbed: those that say so and agree.
        changed: logs that say so and do not agree.
        unpiped: logs that a pipe should write and that hold other lines than it writes; they are raw ones.
        late: logs with lines past their time: raw ones, and where the rule deletes, scrubbed ones too.
        first: aware time of the oldest of these lines.
        unread: logs that could not be read to the end, or fit no known format.
        newest: aware time up to which scrubbed logs reach; None where there is none.
        stopped: for how long none has come, where that is longer than the entry allows; None where it is not.
        late_keys: day keys that should have been destroyed.
        strangers: files among the day keys that are none, such as a copy of one, which nobody destroys.
        addresses: what becomes of network addresses, in words.
        bare: logs that should hold no full address and do, in the lines that were looked at.
        counts: whether monthly counts are declared and there; None where none are declared.
        users: whether the entry lets users' tokens stay.
        sessions: what the test of identifiers found; None where it was not made.
        wrong: codes and titles of what could not be judged.
    """

    name: str
    record: str
    rule: str = ""
    deletes: bool = False
    raw: int = 0
    scrubbed: int = 0
    changed: int = 0
    unpiped: int = 0
    late: int = 0
    first: datetime | None = None
    unread: int = 0
    newest: datetime | None = None
    stopped: timedelta | None = None
    late_keys: int = 0
    strangers: int = 0
    addresses: str = ""
    bare: int = 0
    counts: bool | None = None
    users: bool = False
    sessions: SessionCounts | None = None
    wrong: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        """All logs."""
        return self.raw + self.scrubbed + self.changed + self.unread

    @property
    def place(self) -> str:
        """What findings call it."""
        return f"log {self.name}"

    def findings(self) -> Iterator[str]:
        """What is wrong, in words with counts."""
        yield from (f"{self.place}: {told}" for told in self._findings())

    def lines(self) -> Iterator[str]:
        """The same, and what could not be looked at or judged."""
        yield from self.findings()
        yield from (f"{self.place}: {wrong}" for wrong in self.wrong)

    def _findings(self) -> Iterator[str]:
        if self.late:
            since = "" if self.first is None else f", the oldest of {self.first:%Y-%m-%d}"
            kind = "log holds" if self.deletes else "raw log holds"
            more = "logs hold" if self.deletes else "raw logs hold"
            told = amount(self.late, kind, more)
            yield f"{told} lines older than the policy allows (rule '{self.rule}'){since}"
        yield from self._keeping()
        yield from self._tested()

    def _keeping(self) -> Iterator[str]:
        """How the scrubbing goes on."""
        if self.changed:
            yield f"{amount(self.changed, 'log')} changed after being scrubbed: the last line does not agree"
        if self.unpiped:
            yield f"{amount(self.unpiped, 'log holds', 'logs hold')} lines that did not come through the pipe"
        if self.stopped is not None:
            since = "no scrubbed log is there" if self.newest is None else f"the last is of {self.newest:%Y-%m-%d}"
            yield f"nothing new was scrubbed for {self._days}: {since}"
        if self.late_keys:
            yield f"{amount(self.late_keys, 'day key is', 'day keys are')} there that should have been destroyed"
        if self.strangers:
            yield f"{amount(self.strangers, 'file lies', 'files lie')} among the day keys that no run destroys"
        if self.bare:
            yield f"{amount(self.bare, 'scrubbed log holds', 'scrubbed logs hold')} whole network addresses"
        if self.unread:
            yield f"{amount(self.unread, 'log')} could not be read to the end, or fit no known format"
        if self.counts is False:
            yield "the file of counts is not there"

    def _tested(self) -> Iterator[str]:
        if (found := self.sessions) is not None:
            if found.in_two:
                yield f"{amount(found.in_two, 'identifier stands', 'identifiers stand')} in two sessions"
            if found.past_end:
                yield f"{amount(found.past_end, 'identifier stands', 'identifiers stand')} past its session's end"
            if not found.whole:
                yield "more identifiers than are remembered: not all of them were tested"

    @property
    def _days(self) -> str:
        assert self.stopped is not None  # noqa: S101  (the caller looked)
        hours = int(self.stopped.total_seconds() // 3600)
        return amount(hours // 24, "day") if hours >= 48 else amount(hours, "hour")  # noqa: PLR2004  # two days
