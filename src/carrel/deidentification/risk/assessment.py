"""A measurement, and the class that follows: high, medium, or low where nobody can be found again (MITL-6.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from carrel.amount import amount
from carrel.deidentification.risk.attack import Linkage, Trace
from carrel.deidentification.risk.equivalence import ClassSizes
from carrel.deidentification.risk.reidentification import Prospect, journalist, marketer, prosecutor
from carrel.deidentification.risk.sensitive import Diversity
from carrel.deidentification.risk.singling_out import Singling
from carrel.inventory.risk import RiskClass


@dataclass(frozen=True)
class Measurement:
    """What was measured of some records. Counts and names of columns only.

    Attributes:
        name: of what was measured.
        records, persons: how many; without a column of persons each record counts as another one's.
        by_person: whether there was such a column.
        columns: those that an outsider could know.
        sizes: people per class of these columns.
        direct: columns that hold what names a person by itself, and how that shows, in counts.
        singled: every set of columns that was looked at.
        sensitive: by column.
        linkages: the joins that were run.
        traces: where there is a pseudonym.
        not_looked_at: columns that are there and were not named, so that they are taken for not leaving.
        known: facts that an outsider was given.
        threshold: the chance from which on a record is at risk.
    """

    name: str
    records: int
    persons: int
    by_person: bool
    columns: tuple[str, ...]
    sizes: ClassSizes
    direct: Mapping[str, str]
    singled: tuple[Singling, ...]
    known: int
    threshold: float
    sensitive: Mapping[str, Diversity] = field(default_factory=dict)
    linkages: tuple[Linkage, ...] = ()
    traces: tuple[Trace, ...] = ()
    not_looked_at: tuple[str, ...] = ()

    @property
    def prosecutor(self) -> Prospect:
        """Of the table itself."""
        return prosecutor(self.sizes, self.threshold)

    def journalist(self, linkage: Linkage) -> Prospect:
        """Of the population that a list is."""
        return journalist(linkage.populations, self.threshold)

    def marketer(self, linkage: Linkage) -> float:
        """Of the same."""
        return marketer(linkage.populations)


@dataclass(frozen=True, slots=True)
class Assessment:
    """A class, and why it is no lower.

    Attributes:
        risk: the class.
        reasons: one sentence each; empty where it is low.
    """

    risk: RiskClass
    reasons: tuple[str, ...]


def assess(measured: Measurement) -> Assessment:
    """Which class these records have.

    High: they name people, or a join that was run named more of them than the threshold allows. Medium: somebody
    could be found, by any of the tests. Low: by none of them, and there was something to measure.

    Guarantees:
        Records that more can be done with are never in a lower class: each finding raises it or leaves it.

    Source:
        MITL-6.5, MITL-3.4; WP216: singling out, linkability, inference; threshold of `reidentification`.
    """
    high = [f"the column {name} names people: {why}" for name, why in measured.direct.items()]
    medium: list[str] = []
    for one in measured.linkages:
        if one.found and one.share > measured.threshold:
            high.append(_joined(one))
        elif one.found:
            medium.append(_joined(one))
    medium += [*_found_again(measured), *_singled(measured), *_traced(measured), *_inferred(measured)]
    if not measured.records:
        medium.append("there are no records, so nothing was measured")
    if high:
        return Assessment(RiskClass.HIGH, (*high, *medium))
    return Assessment(RiskClass.MEDIUM if medium else RiskClass.LOW, tuple(medium))


def _joined(one: Linkage) -> str:
    what = "gave the right name to" if one.right is not None else "left one single person for"
    return f"joined with {one.name}, it {what} {one.found:,} of {amount(one.records, 'record')}"


def _found_again(measured: Measurement) -> list[str]:
    told = measured.prosecutor
    if not told.at_risk:
        return []
    return [
        f"{told.at_risk:,} of {amount(told.records, 'record')} stand in groups of too few people: the smallest is of "
        + amount(measured.sizes.k, "person", "people")
    ]


def _singled(measured: Measurement) -> list[str]:
    most = max(measured.singled, key=lambda one: (one.alone, -len(one.columns)), default=None)
    if most is None or not most.alone:
        return []
    facts = " and ".join(most.columns)
    return [f"whoever knows {facts} singles out {most.alone:,} of {amount(most.records, 'record')}"]


def _traced(measured: Measurement) -> list[str]:
    most = max(measured.traces, key=lambda one: one.share, default=None)
    if most is None or not most.found:
        return []
    return [
        f"{amount(most.known, 'known record')} of a person led to all the others for {most.found:,} of "
        + amount(most.tried, "person tried", "people tried")
    ]


def _inferred(measured: Measurement) -> list[str]:
    return [
        f"the {name} of {max(one.certain, one.guessed):,} of {amount(one.records, 'record')} can be told "
        "from the group that they stand in"
        for name, one in measured.sensitive.items()
        if one.certain or one.guessed
    ]
