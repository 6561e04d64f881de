"""An event of a case: that somebody did something; it is written down once and never changed."""

from __future__ import annotations

import enum
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from carrel.disclosure import faults
from carrel.errors import fault, unseen

ACCOUNT = "account"  # a term of any act: of the host, where a command did it
LONGEST_WORDS = 5000  # signs of somebody's own words; two pages
_TERM = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{0,300}")
_NAME = re.compile(r"[a-z][a-z ]{0,30}")


class Act(enum.StrEnum):
    """What was done."""

    RECEIVED = "received"  # instrument, served on, from, dated, from day, until day, title
    NOTED = "noted"
    NAMED = "named"  # person: may see the case and act in it
    FILED = "filed"  # document, paper
    TAKEN = "taken"  # step; with hold, cite or finding where the step asks for it
    DEFECT = "defect"  # defect
    CURED = "cured"  # defect
    CHALLENGED = "challenged"
    RULED = "ruled"  # ruling: upheld, narrowed, quashed
    SILENCED = "silenced"  # basis, court or statute, starts, ends
    SILENCE_ENDED = "silence ended"
    EXEMPTED = "exempted"  # exemption; about whom and what: subjects, records; whether it is taken back: over
    PRODUCED = "produced"  # kind; of a package also manifest, leaf, and education: whether such records are in it
    SIGNED = "signed"
    RELEASED = "released"
    NOTHING = "nothing responsive"
    REFUSED = "refused"  # ground
    WITHDRAWN = "withdrawn"
    FORGET = "to be forgotten"  # plan: that it was approved with
    LET_GO = "let go"  # what the case kept is kept no more; subjects: by whom it was about, as only the case can tell

    @property
    def is_final(self) -> bool:
        """Whether it ends the case; what is owed afterwards may still be done."""
        return self in FINAL


FINAL = frozenset({Act.RELEASED, Act.NOTHING, Act.REFUSED, Act.WITHDRAWN})


class Ruling(enum.StrEnum):
    """What became of a challenge."""

    UPHELD = "upheld"  # the paper stands
    NARROWED = "narrowed"
    QUASHED = "quashed"


class Ground(enum.StrEnum):
    """Why a case ends in a refusal."""

    NO_PROCESS = "no legal process"
    NOT_REQUIRED = "no law requires it"
    EXEMPT = "the law exempts it"
    DEFECT = "a defect was not cured"
    QUASHED = "the court set it aside"
    READERS = "it asks for the readers of a title"
    CONDITIONS = "a condition is not met"
    NO_PERMISSION = "the person did not permit it"


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        act: what was done.
        at: aware time at which it was.
        by: who did it, by the name of the site file.
        terms: words by name, such as a step, a court or a day. Nothing of a patron: free words are kept beside it.

    Raises:
        CarrelError: DSC-006, a term that steers a screen or is too long; DSC-007, a time without a zone.
    """

    act: Act
    at: datetime
    by: str
    terms: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise fault(
                faults.MOMENT, at=self.act, wanted="an aware time", found="one without a zone", fix="give its offset"
            )
        object.__setattr__(self, "terms", MappingProxyType(dict(self.terms)))  # a copy, so that it stays as checked
        for name, value in self.terms.items():
            if not _NAME.fullmatch(name) or not _TERM.fullmatch(value):
                raise fault(
                    faults.TERM,
                    at=f"{self.act}: {name if _NAME.fullmatch(name) else 'a name'}",
                    wanted="at most 300 signs on one line",
                    found="something else",
                    fix="say it shorter; free words have a place of their own",
                )

    def term(self, name: str) -> str:
        """A term; empty where there is none."""
        return self.terms.get(name, "")


def free_words(text: str) -> str:
    """Somebody's own words as they are kept: one form of letters, no signs that steer a terminal, no blanks around.

    Raises:
        CarrelError: DSC-006, longer than five thousand signs. Nothing of them is repeated.
    """
    said = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    said = "".join(sign for sign in said if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs", "Cf"})
    if len(said) > LONGEST_WORDS:
        raise fault(
            faults.TERM,
            wanted=f"at most {LONGEST_WORDS} signs",
            found=f"{len(said)}",
            fix="say it shorter; what is longer is filed as a document",
        )
    return said


def require_seen(event: Event) -> None:
    """Whether each term of a new event reads as it is; a page would show one with hidden signs as another.

    Raises:
        CarrelError: DSC-006. Nothing of it is repeated.
    """
    for name, value in event.terms.items():
        if unseen(value):
            raise fault(
                faults.TERM, at=f"{event.act}: {name}", wanted="letters, numbers and signs on one line",
                found="an invisible sign", because="people decide by what they see", fix="type it anew",
            )  # fmt: skip


def commitment(case: str, event: Event, words: str, salt: bytes) -> str:
    """What the ledger is told of an event: SHA-256 over a salt and all of it; without the salt it tells nothing."""
    whole = [case, event.act, event.at.astimezone(UTC).isoformat(), event.by, sorted(event.terms.items()), words]
    return hashlib.sha256(salt + json.dumps(whole, ensure_ascii=True).encode()).hexdigest()
