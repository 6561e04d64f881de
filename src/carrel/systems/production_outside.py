"""What an order asks for beside the systems: tables, mailboxes and folders of the site file that its scope names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from carrel.disclosure import faults
from carrel.disclosure.asked_fields import Traced, require_known, traced
from carrel.disclosure.period import Period, Verdict
from carrel.disclosure.production import NotRead, ProducedTable, Production, Searched, texts_to_read, trimmed
from carrel.disclosure.scope import Part, Scope
from carrel.errors import CarrelError, fault
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.file_folder import FileFolder, Time
from carrel.inventory.mailbox import Mailbox, MailFolder
from carrel.inventory.site import Site
from carrel.rights.answer import TableAsker
from carrel.rights.third_persons import HeldColumn, HeldRow, Telling
from carrel.rights.words_of_others import Others, Own
from carrel.systems.access_answer import OpenSystem
from carrel.systems.folders import person_lines
from carrel.systems.mailboxes import person_letters
from carrel.systems.production_people import same_record, subject_of
from carrel.systems.production_rows import period_in
from carrel.systems.sealed_rows import RowShelf
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_asking import Narrowing
from carrel.systems.sql.person_data import PersonData
from carrel.systems.tables.answer_rows import source_of

_WITHHELD = "{count} attachments and other parts of these messages are withheld: nobody can take others out of them"
_NO_TIME = "no line of it tells its own time, so nothing of it can be said to lie in the period"
_OPEN = "it could not be read"


@dataclass
class _Person:
    """Somebody as the systems know her."""

    label: str
    askers: dict[str, TableAsker] = field(default_factory=dict, repr=False)
    others: list[Callable[[Iterable[str]], Others]] = field(default_factory=list, repr=False)

    @property
    def whose(self) -> frozenset[tuple[str, int]]:
        """The person's records, each by its system and number."""
        return frozenset((system, one.subject.number) for system, one in self.askers.items())

    @property
    def own(self) -> Own:
        every = [one.own for one in self.askers.values()]
        return Own(frozenset().union(*(one.numbers for one in every)), frozenset().union(*(one.words for one in every)))

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(word.casefold() for one in self.askers.values() for word in one.subject.told)

    @property
    def identifiers(self) -> frozenset[str]:
        every = [one.subject for one in self.askers.values()]
        cards = {word for one in every for word in (one.card, *one.cards, one.user)}
        return frozenset(cards - {""}) | self.addresses


@dataclass(frozen=True)
class _Read:
    """Rows of one person in one place, before anybody else is taken out of them."""

    place: str
    columns: tuple[HeldColumn, ...]
    clock: str
    rows: Iterable[tuple[dict[str, Any], Any]]  # and what tells the time
    unsure: int = 0
    not_read: tuple[NotRead, ...] = ()


def outside_of(site: Site, systems: Sequence[OpenSystem], scope: Scope, at: datetime, shelf: RowShelf) -> Production:
    """What the parts ask for that name a table, a mailbox or a folder; nothing is written but on the shelf.

    Args:
        site: whose.
        systems: open for reading; they know the people.
        scope: of the order.
        at: aware time.
        shelf: where rows wait for the package.

    Raises:
        CarrelError: DSC-050, the site file has no such entry, or it holds other records; DSC-053, DSC-055, DSC-057,
            DSC-058.

    Guarantees:
        Rows of the person alone, of the period by every reading of their time, with the columns that are asked for, and
        without anybody else whom the systems know. What cannot be redacted is withheld and listed.
    """
    found = Production((), (), (), {})
    for part in scope.parts:
        if part.outside is not None:
            found = found.with_more(_part(site, systems, part, at, shelf))
    return found


def require_outside(site: Site, scope: Scope) -> None:
    """Refuse a part that names what the site file does not have.

    Raises:
        CarrelError: DSC-050.
    """
    for part in scope.parts:
        if part.outside is not None and _entry(site, part) is None:
            known = [*(one.name for one in site.tables), *(one.name for one in site.mailboxes)]
            known += [one.name for one in site.folders]
            raise fault(
                faults.SCOPE,
                at=f"part {part.id}: outside",
                wanted=f"a table with 'person:', a mailbox or a folder, with records that are {part.records.value}; "
                f"the site file has: {', '.join(known) or 'none'}",
                found="another",
                fix="name it as the site file does, and its records as it says what it holds",
            )


