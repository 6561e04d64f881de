"""What was gathered for an order: by part, person, system and table, and the manifest that accounts for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from carrel.disclosure.asked_fields import Traced
from carrel.disclosure.period import Period, Verdict
from carrel.disclosure.scope import Part, Scope
from carrel.rights.third_persons import HeldRow, Withheld

FORMAT_VERSION = 1
ALWAYS_WITHHELD = (
    "passwords, tokens and other secrets",
    "names, numbers and addresses of members of the staff",
    "relatives, guarantors and contacts of the person",
    "whoever else a row names by number, and names, cards, addresses and telephone numbers of others in texts",
    "every column that no part of the order asks for",
)
BEYOND = (
    "backups and copies of databases",
    "binary logs, write-ahead logs, replicas and free pages of the database servers",
    "before-images of recent runs that two people hold the key to, where the library keeps any",
    "reading histories that patrons sealed, which nobody at the library can open",
    "the program's own records of requests, consents and cases",
    "records that vendors keep",
    "paper, and whatever no system of the library holds",
)


@dataclass(frozen=True)
class ProducedTable:
    """What of one table is produced for one part and person.

    Attributes:
        part: its id.
        person: what the package calls the person.
        system, table: where it was read.
        says: what the table holds, in the map's words.
        columns: that are asked for, each with the words that ask.
        dated_by: columns that told the time; empty where the record is asked for as it stands.
        rows: in scope.
        unsure, undated: rows that are not produced, because their time can be read otherwise, or is not there; told to
            the library alone.
        to_read: free texts among the values.
    """

    part: str
    person: str
    system: str
    table: str
    says: str
    columns: tuple[Traced, ...]
    dated_by: tuple[str, ...]
    rows: tuple[HeldRow, ...] = field(repr=False)
    unsure: int = 0
    undated: int = 0
    to_read: int = 0

    @property
    def place(self) -> str:
        """Of its file in the package."""
        return f"records/{self.part}/{self.person}/{self.system}/{self.table}.csv"


@dataclass(frozen=True, slots=True)
class NotRead:
    """Something in scope that was not read, and why; nothing is said to be complete without it.

    Attributes:
        part, system, table: which.
        code: of the error; empty where it could never be read for a period.
        because: in words.
    """

    part: str
    system: str
    table: str
    code: str
    because: str

    def as_dict(self) -> dict[str, str]:
        """For the manifest."""
        return {"part": self.part, "system": self.system, "table": self.table, "code": self.code, "why": self.because}


@dataclass(frozen=True, slots=True)
class Searched:
    """One system that was searched.

    Attributes:
        system, product: which.
        account: of the database, by which it was read.
        at: aware time at which its snapshot was opened.
        zone: of its wall clock.
        tables: by part, those that were asked.
        found: by part, the people who have a record there.
    """

    system: str
    product: str
    account: str
    at: datetime
    zone: str
    tables: Mapping[str, tuple[str, ...]]
    found: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "system": self.system, "product": self.product, "account": self.account, "time_zone": self.zone,
            "at": self.at.isoformat(timespec="seconds"),
            "tables": {key: list(names) for key, names in self.tables.items()},
        }  # fmt: skip


@dataclass(frozen=True)
class Production:
    """Everything that was gathered.

    Attributes:
        tables: with at least one row in scope, or rows that are not sure.
        searched: systems.
        not_read: what of the scope was not read.
        periods: by part and system.
    """

    tables: tuple[ProducedTable, ...]
    searched: tuple[Searched, ...]
    not_read: tuple[NotRead, ...]
    periods: Mapping[tuple[str, str], Period]

    @property
    def produced(self) -> tuple[ProducedTable, ...]:
        """The tables that go into the package."""
        return tuple(one for one in self.tables if one.rows)

    @property
    def records(self) -> int:
        """How many rows are produced."""
        return sum(len(one.rows) for one in self.tables)

    @property
    def failed(self) -> tuple[NotRead, ...]:
        """What could not be read by an error."""
        return tuple(one for one in self.not_read if one.code)


def judged(dates: Sequence[str], row: HeldRow, period: Period | None) -> Verdict:
    """Whether a row is in scope by its time.

    Args:
        dates: columns; the first that holds a time tells.
        row: as it was read.
        period: of the part; None where the record is asked for as it stands.
    """
    if period is None:
        return Verdict.WITHIN
    verdicts = (period.judge(row.values.get(name)) for name in dates)
    return next((one for one in verdicts if one is not Verdict.UNDATED), Verdict.UNDATED)


def trimmed(row: HeldRow, columns: Sequence[Traced]) -> HeldRow:
    """A row with nothing but the columns that are asked for."""
    wanted = {one.name for one in columns}
    values = {name: value for name, value in row.values.items() if name in wanted}
    withheld: dict[str, Withheld] = {name: why for name, why in row.withheld.items() if name in wanted}
    return HeldRow(values, withheld, tuple(name for name in row.redacted if name in wanted))


@dataclass(frozen=True, slots=True)
class Occasion:
    """On which occasion a package is made.

    Attributes:
        case: its id.
        cleared: what is known of whether the case allows the scope.
        library: whose.
        by: who produces it, as the site file names them.
        at: aware time.
        salt: hex; with it whoever has the package can open the leaf of the ledger.
        names_title: the order names the title whose borrowers are asked for.
        not_searched: what else of the library can hold something.
    """

    case: str
    cleared: str
    library: str
    by: str
    at: datetime
    salt: str
    names_title: bool
    not_searched: tuple[str, ...]


def manifest(
    scope: Scope, production: Production, occasion: Occasion, kind: str, evidence: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The manifest, but for the digests of the files.

    Args:
        scope: of the order.
        production: what was gathered.
        occasion: case, people and times.
        kind: of the package.
        evidence: of retention, for each kind of record and system.
    """
    return {
        "format": "carrel-release",
        "format_version": FORMAT_VERSION,
        "kind": kind,
        "case": occasion.case,
        "case_cleared": occasion.cleared,
        "library": occasion.library,
        "produced_by": occasion.by,
        "made_at": occasion.at.isoformat(timespec="seconds"),
        "instrument": scope.instrument,
        "order_names_title": occasion.names_title,
        "parts": [_part(one, production) for one in scope.parts],
        "searched": [one.as_dict() for one in production.searched],
        "not_read": [one.as_dict() for one in production.not_read],
        "not_searched": [*occasion.not_searched, *BEYOND],
        "always_withheld": list(ALWAYS_WITHHELD),
        "evidence": [dict(one) for one in evidence],
        "records": production.records,
        "salt": occasion.salt,
    }


def _part(part: Part, production: Production) -> dict[str, Any]:
    return {
        "part": part.id,
        "wording": part.wording,
        "records": part.records.value,
        "people": [one.id for one in part.people],
        "people_of": part.people_of,
        "items": len(part.items),
        "from": part.from_,
        "until": part.until,
        "until_is": "not in the period any more",
        "periods": {
            system: {"from": one.since.isoformat(), "until": one.until.isoformat(), "time_zone": str(one.zone)}
            for (name, system), one in production.periods.items()
            if name == part.id
        },
        "as_it_stands": part.as_it_stands,
        "copies": part.copies,
        "fields": [{"asked_as": name, "words": words} for name, words in part.fields.items()],
        "produced": [
            {
                "person": one.person, "system": one.system, "table": one.table, "says": one.says, "file": one.place,
                "dated_by": list(one.dated_by), "records": len(one.rows),
                "withheld": sum(len(row.withheld) for row in one.rows),
                "others_taken_out": sum(len(row.redacted) for row in one.rows),
                "columns": [column.as_dict() for column in one.columns],
            }
            for one in production.produced
            if one.part == part.id
        ],
    }  # fmt: skip
