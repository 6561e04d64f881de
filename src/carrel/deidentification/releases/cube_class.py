"""The class of a cube, by what the attack left of it and by the figures that its file tells."""

from __future__ import annotations

from dataclasses import dataclass, replace

from carrel.deidentification.releases.measured import FEWEST, Figure, Kind, Measured, classed
from carrel.deidentification.statistics.small_cells import CountedBy
from carrel.inventory.risk import RiskClass

NOT_COMPARED = "it was not compared with earlier releases"


@dataclass(frozen=True, slots=True)
class CubeFigures:
    """What is known of a cube; settings of its rule and what was measured apart.

    Attributes:
        persons: setting: below so many a cell is hidden.
        width: setting: how wide the interval of each hidden figure is at least.
        counted_by: what those many are; None where the file does not tell.
        hidden: figures that are.
        narrow: figures that are known more closely.
        base: to which every count is rounded; 0 where none is.
        smallest: the smallest count above zero that is told, as measured; None where none is told.
        small: counts that are told although the rule hides them.
        interval: the narrowest interval that the attack showed of a hidden count, as measured; None where nothing is
            hidden.
        differences: small figures that an earlier release beside it tells; None where it was compared with none.
    """

    persons: int
    width: int
    counted_by: CountedBy | None
    hidden: int
    narrow: int
    base: int = 0
    differences: int | None = None
    smallest: int | None = None
    small: int = 0
    interval: int | None = None


def of_cube(one: CubeFigures, *, again: bool = False) -> Measured:
    """A cube, as the attack on its own figures left it.

    Args:
        one: what is known of it.
        again: whether it was measured again from its file, which does not tell what came before it.

    Source:
        MITL-4.6; NCES 2011-603 (ten is the most frequent least number).
    """
    way = "not told by the file" if one.counted_by is None else one.counted_by.value
    differences: Figure = "not compared" if one.differences is None else one.differences
    figures: dict[str, Figure] = {
        "counted by": way, "known too closely": one.narrow, "small differences": differences,
    }  # fmt: skip
    reasons = []
    if one.counted_by is CountedBy.RECORDS:
        reasons.append("records were counted, and several can be one person's")
    elif one.counted_by is None:
        reasons.append("whether persons or records were counted is not known from the file")
    if one.base:
        figures |= {"rounded to": one.base}
        reasons += [f"counts are rounded to {one.base}, less than {FEWEST}"] if one.base < FEWEST else []
    else:
        figures |= {
            "hidden figures": one.hidden, "setting: least number": one.persons, "setting: width": one.width,
        }  # fmt: skip
        figures |= {"smallest told": one.smallest} if one.smallest is not None else {}
        figures |= {"narrowest interval": one.interval} if one.hidden and one.interval is not None else {}
        what = "persons" if one.counted_by is None else one.counted_by.value
        reasons += [f"cells of {one.persons} {what} are told"] if one.persons < FEWEST else []
        reasons += [f"hidden figures are known to within {one.width}"] if one.hidden and one.width < FEWEST else []
    if one.small:
        reasons.append(f"{one.small} figures below {one.persons} are told, which its rule hides")
    elif not one.base and one.smallest is not None and one.smallest < FEWEST <= one.persons:
        reasons.append(f"a figure of {one.smallest} is told")
    reasons += [f"{one.narrow} figures are known too closely"] if one.narrow else []
    if one.differences:
        reasons.append(f"an earlier release beside it tells {one.differences} small figures")
    unknown = (NOT_COMPARED,) if again and one.differences is None else ()
    threshold = f"no figure of fewer than {FEWEST} persons, by any sum or difference"
    return replace(classed(Kind.CUBE, [*reasons, *unknown], threshold, figures), not_known=unknown)


def with_bare(found: Measured, dimensions: tuple[str, ...]) -> Measured:
    """The same where no earlier release of its name has some of the dimensions: they were compared with nothing."""
    if not dimensions:
        return found
    why = f"no earlier release has {', '.join(dimensions)}: compared with nothing"
    return replace(found, risk=RiskClass.MEDIUM, reasons=(*found.reasons, why))
