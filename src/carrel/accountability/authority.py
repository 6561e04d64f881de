"""Who may act: what was written down about it, and whether that stands as the ledger was told.

Three things change it: a delegation or an absence opens or shuts an office of legal process; an account of the staff
pages is given, set up, reset, disabled or enabled; and the site file gives other rights. Each is an entry of its own,
committed to the ledger with a salt that stays in the store.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

LEAF = "authority"
SITE_FILE = "the site file"  # as whoever gave rights: nobody can tell who wrote it
RIGHTS = "rights"
ABSENT, DELEGATED = "absent", "delegated"
OF_ACCOUNTS = frozenset({"invited", "set up", "reset", "disabled", "enabled", RIGHTS})
"""What is done with an account and changes who may act; the rest, such as signing in, is told to no ledger."""


class Book(StrEnum):
    """What an entry is about."""

    OFFICE = "office"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, repr=False)
class AuthorityEntry:
    """One change of who may act; it is added and never changed.

    Attributes:
        book: what it is about.
        number: of it in its book: two that change places are seen.
        act: what was done.
        whom: who may act or not, by the name of the site file.
        by: who did it.
        account: of the host at which the command ran; empty for the pages, for the night, and of before it was kept.
        at: aware time.
        terms: office, alternate, beginning and end of what was done; the rights.
        salt: that opens its leaf; None where somebody wrote it past Carrel.
    """

    book: Book
    number: int
    act: str
    whom: str
    by: str
    account: str
    at: datetime
    terms: Mapping[str, str] = field(default_factory=dict)
    salt: bytes | None = None

    def commitment(self) -> str:
        """What the ledger is told: SHA-256 over a salt and all of it; without the salt it tells nothing.

        Empty where there is no salt: no leaf can be of it.
        """
        if self.salt is None:
            return ""
        whole = [
            self.book, self.number, self.act, self.whom, self.by, self.account, self.at.astimezone(UTC).isoformat(),
            sorted(self.terms.items()),
        ]  # fmt: skip
        return hashlib.sha256(self.salt + json.dumps(whole, ensure_ascii=True).encode()).hexdigest()

    def words(self) -> str:
        """All of it but the time, on one line, for people of the library."""
        more = ", ".join(f"{name} {value}" for name, value in self.terms.items() if value)
        where = f" at the account {self.account}" if self.account else ""
        return f"{self.whom}: {self.act}{f' ({more})' if more else ''}, by {self.by or 'nobody named'}{where}"


@dataclass(frozen=True, slots=True)
class AuthorityFacts:
    """What an audit and a night are told of who may act.

    Attributes:
        entries: on record.
        absences: of these, that somebody who holds an office is away.
        by_others: of these, recorded by somebody other than whoever is away.
        delegations: of the entries, that somebody stands in.
        unfit: entries that were changed, moved or written past Carrel: no leaf is of them.
        lost: leaves whose entry is gone.
        loose: accounts that stand otherwise than the entries say.
        unread: why the ledger could not be asked, so that nothing is known of the above.
    """

    entries: int = 0
    absences: int = 0
    by_others: int = 0
    delegations: int = 0
    unfit: int = 0
    lost: int = 0
    loose: int = 0
    unread: str = ""

    @property
    def wrong(self) -> int:
        """How many do not stand as they were committed.

        What was changed is one entry without its leaf and one leaf without its entry, and counts once.
        """
        return max(self.unfit, self.lost) + self.loose


def facts_of(
    entries: Sequence[AuthorityEntry], told: Iterable[str], later: Iterable[str], loose: int
) -> AuthorityFacts:
    """What is to be said of a record.

    Args:
        entries: of the store.
        told: every commitment that is owed to the ledger or stands in it, read after the entries.
        later: commitments of the entries, read after that: what was written down meanwhile is not lost.
        loose: accounts that stand otherwise than the entries say.
    """
    there, leaves = [one.commitment() for one in entries], set(told)
    away = [one for one in entries if one.book is Book.OFFICE and one.act == ABSENT]
    return AuthorityFacts(
        entries=len(entries),
        absences=len(away),
        by_others=sum(one.by != one.whom for one in away),
        delegations=sum(one.book is Book.OFFICE and one.act == DELEGATED for one in entries),
        unfit=sum(one not in leaves for one in there),
        lost=len(leaves.difference(there, later)),
        loose=loose,
    )
