"""What lies around the events of a log service: lifecycles, snapshots, what waits to be merged, what nobody named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from carrel.amount import amount
from carrel.errors import CarrelError
from carrel.retention.log_lifecycle import Lifecycle, described, findings, in_words
from carrel.systems import faults
from carrel.systems.log_services.account import NEWEST, LogAccount
from carrel.systems.log_services.connection import Maybe, quoted
from carrel.systems.log_services.lifecycle import lifecycles
from carrel.systems.log_services.shapes import rows, table, words

_NAMED = 3
_DAY = timedelta(days=1)
_MOST_MILLIS, _MOST_DIGITS = 253_402_300_799_000, 18


@dataclass(frozen=True, slots=True)
class Around:
    """What is to be said of a service besides its events.

    Attributes:
        wrong: what should not be so.
        notes: what is good to know.
        unread: what kept a part of it from being looked at.
        sizes: bytes of an index, of all its copies together.
        lifecycles: by index, what deletes it there, in words.
    """

    wrong: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sizes: Mapping[str, int] | None = None
    lifecycles: Mapping[str, str] | None = None
    unread: tuple[CarrelError, ...] = ()


NOTHING = Around()


def around(account: LogAccount, allowed: Mapping[str, timedelta | None], now: datetime) -> Around:
    """Look around at a service; only reads.

    Args:
        account: of the service.
        allowed: by index, and by entry of the site file, the policy's period for what it holds; None where it says
            none.
        now: aware time.

    Raises:
        CarrelError: of the way to the service.
    """
    held = lifecycles(account)
    counted: Counter[str] = Counter()
    example: dict[str, str] = {}
    for name, lifecycle in held.items():
        for line in findings(lifecycle, allowed.get(name)):
            counted[line] += 1
            example.setdefault(line, name)
    wrong = [f"{_of(example[line], count)}: {line}" for line, count in counted.items()]
    wrong.extend(f"{one.found} {one.shut}: nobody can look into it" for one in account.parts() if one.shut)
    wrong.extend(_closed(account, held))
    wrong.extend(f"'{pattern}' names no index" for pattern in account.empty)
    major = account.version.partition(".")[0]
    notes = []
    if major.isdecimal() and int(major) > NEWEST[account.service.interface]:
        notes.append(f"version {major} of the service is newer than those that Carrel knows")
    listed = account.way.get(
        "/_cat/indices",
        {"format": "json", "bytes": "b", "expand_wildcards": "all",
         "h": "index,pri,rep,docs.count,docs.deleted,store.size,pri.store.size"},
        right="monitor", maybe=Maybe.QUESTION,
    )  # fmt: skip
    others = rows(listed)
    notes.extend(_merging(others, held))
    notes.extend(_unnamed(others, held))
    unread: tuple[CarrelError, ...] = ()
    told: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    try:
        told, late = _snapshots(account, set(held), allowed, now)
    except CarrelError as denied:
        if denied.code != faults.LOG_RIGHT.code:
            raise
        unread = (denied,)
        told = ("whether snapshots keep these events cannot be told: the key lacks 'monitor_snapshot'",)
    sizes = {str(one.get("index")): size for one in others if (size := _count(one.get("store.size"))) is not None}
    lives = {name: f"{one.name}, {described(one)}" for name, one in held.items() if one is not None}
    return Around(tuple(wrong) + late, (*notes, *told), sizes, lives, unread)


def _closed(account: LogAccount, held: Mapping[str, Lifecycle | None]) -> Iterator[str]:
    """Indices that are closed to writing though no lifecycle does so: a clearing that was broken off may have."""
    for one in account.parts():
        lifecycle = held.get(one.found)
        if one.blocked and not (one.shut or one.whole_only or (lifecycle is not None and lifecycle.closes)):
            yield (
                f"{one.found} is closed to writing, and new events do not come in: a clearing that was broken off "
                "leaves it so, until its plan is applied again, or a new one"
            )


def _of(name: str, count: int) -> str:
    return name if count == 1 else f"{name} and {amount(count - 1, 'further index', 'further indices')}"


def _merging(listed: Sequence[Mapping[str, Any]], held: Mapping[str, object]) -> Iterator[str]:
    waiting = sum(_count(one.get("docs.deleted")) or 0 for one in listed if one.get("index") in held)
    if waiting:
        yield (
            f"{amount(waiting, 'deleted event stands', 'deleted events stand')} on the service's disks until its "
            "segments are merged: `_forcemerge` with `only_expunge_deletes` does so at once"
        )
    copies = max((_count(one.get("rep")) or 0 for one in listed if one.get("index") in held), default=0)
    if copies:
        yield f"each index has up to {amount(copies, 'further copy', 'further copies')}, from which events go as well"


def _unnamed(listed: Sequence[Mapping[str, Any]], held: Mapping[str, object]) -> Iterator[str]:
    others = [one for one in listed if one.get("index") not in held and not str(one.get("index")).startswith(".")]
    if others:
        events = sum(_count(one.get("docs.count")) or 0 for one in others)
        names = ", ".join(sorted(str(one.get("index")) for one in others)[:_NAMED])
        more = ", …" if len(others) > _NAMED else ""
        noun = amount(len(others), "index that no entry names", "indices that no entry names")
        yield f"the key also sees {noun} ({names}{more}), with {amount(events, 'event')}"


def _count(text: object) -> int | None:
    if isinstance(text, str):
        return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None
    return text if isinstance(text, int) else None


def _snapshots(
    account: LogAccount, held: set[str], allowed: Mapping[str, timedelta | None], now: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What snapshots keep of the indices: what is good to know, and what is past its time in them."""
    repositories = account.way.get("/_snapshot/_all", right="monitor_snapshot", maybe=Maybe.QUESTION)
    notes: list[str] = []
    late: list[str] = []
    for repository in sorted(table(repositories)):
        path = f"/_snapshot/{quoted(repository)}/_all"
        told = account.way.get(path, {"ignore_unavailable": "true"}, right="monitor_snapshot", maybe=Maybe.QUESTION)
        mine = [one for one in rows(told, "snapshots") if _holds(one, held, account)]
        taken = [(at, _period(one, account, allowed)) for one in mine if (at := _taken(one)) is not None]
        times = [at for at, _ in taken]
        if not times:
            continue
        noun = amount(len(mine), "snapshot holds", "snapshots hold")
        days = f"{min(times):%Y-%m-%d} to {max(times):%Y-%m-%d}"
        notes.append(
            f"{noun} these events in the repository '{repository}', of {days}: what is deleted stands in them "
            "until they go"
        )
        late.extend(_late(repository, taken, now))
    return tuple(notes), tuple(late)


