"""What describes a reader in loans that name nobody, and where the roster has the same of every patron."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from carrel.deidentification.reader_description import Trait
from carrel.inventory.map_part import Part, Step


class Told(Part):
    """A value that the roster has of a patron.

    Attributes:
        by: tables on a way from the patron's row; empty where it stands in the row itself.
        column: of the last table on the way.
    """

    by: tuple[Step, ...] = ()
    column: str


class DescribingColumn(Part):
    """A column that describes a reader and points at none.

    Attributes:
        column: of the loans that name nobody.
        of: where the roster has it; of several the first that is filled counts. Of a date only the year does.
    """

    column: str
    of: tuple[Told, ...] = Field(min_length=1)


class Described(Part):
    """The columns of a table of loans that name nobody which tell something of the reader.

    Attributes:
        table: of these loans.
        same: its columns that stay as they are, each with the column of the roster that says the same.
        postal_code, birth_year: its columns that a policy may let stay, made coarser: a text, and a number.
    """

    table: str
    same: dict[str, str] = Field(default_factory=dict, max_length=4)
    postal_code: DescribingColumn | None = None
    birth_year: DescribingColumn | None = None

    @model_validator(mode="after")
    def _describes(self) -> Self:
        if not self.traits:
            raise ValueError("nothing in it describes a reader: write postal_code or birth_year")
        return self

    @property
    def traits(self) -> dict[Trait, DescribingColumn]:
        """The columns that may stay, by what they tell."""
        both = {Trait.POSTAL_CODE: self.postal_code, Trait.BIRTH_YEAR: self.birth_year}
        return {trait: told for trait, told in both.items() if told is not None}

    @property
    def columns(self) -> frozenset[str]:
        """Names of the columns that may stay."""
        return frozenset(told.column for told in self.traits.values())
