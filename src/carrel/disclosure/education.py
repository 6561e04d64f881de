"""A student's education records: which of what is given out are such, and on which findings nobody waits for her."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from carrel.disclosure.finding import Finding, Given
from carrel.inventory.category import Category
from carrel.policy.process_grammar import EducationRule, Office
from carrel.policy.process_grammar import SilenceBasis as Basis
from carrel.policy.record_type import RecordType


@dataclass(frozen=True, slots=True)
class Exemption:
    """A finding by which records are given out without waiting for the student.

    Attributes:
        name, says: of it.
        by: offices, any of which may find it.
        only: where nothing but these categories is given out; empty, whatever is.
        clauses: of the policies.
    """

    name: str
    says: str
    by: frozenset[Office]
    only: frozenset[Category] = frozenset()
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Education:
    """What the policies in force ask for before a student's education records are given out on one kind of paper.

    Attributes:
        says: in words.
        kinds: kinds of record that are such, of a student. Whoever was not found to be none counts as one.
        wait: after the student was told.
        silenced_by: what may suspend telling her; where something else silences, these records wait.
        exemptions: by name.
        clauses: of the policies.

    Source:
        MITP-11.3; 34 CFR 99.31(a)(9), 99.36, 99.37.
    """

    says: str
    kinds: frozenset[RecordType]
    wait: timedelta
    silenced_by: frozenset[Basis]
    exemptions: Mapping[str, Exemption]
    clauses: tuple[str, ...] = ()

    def waits(self, given: Iterable[Given], found: Collection[Finding]) -> bool:
        """Whether something of this is an education record for which the student is told first.

        Args:
            given: what is given out, table by table and person by person.
            found: in the case.

        Guarantees:
            Records of several people wait while a finding is missing about one of them; those of somebody whom the
            case cannot tell from others wait for a finding about everybody.
        """
        return any(
            one.kind in self.kinds
            and not all(self._lets(one, subject, found) for subject in one.subjects or frozenset({""}))
            for one in given
        )

    def _lets(self, given: Given, subject: str, found: Collection[Finding]) -> bool:
        fits = [self.exemptions[one.exemption].only for one in found
                if one.exemption in self.exemptions and one.fits(subject, given.kind)]  # fmt: skip
        return any(not only or set(given.columns) <= only for only in fits)

    def without_system(self, found: Collection[Finding]) -> bool:
        """As `waits`, of what lies in no system: nobody can tell its kinds, nor whose it is, so all of it counts."""
        return not any(
            one.is_of_the_case and one.exemption in self.exemptions and not self.exemptions[one.exemption].only
            for one in found
        )


def education_of(rule: EducationRule) -> Education:
    """What one policy says."""
    return Education(
        rule.says,
        frozenset(rule.kinds),
        timedelta(days=rule.wait.days_at_most) if rule.wait else timedelta(),
        frozenset(rule.silenced_by),
        {
            name: Exemption(name, one.says, frozenset(one.by), frozenset(one.only), one.clauses)
            for name, one in rule.exemptions.items()
        },
        rule.clauses,
    )


def stricter(one: Education | None, two: Education | None) -> Education | None:
    """What two policies ask for together: every kind of either, the longest wait, and what both let pass.

    Of an exemption that both know, the narrower one.
    """
    if one is None or two is None:
        return one or two
    shared = {name: _narrower(mine, two.exemptions[name]) for name, mine in one.exemptions.items()
              if name in two.exemptions}  # fmt: skip
    return Education(
        one.says, one.kinds | two.kinds, max(one.wait, two.wait), one.silenced_by & two.silenced_by,
        {name: found for name, found in shared.items() if found is not None},
        tuple(dict.fromkeys((*one.clauses, *two.clauses))),
    )  # fmt: skip


def _narrower(one: Exemption, two: Exemption) -> Exemption | None:
    only = one.only & two.only if one.only and two.only else one.only or two.only
    by = one.by & two.by
    if not by or (one.only and two.only and not only):
        return None
    return Exemption(one.name, one.says, by, only, tuple(dict.fromkeys((*one.clauses, *two.clauses))))