def _late(repository: str, taken: Sequence[tuple[datetime, timedelta | None]], now: datetime) -> Iterator[str]:
    old = Counter(period for at, period in taken if period is not None and now - at > period + _DAY)
    for period, count in sorted(old.items()):
        noun = amount(count, "snapshot is", "snapshots are")
        yield (
            f"{noun} older than {in_words(period)} in the repository '{repository}': every event whose period that is "
            "is past its time in such a one"
        )


def _period(one: Mapping[str, Any], account: LogAccount, allowed: Mapping[str, timedelta | None]) -> timedelta | None:
    """The shortest period of what a snapshot holds; None where the policy has none for any of it."""
    names, streams = set(words(one.get("indices"))), set(words(one.get("data_streams")))
    entries = {each.name for each in account.service.indices if any(map(each.names, names | streams))}
    spans = [span for name in names | entries if (span := allowed.get(name)) is not None]
    return min(spans, default=None)


def _holds(one: Mapping[str, Any], held: set[str], account: LogAccount) -> bool:
    """Whether a snapshot holds an index that an entry names, gone by now or not."""
    names, streams = set(words(one.get("indices"))), set(words(one.get("data_streams")))
    return bool(names & held) or any(each.names(name) for each in account.service.indices for name in names | streams)


def _taken(one: Mapping[str, Any]) -> datetime | None:
    millis = one.get("start_time_in_millis")
    return datetime.fromtimestamp(millis / 1000, UTC) if isinstance(millis, int) and 0 < millis < _MOST_MILLIS else None
