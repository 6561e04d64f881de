"""What a map's section on persons comes to at one site: each trace with its act, in order, and what it lacks there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from carrel.errors import fault
from carrel.inventory.aged_row import Aged
from carrel.inventory.map_part import Method
from carrel.inventory.person_map import Act, PersonMap, Trace
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.retention import faults
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

    def spends(self, other: Step) -> bool:
        """Whether a row that this step has dealt with is none of another step of the same table any more."""
        if self.table != other.table or self.act not in {Act.DELETE, Act.CHANGE}:
            return False
        if self.act is Act.DELETE or other.trace.column in self.new_values:
            return True
        left = other.new_values
        return other.act is Act.CHANGE and bool(left) and left.items() <= self.new_values.items()

    @property
    def new_values(self) -> dict[str, object]:
        """Per column that a change sets, what it sets it to; without what a row may hold before as well."""
        kept = {Method.SAME, Method.DAY}
        sets = {name: how for name, how in self.trace.set.items() if how not in kept}
        return {**sets, **self.trace.told, **dict.fromkeys(self.trace.own_key, "own key")}


def told_apart(steps: Sequence[Step]) -> tuple[str, ...]:
    """What each step is called by: as `Step.by`; of several ways through one table, with what parts them.

    Returns:
        In the order of the steps; no two with the same table and act are called alike.
    """
    alike: defaultdict[tuple[str, Act, str], list[Step]] = defaultdict(list)
    for one in steps:
        alike[one.table, one.act, one.by].append(one)
    return tuple(_called(one, alike[one.table, one.act, one.by]) for one in steps)


def _called(step: Step, alike: Sequence[Step]) -> str:
    way = step.trace.through
    if len(alike) == 1 or way is None:
        return step.by
    others = [other for one in alike if one is not step and (other := one.trace.through) is not None]
    own = {name: theirs for name, theirs in way.pairs.items() if any(one.pairs.get(name) != theirs for one in others)}
    last = way.way[-1]
    parts = [f"{name} = {theirs}" for name, theirs in own.items()] or [f"{last.table}.{last.person}"]
    return f"{step.by} ({', '.join(parts)})"


def person_map(system_map: SystemMap) -> PersonMap:
    """The map's section on persons.

    Raises:
        CarrelError: ERA-003, it has none.
    """
    if system_map.person is None:
        raise fault(
            faults.UNTOLD_ROWS,
            at=f"map {system_map.system}",
            wanted="a section 'person'",
            found="none",
            fix="carry the request out in the product itself; Carrel has no map of a person's rows there",
        )
    return system_map.person


def moves_of(system_map: SystemMap) -> dict[str, Aged]:
    """Per table, where its rows go without their person, as the cut of loans or of other records tells it."""
    cuts = [(system_map.loans.closed.table, system_map.loans.closed.cut)]
    cuts += [(one.table, cut) for one in system_map.records for cut in one.cuts.values()]
    found: dict[str, Aged] = {}
    for table, cut in cuts:
        if cut.aged is not None:
            found.setdefault(table, cut.aged)
    return found


def own_step(steps: Iterable[Step], table: str) -> Step:
    """The step that deals with the person's own row, which carries the number of the person."""
    done = {Act.DELETE, Act.CHANGE}
    return next(one for one in steps if one.table == table and one.act in done and one.trace.column)


def steps_of(
    schema: LiveSchema, system_map: SystemMap, stand_in: int | None, payer: Payer | None = None
) -> tuple[Step, ...]:
    """The traces of a live database, in their order.

    Args:
        schema: live; a table that the site lacks has no step.
        system_map: whose section on persons tells them.
        stand_in: the product's anonymous patron.
        payer: what stays of persons whose financial record needs a payer; None for everybody else.

    Returns:
        With a payer, lines of account are kept, and the person's own record is emptied of the rest and not deleted. A
        line that names a loan is parted from it first, as with the loan itself: it stays with its payer and its amount.
    """
    found = _plain(schema, person_map(system_map), stand_in)
    if payer is None or not found:
        return found
    own = own_step(found, system_map.people.table)
    # The sums of what a payer owed stay with the lines of account that they sum up.
    sums = {name for one in moves_of(system_map).values() if one.ledger is not None for name in one.ledger.spares}
    out: list[Step] = []
    for one in found:
        if one is own:
            out.append(_reduced(schema, one, payer))
            continue
        if one.trace.finance and one.trace.column:
            out += _parted(schema, system_map, one)
        out.append(_kept(one, payer, sums=one.table in sums))
    return tuple(out)


