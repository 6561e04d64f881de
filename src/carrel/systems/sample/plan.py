"""What a sample library is asked to be, and what is known about it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How large a library is.

    Args:
        name: what it is called on the command line.
        patrons: registered patrons.
        loans: current and old loans together.
        copies: on a server, the library is made once at ``1 / copies`` of its size and multiplied inside the database.
    """

    name: str
    patrons: int
    loans: int
    copies: int = 1

    @classmethod
    def named(cls, name: str) -> Self:
        """One of tiny, demo, s, m, l.

        Raises:
            KeyError: there is no such size.
        """
        patrons, loans, copies = _SIZES[name.lower()]
        return cls(name.lower(), patrons, loans, copies)

    @classmethod
    def of_loans(cls, loans: int) -> Self:
        """A library with that many loans, and patrons to match (one to forty, one to a hundred in large ones)."""
        patrons = loans // (40 if loans < _TOWN else 100)
        return cls(f"{loans} loans", max(200, patrons), loans, max(1, round(loans / 500_000)))


_SIZES = {
    "tiny": (200, 5_000, 1),
    "demo": (5_000, 200_000, 1),
    "s": (5_000, 500_000, 1),
    "m": (50_000, 5_000_000, 10),
    "l": (250_000, 30_000_000, 50),
}
_TOWN = 400_000  # loans; larger libraries here lend more to each patron
SIZE_NAMES = tuple(_SIZES)


@dataclass(frozen=True, slots=True)
class Shape:
    """How the library was run: which traces it keeps and since when.

    Every share is the part of the whole period, counted back from now, in which Koha wrote that trace; 0 switches it
    off, 1 keeps it for every loan.

    Args:
        years: how long the library has lent.
        statistics: rows of ``statistics``.
        action_logs: circulation, fines and member rows of ``action_logs``.
        notices: rows of ``message_queue``.
        pseudonymised: rows of ``pseudonymized_transactions``.
        renewals: rows of ``checkout_renewals``.
        charges: whether fines, rents, losses and their payments exist.
        holds: whether holds exist.
        anonymised: share of the old loans that Koha's own batch has already cut.
        deleted_patrons: share of patrons who were deleted, their loans left without a borrower.
        dirt: whether the irregular rows are added.
        canaries: how many loans are followed through every table.
        zone: the zone of the wall clock that the library's rows are written in.
    """

    years: float = 6.0
    statistics: float = 1.0
    action_logs: float = 0.25
    notices: float = 0.12
    pseudonymised: float = 0.15
    renewals: float = 0.6
    charges: bool = True
    holds: bool = True
    anonymised: float = 0.25
    deleted_patrons: float = 0.08
    dirt: bool = True
    canaries: int = 24
    zone: str = "America/New_York"

    @classmethod
    def whole(cls, *, with_action_logs: bool = True, with_notices: bool = True, anonymised: float = 0.0) -> Self:
        """Every loan with every trace: what a benchmark cuts."""
        logs, notices = float(with_action_logs), float(with_notices)
        return cls(action_logs=logs, notices=notices, pseudonymised=1.0, renewals=1.0, anonymised=anonymised)


@dataclass(frozen=True, slots=True)
class Canary:
    """One loan whose traces are all known. Its reader is invented, like everyone here.

    Args:
        kind: ``old`` (returned long ago), ``recent`` (returned within the last hours) or ``open`` (not returned).
        issue_id: the shared loan number.
        borrowernumber: the reader.
        itemnumber: the copy.
        issued: the wall-clock second of the checkout, without zone.
        returned: the wall-clock second of the return, without zone; nothing for an open loan.
        owes: whether a charge for this loan is unpaid.
        claims: whether a return claim on it is unresolved.
        pseudonym: the reader's stable pseudonym in ``pseudonymized_transactions``.
        needles: name, card number, barcode and title, as free text holds them.
    """

    kind: str
    issue_id: int
    borrowernumber: int
    itemnumber: int
    issued: datetime
    returned: datetime | None
    owes: bool
    claims: bool
    pseudonym: str = field(repr=False)
    needles: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """What `library.build` made.

    Args:
        size: what was asked for.
        seed: what it was made from.
        as_of: the moment that every date is relative to, aware, UTC.
        zone: the zone of the wall clock in the rows.
        now: ``as_of`` on that wall clock, without zone.
        anonymous_patron: the borrower number in the preference ``AnonymousPatron``.
        counts: rows per table that was filled.
        canaries: the loans that are followed.
    """

    size: SampleSize
    seed: int
    as_of: datetime
    zone: str
    now: datetime
    anonymous_patron: int
    counts: Mapping[str, int]
    canaries: tuple[Canary, ...]


# The tables in which every canary has a trace: by loan number, by reader and item, by pseudonym, or in free text.
TRACED = (
    "accountlines",
    "account_offsets",
    "action_logs",
    "background_jobs",
    "checkout_renewals",
    "curbside_pickup_issues",
    "curbside_pickups",
    "items_last_borrower",
    "message_queue",
    "messages",
    "old_reserves",
    "pseudonymized_borrower_attributes",
    "pseudonymized_transactions",
    "return_claims",
    "saved_reports",
    "saved_sql",
    "statistics",
)
