"""The grammar of legal process: who may have records, on which paper, by which steps, and what is said at the desk."""

from __future__ import annotations

import enum
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from carrel.inventory.category import Category
from carrel.policy.block import Block, Figures
from carrel.policy.record_type import RecordType
from carrel.policy.words import WORD_FAULT, Clauses, Name, Number, Period, Text, YesNo

_WORKING = re.compile(r"[1-9][0-9]? working days?")


class Instrument(enum.StrEnum):
    """With what somebody comes who wants records of others."""

    INFORMAL_ASK = "informal ask"
    PUBLIC_RECORDS = "public-records request"
    SUBPOENA = "subpoena"
    COURT_ORDER = "court order"
    SEARCH_WARRANT = "search warrant"
    NATIONAL_SECURITY = "national-security order"
    EMERGENCY = "emergency"
    DIRECTORY = "directory information"
    FOREIGN_NATIONAL = "foreign national"
    EMPLOYER = "employer"
    PARENT = "parent"
    RESEARCHER = "researcher"
    COOPERATION = "interlibrary cooperation"
    THEFT = "theft prosecution"
    PERMISSION = "permission"
    PERMANENT_RECORDS = "permanent records"  # that the staff want to see (MITL-3.6)


class Office(enum.StrEnum):
    """In which office somebody takes a step; the site file says who holds one, under ``may:``."""

    ANYONE = "anyone"  # of the people of the site file: whoever was served
    CUSTODIAN = "custodian"
    COUNSEL = "counsel"
    AUTHORISED_OFFICER = "authorised officer"
    SENIOR_OFFICER = "senior officer"
    UNIT_HEAD = "unit head"
    PROVOST = "provost"
    ARCHIVIST = "archivist"


class Does(enum.StrEnum):
    """What a step is, so that its order and its end can be judged."""

    PRESERVE = "preserve"  # a legal hold keeps what is asked for
    FORM = "review of form"
    CAUSE = "review of cause"
    TELL_PATRON = "tell the patron"
    TELL_BOARD = "tell the board"
    CITE = "cite"  # the law that is cited is written down
    FIND = "find"  # a condition that must be met, found and written down
    AUTHORISE = "authorise"
    REVIEW = "review afterwards"


class Outcome(enum.StrEnum):
    """How a case may end."""

    RELEASED = "released"
    NOTHING = "nothing responsive"
    REFUSED = "refused"


class SilenceBasis(enum.StrEnum):
    """What may keep the library from telling the person."""

    ORDER = "order"
    STATUTE = "statute"
    JUDGEMENT = "judgement"  # of a senior officer, where silence is asked for and not ordered (MITP-11.2.7)


def _within(value: Any) -> str:
    if isinstance(value, str) and _WORKING.fullmatch(value):
        return value
    raise PydanticCustomError(WORD_FAULT, "write a number of working days, such as '3 working days'")


Within = Annotated[
    str,
    BeforeValidator(_within),
    WithJsonSchema({"type": "string", "pattern": f"^{_WORKING.pattern}$", "examples": ["3 working days"]}),
]


class OfficeRule(Block):
    """An office, and whether its holder may name alternates for when she is absent (MPL-2)."""

    says: Text
    alternates: YesNo = False
    clauses: Clauses = ()


class Statute(Block):
    """A law that is cited. It silences nobody and exempts nothing until counsel has confirmed it."""

    says: Text
    cite: Text
    confirmed_by: Text | None = Field(default=None, description="Counsel who confirmed that it is in force, and when.")
    clauses: Clauses = ()


class StepRule(Block):
    """One step, in one sentence."""

    says: Text
    does: Does
    by: tuple[Office, ...] = Field(min_length=1, description="Offices, any of which may take it.")
    at_once: YesNo = Field(default=False, description="It may be taken before the steps that stand above it.")
    clauses: Clauses = ()


class InstrumentRule(Figures):
    """What is done when somebody comes with one kind of paper, or with none."""

    as_: Instrument | None = Field(default=None, description="It is handled as this other one, and says nothing else.")
    says: Text | None = None
    compels: YesNo = Field(default=False, description="Whether the paper can oblige the library.")
    script: tuple[Text, ...] = Field(default=(), description="What is said at the desk, sentence by sentence.")
    papers: tuple[Text, ...] = Field(default=(), description="What has to be on file before anything is released.")
    steps: tuple[Name, ...] = Field(default=(), description="Steps before an end, in order.")
    afterwards: tuple[Name, ...] = Field(default=(), description="Steps that are owed after a release.")
    outcomes: tuple[Outcome, ...] = Field(default=(Outcome.REFUSED,), min_length=1)
    within: Within | None = Field(default=None, description="By when it is answered.")
    wait: Period | None = Field(default=None, description="How long after the patron was told nothing is released.")
    signed_by: tuple[Office, ...] = Field(default=(), description="Who signs, where it is not who signs the others.")
    release_first: YesNo = Field(default=False, description="Whether it is released at once, and reviewed after.")
    cites: tuple[Name, ...] = Field(default=(), description="Statutes that the answer cites.")
    clauses: Clauses = ()


class ExemptionRule(Block):
    """On which finding nobody waits for a student, though records of education are given out."""

    says: Text
    by: tuple[Office, ...] = Field(min_length=1, description="Offices, any of which may find it.")
    only: tuple[Category, ...] = Field(
        default=(), description="Where nothing but these is given out; left out, whatever is."
    )
    clauses: Clauses = ()


class EducationRule(Figures):
    """A student's education records: told before they are given out, in time to object (FERPA)."""

    says: Text
    kinds: tuple[RecordType, ...] = Field(min_length=1, description="Kinds of record that are such, of a student.")
    instruments: tuple[Instrument, ...] = Field(
        min_length=1, description="With which papers the student is told before."
    )
    wait: Period | None = Field(default=None, description="How long after that none of these records is given out.")
    silenced_by: tuple[SilenceBasis, ...] = Field(default=(), description="What may suspend telling the student.")
    exemptions: dict[Name, ExemptionRule] = Field(default_factory=dict)
    clauses: Clauses = ()


class LegalProcess(Figures):
    """Who may have records of patrons, and how that is decided."""

    offices: dict[Office, OfficeRule] = Field(min_length=1)
    signed_by: tuple[Office, ...] = Field(min_length=1, description="Offices, one of which signs every release.")
    handed_over_by: tuple[Office, ...] = Field(
        default=(Office.ANYONE,), min_length=1, description="Who hands over what was signed: never the one who signed."
    )
    silenced_by: tuple[SilenceBasis, ...] = Field(default=(), description="What may suspend telling the patron.")
    statutes: dict[Name, Statute] = Field(default_factory=dict)
    steps: dict[Name, StepRule] = Field(min_length=1)
    instruments: dict[Instrument, InstrumentRule] = Field(min_length=1)
    education_records: EducationRule | None = None
    keep_cases: Period | None = Field(
        default=None, description="How long a case is kept once it is over; for good where left out."
    )
    band: Number = Field(default=10, description="Cases are published in bands this wide; sealed ones not at all.")
