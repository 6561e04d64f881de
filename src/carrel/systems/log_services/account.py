"""A log service of a site file, opened: which product answers, and which indices the site's patterns name there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from carrel.errors import fault
from carrel.inventory.log_service import FoundIndex, Interface, LogService, LogStream
from carrel.systems import faults, secret
from carrel.systems.log_services.connection import Connection, Maybe, quoted
from carrel.systems.log_services.deletion import Fate, fate_of
from carrel.systems.log_services.log_index import LogIndex
from carrel.systems.log_services.refusals import misshapen
from carrel.systems.log_services.shapes import ShapeError, rows, table, words

_ALL = {"expand_wildcards": "all"}
_OLDEST = {Interface.ELASTICSEARCH: (7, 9), Interface.OPENSEARCH: (1, 0)}
NEWEST = {Interface.ELASTICSEARCH: 9, Interface.OPENSEARCH: 3}
_NARROWING = frozenset({"filter", "routing", "index_routing", "search_routing"})
SEEN = "view_index_metadata"


@dataclass(frozen=True)
class Stream:
    """A data stream as the service has it.

    Attributes:
        name: of it.
        indices: names of those behind it, the one that is written to last.
        body: as the service told it.
    """

    name: str
    indices: tuple[str, ...]
    body: Mapping[str, Any]


@dataclass
class LogAccount:
    """One service, signed in.

    Args:
        service: of the site file.
        way: to it.
        version: that it tells; empty where the key may not ask.
    """

    service: LogService
    way: Connection
    version: str = ""
    empty: list[str] = field(default_factory=list)  # patterns that name nothing

    def __call__(self, part: FoundIndex) -> LogIndex:
        """One index; nothing is asked yet."""
        return LogIndex(self.way, part, self.service.delete, self.service.events_per_second)

    def fate(self, name: str, uuid: str) -> Fate:
        """What became of an index, by its own number: one that the key does not see any more may be there.

        Raises:
            CarrelError: of the way to the service.
        """
        return fate_of(self.way, name, uuid)

    def parts(self) -> tuple[FoundIndex, ...]:
        """Every index that the site file names, as it is now.

        Raises:
            CarrelError: HLS-008, two entries name one index, or its time is no time.
        """
        return self._parts

    @cached_property
    def _parts(self) -> tuple[FoundIndex, ...]:
        found: dict[str, FoundIndex] = {}
        for stream in self.service.indices:
            for one in self._of(stream):
                if one.found in found:
                    raise self._entry(
                        one.found, "one entry for each index", "two", "write patterns that name no index twice"
                    )
                found[one.found] = one
        return tuple(found[name] for name in sorted(found))

    @cached_property
    def streams(self) -> dict[str, Stream]:
        """The data streams that the site's patterns name, or whose indices they name, by the name of each index."""
        found: dict[str, Stream] = {}
        for stream in self.service.indices:
            body = self._resolved(stream)
            names = {str(one.get("name")) for one in rows(body, "data_streams")}
            names |= {str(one["data_stream"]) for one in rows(body, "indices") if one.get("data_stream")}
            for name in sorted(names):
                told = self.way.get(f"/_data_stream/{quoted(name)}", right=SEEN, maybe=Maybe.QUESTION)
                for one in rows(told, "data_streams"):
                    indices = tuple(str(each.get("index_name")) for each in rows(one, "indices"))
                    found.update(dict.fromkeys(indices, Stream(name, indices, one)))
        return found

    def _of(self, stream: LogStream) -> Iterator[FoundIndex]:
        body, pattern = self._resolved(stream), quoted(str(stream.index))
        shut = {str(one.get("name")): _shut(one) for one in rows(body, "indices")}
        names = {*shut, *_behind(body)}
        if not names:
            self.empty.append(str(stream.index))
            return
        settings = self.way.get(
            f"/{pattern}/_settings", {**_ALL, "flat_settings": "true"}, right=SEEN, maybe=Maybe.INDEX
        )
        aliases = self.way.get(f"/{pattern}/_alias", _ALL, right=SEEN, maybe=Maybe.INDEX)
        fields = self.way.get(
            f"/{pattern}/_mapping/field/{quoted(stream.time_field)}", {**_ALL}, right=SEEN, maybe=Maybe.INDEX
        )
        written = _written(aliases)
        for name in sorted(names):
            known = _settings_of(settings, name)
            if name not in shut:
                self._require_whole_view(body, name, aliases)
            if not shut.get(name):
                self._require_time(stream, name, fields)
            yield FoundIndex(
                **stream.model_dump(exclude={"name"}),
                found=name,
                uuid=known.get("index.uuid", ""),
                shut=shut.get(name) or _shut_by(known),
                fixed=self._fixed(name, known, written),
                whole_only=_only_whole(known),
                blocked=known.get("index.blocks.write") == "true",
            )

    def _fixed(self, name: str, known: Mapping[str, str], written: frozenset[str]) -> str:
        stream = self.streams.get(name)
        if stream is not None and stream.indices[-1:] == (name,):
            return "its data stream writes to it"
        if name in written:
            return "an alias writes to it"
        if known.get("index.blocks.read_only") == "true":
            return "it is read-only"
        return "" if known.get("index.uuid") else "its settings cannot be read"

    def _require_whole_view(self, body: Any, name: str, aliases: Any) -> None:
        """An alias that shows a part of an index only would have the rest of it, which is somebody else's, deleted."""
        told = [table(one, "aliases") for one in table(aliases).values()]
        for row in rows(body, "aliases"):
            alias = str(row.get("name"))
            if name not in words(row.get("indices")):
                continue
            views = [one[alias] for one in told if alias in one]
            narrow = any(not isinstance(view, dict) or not _NARROWING.isdisjoint(view) for view in views)
            if narrow or not views:
                raise self._entry(
                    name,
                    "an alias without filter and routing, or the name of the index",
                    "one that shows a part of it" if narrow else "one of which the service tells nothing",
                    "name indices that hold nobody else's events; Carrel counts and deletes in the index itself",
                )

    def _require_time(self, stream: LogStream, name: str, fields: Any) -> None:
        inner = table(fields, name, "mappings", stream.time_field, "mapping")
        kinds = {str(table(one).get("type")) for one in inner.values()}
        if not kinds <= {"date", "date_nanos"}:
            raise self._entry(
                name,
                f"a date in '{stream.time_field}'",
                "another kind of field",
                "write 'time_field:' with the field that tells when an event was",
            )

    def _entry(self, name: str, wanted: str, found: str, fix: str) -> Exception:
        return fault(faults.LOG_ENTRY, at=f"{self.way.at}, {name}", wanted=wanted, found=found, fix=fix)

    def _resolved(self, stream: LogStream) -> Any:
        if stream.index not in self._resolutions:
            path = f"/_resolve/index/{quoted(str(stream.index))}"
            self._resolutions[stream.index] = self.way.get(path, _ALL, right=SEEN, maybe=Maybe.INDEX)
        return self._resolutions[stream.index]

    @cached_property
    def _resolutions(self) -> dict[str | None, Any]:
        return {}


