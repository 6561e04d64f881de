"""The people of a site, their offices, and what each may do in Carrel; what they declare of the product's jobs."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated, Any

from pydantic import Field, model_validator

from carrel.inventory.consumer import Declaration, NotUsed, Waiver
from carrel.inventory.timetable import Part

NIGHT = "carrel run-due"  # who plans a night that runs by itself; no person may bear this name


Account = Annotated[
    str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$")
]


class Role(enum.StrEnum):
    """The offices of people in the site file."""

    DIRECTOR = "director"
    PRIVACY_OFFICER = "privacy officer"
    SYSTEMS_LIBRARIAN = "systems librarian"
    CUSTODIAN = "custodian of records"
    COUNSEL = "counsel"
    STAFF = "staff"
    AUDITOR = "auditor"
    BOARD = "board"


class May(enum.StrEnum):
    """What a person may do in Carrel."""

    PLAN = "plan"
    APPROVE = "approve"
    RUN = "run"
    HOLD = "hold"
    STOP = "stop"
    AUDIT = "audit"
    CONSENT = "consent"
    EXPORT = "export"
    REQUESTS = "requests"
    STAFF = "staff"
    # Offices of legal process: which step each takes is the policy's to say.
    CUSTODIAN = "custodian"
    COUNSEL = "counsel"
    AUTHORISED_OFFICER = "authorised officer"
    SENIOR_OFFICER = "senior officer"
    UNIT_HEAD = "unit head"
    PROVOST = "provost"
    ARCHIVIST = "archivist"


class Person(Part):
    """A person who may do something in Carrel; who approves signs with a key of their own.

    Attributes:
        phone: by which the desk reaches this person at once; it stands on a page that needs no account.
        accounts: of the host, at which alone commands are believed that are given under this name; none, any account.
    """

    name: str = Field(min_length=1, max_length=80)
    role: Role
    public_key: str | None = None
    phone: str | None = Field(default=None, pattern=r"[0-9+(][0-9 ()./+x-]{1,29}")
    may: tuple[May, ...] = ()
    accounts: tuple[Account, ...] = ()

    @model_validator(mode="after")
    def _key(self) -> Person:
        if May.APPROVE in self.may and not self.public_key:
            raise ValueError("who may approve needs a 'public_key': carrel key new makes one")
        return self


class WaivedUse(Part):
    """Who answers for running a job that would do harm, why, and until when."""

    by: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    until: date


class ConsumerUse(Part):
    """What the site says of a consumer: ``not used``, or ``waived:`` with a person, a reason and an end."""

    not_used: bool = False
    waived: WaivedUse | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, str):
            if value != "not used":
                raise ValueError("write 'not used', or 'waived:' with 'by', 'reason' and 'until'")
            return {"not_used": True}
        return value

    @model_validator(mode="after")
    def _one(self) -> ConsumerUse:
        if self.not_used == (self.waived is not None):
            raise ValueError("write 'not used', or 'waived:' with 'by', 'reason' and 'until'")
        return self

    @property
    def declaration(self) -> Declaration:
        """As `carrel.inventory.consumer.effects` takes it."""
        if self.waived is None:
            return NotUsed()
        return Waiver(self.waived.by, self.waived.reason, self.waived.until)
