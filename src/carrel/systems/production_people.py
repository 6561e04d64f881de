"""Whether an order can be carried out, before any record is read: its people, kinds of record, fields and systems."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from carrel.disclosure import faults
from carrel.disclosure.asked_fields import require_known
from carrel.disclosure.production import NotRead
from carrel.disclosure.scope import Asked, Part, Scope
from carrel.errors import CarrelError, fault
from carrel.retention.identifiers import Subject
from carrel.retention.legal_hold import Keeping
from carrel.rights.third_persons import HeldColumn
from carrel.systems.access_answer import OpenSystem
from carrel.systems.production_rows import beside_of, item_keys, meant_tables
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_search import numbers_under


def subject_of(connection: Connection, system: OpenSystem, part: Part, asked: Asked) -> Subject | None:
    """The person whom a part names, in one system; None where nobody is registered there under it.

    Raises:
        CarrelError: DSC-057, several people could be meant; DSC-058, only a copy of a record is left, and the order
            asks for no copies. What was given is not repeated.
    """
    if asked.number is not None and asked.system != system.name:
        return None
    by_card, at = asked.card is not None, f"{system.name}: part {part.id}, {asked.id}"
    said = asked.card or asked.number or ""
    there, copies = numbers_under(connection, system.system_map, said, by_card=by_card, at=system.name)
    if len(there | copies) > 1:
        raise _several(at, "records of more than one person under it, one of them perhaps deleted")
    if copies and not part.copies:
        raise fault(
            faults.GONE,
            at=at,
            wanted="a record that is there",
            found="a copy of one that was deleted or merged",
            because="what was disposed of is not brought back unless the order asks for copies",
            fix="where it was merged, name the record that it went into by 'number:'; where the order asks for "
            "copies of records that are gone, quote it under 'copies:'",
        )
    numbers = (there | copies) - {0, system.stand_in}
    return Subject(min(numbers)) if numbers else None


def same_record(part: str, system: str, person: str, before: str) -> NotRead:
    """What is told of somebody of a scope whose record is that of another of it: its rows are produced once."""
    says = f"it is the same record as {before}: what it holds stands under that once"
    return NotRead(part, system, f"records of {person}", "", says)


def require_kept(systems: Sequence[OpenSystem], scope: Scope, kept: Mapping[str, Sequence[Keeping]], case: str) -> None:
    """Refuse whoever, or whatever item, is not what the case keeps from deletion: it asks for somebody else.

    Args:
        systems: open for reading.
        scope: of the production.
        kept: by system, the legal holds of the case that are in force.
        case: what errors call it.

    Raises:
        CarrelError: DSC-060; DSC-057 and DSC-058 as `subject_of`. Nobody is named in them.
    """
    persons = {name: {one for hold in holds for one in hold.scope.persons} for name, holds in kept.items()}
    items = {name: {one for hold in holds for one in hold.scope.items} for name, holds in kept.items()}
    for part in scope.parts:
        for asked in part.people:
            found = {}
            for one in systems:
                with told(one.name), one.engine.connect() as connection:
                    if (subject := subject_of(connection, one, part, asked)) is not None:
                        found[one.name] = subject.number
            theirs = [number in persons[name] for name, number in found.items() if persons.get(name)]
            if found and not (theirs and all(theirs)):
                raise _not_kept(case, f"part {part.id}, {asked.id}: somebody whom no legal hold of the case keeps")
        if part.asks_for_readers:
            for one in systems:
                with told(one.name), one.engine.connect() as connection:
                    if not item_keys(connection, one, part) <= items.get(one.name, set()):
                        raise _not_kept(case, f"part {part.id}: an item that no legal hold of the case keeps")


def _not_kept(case: str, found: str) -> CarrelError:
    return fault(
        faults.NOT_CLEARED,
        at=f"case {case}",
        wanted="a scope of those whose records the case keeps from deletion",
        found=found,
        because="the case was opened for what its paper asks, and for nobody else",
        fix="compare the scope with the paper; what it names beside is kept by `carrel disclose preserve`",
    )


def require_records(systems: Sequence[OpenSystem], scope: Scope) -> None:
    """Refuse a kind of record of which no map tells where it stands.

    Raises:
        CarrelError: DSC-054.
    """
    known = {kind.record for one in systems for kind in one.layout.access.kinds if kind.record}
    for part in scope.parts:
        if part.records.value not in known:
            raise fault(
                faults.RECORDS,
                at=f"part {part.id}",
                wanted=f"one of: {', '.join(sorted(known))}",
                found=part.records.value,
                because="no map of these systems tells where such records stand",
                fix="answer for them from where they are kept; the site file names folders, vendors and paper",
            )


def require_fields(systems: Sequence[OpenSystem], scope: Scope) -> None:
    """Refuse a field that no system has for records of its kind.

    Raises:
        CarrelError: DSC-055.
    """
    for part in scope.parts:
        tables: dict[str, tuple[HeldColumn, ...]] = {}
        beside: set[str] = set()
        for one in systems:
            for name in filter(set(one.layout.tables).__contains__, meant_tables(one, part)):
                tables[name] = (*tables.get(name, ()), *one.layout.columns(name).told)
                beside |= set(beside_of(one.layout, name))
        if tables:
            require_known(part, tables, beside, ", ".join(one.name for one in systems))


def require_systems(names: Collection[str], scope: Scope) -> None:
    """Refuse a number of a system that is not searched: it would be nobody's, and a statement could be made of it.

    Raises:
        CarrelError: DSC-050.
    """
    for part in scope.parts:
        named = [*((one.id, one.system) for one in part.people), *((one.number, one.system) for one in part.titles)]
        for said, system in named:
            if system is not None and system not in names:
                raise fault(
                    faults.SCOPE,
                    at=f"part {part.id}, {said}: system",
                    wanted=f"one of: {', '.join(sorted(names))}",
                    found="another one",
                    fix="name the system as the site file does; where --system is given, name it there as well",
                )


def require_one_person(every: Sequence[Mapping[tuple[str, str], frozenset[str]]]) -> None:
    """Refuse a card under which two systems hold records that share no whole name.

    Args:
        every: of each system, by person and system the whole names of the person there.

    Raises:
        CarrelError: DSC-057.
    """
    called: dict[str, frozenset[str]] = {}
    for one in every:
        for (person, system), names in one.items():
            if person in called and not called[person] & names:
                raise _several(f"{system}: {person}", "in two systems, records that share no whole name")
            called.setdefault(person, names)


def _several(at: str, found: str) -> CarrelError:
    return fault(
        faults.SEVERAL_PEOPLE,
        at=at,
        wanted="one person",
        found=found,
        because="one person's order would lay open another person",
        fix="look at the records with counsel, and name the one that the order means by 'number:' and 'system:'",
    )
