"""Rosters and catalogues on their way into what is known: read once, and kept nowhere but as numbers in memory."""

from __future__ import annotations

import csv
import gc
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, column, select

from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.text_settings import Catalogue, Roster, source_of
from carrel.errors import CarrelError, fault
from carrel.inventory.record_source import NamedSource
from carrel.inventory.site import Site
from carrel.systems.sql import database, table_sample
from carrel.systems.sql.failure import told
from carrel.systems.sql.named_table import table
from carrel.systems.text import faults

BATCH = 4_000  # rows
_LONGEST = 1 << 20  # signs of a field
_ROW_BYTES = 80  # of a patron in a file, at least
_GIVEN = ("firstname", "first_name", "given", "given_name", "first_given_name", "forename", "nombre")
_FAMILY = ("surname", "lastname", "last_name", "family", "family_name", "apellido", "apellidos")
_NAME = ("name", "full_name", "fullname", "patron", "patron_name")
_CARDS = ("cardnumber", "card", "barcode", "card_number", "patron_barcode", "tarjeta")
_ADDRESSES = ("address", "street", "street1", "address1", "direccion")
_AUTHOR = ("author", "authors", "autor", "creator", "main_author")
_TITLE = ("title", "titles", "titulo", "título", "main_title")

Batches = Iterator[list[Sequence[str]]]  # some rows at a time, column by column


