"""People and books of a system of the site, by its map; its account only reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, column, select

from carrel.deidentification.text.knowledge import Knowledge
from carrel.inventory.site import Site
from carrel.systems.sql import database, table_sample
from carrel.systems.sql.failure import told
from carrel.systems.sql.named_table import table
from carrel.systems.text.list_rows import BATCH, Batches, turned, unusable


def learn_people_of(knowledge: Knowledge, name: str, site: Site | None) -> None:
    """Learn everybody whom a system knows.

    Raises:
        CarrelError: TXT-015, there is no site, or its map does not say who a person is; SQL and SIT codes.
    """
    from carrel.systems.site_file import system_map
    from carrel.systems.site_systems import system_of

    if site is None:
        raise unusable(f"system {name}", "a site file", "none here")
    system = system_of(site, name)
    known = system_map(system)
    person = known.person
    if person is None:
        raise unusable(f"system {name}", "a map that tells who a person is", "one without")
    pairs = [one for one in person.names if not one[0].startswith("pre")] or list(person.names)
    firsts, family = [one for one, _ in person.names], pairs[0][1]
    cards = [person.card] if person.card else []
    phones = [one for one in person.identifiers if "phone" in one or one == "mobile"]
    wanted = tuple(dict.fromkeys((*firsts, family, *cards, *phones)))
    with table_sample.connected(database.access(system)) as connection:
        for batch in _selected(connection, known.people.table, wanted, name):
            by_name = dict(zip(wanted, batch, strict=True))
            for first in firsts:
                knowledge.people([by_name[first]], by_name[family])
            for one in cards:
                knowledge.cards(by_name[one])
            for one in phones:
                knowledge.phones(by_name[one])
        if person.cards is not None:
            for batch in _selected(connection, person.cards.table, person.cards.columns, name):
                for numbers in batch:
                    knowledge.cards(numbers)


def learn_titles_of(knowledge: Knowledge, name: str, site: Site | None) -> None:
    """Learn the authors and titles that a system has.

    Raises:
        CarrelError: as `learn_people_of`.
    """
    from carrel.systems.site_file import system_map
    from carrel.systems.site_systems import system_of

    if site is None:
        raise unusable(f"system {name}", "a site file", "none here")
    system = system_of(site, name)
    known = system_map(system)
    place = known.items.title_table
    if not place:
        raise unusable(f"system {name}", "a map that tells where titles stand", "one without")
    with table_sample.connected(database.access(system)) as connection:
        for batch in _selected(connection, place, ("author", "title"), name):
            knowledge.authors(batch[0])
            knowledge.titles(batch[1])


def _selected(connection: Any, name: str, columns: Sequence[str], at: str) -> Batches:
    named: list[ColumnElement[Any]] = [column(one) for one in columns]
    with told(at):
        answer = connection.execution_options(stream_results=True, yield_per=BATCH).execute(
            select(*named).select_from(table(name))
        )
        for rows in answer.partitions(BATCH):
            yield turned(rows)