def _parted(schema: LiveSchema, system_map: SystemMap, step: Step) -> Iterator[Step]:
    """What parts lines of account from their loans: the loans name nobody any more, and each line would name its payer.

    The cut is that of the map's own path for such lines. What it redacts with the loan at hand goes whole, as it does
    where the loan was parted before.
    """
    there = set(schema.tables[step.table].column_names)
    for path in system_map.loans.paths:
        cut = path.cut
        if path.table != step.table or path.person != step.trace.column or path.link.by != "key" or cut.delete:
            continue
        sets = {name: Method.CLEAR if how is Method.REDACT else how for name, how in cut.set.items()}
        if not set(sets) <= there:
            continue
        only = (*path.only, *path.still, *path.stray_only)
        changes = {"act": Act.CHANGE, "set": sets, "only": only, "finance": False, "why": cut.why}
        yield Step(step.table, step.trace.model_copy(update=changes), Act.CHANGE)


def _kept(step: Step, payer: Payer, *, sums: bool) -> Step:
    if not step.trace.finance and not (sums and step.act is Act.DELETE):
        return step
    kept = step.trace.model_copy(update={"act": Act.KEEP, "set": {}, "ground": payer.ground})
    return Step(step.table, kept, Act.KEEP)


def _reduced(schema: LiveSchema, step: Step, payer: Payer) -> Step:
    trace, stays = step.trace, {*payer.columns, *_derived(schema, step.table)}
    changes: dict[str, object] = {"set": dict.fromkeys(emptied(schema, step, stays), Method.CLEAR)}
    if step.act is Act.CHANGE:  # the map itself tells how a record is emptied that stays
        changes = {
            "set": {name: how for name, how in trace.set.items() if name not in stays},
            "told": {name: value for name, value in trace.told.items() if name not in stays},
            "own_key": tuple(name for name in trace.own_key if name not in stays),
        }
    why = "the record stays for its financial record, with what that needs"
    return Step(step.table, trace.model_copy(update={**changes, "act": Act.CHANGE, "why": why}), Act.CHANGE)


def emptied(schema: LiveSchema, own: Step, stays: Collection[str]) -> tuple[str, ...]:
    """The columns of a payer's own record that are emptied: all but what stays, and what may not be empty.

    Args:
        schema: live.
        own: the step that deals with the record; where it changes it, it tells what can be emptied.
        stays: the columns that the financial record needs.
    """
    columns = [one for one in schema.tables[own.table].columns if one.nullable and one.name not in stays]
    if own.act is not Act.CHANGE:
        return tuple(one.name for one in columns)
    derived = _derived(schema, own.table)
    cleared = {name for name, how in own.trace.set.items() if how is Method.CLEAR}
    return tuple(one.name for one in columns if one.name in cleared and one.name not in derived)


def _derived(schema: LiveSchema, table: str) -> frozenset[str]:
    """Columns that the database makes anew from others, some of which can stay: the words for its search."""
    return frozenset(one.name for one in schema.tables[table].columns if one.type == "tsvector")


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


def unmoved(schema: LiveSchema, steps: Iterable[Step], moves: Mapping[str, Aged]) -> tuple[str, ...]:
    """Triggers that would move the rows of a step as they are deleted, and that are not there, or do not run."""
    found = []
    for step in steps:
        if step.trace.moved and (aged := moves.get(step.table)) is not None:
            running = {one.name for one in schema.tables[step.table].triggers if one.fires}
            found += [] if aged.trigger in running else [f"{step.table}: {aged.trigger}"]
    return tuple(dict.fromkeys(found))


def _traces(schema: LiveSchema, person: PersonMap) -> Iterator[tuple[str, Trace]]:
    return ((name, trace) for name, told in person.tables.items() if name in schema.tables for trace in told.traces)


def _empty(schema: LiveSchema, name: str, trace: Trace) -> bool:
    stands = [schema.tables[name].column(one) for one, how in trace.set.items() if how is Method.STAND_IN]
    return all(one is not None and one.nullable for one in stands)


def _lacks(schema: LiveSchema, name: str, trace: Trace) -> list[str]:
    wanted = defaultdict[str, set[str]](set)
    wanted[name] = {trace.column, *trace.changed, *(one.column for one in trace.only)} - {""}
    here = name
    for way in () if trace.through is None else trace.through.way:
        wanted[here] |= set(way.pairs)
        wanted[way.table] |= {way.person, *way.pairs.values(), *(one.column for one in way.only)} - {""}
        here = way.table
    here = name
    for step in trace.among:
        wanted[here].add(step.equals)
        wanted[step.table] |= {step.column, *(one.column for one in step.where)}
        here = step.table
    found = []
    for where, columns in wanted.items():
        table = schema.tables.get(where)
        there = set() if table is None else set(table.column_names)
        found += [f"{where}.{one}" for one in sorted(columns - there)]
    return found
