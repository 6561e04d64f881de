"""The answer to "what do you hold on me?": by system and kind of record, what, why, since when, until when."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from carrel.retention.identifiers import Subject
from carrel.rights.ending import Keeping
from carrel.rights.third_persons import HeldColumn, HeldRow
from carrel.rights.words_of_others import Own

FORMAT_VERSION = 1


class Identity(enum.StrEnum):
    """How the library made sure that it is the person who asks (MITL-9.8)."""

    CARD = "card at the desk"
    PHOTO = "photo id"
    SIGNED_IN = "signed in"
    KNOWN = "known to the staff"


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A row as it is told, and the day by which it goes where the policy tells one."""

    row: HeldRow
    goes_on: date | None = None


@dataclass(frozen=True, repr=False)
class HeldTable:
    """What one table holds of the person.

    Attributes:
        table: its name.
        says: what it holds, in the map's words.
        columns: of its rows, in order.
        rows: the first ones, or all.
        more: there are more than these; ``stream`` tells them all, while the answer is open.
        ruled: whether a rule of the policy tells when its rows go.
        counted: how many rows there are, where there are more and they were counted.
    """

    table: str
    says: str
    columns: Sequence[HeldColumn]
    rows: Sequence[DatedRow]
    more: bool
    stream: Callable[[], Iterator[DatedRow]]
    ruled: bool = False
    counted: int | None = None

    @property
    def number(self) -> int:
        """How many rows there are, as far as that is known: of more that nobody counted, the first ones."""
        return len(self.rows) if self.counted is None else self.counted

    def every(self) -> Iterator[DatedRow]:
        """All its rows, one after the other."""
        return self.stream() if self.more else iter(self.rows)


@dataclass(frozen=True)
class HeldRecords:
    """One kind of record in one system.

    Attributes:
        name: in the map's words.
        keeping: why it is held and for how long, by the policy.
        while_there: why it stays where no rule of the policy ends it.
        since: the earliest time in the rows, or where more were not counted in those that were read first; None where
            none tells.
        tables: that hold something.
    """

    name: str
    keeping: Keeping
    while_there: str
    since: datetime | None
    tables: tuple[HeldTable, ...]


@dataclass(frozen=True, slots=True)
class Acted:
    """Rows of others in which the person acted or is named: counted, never shown."""

    table: str
    column: str
    says: str
    rows: int


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read, and by which error; it is part of the answer that it is missing.

    Attributes:
        table, says: which, and what it holds in the map's words.
        code, because: of the error.
        acted: it holds nothing of the person, but rows of others in which the person may have done something.
    """

    table: str
    says: str
    code: str
    because: str
    acted: bool = False


@dataclass(frozen=True, slots=True)
class TableAsker:
    """How a system knows the person, for tables beside it; nobody prints it."""

    subject: Subject = field(repr=False)
    own: Own = field(repr=False)


@dataclass(frozen=True)
class HeldInSystem:
    """What one system holds of the person.

    Attributes:
        name: of the system at this library.
        product: that runs there.
        zone: of its times.
        found: somebody is there under the number that was given.
        gone: the record itself was deleted; what is told is what it left.
        records: by kind.
        acted: as member of the staff, or named by another's row.
        unread: what could not be read.
        without_index: tables that were read whole, because no index leads to a person there.
        called: whole names of the person there, in small letters; never told, only compared.
        to_read: free texts about the person, which may still speak of somebody whom no record names.
        asker: the person as this system knows it; None where nobody was found.
    """

    name: str
    product: str
    zone: str
    found: bool
    gone: bool = False
    records: tuple[HeldRecords, ...] = ()
    acted: tuple[Acted, ...] = ()
    unread: tuple[Unread, ...] = ()
    without_index: tuple[str, ...] = ()
    to_read: int = 0
    called: frozenset[str] = field(default=frozenset(), repr=False)
    asker: TableAsker | None = field(default=None, repr=False)

    @property
    def rows_shown_first(self) -> int:
        """How many rows were read already."""
        return sum(len(table.rows) for one in self.records for table in one.tables)


@dataclass(frozen=True)
class Answer:
    """The whole answer.

    Attributes:
        case: its name, which holds nobody's number.
        library: whose.
        made_at: aware time; all systems were read then.
        policy, policy_version: in force.
        systems: in the order of the site file.
        not_searched: what else of the library can hold something of a person, and is not read for an answer.
    """

    case: str
    library: str
    made_at: datetime
    policy: str
    policy_version: str
    systems: tuple[HeldInSystem, ...]
    not_searched: tuple[str, ...] = field(default=())

    @property
    def complete(self) -> bool:
        """Whether everything in the systems was read."""
        return not any(one.unread for one in self.systems)
