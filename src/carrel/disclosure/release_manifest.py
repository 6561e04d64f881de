"""The manifest of a release package: it accounts for every column, for what was searched and for what was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from carrel.disclosure.production import Production
from carrel.disclosure.scope import Part, Scope

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
        "outside": part.outside,
        "people": [one.id for one in part.people],
        "people_of": part.people_of,
        "items": len(part.items),
        "titles": len(part.titles),
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
                "withheld": one.rows.withheld,
                "others_taken_out": one.rows.redacted,
                "columns": [column.as_dict() for column in one.columns],
            }
            for one in production.produced
            if one.part == part.id
        ],
    }  # fmt: skip
