"""One index of a log service: its events counted by days up to a cut-off, and deleted by their times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from carrel.errors import fault
from carrel.inventory.log_service import Delete, FoundIndex
from carrel.retention import faults
from carrel.retention.clearing import Piece, Tally, tag_of
from carrel.retention.clearing_plan import SINGLE, WHOLE
from carrel.systems.log_services import deletion
from carrel.systems.log_services.connection import Connection, Maybe, quoted
from carrel.systems.log_services.refusals import partial, whole

YOUNGER = "its index goes as a whole, and has younger events or such without a date"
SEVERAL = "some events of its index have several times"
_DAY = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Goes = Callable[[Piece], bool]


@dataclass(frozen=True, slots=True)
class Day:
    """The events of one stretch of a day.

    Attributes:
        start: first millisecond since 1970.
        count: how many.
        first, last: milliseconds of the oldest and the youngest.
    """

    start: int
    count: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Order:
    """What was approved of an index.

    Attributes:
        mark: by which the service can tell whose work it is.
        edge: aware time after which nothing goes.
        most: how many events.
        way: whether the index goes as a whole.
        again: whether it was begun before: then it is this order that has closed the index to writing.
    """

    mark: str
    edge: datetime | None
    most: int
    way: str
    again: bool = False


@dataclass(frozen=True)
class LogIndex:
    """One index.

    Args:
        connection: to its service.
        part: as it was found.
        delete: in which way events may go.
        pace: events a second that are deleted at most.
        order: what was approved of it, where it is carried out.
        left: whether a clearing that was broken off may have closed it to writing.
    """

    connection: Connection
    part: FoundIndex
    delete: Delete
    pace: int
    order: Order | None = None
    left: bool = False

    def under(self, order: Order) -> LogIndex:
        """The same, to be cleared as was approved."""
        return replace(self, order=order)

    def left_closed(self) -> LogIndex:
        """The same, where a clearing that was broken off may have closed it to writing: it can be opened again."""
        return replace(self, left=True)

    def mark(self) -> str:
        """The index's own number: another index of its name has another."""
        return self.part.uuid

    def way(self, found: Tally) -> str:
        """Whether it can go as a whole, single events of it can, or (empty) neither.

        Args:
            found: all its events, judged.
        """
        if found.total and found.due == found.total and not self.part.fixed and self.delete is not Delete.EVENTS:
            return WHOLE
        return "" if self._whole_only else SINGLE

    def pieces(self, enough: datetime | None = None) -> Iterator[Piece]:
        """Its events by stretches of a day, one of which ends at ``enough``; those without a time in one piece.

        Raises:
            CarrelError: HLS-005, not everything was counted; and those of the way to the service.
        """
        if self.part.shut or (self.order is not None and not self._there()):
            return
        days, undated, total = self._look(enough)
        told = sum(one.count for one in days) + undated
        kept = SEVERAL if told != total else ""
        edge = _millis(enough)
        if self._whole_only and (self.part.fixed or undated or any(one.last >= edge for one in days)):
            kept = kept or YOUNGER
        for one in days:
            tag = tag_of(self.part.uuid, str(one.start))
            stays = kept if one.last < edge or kept == SEVERAL else ""
            yield Piece(tag, _time(one.last), kept=stays, count=one.count, since=_time(one.first))
        if undated:
            yield Piece(tag_of(self.part.uuid, "undated"), None, count=undated)

    def refuse_grown(self, goes: Goes) -> None:
        """Refuse an index in which more is past its time than was approved.

        Raises:
            CarrelError: CLR-004.
        """
        count, most = sum(one.count for one in self._count(goes)), 0 if self.order is None else self.order.most
        if count > most:
            raise fault(
                faults.NOT_AS_PLANNED,
                at=f"{self.connection.at}, {self.part.found}",
                wanted=f"at most the {most:,} events that were approved",
                found=f"{count:,} past their time",
                because="events came in late, and nobody has approved of them",
                fix="`carrel log-service plan`, and have the new plan approved",
            )

    def clear(self, goes: Goes, beat: Callable[[], None]) -> None:
        """Delete what was approved: the index, where nothing else is in it, or its events by their times.

        Raises:
            CarrelError: CLR-004, HLS-009, and those of the way to the service.
        """
        if self.order is None:
            raise ValueError("an index is cleared under an order")
        beat()
        if self.order.way == WHOLE and self._delete_whole(goes):
            return
        if self._whole_only:
            return
        if self.part.blocked and self._ours and self.order.way != WHOLE:
            deletion.open_to_writing(self.connection, self.part.found, self.part.uuid)
        deletion.await_own(self.connection, self.order.mark, beat)
        deletion.refresh(self.connection, self.part.found)
        self.refuse_grown(goes)
        left = self.order.most
        for _ in range(deletion.ROUNDS):
            days = self._count(goes)
            count = sum(one.count for one in days)
            if not count or count > left:
                return  # what came in late, and what was not deleted though the service says so, is told afterwards
            work = deletion.Work(self._query(days), count, self.pace, self.order.mark)
            left = count - deletion.by_query(self.connection, self.part.found, work, beat)
            deletion.refresh(self.connection, self.part.found)

    @property
    def _whole_only(self) -> bool:
        blocked = self.part.blocked and not self._ours
        return self.part.whole_only or blocked or self.delete is Delete.INDICES

    @property
    def _ours(self) -> bool:
        """Whether a block on writing would be what a process before this one has left behind."""
        return self.left or (self.order is not None and self.order.again and self.order.way == WHOLE)

    def _there(self) -> bool:
        """Whether the index of this name is still the one that was found."""
        return deletion.uuid_of(self.connection, self.part.found) == self.part.uuid

    def _count(self, goes: Goes) -> list[Day]:
        """The days of which it holds; none where the index is gone, or some of its events have several times."""
        if self.order is None or not self._there():
            return []
        days, undated, total = self._look(self.order.edge)
        if sum(one.count for one in days) + undated != total:
            return []
        return [one for one in days if goes(self._piece(one))]

    def _piece(self, one: Day) -> Piece:
        tag = tag_of(self.part.uuid, str(one.start))
        return Piece(tag, _time(one.last), count=one.count, since=_time(one.first))

    def _delete_whole(self, goes: Goes) -> bool:
        """Delete the index if nothing can be written to it any more, and nothing in it was not approved."""
        name = self.part.found
        if not self._there():
            return True
        with deletion.closed_to_writing(self.connection, name, self.part.uuid, ours=self._ours) as closed:
            if closed and self._there() and self._only(goes):
                deletion.whole_index(self.connection, name, self.part.uuid)
                return True
        return not self._there()

    def _only(self, goes: Goes) -> bool:
        days, undated, total = self._look(None if self.order is None else self.order.edge)
        if self.order is None or undated or sum(one.count for one in days) != total:
            return False  # an event that is counted on two days would hide one that nobody approved of
        return total <= self.order.most and all(goes(self._piece(one)) for one in days)

    def _query(self, days: list[Day]) -> dict[str, Any]:
        """Events of these days, and none that has a time after the cut-off as well."""
        spans: list[list[int]] = []
        for one in days:
            if spans and spans[-1][1] == one.start:
                spans[-1][1] = one.start + _DAY
            else:
                spans.append([one.start, one.start + _DAY])
        field, edge = self.part.time_field, _millis(None if self.order is None else self.order.edge)
        within = [{"range": {field: {"gte": a, "lt": min(b, edge), "format": "epoch_millis"}}} for a, b in spans]
        after = {"range": {field: {"gte": edge, "format": "epoch_millis"}}}
        return {"bool": {"filter": [{"bool": {"should": within, "minimum_should_match": 1}}], "must_not": [after]}}

    def _look(self, enough: datetime | None) -> tuple[list[Day], int, int]:
        """Days in order, how many events have no time, and how many there are."""
        field, at = self.part.time_field, f"{self.connection.at}, {self.part.found}"
        ends = {"first": {"min": {"field": field}}, "last": {"max": {"field": field}}}
        days = {"field": field, "fixed_interval": "1d", "offset": f"+{_millis(enough) % _DAY}ms", "min_doc_count": 1}
        body = self.connection.look(
            f"/{quoted(self.part.found)}/_search",
            {"request_cache": "false", "allow_partial_search_results": "false", "expand_wildcards": "none"},
            {
                "size": 0,
                "track_total_hits": True,
                "aggs": {"days": {"date_histogram": days, "aggs": ends}, "undated": {"missing": {"field": field}}},
            },
            right="read",
            maybe=Maybe.NOTHING if self.order is None else Maybe.INDEX,
        )
        if body is None:
            return [], 0, 0
        told = whole(at, body)
        try:
            total = told["hits"]["total"]
            found = [_day(one) for one in told["aggregations"]["days"]["buckets"]]
            undated = int(told["aggregations"]["undated"]["doc_count"])
            exact = total["relation"] == "eq"
            return found, undated, int(total["value"]) if exact else _refuse_inexact(at)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise partial(at, "an answer without its counts") from None


def _refuse_inexact(at: str) -> int:
    raise partial(at, "a count that is no more than a lower bound")


def _day(bucket: Any) -> Day:
    first, last = int(bucket["first"]["value"]), int(bucket["last"]["value"])
    return Day(int(bucket["key"]), int(bucket["doc_count"]), first, last)


def _millis(at: datetime | None) -> int:
    """Whole milliseconds since 1970, rounded down: nothing at the cut-off itself goes a moment early."""
    return 0 if at is None else (at - _EPOCH) // timedelta(milliseconds=1)


def _time(millis: int) -> datetime:
    """An aware time; what no calendar holds lies at its end, where nothing is due."""
    try:
        return _EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
