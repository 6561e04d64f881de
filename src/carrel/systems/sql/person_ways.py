"""Ways through other tables to a person's rows, put together where they lead to the same rows by the same columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from carrel.inventory.access_map import AccessMap
from carrel.inventory.category import Category
from carrel.inventory.person_map import Through, Trace
from carrel.inventory.system_map import SystemMap

Led = tuple[Trace, Through]


@dataclass(frozen=True, eq=False)
class Leg:
    """Ways that begin at the same rows of another table, and lead on by the same columns to the same ones.

    Attributes:
        way: the first of them; it tells which rows.
        said: what tells these rows from all others that are walked.
        before: by which other rows lead to them, where no column of theirs names the person.
    """

    way: Through
    said: tuple[str, ...]
    before: tuple[Leg, ...]


class PersonWays:
    """The ways of one map. A loan, its fine and its return can lead to one row of a log: it is read once for all.

    Args:
        system_map: in force.
        access: its section on answers.
        traces: of every table that is asked, by table.
    """

    def __init__(self, system_map: SystemMap, access: AccessMap, traces: dict[str, tuple[Trace, ...]]) -> None:
        self._map, self._access = system_map, access
        self._read: defaultdict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
        self._together: dict[str, list[list[Led]]] = {}
        for table, some in traces.items():
            led = [(one, one.through) for one in some if one.through is not None]
            self._together[table] = self._groups(table, led)
            for one in (step for _, way in led for step in way.way):
                self._read[walk_of(one)] |= dict.fromkeys(one.pairs.values())

    def to(self, table: str) -> Sequence[Sequence[Led]]:
        """The traces of a table to whose rows others lead, those together that end at the same columns of it."""
        return self._together.get(table, ())

    def read(self, way: Through) -> tuple[str, ...]:
        """The columns of the other table's rows that any way needs which begins at the same rows."""
        return tuple(way.pairs.values()) if way.then is not None else tuple(self._read[walk_of(way)])

    def _groups(self, table: str, led: Iterable[Led]) -> list[list[Led]]:
        found: defaultdict[tuple[object, ...], list[Led]] = defaultdict(list)
        for trace, way in led:
            meant = trace.model_dump_json(include={"only", "among"})
            counted = self._access.counts(table, trace)
            # Rows to which only the second of an event leads are told apart from those that are known by a number.
            found[tuple(way.pairs), meant, counted, self.is_coincidence(steps_of(table, way))].append((trace, way))
        return list(found.values())

    def is_coincidence(self, steps: Iterable[tuple[str, str]]) -> bool:
        """Whether a way goes by the second of an event."""
        return any(self._map.labels.of(table, name) is Category.EVENT_TIME for table, name in steps)


def steps_of(table: str, way: Through) -> Iterator[tuple[str, str]]:
    """Every column by which a way leads on, each with its table."""
    here = table
    for one in way.way:
        yield from ((here, own) for own in one.pairs)
        here = one.table


def walk_of(way: Through) -> tuple[str, str, str]:
    """Which rows of the other table are meant: table, column with the person, and what else must hold of them."""
    return way.table, way.person, way.model_dump_json(include={"only"}) if way.only else ""


def plain_walk(table: str, person: str = "") -> tuple[str, str, str]:
    """The same of rows of which nothing else must hold."""
    return table, person, ""


def together(ways: Iterable[Through]) -> list[list[Through]]:
    """Ways that go on from the same columns to the same columns of the same rows."""
    found: defaultdict[tuple[object, ...], list[Through]] = defaultdict(list)
    for way in ways:
        found[walk_of(way), tuple(way.pairs.items()), tuple(way.then.pairs) if way.then else ()].append(way)
    return list(found.values())


def legs_of(ways: Iterable[Through]) -> tuple[Leg, ...]:
    """Ways, those together that need to be walked once."""
    return tuple(
        Leg(some[0], (*walk_of(some[0]), *sorted(one.model_dump_json() for one in _thens(some))), legs_of(_thens(some)))
        for some in together(ways)
    )


def _thens(ways: Iterable[Through]) -> list[Through]:
    return [one.then for one in ways if one.then is not None]
