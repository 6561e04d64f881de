"""A finding about students: on which exemption, about whom of a case, and about which of the records."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from carrel.disclosure.event import Event
from carrel.inventory.category import Category
from carrel.policy.record_type import RecordType

MOST = 16  # people of one event: what tells them fits into one term
SUBJECTS, RECORDS, OVER = "subjects", "records", "over"
_SUBJECTS = re.compile(r"[0-9a-f]{16}(?: [0-9a-f]{16}){0,15}")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding that was written down, and not taken back.

    Attributes:
        exemption: its name in the policy.
        subject: about whom, as only the case can tell; empty for everybody of the case.
        records: about which kind of record; empty for every kind.
    """

    exemption: str
    subject: str = ""
    records: str = ""

    @property
    def is_of_the_case(self) -> bool:
        """Whether it is about everybody, and everything."""
        return not (self.subject or self.records)

    def fits(self, subject: str, kind: RecordType) -> bool:
        """Whether it is about these records of this person; nobody of whom the case does not know who it is."""
        return self.subject in {"", subject} and self.records in {"", str(kind)}


@dataclass(frozen=True, slots=True)
class Given:
    """Records that are given out.

    Attributes:
        kind: of record.
        columns: the category of each; None for what has none.
        subjects: whose they are, as the case tells people apart; empty where nobody knows.
    """

    kind: RecordType
    columns: Collection[Category | None]
    subjects: frozenset[str] = frozenset()


def findings_in(event: Event) -> frozenset[Finding]:
    """What an event finds, or takes back: one finding for each person that it names."""
    subjects = event.term(SUBJECTS).split() or [""]
    return frozenset(Finding(event.term("exemption"), one, event.term(RECORDS)) for one in subjects)


def names_people(said: str) -> bool:
    """Whether a term is one that names people as a case tells them apart."""
    return _SUBJECTS.fullmatch(said) is not None
