"""Where a case can stand: its state, which steps were taken and which are open, who is told, and what is owed."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from carrel.disclosure.event import Ruling
from carrel.disclosure.finding import Finding
from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.process import Does, Office, Process, Step
from carrel.disclosure.silence import Silence


class State(enum.StrEnum):
    """The states of a case."""

    RECEIVED = "received"
    WITH_COUNSEL = "with counsel"
    DEFECTIVE = "defective"
    CHALLENGED = "challenged"
    CLEARED = "cleared"  # counsel is done; other steps are open
    READY = "ready"  # to be signed
    SIGNED = "signed"  # to be handed over by somebody else
    RELEASED = "released"
    NOTHING = "nothing responsive"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVIEWED = "reviewed afterwards"

    @property
    def is_final(self) -> bool:
        """Whether the case is over, but for what it still owes."""
        return self in _FINAL


_FINAL = frozenset({State.RELEASED, State.NOTHING, State.REFUSED, State.WITHDRAWN, State.REVIEWED})


class Notice(enum.StrEnum):
    """Whether the person was told."""

    NONE = "not asked for"
    DUE = "due"
    SUSPENDED = "suspended"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was taken: by whom, when, and what was written down with it."""

    by: str
    at: datetime
    terms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect of the paper; open while nobody cured it."""

    id: str
    what: str
    cured: bool = False


@dataclass(frozen=True)
class Standing:
    """Where one case stands at a moment.

    Attributes:
        process: by which it is led; with counsel's look at a list of readers, where one is asked for.
        state: of it.
        received_at, opened_by, served_on: how it came.
        done: steps that were taken, by id.
        open: steps that may be taken now.
        missing: steps without which nothing is released; a suspended one is not among them.
        papers_missing: papers that are not on file.
        defects: of the paper.
        challenge: empty, ``open``, or what the court said of it.
        silence: the last that was recorded.
        silent: whether it is in force: the case is sealed.
        notice: whether the person was told.
        may_release_from: aware time before which nothing is released after the person was told.
        named: who was named to the case, or did something in it.
        package: what kind of answer was made ready since the case was last thrown back; None where none was.
        told_at: aware time at which the person was told; None where she was not.
        person_until, student_until: aware times until which she may object; None where she was not told, or no student
            has such a time.
        education: whether a student's education records are in what was made ready.
        findings: by which such records do not wait for the student.
        manifest: SHA-256 of the package's signed manifest, in hex; empty where there is no package.
        signed_by: who signed the release.
        released_by: who handed it over.
        ended_at, ground: of the end.
        due, due_ends: by when it is answered.
        overdue: whether it is not answered by then.
        owed: steps that are owed though the case is over.
        for_readers: whether it asks for the readers of a title; `order_names_title`, whether the order itself does.
    """

    process: Process
    state: State
    received_at: datetime
    opened_by: str
    served_on: str = ""
    done: Mapping[str, Done] = field(default_factory=dict)
    open: tuple[Step, ...] = ()
    missing: tuple[Step, ...] = ()
    papers_missing: tuple[str, ...] = ()
    defects: tuple[Defect, ...] = ()
    challenge: str = ""
    silence: Silence | None = None
    silent: bool = False
    notice: Notice = Notice.NONE
    may_release_from: datetime | None = None
    named: frozenset[str] = frozenset()
    package: PackageKind | None = None
    manifest: str = ""
    told_at: datetime | None = None
    person_until: datetime | None = None
    student_until: datetime | None = None
    education: bool = False
    findings: frozenset[Finding] = frozenset()
    signed_by: str = ""
    released_by: str = ""
    ended_at: datetime | None = None
    ground: str = ""
    due: date | None = None
    due_ends: datetime | None = None
    overdue: bool = False
    owed: tuple[Step, ...] = ()
    for_readers: bool = False
    order_names_title: bool = False

    @property
    def open_defects(self) -> tuple[Defect, ...]:
        """Those that nobody cured."""
        return tuple(one for one in self.defects if not one.cured)

    @property
    def next_defect(self) -> str:
        """The next free number; the first is that of a paper without days."""
        taken = {one.id for one in self.defects} | {"d1"}
        return next(f"d{n}" for n in range(2, len(taken) + 3) if f"d{n}" not in taken)

    @property
    def exemptions(self) -> frozenset[str]:
        """Those that were found of the whole case."""
        return frozenset(one.exemption for one in self.findings if one.is_of_the_case)

    @property
    def contested(self) -> bool:
        """Whether a defect is open, or a challenge, or the court set the paper aside: nothing is released."""
        return bool(self.open_defects) or self.challenge in {"open", Ruling.QUASHED}

    def student_waits(self, at: datetime, *, education: bool | None = None) -> str:
        """Why a student's education records may not be given out yet; empty where they may.

        Args:
            at: aware time.
            education: whether such records are given out; as the package tells where nobody says.

        Source:
            MITP-11.3; 34 CFR 99.31(a)(9)(ii): told in time to object, unless a court or a law forbids it.
        """
        rule = self.process.education
        if rule is None or not (self.education if education is None else education):
            return ""
        if self.told_at is not None:
            still = self.student_until is not None and at < self.student_until
            return "the time that the student has to object" if still else ""
        if self.silent and self.silence is not None and self.silence.basis in rule.silenced_by:
            return ""
        return "telling the student, which only what the policy names for education records suspends"

    def sees(self, person: str, offices: frozenset[Office]) -> bool:
        """Whether somebody may know that the case is there.

        Guarantees:
            A sealed case is seen by whoever was named to it, and by nobody else, whatever the office.

        Source:
            WPL-1.2.
        """
        if person in self.named:
            return True
        return bool(offices & self.seen_by)

    @property
    def seen_by(self) -> frozenset[Office]:
        """The offices that may know of the case beside those who were named; none while it is sealed."""
        return frozenset() if self.silent else self.process.offices | {Office.CUSTODIAN, Office.COUNSEL}

    @property
    def tells(self) -> tuple[Step, ...]:
        """Steps that tell the person."""
        return tuple(one for one in (*self.process.steps, *self.process.afterwards) if one.does is Does.TELL_PATRON)
