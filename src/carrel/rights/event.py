"""An event of a request: that somebody did something; it is written down once and never changed."""

from __future__ import annotations

import enum
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from carrel.errors import fault
from carrel.rights import faults

# A term is a word of the library's, never a person's: no address, and no five digits on end as in a card's number.
_TERM = re.compile(r"(?!.*[0-9]{5})[^\x00-\x1f\x7f@]{0,200}")
# What site and policy declare, which is nobody's: a system can be called koha23050, a recipient box 12345.
_DECLARED = re.compile(r"[^\x00-\x1f\x7f@]{0,200}")
CARREL = "carrel"  # who writes down what was read back
_NAME = re.compile(r"[a-z][a-z ]{0,30}")


class Act(enum.StrEnum):
    """What was done."""

    RECEIVED = "received"
    IDENTIFIED = "identified"  # how
    ASSIGNED = "assigned"  # owner
    EXTENDED = "extended"  # reason, in sealed words
    NOTED = "noted"
    PLANNED = "planned"  # case, kind, system, what
    CARRIED_OUT = "carried out"  # case, kind, system, what, outcome
    TASKED = "tasked"  # task, kind, to: somebody has to be told
    TOLD = "told"  # task; with kind and to it opens one
    REPLIED = "replied"  # task
    WAIVED = "waived"  # task or case
    DECIDED = "decided"  # decision
    STATED = "stated"  # the person's statement of disagreement, in sealed words
    ANSWERED = "answered"
    REFUSED = "refused"  # ground
    WITHDRAWN = "withdrawn"
    MAILED = "mailed"  # a notice that the person can read where it stands, without what is held

    @property
    def is_final(self) -> bool:
        """Whether it ends the request."""
        return self in {Act.ANSWERED, Act.REFUSED, Act.WITHDRAWN}


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        act: what was done.
        at: aware time at which it was; of a letter, the day on which it came.
        by: of the staff, by name; or `PERSON`.
        terms: closed words by name, such as a task, a case or a ground. Never anything of the person: free words are
            sealed beside the event.

    Raises:
        CarrelError: RGT-002, a time without a zone; RGT-015, a term that could be somebody's.
    """

    act: Act
    at: datetime
    by: str
    terms: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise fault(
                faults.NO_ZONE,
                at=self.act,
                wanted="an aware time",
                found="one without a zone",
                fix="give the time with its offset, such as 2026-11-27T09:00:00+01:00",
            )
        object.__setattr__(self, "terms", MappingProxyType(dict(self.terms)))  # a copy, so that it stays as checked
        for name, value in self.terms.items():
            if not _NAME.fullmatch(name) or not self._rule(name).fullmatch(value):
                raise fault(
                    faults.TERM,
                    at=f"{self.act}: {name if _NAME.fullmatch(name) else 'a name'}",
                    wanted="at most 200 signs, without addresses and without five digits on end",
                    found="something else",
                    because="the record of a request outlives what was sealed in it, and tells nobody's number",
                    fix="say it in the words beside the event, which are sealed",
                )

    def _rule(self, name: str) -> re.Pattern[str]:
        """Digits are looked for in what somebody typed. Systems, purposes and fields are declared, and so are the
        recipients of tasks that Carrel itself opens.
        """
        declared = name in {"system", "what", "looked"} or (name == "to" and self.by == CARREL)
        return _DECLARED if declared else _TERM

    def term(self, name: str) -> str:
        """A term; empty where there is none."""
        return self.terms.get(name, "")


def commitment(request: str, event: Event, sealed: bytes, salt: bytes) -> str:
    """What the ledger is told of an event: SHA-256 over a salt and all of it; without the salt it tells nothing."""
    whole = [
        request, event.act, event.at.astimezone(UTC).isoformat(), event.by, sorted(event.terms.items()),
        hashlib.sha256(sealed).hexdigest(),
    ]  # fmt: skip
    return hashlib.sha256(salt + json.dumps(whole, ensure_ascii=True).encode()).hexdigest()
