"""What a log cluster keeps: indices with their events, data streams, lifecycles, snapshots, and tasks that delete.

Written after the published interfaces of Elasticsearch and OpenSearch, to stand in for them where none can be
installed. A write is seen by a search only after a refresh, as there.
"""

from __future__ import annotations

import fnmatch
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

DAY = 86_400_000


def millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


@dataclass
class Event:
    """One document: its source, and a version that grows with each write."""

    source: dict[str, Any]
    version: int = 1

    def times(self, field_name: str) -> list[int]:
        found = self.source.get(field_name)
        listed = found if isinstance(found, list) else [] if found is None else [found]
        return [millis(one) for one in listed]


@dataclass
class Index:
    """One index; ``seen`` is what a search sees of it."""

    name: str
    kinds: dict[str, str]
    uuid: str = field(default_factory=lambda: uuid.uuid4().hex[:22])
    events: dict[str, Event] = field(default_factory=dict)
    seen: dict[str, Event] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: bool = False
    deleted: int = 0

    def write(self, key: str, source: dict[str, Any]) -> bool:
        """Whether it was taken."""
        if self.settings.get("index.blocks.write") == "true":
            return False
        before = self.events.get(key)
        self.events[key] = Event(source, 1 if before is None else before.version + 1)
        return True

    def refresh(self) -> None:
        self.seen = {key: Event(one.source, one.version) for key, one in self.events.items()}


@dataclass
class Task:
    """A deletion on its way."""

    id: str
    mark: str
    description: str
    status: dict[str, Any] = field(default_factory=lambda: {"deleted": 0, "version_conflicts": 0})
    failures: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    completed: bool = False
    canceled: bool = False
    most: int = 0
    pace: float = 0


class Cluster:
    """Everything that one service keeps.

    Args:
        product: ``elasticsearch`` or ``opensearch``.
        version: that it tells.
    """

    def __init__(self, product: str = "elasticsearch", version: str = "8.19.2") -> None:
        self.product, self.version = product, version
        self.lock = threading.RLock()
        self.indices: dict[str, Index] = {}
        self.streams: dict[str, dict[str, Any]] = {}  # name → indices, lifecycle
        self.policies: dict[str, dict[str, Any]] = {}
        self.managed: dict[str, dict[str, Any]] = {}  # index → what explain tells
        self.snapshots: dict[str, list[dict[str, Any]]] = {}
        self.ilm_mode = "RUNNING"
        self.serverless = False
        self.tasks: dict[str, Task] = {}
        self.batch_seconds = 0.0  # how long one batch of a deletion takes
        self.deaf = False  # says that it has deleted, and has not
        self.broken = ""  # what a task ends with
        self.gone: list[Event] = []  # everything that was deleted

    def make(self, name: str, **kinds: str) -> Index:
        """A new index under a name."""
        with self.lock:
            found = Index(name, kinds or {"@timestamp": "date"})
            self.indices[name] = found
            return found

    def stream(self, name: str, *indices: str, lifecycle: dict[str, Any] | None = None) -> None:
        """A data stream over indices that are there; the last is written to."""
        self.streams[name] = {"indices": list(indices), "lifecycle": lifecycle}

    def named(self, pattern: str) -> list[Index]:
        """The indices that a pattern names, through aliases and data streams too."""
        with self.lock:
            found: dict[str, Index] = {}
            for part in pattern.split(","):
                fits = {name: one for name, one in self.indices.items() if _fits(part, name, *one.aliases)}
                found.update(fits)
                for name, body in self.streams.items():
                    if fnmatch.fnmatchcase(name, part):
                        found.update({each: self.indices[each] for each in body["indices"] if each in self.indices})
            return list(found.values())

    def stream_of(self, index: str) -> str | None:
        return next((name for name, body in self.streams.items() if index in body["indices"]), None)

    # -- deleting by query -------------------------------------------------------------------------------------------

    def start(self, index: Index, query: dict[str, Any], mark: str, most: int, batch: int, pace: float) -> Task:
        """Delete what a search sees now, in batches, in a thread of its own."""
        with self.lock:
            task = Task(
                f"node-1:{1000 + len(self.tasks)}", mark, f"delete-by-query [{index.name}]", most=most, pace=pace
            )
            self.tasks[task.id] = task
            hits = [(key, one.version) for key, one in index.seen.items() if matches(query, one)][:most]
        threading.Thread(target=self._work, args=(task, index, hits, batch), daemon=True).start()
        return task

    def _work(self, task: Task, index: Index, hits: list[tuple[str, int]], batch: int) -> None:
        for first in range(0, len(hits), batch):
            time.sleep(self.batch_seconds)
            with self.lock:
                if task.canceled:
                    break
                for key, version in hits[first : first + batch]:
                    live = index.events.get(key)
                    if live is None or live.version != version:
                        task.status["version_conflicts"] += 1
                    else:
                        task.status["deleted"] += 1
                        if not self.deaf:
                            self.gone.append(index.events.pop(key))
                            index.deleted += 1
        with self.lock:
            if self.broken == "failures":
                task.failures = [{"index": index.name, "cause": {"type": "es_rejected_execution_exception"}}]
            elif self.broken:
                task.error = {"type": self.broken}
            index.refresh()
            task.completed = True


def _fits(pattern: str, *names: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)


def matches(query: dict[str, Any], event: Event) -> bool:
    """Whether a query speaks of an event: bool, range and exists, as the interface defines them."""
    [(kind, body)] = query.items()
    if kind == "bool":
        must = [*_list(body.get("filter")), *_list(body.get("must"))]
        should, forbidden = _list(body.get("should")), _list(body.get("must_not"))
        least = int(body.get("minimum_should_match", 0 if must else 1))
        return (
            all(matches(one, event) for one in must)
            and not any(matches(one, event) for one in forbidden)
            and (not should or sum(matches(one, event) for one in should) >= least)
        )
    if kind == "range":
        [(name, ends)] = body.items()
        assert ends["format"] == "epoch_millis"
        return any(ends.get("gte", -1 << 62) <= at < ends.get("lt", 1 << 62) for at in event.times(name))
    if kind == "exists":
        return bool(event.times(body["field"]))
    raise ValueError(kind)


def _list(body: Any) -> list[Any]:
    return body if isinstance(body, list) else [] if body is None else [body]


def counted(index: Index, body: dict[str, Any]) -> dict[str, Any]:
    """The hits and the aggregations of a search without hits."""
    name = body["aggs"]["days"]["date_histogram"]["field"]
    offset = int(body["aggs"]["days"]["date_histogram"]["offset"].removeprefix("+").removesuffix("ms"))
    buckets: dict[int, list[int]] = {}
    counts: dict[int, int] = {}
    undated = 0
    for one in index.seen.values():
        times = one.times(name)
        undated += not times
        for start in {(at - offset) // DAY * DAY + offset for at in times}:
            counts[start] = counts.get(start, 0) + 1
            buckets.setdefault(start, []).extend(times)  # of a bucket's documents every value counts
    days = [
        {
            "key": start,
            "key_as_string": datetime.fromtimestamp(start / 1000, UTC).isoformat() if abs(start) < 1 << 47 else "",
            "doc_count": counts[start],
            "first": {"value": float(min(times))},
            "last": {"value": float(max(times))},
        }
        for start, times in sorted(buckets.items())
    ]
    return {
        "hits": {"total": {"value": len(index.seen), "relation": "eq"}, "max_score": None, "hits": []},
        "aggregations": {"days": {"buckets": days}, "undated": {"doc_count": undated}},
    }
