"""What a restore brought back: persons, switches, values; found by hashing every record that is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.cli.erasure_plan import erasure_of
from carrel.cli.restrict_plan import switches_of
from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.identifiers import Subject
from carrel.retention.replay import Entry, back_again, key_mark, same_card
from carrel.retention.replay_plan import Task
from carrel.retention.row_person import ErasedRows
from carrel.store.replay_key import ReplayKey
from carrel.store.sealed_cases import RUNNING
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_search import find
from carrel.systems.sql.present_people import numbers

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.cli.premises import Premises
    from carrel.retention.person_plan import PersonPlan
    from carrel.store.replays import Restore
    from carrel.systems.tables.person_in_tables import PersonInTable

ANOTHER_CARD = "a record under that number with another card"


@dataclass(frozen=True)
class Back:
    """What was done since the backup was made, and does not stand any more.

    Attributes:
        people: who was erased and is there again.
        doubtful: records under the number of somebody who was erased, with another card; with the case.
        restrictions: cases in force whose switches stand on.
        tasks: what people must do again, doubtful records among it.
        tables: of the site file, rows with the card of somebody who was erased, and whom nobody has since.
    """

    people: tuple[Subject, ...]
    doubtful: tuple[Subject, ...]
    restrictions: tuple[str, ...]
    tasks: tuple[Task, ...]
    tables: dict[str, int] = field(default_factory=dict)


def look(here: Premises, connection: Connection, restore: Restore) -> Back:
    """Look at every record of a person that is there now.

    Args:
        here: open.
        connection: to the system; only reads.
        restore: that is to be followed.

    Raises:
        CarrelError: RPL-001; ERA-004, a restriction's key is gone.
    """
    name = here.system.name
    key, entries = _entries(here)
    with told(name):
        found = back_again(key, name, entries, numbers(connection, here.system_map.people))
    people, doubtful, tasks = [], [], []
    for number, those in found.items():
        erased = [one for one in those if one.kind is Kind.ERASURE]
        if erased and (known := erasure_of(here, (Subject(number),), now()).known(connection)) is not None:
            if _is_back(here, key, erased, known):
                people.append(known)
            elif not {one.case for one in erased} & set(restore.settled):
                doubtful.append(known)
                tasks.append(Task(erased[-1].case, str(Kind.ERASURE), (ANOTHER_CARD,)))
        tasks += _to_do(here, [one for one in those if one.needed_after(restore.made_at)], restore)
    tasks.sort(key=lambda one: one.case)
    tables = {one.entry.name: rows for one in erased_in_tables(here) if (rows := one.look().theirs)}
    return Back(tuple(people), tuple(doubtful), _switched_on(here, connection), tuple(tasks), tables)


def erased_in_tables(here: Premises) -> Iterator[PersonInTable]:
    """The tables of the site file, looked through for cards of persons who were erased: they are restored as well.

    A card that somebody has now is left out: a person who is back is erased again by a case, and a card that was given
    again is somebody else's.

    Raises:
        CarrelError: RPL-001.
    """
    from carrel.systems.tables.person_in_tables import PersonInTable, tables_about  # most sites have no tables

    if not (about := tables_about(here.site, here.system.name)):
        return
    key, every = _entries(here)
    if tags := {one.card_tag for one in every if one.kind is Kind.ERASURE} - {""}:
        for entry in about:
            person = ErasedRows(key, here.system.name, tags, entry.person, lambda card: _has_record(here, card))
            yield PersonInTable(here.site, entry, person, now())


def _has_record(here: Premises, card: str) -> bool:
    with here.engine.connect() as connection, told(here.system.name):
        try:
            find(connection, here.system_map, card, by_card=True, at=here.system.name)
        except CarrelError as wrong:
            if wrong.code != faults.NO_SUBJECT.code:
                raise
            return "several" in wrong.faults[0].found
    return True


def back_unasked(here: Premises) -> int:
    """How many who were erased have a record, on a system that nobody has told to be restored.

    Raises:
        CarrelError: RPL-001.
    """
    key, every = _entries(here)
    erased = [one for one in every if one.kind is Kind.ERASURE]
    if not erased:
        return 0
    with here.primary.connect() as connection, told(here.system.name):
        found = back_again(key, here.system.name, erased, numbers(connection, here.system_map.people))
        known = ((those, erasure_of(here, (Subject(one),), now()).known(connection)) for one, those in found.items())
        return sum(person is not None and _is_back(here, key, those, person) for those, person in known)


def _is_back(here: Premises, key: bytes, erased: list[Entry], known: Subject) -> bool:
    cards = (known.card, *known.cards)
    return any(same_card(key, here.system.name, one, cards) for one in erased)


def unfinished(here: Premises, restore: Restore) -> tuple[str, ...]:
    """Cases of begun plans that are not at their end: interrupted, refused, or somebody was found by their sweep."""
    cases = (one.case for plan in here.store.replays.begun(restore.id) for one in plan.erasures)
    return tuple(one for one in cases if here.store.erasures.case(one).state == RUNNING)


def _entries(here: Premises) -> tuple[bytes, tuple[Entry, ...]]:
    every = here.store.replays.entries(here.system.name)
    if not every:
        return b"", ()
    key = ReplayKey(here.store.folder).read()
    if other := sum(one.mark != key_mark(key) for one in every):
        raise fault(
            faults.NO_REPLAY_KEY,
            at=here.system.name,
            wanted="the key under which the entries were made",
            found=f"another key; {other} entries do not open with it",
            because="without it nobody can tell who was erased since the backup was made",
            fix="put the file replay/key back from a copy of the site's folder",
        )
    return key, every


def _to_do(here: Premises, those: list[Entry], restore: Restore) -> list[Task]:
    """Corrections and liftings of one person that nobody has done again since, or settled."""
    found: list[Task] = []
    for kind in (Kind.RECTIFICATION, Kind.LIFTING):
        mine = [one for one in those if one.kind is kind]
        before = [one for one in mine if one.done_at <= restore.begun_at and one.case not in restore.settled]
        again = [here.store.person_cases.plan(one.case) for one in mine if one.done_at > restore.begun_at]
        done = {what for plan in again for what in _fields(plan)}
        for one in before:
            fields = _fields(here.store.person_cases.plan(one.case))
            if left := tuple(field for field in fields if field not in done):
                found.append(Task(one.case, str(kind), left))
    return found


def _fields(plan: PersonPlan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.what for one in plan.changes)) or ("the restriction",)


def _switched_on(here: Premises, connection: Connection) -> tuple[str, ...]:
    """Restrictions in force of which a switch stands on; of somebody who has no record, none does."""
    if here.system_map.restrict is None:
        return ()
    found = []
    for case, number in here.store.restrictions.people(here.system.name).items():
        images = switches_of(here, number).images(connection)
        if any(one.old != one.new for one in images):
            found.append(case)
    return tuple(found)