def _entry(site: Site, part: Part) -> DatedTable | Mailbox | FileFolder | None:
    kind = part.records.value
    for table in site.tables:
        if table.name == part.outside and table.person and table.record == kind:
            return table
    for box in site.mailboxes:
        if box.name == part.outside and any(one.record == kind for one in box.folders):
            return box
    return next((one for one in site.folders if one.name == part.outside and one.record == kind), None)


def _part(site: Site, systems: Sequence[OpenSystem], part: Part, at: datetime, shelf: RowShelf) -> Production:
    entry = _entry(site, part)
    if entry is None:
        raise ValueError("asked for before")
    with ExitStack() as stack:
        name, product, zone, account = _of_entry(entry)
        people, same = _people(stack, systems, part, name)
        missed = dict.fromkeys(same)
        period = period_in(part, zone, name)
        if period is None:
            raise ValueError("a part beside the systems has a period")
        tables: list[ProducedTable] = []
        places: dict[str, None] = {}
        for person in people:
            try:
                for read in _reads(stack, site, entry, part, person, at):
                    places[read.place] = None
                    missed |= dict.fromkeys(read.not_read)
                    if (one := _produced(part, person, name, read, period, shelf)) is not None:
                        tables.append(one)
            except CarrelError as wrong:
                if wrong.code.startswith("DSC-"):
                    raise
                missed[NotRead(part.id, name, entry.name, wrong.code, wrong.faults[0].condition.title)] = None
        searched = Searched(name, product, account, at, str(zone), {part.id: tuple(places)}, {part.id: len(people)})
    return Production(tuple(tables), (searched,), tuple(missed), {(part.id, name): period})


def _people(
    stack: ExitStack, systems: Sequence[OpenSystem], part: Part, name: str
) -> tuple[list[_Person], list[NotRead]]:
    """Whoever of a part is registered, each once; and of whom it is told that they are one with another."""
    found, same = list[_Person](), list[NotRead]()
    for each in (_person(stack, systems, part, asked.id) for asked in part.people):
        if before := next((one for one in found if one.whose & each.whose), None):
            same.append(same_record(part.id, name, each.label, before.label))
        elif each.askers:
            found.append(each)
    return found, same


def _of_entry(entry: DatedTable | Mailbox | FileFolder) -> tuple[str, str, Any, str]:
    """What the package calls it, what it is, its zone, and by which account it is read."""
    from zoneinfo import ZoneInfo

    if isinstance(entry, DatedTable):
        return f"table-{entry.name}", "a table that the library declares", entry.zone_info or ZoneInfo("UTC"), "its own"
    if isinstance(entry, Mailbox):
        return f"mailbox-{entry.name}", "a mailbox", ZoneInfo("UTC"), entry.user or "of the files' owner"
    return f"folder-{entry.name}", "a folder of files", person_lines.folder_zone(entry), "of the files' owner"


def _person(stack: ExitStack, systems: Sequence[OpenSystem], part: Part, label: str) -> _Person:
    asked = next(one for one in part.people if one.id == label)
    person = _Person(label)
    for one in systems:
        connection = stack.enter_context(one.engine.connect())
        with told(one.name):
            if (subject := subject_of(connection, one, part, asked)) is not None:
                narrow = Narrowing(frozenset(), {})
                data = PersonData(connection, one.layout, subject, one.policy, one.zone, one.name, narrow)
                person.askers[one.name] = data.asker
                person.others.append(data.others_in)
    return person


