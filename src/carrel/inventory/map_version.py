"""A map as one database needs it: the differences between versions that this one has, and none that it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from carrel.inventory.map_path import Cut, Path
from carrel.inventory.person_map import PersonMap, PersonTable
from carrel.inventory.record_path import RecordPath
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.inventory.version_change import LOAN, VersionChange, joined

_Said = TypeVar("_Said")


def as_found(system_map: SystemMap, schema: LiveSchema) -> SystemMap:
    """The map with those of its version changes carried out that a database shows, or should show.

    Args:
        system_map: with the site's overlay, with or without a policy's records in force.
        schema: as read from the database, with the version that the product gives itself.

    Returns:
        A map for this database. What is there counts even where the version is too old for it: a support company
        may have carried it back. What the version should have and is missing stays in, so that it is found missing.

    Guarantees:
        Doing it twice is doing it once. Without a change of its version a map is returned as it was.
    """
    found = system_map
    for change in system_map.versions.changes:
        if change.name in found.versions.carried_out:
            continue
        there, expected = change.present(schema), change.expected(schema.product_version)
        changed = found
        if change.since is not None and change.names and (there or expected):
            changed = _with(found, change)
        elif change.until is not None and change.tables and not (there or expected):
            changed = _without(found, frozenset(change.tables))
        if changed != found:
            done = (*found.versions.carried_out, change.name)
            found = changed.model_copy(update={"versions": found.versions.model_copy(update={"carried_out": done})})
    return found


def _with(system_map: SystemMap, change: VersionChange) -> SystemMap:
    covered = {*system_map.columns, *change.tables}
    columns = {table: names for table, names in change.columns.items() if table in covered}
    beyond = {table: names for table, names in change.columns.items() if table in system_map.columns_beyond}
    named = {*change.person_columns, *change.not_yet_covered}
    loans = system_map.loans
    harmless = (name for name in system_map.no_person if name not in named)
    bare = system_map.model_copy(
        update={
            "columns": joined(system_map.columns, columns),
            "columns_beyond": joined(system_map.columns_beyond, beyond),
            "person_columns": joined(system_map.person_columns, change.person_columns),
            "no_person": tuple(dict.fromkeys((*harmless, *change.no_person))),
            "not_yet_covered": {**system_map.not_yet_covered, **change.not_yet_covered},
            "loans": loans.model_copy(update={"paths": (*loans.paths, *change.paths)}),
            "records": (*system_map.records, *change.records),
            "person": _person(system_map.person, change),
        }
    )
    return _recut(bare, lambda name, cut: _more(cut, name, change))


def _without(system_map: SystemMap, gone: frozenset[str]) -> SystemMap:
    person = system_map.person
    if person is not None:
        person = person.model_copy(update={"tables": _left(person.tables, gone)})
    bare = system_map.model_copy(
        update={
            "columns": _left(system_map.columns, gone),
            "columns_beyond": _left(system_map.columns_beyond, gone),
            "person_columns": _left(system_map.person_columns, gone),
            "not_yet_covered": _left(system_map.not_yet_covered, gone),
            "person": person,
        }
    )
    return _recut(bare, lambda _name, cut: _spared(cut, gone))


def _spared(cut: Cut, gone: frozenset[str]) -> Cut:
    """A cut without the tables that this version lacks."""
    return cut.model_copy(update={"children": _left(cut.children, gone), "attached": _left(cut.attached, gone)})


def _left(found: Mapping[str, _Said], gone: frozenset[str]) -> dict[str, _Said]:
    return {name: one for name, one in found.items() if name not in gone}


def _more(cut: Cut, name: str, change: VersionChange) -> Cut:
    """A row that goes takes its columns with it; whatever hangs on the row is dealt with when it goes or is parted."""
    update: dict[str, object] = {"children": {**cut.children, **change.children.get(name, {})}}
    if cut.set:
        update["set"] = {**cut.set, **change.cuts.get(name, {})}
    if cut.delete:
        update["frees"] = {**cut.frees, **change.frees.get(name, {})}
    return cut.model_copy(update=update)


def _person(person: PersonMap | None, change: VersionChange) -> PersonMap | None:
    if person is None or not change.person:
        return person
    tables: dict[str, PersonTable] = {} if change.after else dict(change.person)
    for name, table in person.tables.items():
        tables[name] = table
        if name == change.after:
            tables.update(change.person)
    return person.model_copy(update={"tables": tables})


def _recut(system_map: SystemMap, cut: Callable[[str, Cut], Cut]) -> SystemMap:
    loans, closed = system_map.loans, system_map.loans.closed

    def path(one: Path) -> Path:
        other = None if one.lose_card is None else cut(one.name, one.lose_card)
        return one.model_copy(update={"cut": cut(one.name, one.cut), "lose_card": other})

    def record(one: RecordPath) -> RecordPath:
        return one.model_copy(update={"cuts": {asked: cut(one.name, found) for asked, found in one.cuts.items()}})

    return system_map.model_copy(
        update={
            "loans": loans.model_copy(
                update={
                    "closed": closed.model_copy(update={"cut": cut(LOAN, closed.cut)}),
                    "paths": tuple(path(one) for one in loans.paths),
                }
            ),
            "records": tuple(record(one) for one in system_map.records),
            "ruled": tuple(path(one) for one in system_map.ruled),
        }
    )
