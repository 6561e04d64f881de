"""What the policies in force ask for before anything is given to whoever comes with one kind of paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from carrel.disclosure.education import Education
from carrel.policy.process_grammar import Does, Instrument, Office, Outcome
from carrel.policy.process_grammar import SilenceBasis as Basis

__all__ = ["Basis", "Cited", "Does", "Instrument", "Office", "Outcome", "Process", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case.

    Attributes:
        id: by which it is recorded.
        says: what is done, in one sentence.
        does: what it is.
        by: offices, any of which may take it.
        at_once: whether it may be taken before the steps above it.
        clauses: of the policies that ask for it.
    """

    id: str
    says: str
    does: Does
    by: frozenset[Office]
    at_once: bool = False
    clauses: tuple[str, ...] = ()

    @property
    def is_review(self) -> bool:
        """Whether counsel looks at the paper with it."""
        return self.does in {Does.FORM, Does.CAUSE}


@dataclass(frozen=True, slots=True)
class Cited:
    """A law that an answer cites, or that silences; `confirmed_by` is empty until counsel confirmed it."""

    name: str
    cite: str
    says: str
    confirmed_by: str = ""


@dataclass(frozen=True)
class Process:
    """How one kind of paper is handled by all policies in force together.

    Attributes:
        instrument: the kind.
        says: in words.
        compels: whether it can oblige the library.
        script: what is said at the desk.
        papers: that have to be on file before a release.
        steps: that are taken before an end, in this order, but for those that may be taken at once.
        afterwards: that are owed after a release.
        outcomes: that are open; withdrawing always is.
        working_days: within which it is answered; 0 for no clock.
        wait: after the patron was told, for which nothing is released.
        release_first: whether it is released at once and reviewed after.
        signed_by: offices, one of which signs a release; with `second_signature`, others, one of which signs too.
        handed_over_by: offices that hand over what was signed; never the one who signed.
        silenced_by: what may suspend telling the patron.
        alternates: offices whose holder may name alternates.
        statutes: that are cited, by name.
        cites: names of those that a refusal cites.
        education: what is asked for before a student's education records are given out; None where nothing is.
        clauses: of the policies.
        precedence: where policies differ, which one decides, in words.
    """

    instrument: Instrument
    says: str
    compels: bool = False
    script: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    afterwards: tuple[Step, ...] = ()
    outcomes: frozenset[Outcome] = frozenset({Outcome.REFUSED})
    working_days: int = 0
    wait: timedelta = timedelta()
    release_first: bool = False
    signed_by: frozenset[Office] = frozenset()
    handed_over_by: frozenset[Office] = frozenset({Office.ANYONE})
    silenced_by: frozenset[Basis] = frozenset()
    alternates: frozenset[Office] = frozenset()
    statutes: Mapping[str, Cited] = field(default_factory=dict)
    cites: tuple[str, ...] = ()
    education: Education | None = None
    clauses: tuple[str, ...] = ()
    precedence: tuple[str, ...] = ()

    def step(self, name: str) -> Step | None:
        """A step by its id, before or after."""
        return next((one for one in (*self.steps, *self.afterwards) if one.id == name), None)

    @property
    def offices(self) -> frozenset[Office]:
        """Every office that takes part."""
        named = [one.by for one in (*self.steps, *self.afterwards)]
        return frozenset().union(*named, self.signed_by) - {Office.ANYONE}
