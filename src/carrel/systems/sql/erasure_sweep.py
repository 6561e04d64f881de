"""The person sweep: every column that can hold the number, and every text, looked through once for all persons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, func, or_, select

from carrel.inventory.person_map import Act
from carrel.inventory.schema import Table
from carrel.inventory.system_map import SystemMap
from carrel.systems.sql.person_identity import batches
from carrel.systems.sql.person_rows import PersonRows
from carrel.systems.sql.person_selection import is_bytes, is_text
from carrel.systems.sql.person_texts import PersonTexts, Place


@dataclass(frozen=True, slots=True)
class Found:
    """What the sweep found of the persons.

    Attributes:
        columns: per place, rows that still hold the number, the card or the user name in a column of persons.
        texts: per place, the keys of rows whose text holds an identifier.
        human: per place, the keys of rows for a human to judge: a name alone, another person's own record, or a
            telephone or an address where the map says that nothing of a person stands.
        kept: per place, rows that stay on a ground.
        own: per place, how many of ``human`` are the persons' own records.
    """

    columns: dict[str, int] = field(default_factory=dict)
    texts: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    human: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    own: dict[str, int] = field(default_factory=dict)

    @property
    def still(self) -> dict[str, int]:
        """Rows that should not be there, per place."""
        return {**self.columns, **{place: len(keys) for place, keys in self.texts.items()}}

    @property
    def hits(self) -> int:
        """Rows that should not be there."""
        return sum(self.still.values())

    def add(self, other: Found) -> None:
        """Count what another sweep found as well."""
        for mine, theirs in ((self.columns, other.columns), (self.kept, other.kept), (self.own, other.own)):
            for place, rows in theirs.items():
                mine[place] = mine.get(place, 0) + rows
        for ours, more in ((self.texts, other.texts), (self.human, other.human)):
            for place, keys in more.items():
                ours.setdefault(place, []).extend(keys)


def sweep(connection: Connection, groups: Sequence[PersonRows], texts: PersonTexts, system_map: SystemMap) -> Found:
    """Look for the persons in every column of persons, and for every identifier in every text.

    Args:
        connection: reads only.
        groups: of the persons, as they are to be gone: those of whom nothing stays, and payers.
        texts: of all these persons; every table is read once, whatever their number.
        system_map: tells which columns name a person.
    """
    found = Found()
    for rows in groups:
        for batch in batches(rows.subjects):
            _columns(connection, rows.of(batch), system_map, found)
    rows = groups[0]
    mine = {(number,) for one in groups for subject in one.subjects for number in subject.numbers}
    for hit in texts.hits(connection, own=True):
        place = f"{hit.place.table}.{hit.place.column}"
        # The key of such a row would be another patron's number.
        personal = set(rows.key(hit.place.table)) & set(system_map.person_columns.get(hit.place.table, ()))
        key = () if personal else hit.key
        vouched = hit.reaches and _of_nobody(hit.place, system_map)
        if hit.exact and not vouched and (hit.place.table != system_map.people.table or hit.place.redacts):
            found.texts.setdefault(place, []).append(key)
        else:
            found.human.setdefault(place, []).append(key)
            if hit.place.table == system_map.people.table and hit.key in mine:
                found.own[place] = found.own.get(place, 0) + 1
    return found


def _of_nobody(place: Place, system_map: SystemMap) -> bool:
    """Whether the map vouches for a column: what stands there is of nobody, such as the telephone of a branch.

    It does so for a column that it knows of a table with nothing of a person, or that it labels so of a table that it
    keeps, or into which the product copies former states. A column that is new there, or one whose texts it redacts,
    it does not vouch for.
    """
    if place.redacts or place.gone:
        return False
    if place.table in system_map.no_person:
        known = system_map.known_columns(place.table)
        return not known or place.column in known
    labels = system_map.labels
    said = labels.knows(place.table, place.column) and labels.of(place.table, place.column) is None
    copied = () if system_map.person is None else system_map.person.audits
    return said and (place.table in system_map.kept_tables or place.table in copied)


def _columns(connection: Connection, rows: PersonRows, system_map: SystemMap, found: Found) -> None:
    for name, by, kept in _person_columns(rows, system_map):
        source = rows.rows(name)
        steps = [one for one in rows.steps if one.table == name and one.trace.column == by]
        if not steps:
            _count(connection, source, rows.names(name, by, source), found.columns, f"{name}.{by}")
            continue
        stays = [one for one in steps if kept and one.act in {Act.KEEP, Act.BLOCK}]
        goes = [one for one in steps if one not in stays]  # a line that is kept is still to be parted from its loan
        for some, into in ((stays, found.kept), (goes, found.columns)):
            if some:
                _count(connection, source, or_(*(rows.those(one, source) for one in some)), into, f"{name}.{by}")


def _count(
    connection: Connection, source: FromClause, which: ColumnElement[bool], into: dict[str, int], place: str
) -> None:
    if count := connection.execute(select(func.count()).select_from(source).where(which)).scalar_one():
        into[place] = into.get(place, 0) + int(count)


def _person_columns(rows: PersonRows, system_map: SystemMap) -> Iterable[tuple[str, str, bool]]:
    """Every column that can hold a person: of the map, and by the keys of the live schema."""
    acts: defaultdict[tuple[str, str], set[Act]] = defaultdict(set)
    for step in rows.steps:
        if not step.trace.column:
            continue
        place = acts[step.table, step.trace.column]
        # What changes other columns of a row takes nobody out of this one.
        if step.act is not Act.CHANGE or step.trace.column in step.trace.changed:
            place.add(step.act)
    # Rows that refuse an erasure are there or not; what becomes of the others tells whether a column keeps the person.
    wanted = {place: found - {Act.BLOCK} == {Act.KEEP} for place, found in acts.items()}
    for child, key in rows.schema.incoming(system_map.people.table):
        wanted |= {(child, one): wanted.get((child, one), False) for one in key.columns}
    for name, columns in system_map.person_columns.items():
        there = rows.schema.tables.get(name)
        for one in columns:
            held = None if there is None else there.column(one)
            if there is not None and _names_another_row(there, one, system_map):
                continue
            if held is not None and not is_text(held) and not is_bytes(held):
                wanted.setdefault((name, one), False)
    return [(*place, kept) for place, kept in wanted.items()]


def _names_another_row(there: Table, column: str, system_map: SystemMap) -> bool:
    """Whether a column holds the number of a row that is no person's: by chance it can be that of a person."""
    people = system_map.people
    return any(
        key.table != people.table and not set(key.references) & set(system_map.person_columns.get(key.table, ()))
        for key in there.foreign_keys
        if key.columns == (column,)
    )