def _reads(
    stack: ExitStack, site: Site, entry: DatedTable | Mailbox | FileFolder, part: Part, person: _Person, at: datetime
) -> Iterable[_Read]:
    name = _of_entry(entry)[0]
    if isinstance(entry, DatedTable):
        askers = [one for system, one in person.askers.items() if entry.is_about(system)]
        source = source_of(stack, site, entry, askers, at)
        theirs, unsure = source.theirs()
        unread = tuple(NotRead(part.id, name, one.table, one.code, one.because) for one in source.unread)
        yield _Read(entry.name, source.columns, entry.clock or "", theirs, unsure, unread)
    elif isinstance(entry, Mailbox):
        for folder in entry.folders:
            if folder.record == part.records.value:
                yield _mail(site, entry, folder, part, person)
    elif entry.time is not Time.INSIDE:
        yield _Read(entry.name, (), "", (), 0, (NotRead(part.id, name, entry.name, "", _NO_TIME),))
    else:
        found = list(person_lines.lines_of(entry, person.identifiers, at))
        zone = person_lines.folder_zone(entry)
        rows = [(one.values, _local(one.at, zone)) for one in found if one.values is not None]
        broken = any(one.values is None for one in found)
        missed = (NotRead(part.id, name, entry.name, faults.UNREAD.code, _OPEN),) if broken else ()
        yield _Read(entry.name, person_lines.COLUMNS, person_lines.CLOCK, rows, 0, missed)


def _mail(site: Site, box: Mailbox, folder: MailFolder, part: Part, person: _Person) -> _Read:
    found = list(person_letters.letters_of(site, box, folder, person.addresses))
    name, place = f"mailbox-{box.name}", "".join(sign if sign.isalnum() else "-" for sign in folder.folder)
    period = period_in(part, _of_entry(box)[2], name)
    within = [one for one in found if period is not None and period.judge(one.at) is Verdict.WITHIN]
    missed = []
    if left := sum(one.left for one in within):
        missed.append(NotRead(part.id, name, place, "", _WITHHELD.format(count=left)))
    if any(one.values is None for one in within):
        missed.append(NotRead(part.id, name, place, faults.UNREAD.code, _OPEN))
    rows = [(one.values, one.at) for one in found if one.values is not None]
    return _Read(place, person_letters.COLUMNS, person_letters.CLOCK, rows, 0, tuple(missed))


def _local(at: datetime | None, zone: tzinfo) -> datetime | None:
    """On the wall clock, so that an hour that comes twice is read both ways."""
    return None if at is None else at.astimezone(zone).replace(tzinfo=None)


def _produced(
    part: Part, person: _Person, name: str, read: _Read, period: Period, shelf: RowShelf
) -> ProducedTable | None:
    if not read.columns:
        return None
    require_known(part, {read.place: read.columns}, (), name)
    columns: tuple[Traced, ...] = traced(part, read.place, read.columns, ())
    counts, kept = Counter({Verdict.UNSURE: read.unsure}), shelf.keep(())
    free = {one.name for one in read.columns if one.is_free} & {one.name for one in columns}
    to_read = 0
    within = shelf.keep(())  # whoever is named in one row is taken out of all
    for row, value in read.rows:
        verdict = period.judge(value)
        counts[verdict] += 1
        if verdict is Verdict.WITHIN:
            within.add(HeldRow(dict(row)))
    others = person.others if within else ()
    tellings = [Telling(read.columns, person.own, others_in(_texts(within))) for others_in in others]
    for one in within:
        held = trimmed(_told(one.values, tellings), columns)
        kept.add(held)
        to_read += texts_to_read(held, free)
    if not (kept or counts[Verdict.UNSURE] or counts[Verdict.UNDATED]):
        return None
    return ProducedTable(
        part.id, person.label, name, read.place, "", columns, (read.clock,), kept,
        counts[Verdict.UNSURE], counts[Verdict.UNDATED], to_read,
        person.whose, of_product=False,
    )  # fmt: skip


def _texts(rows: Iterable[HeldRow]) -> Iterator[str]:
    return (value for row in rows for value in row.values.values() if isinstance(value, str))


def _told(row: dict[str, Any], tellings: Sequence[Telling]) -> HeldRow:
    """The row without anybody whom one of the systems knows."""
    held = HeldRow(dict(row))
    for telling in tellings:
        next_ = telling(held.values)
        held = HeldRow(next_.values, {**held.withheld, **next_.withheld},
                       tuple(dict.fromkeys((*held.redacted, *next_.redacted))))  # fmt: skip
    return held
