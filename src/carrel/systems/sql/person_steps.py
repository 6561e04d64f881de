"""What a map's section on persons comes to at one site: each trace with its act, in order, and what it lacks there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from carrel.inventory.map_part import Method
from carrel.inventory.person_map import Act, PersonMap, Trace
from carrel.inventory.schema import LiveSchema
from carrel.retention.erasure import settled


@dataclass(frozen=True, slots=True)
class Step:
    """One trace in its place: what is done to its rows at this site."""

    table: str
    trace: Trace
    act: Act

    @property
    def by(self) -> str:
        """The column, or the table that leads to the rows."""
        return self.trace.column or (f"by {self.trace.through.table}" if self.trace.through else "")


def steps_of(schema: LiveSchema, person: PersonMap, stand_in: int | None) -> tuple[Step, ...]:
    """The traces of a live database, in their order.

    Args:
        schema: live; a table that the site lacks has no step.
        person: of the map.
        stand_in: the product's anonymous patron.
    """
    return tuple(
        Step(name, trace, settled(trace, empty=_empty(schema, name, trace), stand_in=stand_in))
        for name, trace in _traces(schema, person)
        if not _lacks(schema, name, trace) and not (trace.without_stand_in and stand_in is not None)
    )


def lacking(schema: LiveSchema, person: PersonMap) -> tuple[str, ...]:
    """Tables and columns that a trace needs and that the database does not have; none where it is as mapped."""
    found = (one for name, trace in _traces(schema, person) for one in _lacks(schema, name, trace))
    return tuple(dict.fromkeys(found))


def _traces(schema: LiveSchema, person: PersonMap) -> Iterator[tuple[str, Trace]]:
    return ((name, trace) for name, told in person.tables.items() if name in schema.tables for trace in told.traces)


def _empty(schema: LiveSchema, name: str, trace: Trace) -> bool:
    stands = [schema.tables[name].column(one) for one, how in trace.set.items() if how is Method.STAND_IN]
    return all(one is not None and one.nullable for one in stands)


def _lacks(schema: LiveSchema, name: str, trace: Trace) -> list[str]:
    wanted = {name: {trace.column, *trace.set, *(one.column for one in trace.only)} - {""}}
    if trace.through is not None:
        way = trace.through
        wanted[name] |= set(way.pairs)
        wanted[way.table] = {way.person, *way.pairs.values(), *(one.column for one in way.only)} - {""}
    found = []
    for where, columns in wanted.items():
        table = schema.tables.get(where)
        there = set() if table is None else set(table.column_names)
        found += [f"{where}.{one}" for one in sorted(columns - there)]
    return found
