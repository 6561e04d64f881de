"""What may stay of a reader in a loan that names nobody: a postal code and a year of birth, made coarser (MITL-7.6)."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from carrel.deidentification.records.calendar_levels import BirthYear
from carrel.deidentification.records.postcode import Postcode

FEWEST: Final = 2
USUAL: Final = 10
FIRST_YEAR, LAST_YEAR = 1850, 2100
_SHORTEST = 3  # signs that a postal code has


class Trait(enum.StrEnum):
    """What describes a reader without pointing at one."""

    POSTAL_CODE = "postal code"
    BIRTH_YEAR = "birth year"


_LEVELS: Final = {Trait.POSTAL_CODE: Postcode().names, Trait.BIRTH_YEAR: BirthYear().names}


def levels(trait: Trait) -> tuple[str, ...]:
    """The levels on which a trait may stay, the finest first: those of the built-in hierarchy."""
    return _LEVELS[trait]


def is_laxer(trait: Trait, level: str, other: str) -> bool:
    """Whether a level tells more than another one of the same trait."""
    return _LEVELS[trait].index(level) < _LEVELS[trait].index(other)


def width(level: str) -> int:
    """Of a postal code how many signs stay, of a year of birth how many years a band has."""
    return int(level.split(maxsplit=1)[0]) if level[0].isdigit() else 1


def fewest_signs(signs: int) -> str:
    """The pattern of what counts as a postal code, blanks and hyphens left out, where so many signs of it stay.

    A code that was cut to fewer signs than any code has counts as well: what was made coarser stays as it is.
    """
    return f"^([0-9A-Z]{{{_SHORTEST},10}}|[0-9A-Z]{{{signs}}})$"


def first_year(years: int) -> int:
    """The first year of the earliest band."""
    return FIRST_YEAR - FIRST_YEAR % years


def coarse_code(code: str, level: str) -> str | None:
    """The first signs of a postal code; None where it is none."""
    signs = re.sub(r"[ -]", "", code.upper())
    if re.fullmatch(fewest_signs(width(level))[1:-1], signs) is None:
        return None
    chain = Postcode().chain(signs)
    return signs if chain is None else chain[_LEVELS[Trait.POSTAL_CODE].index(level)].rstrip("*")


def coarse_year(year: int, level: str) -> int | None:
    """The first year of the band in which a year of birth lies; None where nobody was born then."""
    chain = BirthYear().chain(str(year))
    if chain is None:
        return year if year == first_year(width(level)) else None
    return int(chain[_LEVELS[Trait.BIRTH_YEAR].index(level)][:4])


@dataclass(frozen=True, slots=True)
class Describing:
    """What a policy lets stay of readers in loans that name nobody.

    Attributes:
        levels: of each trait that may stay, its level; a trait that is not here is removed.
        at_least: how many patrons share the whole description, or it is removed.
    """

    levels: tuple[tuple[Trait, str], ...]
    at_least: int = USUAL

    def level(self, trait: Trait) -> str | None:
        """On which level a trait stays; None where it is removed."""
        return dict(self.levels).get(trait)

    def laxer(self, other: Describing | None) -> tuple[str, ...]:
        """In which points this lets stay more than another one would; that of no description lets nothing stay."""
        if other is None:
            return tuple(f"{trait}: {level}" for trait, level in self.levels)
        found = []
        for trait, level in self.levels:
            theirs = other.level(trait)
            if theirs is None or is_laxer(trait, level, theirs):
                found.append(f"{trait}: {level}")
        if self.at_least < other.at_least:
            found.append(f"shared by at least {self.at_least}")
        return tuple(found)

    def with_terms_of(self, other: Describing | None) -> Describing | None:
        """What both let stay; None where that is nothing."""
        if other is None:
            return None
        both = []
        for trait, level in self.levels:
            if (theirs := other.level(trait)) is not None:
                both.append((trait, theirs if is_laxer(trait, level, theirs) else level))
        return Describing(tuple(both), max(self.at_least, other.at_least)) if both else None

    def says(self, trait: Trait) -> str:
        """The method for a trait, as a plan and a person's screen tell it."""
        level = self.level(trait)
        if level is None:
            return "clear"
        return (
            f"generalise to {coarse_words(trait, level)}, where at least {self.at_least} patrons share it; else clear"
        )


def coarse_words(trait: Trait, level: str) -> str:
    """A level, in words."""
    if trait is Trait.POSTAL_CODE:
        return f"its first {'sign' if width(level) == 1 else level}"
    return "the year" if width(level) == 1 else f"a band of {level}"
