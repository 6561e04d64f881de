"""Rosters and catalogues on their way into what is known: read once, and kept nowhere but as numbers in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from carrel.deidentification.text.kernels.listing import ADDRESSES, CARDS, PEOPLE, PHONES
from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.text_settings import Catalogue, Roster, source_of
from carrel.inventory.record_source import NamedSource
from carrel.inventory.site import Site
from carrel.systems.text.csv_lines import can_be_cut, lines_of
from carrel.systems.text.list_of_system import learn_people_of, learn_titles_of
from carrel.systems.text.list_rows import batches_of, columns_of, others, unusable

T = TypeVar("T")
_ROW_BYTES = 80  # of a patron in a file, at least
_GIVEN = ("firstname", "first_name", "given", "given_name", "first_given_name", "forename", "nombre")
_FAMILY = ("surname", "lastname", "last_name", "family", "family_name", "apellido", "apellidos")
_NAME = ("name", "full_name", "fullname", "patron", "patron_name")
_CARDS = ("cardnumber", "card", "barcode", "card_number", "patron_barcode", "tarjeta")
_ADDRESSES = ("address", "street", "street1", "address1", "direccion")
_AUTHOR = ("author", "authors", "autor", "creator", "main_author")
_TITLE = ("title", "titles", "titulo", "título", "main_title")


def learn_roster(knowledge: Knowledge, roster: Roster, site: Site | None) -> None:
    """Learn everybody of a roster.

    Raises:
        CarrelError: TXT-015, the list cannot be read or has no such column; SRC, SQL, SIT codes.
    """
    if roster.system is not None:
        learn_people_of(knowledge, roster.system, site)
        return
    source = source_of(roster)
    columns = columns_of(source)
    chosen = _Chosen.of(roster, columns)
    if not (chosen.family or chosen.name or chosen.cards):
        raise unusable(source.at, "columns with names or card numbers", others(columns))
    _require(source, chosen.wanted, columns)
    if source.file is not None:
        knowledge.expect(source.file.stat().st_size // _ROW_BYTES)
    if can_be_cut(source, knowledge.running):
        lists = chosen.lists(columns)
        fields = [one for _, one in lists]
        for lines in ahead(lines_of(source, knowledge.running, len(columns), fields)):
            for (what, _), some in zip(lists, lines, strict=True):
                knowledge.lines(some, what)
        return
    with batches_of(source, chosen.wanted, columns) as rows:
        for batch in ahead(rows):
            chosen.learn(knowledge, dict(zip(chosen.wanted, batch, strict=True)))


def ahead(batches: Iterator[T]) -> Iterator[T]:
    """Batches, of which one is read while the one before is learnt: machine code lets both run."""
    with ThreadPoolExecutor(1) as reading:
        pending = reading.submit(next, batches, None)
        while (batch := pending.result()) is not None:
            pending = reading.submit(next, batches, None)
            yield batch


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

    def lists(self, columns: Sequence[str]) -> list[tuple[int, list[int]]]:
        """What is learnt: its kind, and the places of the columns that make a line of it."""
        at = columns.index
        made = []
        if self.family:
            made.append((PEOPLE, [*(map(at, self.given) if self.given else (-1,)), at(self.family[0])]))
        elif self.name:
            made.append((PEOPLE, [at(self.name[0])]))
        for what, names in ((CARDS, self.cards), (PHONES, self.phones), (ADDRESSES, self.addresses)):
            made += [(what, [at(one)]) for one in names]
        return made

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
        learn_titles_of(knowledge, catalogue.system, site)
        return
    source = source_of(catalogue)
    columns = columns_of(source)
    author = (catalogue.author,) if catalogue.author else _first(columns, _AUTHOR, 1)
    title = (catalogue.title,) if catalogue.title else _first(columns, _TITLE, 1)
    if not (author or title):
        raise unusable(source.at, "columns with authors or titles", others(columns))
    _require(source, (*author, *title), columns)
    with batches_of(source, (*author, *title), columns) as rows:
        for batch in rows:
            by_name = dict(zip((*author, *title), batch, strict=True))
            if author:
                knowledge.authors(by_name[author[0]])
            if title:
                knowledge.titles(by_name[title[0]])


def _first(columns: Sequence[str], known: Sequence[str], most: int = 9) -> tuple[str, ...]:
    folded = {one.casefold().replace(" ", "_"): one for one in columns}
    return tuple(folded[one] for one in known if one in folded)[:most]


def _require(source: NamedSource, wanted: Sequence[str], columns: Sequence[str]) -> None:
    if missing := [one for one in wanted if one not in columns]:
        raise unusable(source.at, f"the columns {', '.join(missing)}", others(columns))