@contextmanager
def signed_in(service: LogService, now: datetime) -> Iterator[LogAccount]:
    """A service, signed in until the block ends.

    Raises:
        CarrelError: of the HLS codes, HLS-004 for any answer of an odd shape; SIT-004 or SIT-005, its key cannot be
            read or others can read it; HLS-010, it has no interface.
    """
    place = service.api_key_file or service.password_file
    if place is None:
        raise fault(
            faults.LOG_CLOSED,
            at=f"log-service {service.name}",
            found="interface: none",
            because="the contract gives no way in",
            fix="have it signed for: carrel log-service attest",
        )
    way = Connection(service, secret.from_file(place), now)
    try:
        account = LogAccount(service, way, _version(way, service))
        _compare_clock(way)
        yield account
    except ShapeError:
        raise misshapen(way.at) from None
    finally:
        way.close()


def _version(way: Connection, service: LogService) -> str:
    """The version that a service tells; of a service that tells another product nothing is believed."""
    told = way.get("/", right="monitor", maybe=Maybe.QUESTION)
    version = table(told, "version")
    number, product = str(version.get("number", ""))[:40], version.get("distribution", "elasticsearch")
    # What OpenSearch tells where it was set up to pass for the other: 7.10 and nothing of itself.
    posing = service.interface is Interface.OPENSEARCH and number.startswith("7.10.")
    if number and not posing and (product != service.interface.value or _numbers(number) < _OLDEST[service.interface]):
        raise fault(
            faults.LOG_ANSWER,
            at=way.at,
            wanted=f"{service.interface} from {'.'.join(map(str, _OLDEST[service.interface]))} on",
            found="another product" if product != service.interface.value else "an older version",
            fix="compare 'interface' in the site file with what the vendor says",
        )
    return number


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(one) for one in version.split("-", maxsplit=1)[0].split(".")[:2] if one.isdecimal())


def _compare_clock(way: Connection) -> None:
    """Most services tell no date with an answer: their health does."""
    if way.clock_seen:
        return
    told = way.get("/_cat/health", {"format": "json", "h": "epoch"}, right="monitor", maybe=Maybe.QUESTION)
    for one in rows(told):
        with suppress(KeyError, ValueError, TypeError, OverflowError, OSError):
            way.compare(datetime.fromtimestamp(int(one["epoch"]), UTC))


def _behind(body: Any) -> set[str]:
    """Names of the indices behind the aliases and data streams of an answer."""
    found: set[str] = set()
    for block, key in (("aliases", "indices"), ("data_streams", "backing_indices")):
        for one in rows(body, block):
            found.update(words(one.get(key)))
    return found


def _shut(one: Mapping[str, Any]) -> str:
    attributes = words(one.get("attributes"))
    return next((f"is {word}" for word in ("closed", "frozen") if word in attributes), "")


def _shut_by(known: Mapping[str, str]) -> str:
    return "is closed" if known.get("index.verified_before_close") == "true" else ""


def _settings_of(settings: Any, name: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in table(settings, name, "settings").items()}


def _only_whole(known: Mapping[str, str]) -> bool:
    """Whether nothing in it can be changed: a snapshot that is searched, or an index that is read-only."""
    return known.get("index.blocks.read_only") == "true" or known.get("index.store.type") == "snapshot"


def _written(aliases: Any) -> frozenset[str]:
    """The indices to which an alias writes: those marked so, and those that have an alias for themselves."""
    of: dict[str, list[str]] = {}
    marked: set[str] = set()
    for name, body in table(aliases).items():
        for alias, told in table(body, "aliases").items():
            of.setdefault(alias, []).append(name)
            if table(told).get("is_write_index"):
                marked.add(name)
    alone: Iterable[str] = (names[0] for names in of.values() if len(names) == 1)
    return frozenset(marked | set(alone))


Opener = Callable[[FoundIndex], LogIndex]
