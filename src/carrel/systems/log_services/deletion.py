"""How a log service is told to delete: an index as a whole, or single events as a task of its own that is watched."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.systems import faults
from carrel.systems.log_services.connection import Connection, Maybe, quoted
from carrel.systems.log_services.shapes import ShapeError, rows, table

ROUNDS = 3
_SCROLL = 1000  # events of one batch on the server
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_GONE_SECONDS = 20.0
_ACTION = "indices:data/write/delete/byquery"
_EXACT = {"expand_wildcards": "none"}
Beat = Callable[[], None]


def settings_of(way: Connection, name: str) -> dict[str, str]:
    """The settings of one index; none where the service says that it is gone, or that something else bears its name.

    Raises:
        CarrelError: HLS-004, it says neither.
    """
    told = _told(way, name)
    return {} if told is None else {str(key): str(value) for key, value in _inner(told, name).items()}


def _told(way: Connection, name: str) -> Any:
    """The settings of what bears a name, by the names of indices; None where nothing does."""
    query = {"flat_settings": "true", **_EXACT}
    told = way.get(f"/{quoted(name)}/_settings", query, right="view_index_metadata", maybe=Maybe.INDEX)
    if told is None:
        return None
    inner = _inner(told, name)
    if not told or (name in told and "index.uuid" not in inner):
        raise fault(
            faults.LOG_ANSWER,
            at=f"{way.at}, {name}",
            wanted="the index with its number, or a word that there is none",
            found="neither",
            fix="ask the vendor what stands between",
        )
    return told


def _inner(told: Any, name: str) -> dict[str, Any]:
    return table(told, name, "settings")


class Fate(enum.Enum):
    """What became of an index."""

    THERE = enum.auto()
    OTHER = enum.auto()  # it was restored, shrunk or made anew: what was in it may be in the one that bears its name
    GONE = enum.auto()


def fate_of(way: Connection, name: str, uuid: str) -> Fate:
    """What became of an index: gone only where the service says that nothing bears its name, as an alias neither.

    Raises:
        CarrelError: HLS-004, of the way to the service.
    """
    told = _told(way, name)
    if told is None:
        return Fate.GONE
    return Fate.THERE if _inner(told, name).get("index.uuid") == uuid else Fate.OTHER


def uuid_of(way: Connection, name: str) -> str:
    """The number of the index that bears a name now; empty where none does."""
    return settings_of(way, name).get("index.uuid", "")


def refresh(way: Connection, name: str) -> None:
    """Have every write so far be seen by the next count.

    Raises:
        CarrelError: HLS-005, a part of the index did not follow.
    """
    told = way.change("POST", f"/{quoted(name)}/_refresh", _EXACT, right="maintenance", maybe=Maybe.INDEX)
    if told is not None and table(told, "_shards").get("failed") != 0:
        raise fault(
            faults.LOG_PARTIAL,
            at=f"{way.at}, {name}",
            wanted="every part of the index brought up to date",
            found="shards that failed",
            fix="when the service is whole again, give the same command",
        )


@dataclass(frozen=True, slots=True)
class Work:
    """What a task is to do.

    Attributes:
        query: which events go.
        most: how many at most.
        pace: events a second.
        mark: by which the task is found again, whatever becomes of this process.
    """

    query: Mapping[str, Any]
    most: int
    pace: int
    mark: str


def by_query(way: Connection, name: str, work: Work, beat: Beat) -> int:
    """Delete events, and wait until the service's task is at its end.

    Args:
        way: to the service.
        name: of the index.
        work: which events, and how.
        beat: told again and again; what it raises ends the task.

    Returns:
        How many the service says to have deleted; whether they are gone is another question.

    Raises:
        CarrelError: HLS-009; what ``beat`` raises.
    """
    beat()
    words: dict[str, str | int] = {
        "wait_for_completion": "false",
        "conflicts": "proceed",
        "refresh": "true",
        "slices": 1,
        "scroll_size": _SCROLL,
        "max_docs": work.most,
        "requests_per_second": work.pace,
        **_EXACT,
    }
    told = way.change(
        "POST", f"/{quoted(name)}/_delete_by_query", words, {"query": work.query}, right="delete", mark=work.mark
    )
    task = table(told).get("task")
    if not isinstance(task, str):
        raise _not_done(way, name, "no task")
    return _await(way, task, beat, name)


def await_own(way: Connection, mark: str, beat: Beat) -> None:
    """Wait for a task of this mark that a process before this one has left behind.

    Raises:
        CarrelError: HLS-009; what ``beat`` raises.
    """
    told = way.get("/_tasks", {"actions": _ACTION, "detailed": "false"}, right="monitor")
    for task, body in _tasks(told):
        if table(body, "headers").get("X-Opaque-Id") == mark and not body.get("parent_task_id"):
            _await(way, task, beat, "")


def _tasks(told: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for node in table(told, "nodes").values():
        for task, body in table(node, "tasks").items():
            yield task, table(body)


def _await(way: Connection, task: str, beat: Beat, name: str) -> int:
    pause = _FIRST_PAUSE
    while True:
        told = way.get(f"/_tasks/{quoted(task)}", right="monitor", maybe=Maybe.QUESTION)
        if told is None:
            return 0  # its node was started anew: what is left is counted
        if table(told).get("completed"):
            break
        try:
            beat()
        except CarrelError:
            with suppress(CarrelError):
                way.change("POST", f"/_tasks/{quoted(task)}/_cancel", {}, right="manage", maybe=Maybe.QUESTION)
            raise
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)
    failures = rows(told, "response", "failures")
    if told.get("error") or failures:
        found = amount(len(failures), "failure") if failures else "a task that ended with an error"
        raise _not_done(way, name, found)
    deleted = table(told, "response").get("deleted")
    return deleted if isinstance(deleted, int) else 0


@contextmanager
def closed_to_writing(way: Connection, name: str, uuid: str, *, ours: bool) -> Iterator[bool]:
    """An index to which nothing is written while the block lasts; whether it could be closed.

    Where it is still there afterwards it is opened again, unless somebody else had closed it before. Another one that
    bears its name by then is left as it is.

    Args:
        way: to the service.
        name: of the index.
        uuid: its own number.
        ours: whether a process before this one may have closed it.
    """
    closed = settings_of(way, name).get("index.blocks.write") == "true"
    before = closed and not ours
    try:
        if not closed:
            told = table(way.change("PUT", f"/{quoted(name)}/_block/write", _EXACT, right="manage", maybe=Maybe.INDEX))
            closed = bool(told.get("acknowledged")) and bool(told.get("shards_acknowledged", True))
        if closed:
            refresh(way, name)
        yield closed
    except BaseException:
        if not before:
            with suppress(CarrelError, ShapeError):  # what went wrong first is told
                open_to_writing(way, name, uuid)
        raise
    if not before:
        open_to_writing(way, name, uuid)


def open_to_writing(way: Connection, name: str, uuid: str) -> None:
    """Open an index again, if it is still the one of this number."""
    if uuid_of(way, name) == uuid:
        body = {"index.blocks.write": None}
        way.change("PUT", f"/{quoted(name)}/_settings", _EXACT, body, right="manage", maybe=Maybe.INDEX)


def whole_index(way: Connection, name: str, uuid: str) -> None:
    """Delete an index, and wait until it is gone.

    Raises:
        CarrelError: HLS-009.
    """
    way.change("DELETE", f"/{quoted(name)}", _EXACT, right="delete_index", maybe=Maybe.INDEX)
    until = time.monotonic() + _GONE_SECONDS
    while uuid_of(way, name) == uuid:
        if time.monotonic() > until:
            raise _not_done(way, name, "an index that is still there")
        time.sleep(_FIRST_PAUSE)


def _not_done(way: Connection, name: str, found: str) -> CarrelError:
    return fault(
        faults.LOG_STAYS,
        at=f"{way.at}, {name}".rstrip(", "),
        found=found,
        changed="perhaps some events are gone: `carrel log-service list` counts them",
        fix="look at the service's own log; then apply the same plan again",
    )
