"""Disclosure cases as they are read: by whoever may know of them, and with the same work whoever asks.

What a case is stands sealed under a key of its own beside the store. So a copy of the store tells how many cases and
events there are, and nothing of any; and a sealed case looks there as every other does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from carrel.disclosure import faults
from carrel.disclosure.absence import OfficeEvent, Turn
from carrel.disclosure.case import Case
from carrel.disclosure.event import Act, Event, commitment
from carrel.disclosure.forgetting import Past
from carrel.disclosure.process import Instrument, Office
from carrel.disclosure.refusal import unknown
from carrel.disclosure.report import counted
from carrel.disclosure.standing import Standing
from carrel.disclosure.viewer import Viewer
from carrel.errors import CarrelError, fault
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.sealing_key import SealingKey

FOLDER = "disclosures"
PAST = "past"  # whose key seals what is left of cases that were forgotten
LOOKS = 16  # cases: a list looks at as many, for the same reason
SHEET = 64  # events: a list opens as many as fill a sheet, so that one case more or less takes no other time
_A_CASE = 8  # events of one of no case: about as many as a case has
HALF = 16  # bytes: a commitment to nothing is as many that are random, and as many that follow from them
_PAGE = 1024  # signs: what is sealed of an event is a multiple of it


def disclosure_key(folder: Path, case: str) -> SealingKey:
    """What seals a case and its documents."""
    return SealingKey(folder / FOLDER / f"{case}.key", case)


def subject_digest(folder: Path, case: str, system: str, number: int) -> str:
    """By what a case knows somebody again whose number it no longer keeps: sixteen signs, under the key of the case.

    Empty where the key is gone.
    """
    key, _ = disclosure_key(folder, case).there()
    return hmac.new(key, f"subject {system} {number}".encode(), "sha256").hexdigest()[:16] if key else ""


@dataclass(frozen=True, repr=False, slots=True)
class Kept:
    """An event as it is kept: with the words beside it, and the salt that opens its leaf in the ledger.

    Attributes:
        event: what was done.
        words: beside it.
        salt: of its commitment.
        place: which of its case's events it is, from 0; None where it was written before places were.
    """

    event: Event
    words: str
    salt: bytes
    place: int | None = None

    def seal(self, key: SealingKey) -> bytes:
        """As it stands in the store."""
        one = self.event
        text = json.dumps(
            [
                one.act, one.at.isoformat(), one.by, dict(one.terms), self.words,
                base64.b64encode(self.salt).decode(), self.place,
            ]
        )  # fmt: skip
        return key.seal_text(text + " " * (-len(text) % _PAGE))

    @classmethod
    def open(cls, key: SealingKey, sealed: bytes) -> Kept | None:
        """As it was kept; None where the key is gone or another."""
        text = key.open_text(sealed)
        if text is None:
            return None
        act, at, by, terms, words, salt, *place = json.loads(text)
        event = Event(Act(act), datetime.fromisoformat(at), by, terms)
        return cls(event, words, base64.b64decode(salt), place[0] if place else None)

    def commitment(self, case: str) -> str:
        """What the ledger was told of it."""
        return commitment(case, self.event, self.words, self.salt)


class RecordedDisclosures:
    """The cases of a store, to be read.

    Args:
        database: of the store.
        folder: of the site; keys and documents lie there, outside the database.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder
        self.opened = self.looked = 0  # events and cases that the last list opened and looked at, decoys among them
        self.unopened = 0  # cases that the last list could not open, or not as they were written

    def all(self, viewer: Viewer, *, covered: bool = True) -> tuple[tuple[Case, Standing], ...]:
        """Every case of which somebody may know, the oldest first, and where it stands.

        Args:
            viewer: who asks.
            covered: whether a sheet is filled with decoys; a night and an audit, which answer nobody, go without.

        Guarantees:
            A case that is sealed to others changes nothing in it: not what it holds, and not how many events are
            opened and cases looked at for it, but where a whole sheet of them is full.
        """
        with self._database.reading() as connection:
            cases = list(self._cases(connection))
        if covered:
            self._decoys(cases, viewer)
        found = [(case, viewer.look(case)) for case in cases]
        return tuple((case, here) for case, here in found if here is not None)

    def reported(self, viewer: Viewer, year: int) -> tuple[tuple[Case, Standing], ...]:
        """Every case that the report of a year may count; see `carrel.disclosure.report.counted`."""
        with self._database.reading() as connection:
            cases = list(self._cases(connection))
        self._decoys(cases, viewer)
        found = [(case, counted(case, viewer, year)) for case in cases]
        return tuple((case, here) for case, here in found if here is not None)

    def case(self, name: str, viewer: Viewer) -> tuple[Case, Standing]:
        """One case, and where it stands.

        Raises:
            CarrelError: DSC-001, there is none, or none of which this person may know, also because its key is gone;
                DSC-022, events of it were moved, doubled or taken out.
        """
        with self._database.reading() as connection:
            case = self._case(connection, name, viewer)
        here = None if case is None else viewer.look(case)
        if case is None or here is None:
            raise self._unknown(case, viewer)
        return case, here

    def words(self, name: str, viewer: Viewer) -> tuple[str, ...]:
        """What was said beside each event, in their order.

        Raises:
            CarrelError: as `case`.
        """
        self.case(name, viewer)
        return tuple(one.words for one in self._kept(name))

    def subject(self, name: str, system: str, number: int) -> str:
        """By what a case tells one person from others; empty where its key is gone."""
        return subject_digest(self._folder, name, system, number)

    def is_about(self, case: Case, system: str, number: int) -> bool:
        """Whether a case whose holds were released was about this person."""
        return subject_digest(self._folder, case.id, system, number) in case.let_go

    def salts(self, name: str, viewer: Viewer) -> tuple[tuple[str, str], ...]:
        """For each event what the ledger was told, and the salt by which anybody reckons that anew.

        Raises:
            CarrelError: as `case`.
        """
        self.case(name, viewer)
        return tuple((one.commitment(name), one.salt.hex()) for one in self._kept(name))

    def commitments(self) -> tuple[str, ...]:
        """What the ledger was told of every event and package, reckoned anew from what stands in the store now."""
        with self._database.reading() as connection:
            rows = connection.execute(select(tables.disclosure_event).order_by(tables.disclosure_event.c.id)).all()
        kept = ((row.case, Kept.open(disclosure_key(self._folder, row.case), row.sealed)) for row in rows)
        there = [(case, one) for case, one in kept if one is not None]
        packages = (one.event.term("leaf") for _, one in there if one.event.term("leaf"))
        forgotten = (leaf for past in self.past() for leaf in past.leaves)
        return (*(one.commitment(case) for case, one in there), *packages, *forgotten)

    def past(self) -> tuple[Past, ...]:
        """What is left of the cases that were forgotten.

        Raises:
            CarrelError: DSC-017, the key of it is gone.
        """
        with self._database.reading() as connection:
            rows = connection.execute(select(tables.disclosure_past).order_by(tables.disclosure_past.c.id)).all()
        key = disclosure_key(self._folder, PAST)
        texts = [key.open_text(row.sealed) for row in rows]
        if None in texts:
            raise self.gone()
        return tuple(Past.read(one) for one in texts if one is not None)

    def whole(self) -> bool:
        """Whether every case can be opened: its key is there, and no event of it was changed, moved or left out."""
        with self._database.reading() as connection:
            return all(self._opened(name, sealed) for name, sealed in self._sealed(connection).items())

    def tells_of_nothing(self, commitment: str) -> bool:
        """Whether this store committed to nothing with it."""
        said = bytes.fromhex(commitment)
        return hmac.compare_digest(self._rest_of_nothing(said[:HALF]) or b"", said[HALF:])

    def turns(self) -> tuple[OfficeEvent, ...]:
        """Delegations and absences, in the order in which they were written down."""
        with self._database.reading() as connection:
            return self._turns(connection)

    def _turns(self, connection: Connection) -> tuple[OfficeEvent, ...]:
        table = tables.disclosure_office
        return tuple(
            OfficeEvent(
                Turn(row.turn),
                Office(row.office),
                row.holder,
                row.by,
                row.at,
                row.starts,
                row.ends,
                row.alternate,
                row.account,
            )
            for row in connection.execute(select(table).order_by(table.c.id)).all()
        )

    def _cases(self, connection: Connection) -> Iterator[Case]:
        self.unopened = 0
        for name, sealed in self._sealed(connection).items():
            if events := tuple(one.event for one in self._opened(name, sealed)):
                yield Case(name, events)
            else:
                self.unopened += 1

    def _sealed(self, connection: Connection) -> Mapping[str, list[bytes]]:
        table = tables.disclosure_event
        found: defaultdict[str, list[bytes]] = defaultdict(list)
        for row in connection.execute(select(table).order_by(table.c.id)).all():
            found[row.case].append(row.sealed)
        return found

    def _opened(self, name: str, sealed: Iterable[bytes]) -> tuple[Kept, ...]:
        """Its events; none where its key is gone, or where they are not those that were written, in their order."""
        key = disclosure_key(self._folder, name)
        kept = [Kept.open(key, one) for one in sealed]
        there = tuple(one for one in kept if one is not None)
        first = next((n for n, one in enumerate(there) if one.place is not None), len(there))
        in_order = all(one.place == n for n, one in enumerate(there) if n >= first)
        return there if in_order and len(there) == len(kept) else ()

    def _sealed_of(self, connection: Connection, name: str) -> Sequence[bytes]:
        table = tables.disclosure_event
        query = select(table.c.sealed).where(table.c.case == name).order_by(table.c.id)
        return connection.execute(query).scalars().all()

    def _case(self, connection: Connection, name: str, viewer: Viewer) -> Case | None:
        """A case, whoever asks; None where there is none, or where nobody can tell who may know of it.

        Raises:
            CarrelError: DSC-022, it is not as it was written, and an event that still opens names whoever asks.

        Guarantees:
            Where its key is gone, or what was written down is not whole, a case is for everybody else as one that is
            not there: it may have been sealed. That one of all is not whole, a list tells the custodian.
        """
        sealed = self._sealed_of(connection, name)
        events = tuple(one.event for one in self._opened(name, sealed))
        if events:
            return Case(name, events)
        key = disclosure_key(self._folder, name)
        if viewer.is_named_in(one.event for each in sealed if (one := Kept.open(key, each)) is not None):
            raise changed()
        return None

    def _kept(self, name: str) -> tuple[Kept, ...]:
        with self._database.reading() as connection:
            return self._opened(name, self._sealed_of(connection, name))

    def _no_case(self) -> SealingKey:
        return disclosure_key(self._folder, "none")

    def _rest_of_nothing(self, start: bytes) -> bytes:
        """What follows from the first half of a commitment to nothing; no bytes where the key is not there."""
        key, _ = self._no_case().there()
        return hmac.digest(key, b"nothing " + start, hashlib.sha256)[:HALF] if key else b""

    def _decoys(self, cases: Sequence[Case], viewer: Viewer) -> None:
        """Open as many events of no case as fill the sheet, and look at as many cases of none."""
        key, opened = self._no_case(), sum(len(case.events) for case in cases)
        missing = -opened % SHEET or (0 if opened else SHEET)
        looks = -len(cases) % LOOKS or (0 if cases else LOOKS)
        with suppress(OSError):  # a folder that cannot be written: there is no case in it either
            key.ensure()
            terms = {"instrument": str(Instrument.SUBPOENA), "served on": "the library"}
            sealed = Kept(Event(Act.RECEIVED, viewer.at, "nobody", terms), "", b"\0" * 32).seal(key)
            found = [one.event for _ in range(missing) if (one := Kept.open(key, sealed)) is not None]
            for _ in range(looks):
                viewer.look(Case("none", tuple(found[:_A_CASE]) or (Event(Act.RECEIVED, viewer.at, "nobody", terms),)))
        self.opened, self.looked = opened + missing, len(cases) + looks

    def _unknown(self, case: Case | None, viewer: Viewer) -> CarrelError:
        """The error of whoever names a case that is not there for her; it takes as long where it is sealed."""
        self._decoys(() if case is None else (case,), viewer)
        return unknown()

    def gone(self) -> CarrelError:
        """The error of whoever asks for what is left of cases that were forgotten, where its key is not there."""
        return fault(
            faults.NO_KEY,
            at=str(self._folder / FOLDER),
            wanted="the key under which it was written down",
            found="none that opens it",
            because="without it nobody can tell what a report has to count",
            fix="put the file back from a copy of the site's folder",
        )


def changed() -> CarrelError:
    """The error of whoever asks for a case of which events were taken out, doubled or moved."""
    return fault(
        faults.RECORD_CHANGED,
        wanted="every event of the case, each once and in its place",
        found="another order, or fewer",
        because="a defect or a silence that is gone would open what is closed",
        fix="find out who wrote to the store, and put it back from a backup",
    )