def learn_roster(knowledge: Knowledge, roster: Roster, site: Site | None) -> None:
    """Learn everybody of a roster.

    Raises:
        CarrelError: TXT-015, the list cannot be read or has no such column; SRC, SQL, SIT codes.
    """
    if roster.system is not None:
        _learn_people_of(knowledge, roster.system, site)
        return
    source = source_of(roster)
    columns = columns_of(source)
    chosen = _Chosen.of(roster, columns)
    if not (chosen.family or chosen.name or chosen.cards):
        raise _unusable(source.at, "columns with names or card numbers", f"the columns {', '.join(columns)}")
    _require(source, chosen.wanted, columns)
    if source.file is not None:
        knowledge.expect(source.file.stat().st_size // _ROW_BYTES)
    # One thread reads while another learns: machine code leaves the interpreter to the reader.
    with batches_of(source, chosen.wanted, columns) as rows, ThreadPoolExecutor(1) as learning:
        pending = None
        for batch in rows:
            if pending is not None:
                pending.result()
            pending = learning.submit(chosen.learn, knowledge, dict(zip(chosen.wanted, batch, strict=True)))
        if pending is not None:
            pending.result()


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The columns of a roster: those that were named, else those whose names say what they are."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    name: tuple[str, ...]
    cards: tuple[str, ...]
    phones: tuple[str, ...]
    addresses: tuple[str, ...]

    @classmethod
    def of(cls, roster: Roster, columns: Sequence[str]) -> _Chosen:
        family = (roster.family,) if roster.family else _first(columns, _FAMILY, 1)
        return cls(
            roster.given or _first(columns, _GIVEN, 1),
            family,
            (roster.name,) if roster.name else () if family else _first(columns, _NAME, 1),
            roster.cards or _first(columns, _CARDS),
            roster.phones,  # their form finds them already, but for local ones
            roster.addresses or _first(columns, _ADDRESSES),
        )

    @property
    def wanted(self) -> tuple[str, ...]:
        """All of them, each once."""
        every = (*self.given, *self.family, *self.name, *self.cards, *self.phones, *self.addresses)
        return tuple(dict.fromkeys(every))

    def learn(self, knowledge: Knowledge, by_name: dict[str, Sequence[str]]) -> None:
        """Learn some rows."""
        if self.family:
            knowledge.people([by_name[one] for one in self.given], by_name[self.family[0]])
        elif self.name:
            knowledge.whole_names(by_name[self.name[0]])
        for one in self.cards:
            knowledge.cards(by_name[one])
        for one in self.phones:
            knowledge.phones(by_name[one])
        for one in self.addresses:
            knowledge.addresses(by_name[one])


def learn_catalogue(knowledge: Knowledge, catalogue: Catalogue, site: Site | None) -> None:
    """Learn the authors and titles of a catalogue.

    Raises:
        CarrelError: as `learn_roster`.
    """
    if catalogue.system is not None:
        _learn_titles_of(knowledge, catalogue.system, site)
        return
    source = source_of(catalogue)
    columns = columns_of(source)
    author = (catalogue.author,) if catalogue.author else _first(columns, _AUTHOR, 1)
    title = (catalogue.title,) if catalogue.title else _first(columns, _TITLE, 1)
    if not (author or title):
        raise _unusable(source.at, "columns with authors or titles", f"the columns {', '.join(columns)}")
    _require(source, (*author, *title), columns)
    with batches_of(source, (*author, *title), columns) as rows:
        for batch in rows:
            by_name = dict(zip((*author, *title), batch, strict=True))
            if author:
                knowledge.authors(by_name[author[0]])
            if title:
                knowledge.titles(by_name[title[0]])


def _learn_people_of(knowledge: Knowledge, name: str, site: Site | None) -> None:
    from carrel.systems.site_file import system_map
    from carrel.systems.site_systems import system_of

    if site is None:
        raise _unusable(f"system {name}", "a site file", "none here")
    system = system_of(site, name)
    known = system_map(system)
    person = known.person
    if person is None:
        raise _unusable(f"system {name}", "a map that tells who a person is", "one without")
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


def _learn_titles_of(knowledge: Knowledge, name: str, site: Site | None) -> None:
    from carrel.systems.site_file import system_map
    from carrel.systems.site_systems import system_of

    if site is None:
        raise _unusable(f"system {name}", "a site file", "none here")
    system = system_of(site, name)
    known = system_map(system)
    place = known.items.title_table
    if not place:
        raise _unusable(f"system {name}", "a map that tells where titles stand", "one without")
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
            yield _turned(rows)


@contextmanager
def batches_of(source: NamedSource, wanted: Sequence[str], columns: Sequence[str]) -> Iterator[Batches]:
    """Some columns of records of any source, as texts, many rows at once and column by column.

    Args:
        source: a file or a table.
        wanted: the columns.
        columns: all that it has, as `columns_of` tells them.

    Raises:
        CarrelError: TXT-015; SRC, SQL and SIT codes.
    """
    if source.file is not None and not source.is_parquet:
        yield _of_csv(source, [columns.index(one) for one in wanted])
        return
    from carrel.systems.analytics import engine, record_source

    with engine.opened() as opened:
        found = record_source.read(opened, source, tuple(wanted))
        names = ", ".join(engine.quoted(one) for one in wanted)
        answer = opened.execute(f"SELECT {names} FROM {found.name}")
        yield _fetched(answer)


def _fetched(answer: Any) -> Batches:
    while rows := answer.fetchmany(BATCH):
        yield _turned(rows)


def _turned(rows: Sequence[Sequence[Any]]) -> list[Sequence[str]]:
    return [["" if one is None else str(one) for one in values] for values in zip(*rows, strict=True)]


def _of_csv(source: NamedSource, places: Sequence[int]) -> Batches:
    from carrel.systems.analytics.csv_quotes import text_of

    csv.field_size_limit(_LONGEST)
    collected = gc.isenabled()
    gc.disable()  # rows come by the million, and none of them holds another
    try:
        with text_of(source) as file:
            reader = csv.reader(file, delimiter=source.delimiter)
            width = len(next(reader, ()))
            while batch := list(itertools.islice(reader, BATCH)):
                if set(map(len, batch)) != {width}:
                    batch = [[*row, *[""] * (width - len(row))][:width] for row in batch if row]
                columns = list(zip(*batch, strict=True))
                if columns:
                    yield [columns[at] for at in places]
    except (OSError, EOFError, UnicodeError, csv.Error):
        raise _unusable(source.at, f"CSV in {source.encoding}", "a line that cannot be read") from None
    finally:
        if collected:
            gc.enable()


def columns_of(source: NamedSource) -> tuple[str, ...]:
    """The names of the columns of records.

    Raises:
        CarrelError: of the SRC, SQL and SIT codes.
    """
    from carrel.systems.analytics import csv_header, engine, record_source

    if source.file is not None and not source.is_parquet:
        return csv_header.header_of(source)
    with engine.opened() as opened:
        return tuple(record_source.read(opened, source).columns)


def _first(columns: Sequence[str], known: Sequence[str], most: int = 9) -> tuple[str, ...]:
    folded = {one.casefold().replace(" ", "_"): one for one in columns}
    return tuple(folded[one] for one in known if one in folded)[:most]


def _require(source: NamedSource, wanted: Sequence[str], columns: Sequence[str]) -> None:
    if missing := [one for one in wanted if one not in columns]:
        raise _unusable(source.at, f"the columns {', '.join(missing)}", f"the columns {', '.join(columns)}")


def _unusable(at: str, wanted: str, found: str) -> CarrelError:
    return fault(
        faults.LIST,
        at=at,
        wanted=wanted,
        found=found,
        fix="name the columns in the settings, such as `family: surname`",
    )
