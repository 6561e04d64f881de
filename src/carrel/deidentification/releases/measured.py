"""The class of a release by its own figures: low only where what was measured keeps within the threshold (MITL-6.5).

Each kind of release has a figure of its own, measured by the command that made it: the smallest group of people, the
width of hidden figures, epsilon, the bound of a sample that was read. Whatever was not measured raises the class.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from carrel.deidentification.risk.reidentification import THRESHOLD
from carrel.deidentification.text.residual_risk import ResidualRisk
from carrel.inventory.risk import RiskClass

FEWEST = 10  # people that a figure which is told is of, at least
MOST_EPSILON = Decimal(1)

Figure = int | float | str


class Kind(enum.StrEnum):
    """What kind of release it is, by the command that makes it."""

    CUBE = "cube"
    NOISE = "noise"
    RETURN = "return"
    RECORDS = "records"
    TEXT = "text"
    TERMS = "terms"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a release, and what follows.

    Attributes:
        kind: of it.
        risk: the class; None where nothing was measured.
        reasons: why it is no lower, one clause each; empty where it is low.
        threshold: what the figures have to keep within, in words.
        figures: by name; counts, chances and words, and no value of a record.
        columns: of records that leave, by which they can be joined with others.
        not_known: those of the reasons that only say what a file does not tell; not kept on record.
    """

    kind: Kind
    risk: RiskClass | None
    reasons: tuple[str, ...]
    threshold: str
    figures: Mapping[str, Figure] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    not_known: tuple[str, ...] = field(default=(), compare=False)


def classed(
    kind: Kind, reasons: Sequence[str], threshold: str, figures: Mapping[str, Figure], columns: tuple[str, ...] = ()
) -> Measured:
    """Low where nothing stands against it, else medium."""
    risk = RiskClass.MEDIUM if reasons else RiskClass.LOW
    return Measured(kind, risk, tuple(reasons), threshold, dict(figures), columns)


def of_noise(epsilon: Decimal, delta: Decimal, cap: int, spent: Decimal | None, *, told: bool = False) -> Measured:
    """Counts with noise, by what was promised of the same people in all.

    At epsilon 1 somebody who holds it for even chances whether a person is among the records is right in 73 of 100
    cases at most; at 4 in 98. What was told before counts, because promises add up.

    Args:
        epsilon: of this release.
        delta: of this release.
        cap: records of a person that count at most.
        spent: epsilon of all releases from its account, this one too; None where that is not known.
        told: whether that is as the file says, and no account that the site knows has it.

    Source:
        NIST SP 800-226 (unit of privacy; a smaller epsilon is the stronger promise); the bound is
        e^epsilon / (1 + e^epsilon).
    """
    figures: dict[str, Figure] = {"epsilon": _plain(epsilon), "delta": _plain(delta), "records of a person": cap}
    if spent is None:
        reasons = ["what was spent on the same people before is not known"]
    else:
        figures["epsilon in all"] = _plain(spent)
        reasons = [f"epsilon {_plain(spent)} was spent on the same people in all"] if spent > MOST_EPSILON else []
    unknown = (
        ("epsilon in all is as the file says: the site knows no account of which so much was spent",) if told else ()
    )
    return replace(
        classed(Kind.NOISE, [*reasons, *unknown], f"epsilon {MOST_EPSILON:f} in all", figures), not_known=unknown
    )


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def of_return(figures: Sequence[int], few: int, *, over: bool = True) -> Measured:
    """A return: totals of a whole library, of which small ones are told as few.

    Args:
        figures: those that are told.
        few: how many are told as few.
        over: whether its year was over when it was counted.
    """
    small = sum(0 < one < FEWEST for one in figures)
    told: dict[str, Figure] = {"figures": len(figures), "told as few": few, f"from 1 to {FEWEST - 1}": small}
    reasons = [f"{small} figures are of fewer than {FEWEST}"] if small else []
    if not over:
        reasons.append("its year was not over: beside a later count it tells what came in between")
    return classed(Kind.RETURN, reasons, f"no figure from 1 to {FEWEST - 1}", told)


def of_records(
    k: int, smallest: int, columns: tuple[str, ...], *, by_person: bool, kept: Sequence[str], tokens: Sequence[str]
) -> Measured:
    """Records made coarser, as they were counted back.

    Args:
        k: that was asked for.
        smallest: people, or records, of the smallest group that was counted in the file.
        columns: that leave.
        by_person: whether people were counted.
        kept: columns that stay as they are and were not looked at.
        tokens: columns that are replaced by tokens.

    Source:
        threshold of `carrel.deidentification.risk.reidentification`.
    """
    chance = 1 / max(smallest, 1)
    what = "people" if by_person else "records"
    reasons = []
    if chance > THRESHOLD:
        reasons.append(f"the smallest group is of {smallest} {what}: a chance of {chance:.3f}, above {THRESHOLD:g}")
    if not by_person:
        reasons.append("records were counted, and several can be one person's")
    if kept:
        reasons.append(f"nobody looked at {', '.join(kept)}")
    if tokens:
        reasons.append(f"{', '.join(tokens)} tells which records are of one person")
    figures: dict[str, Figure] = {"k": k, "smallest group": smallest, "counted by": what}
    return classed(Kind.RECORDS, reasons, f"a chance of {THRESHOLD:g} to find somebody", figures, columns)


def of_text(risk: ResidualRisk) -> Measured:
    """A text, by the records of it that people have read."""
    figures: dict[str, Figure] = {"read": risk.read, "of these leaking": risk.leaking, "bound": round(risk.bound, 6)}
    reasons = []
    if not risk.read:
        reasons.append("nobody has read a sample of it")
    elif not risk.is_low:
        reasons.append(f"as many as {risk.bound:.2%} of its records may tell who somebody is")
    return classed(Kind.TEXT, reasons, f"{risk.threshold:.2%} of records at most, with 95 % confidence", figures)


def of_terms_file(fewest: int, terms: int) -> Measured:
    """The same of a file alone, which tells neither a roster nor who searched.

    Args:
        fewest: people of the rarest term in it.
        terms: in it.
    """
    few = [f"{fewest} people are enough for a term, fewer than {FEWEST}"] if fewest < FEWEST else []
    unknown = "whether a roster was named and it was held against the searches is not known from the file"
    figures: dict[str, Figure] = {"people of a term at least": fewest, "terms": terms}
    found = classed(Kind.TERMS, [*few, unknown], f"{FEWEST} people for each term", figures)
    return replace(found, not_known=(unknown,))


def of_terms(fewest: int, terms: int, *, roster: bool, by_session: bool, counted_again: bool) -> Measured:
    """Search terms, by how many people searched for the rarest.

    Args:
        fewest: people that each term needs.
        terms: that are released.
        roster: whether names of the library's patrons were looked for.
        by_session: whether sessions were counted, for want of people.
        counted_again: whether the file was held against the searches.

    Source:
        MITL-4.7.
    """
    reasons = [f"{fewest} people are enough for a term, fewer than {FEWEST}"] if fewest < FEWEST else []
    if not roster:
        reasons.append("no roster was named, so names in small letters may stand there")
    if by_session:
        reasons.append("sessions were counted, and ten of them can be one person's")
    if not counted_again:
        reasons.append("it was not held against the searches")
    figures: dict[str, Figure] = {"people of a term at least": fewest, "terms": terms}
    return classed(Kind.TERMS, reasons, f"{FEWEST} people for each term", figures)


def unmeasured(kind: Kind) -> Measured:
    """A release of which Carrel measured nothing."""
    return Measured(kind, None, ("nothing of it was measured",), "none", {})
