"""The words that every part of a system map is written with: conditions on columns, and how a column is cut."""

from __future__ import annotations

import enum

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a map: nothing in it that the grammar does not know, and nothing that changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


Value = bool | int | str


class Condition(Part):
    """One test of a column; of the tests named, all must hold.

    An empty column never passes ``none_of`` or ``lacks``: nobody knows what would stand there.
    """

    column: str
    equals: Value | None = None
    differs: Value | None = None
    one_of: tuple[Value, ...] | None = None
    none_of: tuple[Value, ...] | None = None
    above: Value | None = None
    empty: bool | None = None
    contains: str | None = None
    lacks: str | None = None


class Belonging(Part):
    """Rows of another table to which a row belongs; one of them is enough.

    Attributes:
        table: of those rows.
        key: their column.
        by: the column of the row itself that holds the same.
        where: which of them count.
    """

    table: str
    key: str
    by: str
    where: tuple[Condition, ...] = ()


class Lookup(Part):
    """One value that the product keeps in a table of its own, such as a preference.

    Attributes:
        where: which row holds it.
        latest: column with a time; of several rows the latest counts.
        belongs: only rows that belong to such ones are counted.
    """

    table: str
    column: str
    where: tuple[Condition, ...] = ()
    latest: str | None = None
    belongs: Belonging | None = None


# Where a product has no such value, a map leaves the lookup out.
NOWHERE = Lookup(table="", column="")


class Step(Part):
    """One table on the way from a row to a fact about it: its ``column`` equals ``equals`` of the step before."""

    table: str
    column: str
    equals: str
    where: tuple[Condition, ...] = ()


class Method(enum.StrEnum):
    """How one column is cut. These are different acts, and the plan names each (DESIGN 3)."""

    CLEAR = "clear"  # set to NULL
    STAND_IN = "stand-in"  # the product's own anonymous patron, or NULL where the site has none
    BLANK = "blank"  # set to the empty text, where NULL is not allowed
    ZERO = "zero"
    DAY = "day"  # generalise a time to its day
    REDACT = "redact"  # take the item's barcode and title out of a text
    SAME = "same"  # set to itself, so that an automatic timestamp does not tell when the row was cut
