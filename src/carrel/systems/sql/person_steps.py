"""What a map's section on persons comes to at one site: each trace with its act, in order, and what it lacks there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from carrel.inventory.map_part import Method
from carrel.inventory.person_map import Act, PersonMap, Trace
from carrel.inventory.schema import LiveSchema
from carrel.retention.erasure import settled
from carrel.retention.payer import Payer


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


def steps_of(
    schema: LiveSchema, person: PersonMap, stand_in: int | None, payer: Payer | None = None
) -> tuple[Step, ...]:
    """The traces of a live database, in their order.

    Args:
        schema: live; a table that the site lacks has no step.
        person: of the map.
        stand_in: the product's anonymous patron.
        payer: what stays of persons whose financial record needs a payer; None for everybody else.

    Returns:
        With a payer, lines of account are kept, and the person's own record, the last step, is emptied and not deleted.
    """
    found = _plain(schema, person, stand_in)
    if payer is None or not found:
        return found
    return tuple(_reduced(schema, one, payer) if one is found[-1] else _kept(one, payer) for one in found)


def _kept(step: Step, payer: Payer) -> Step:
    if not step.trace.finance:
        return step
    kept = step.trace.model_copy(update={"act": Act.KEEP, "set": {}, "ground": payer.ground})
    return Step(step.table, kept, Act.KEEP)


def _reduced(schema: LiveSchema, step: Step, payer: Payer) -> Step:
    sets = dict.fromkeys(emptied(schema, step.table, payer.columns), Method.CLEAR)
    why = "the record stays for its financial record, with what that needs"
    return Step(step.table, step.trace.model_copy(update={"act": Act.CHANGE, "set": sets, "why": why}), Act.CHANGE)


def emptied(schema: LiveSchema, table: str, stays: Collection[str]) -> tuple[str, ...]:
    """The columns of a payer's own record that are emptied: all but what stays, and what may not be empty."""
    columns = schema.tables[table].columns
    return tuple(one.name for one in columns if one.nullable and one.name not in stays)


def _plain(schema: LiveSchema, person: PersonMap, stand_in: int | None) -> tuple[Step, ...]:
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
