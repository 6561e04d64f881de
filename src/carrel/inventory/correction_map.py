"""The `rectify` section of a map: which column holds which field of a person's record, and where copies of it stand."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from carrel.inventory.category import Category
from carrel.inventory.map_part import Condition, Part

# What a site may let people change by themselves, on the pages.
CONTACT = (Category.EMAIL_ADDRESS, Category.TELEPHONE_NUMBER, Category.POSTAL_ADDRESS)


class CorrectableField(Part):
    """One field of a person's record, as a request to correct it may name it.

    Attributes:
        category: what it says of the person; a policy's own name for a field leads here by its category.
        parts: word of each part → column of the people's table.
        main: the part that is meant where a request gives one value and names no part; empty where it must name one.
        unique: parts that no two records may share.
        past: parts that are days, and never a day to come.
        table: that holds the field, where it is not the people's.
        pairs: column of the people's table → column there: which row is the person's.
        only: which of the person's rows.
    """

    category: Category
    parts: dict[str, str] = Field(min_length=1)
    main: str = ""
    unique: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    table: str = ""
    pairs: dict[str, str] = Field(default_factory=dict)
    only: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        unknown = {*self.unique, *self.past, *([self.main] if self.main else [])} - set(self.parts)
        if unknown:
            raise ValueError(f"no part is called {min(unknown)}")
        if bool(self.table) != bool(self.pairs):
            raise ValueError("a field of another table says which of its rows is the person's")
        return self

    @property
    def places(self) -> tuple[tuple[str, ...], ...]:
        """Where each part stands; two fields share none."""
        row = (self.table, *self.pairs, *(str(value) for one in self.only for value in one.model_dump().values()))
        return tuple((*row, column) for column in self.parts.values())


class FieldCopy(Part):
    """Rows of another table that hold a field again, and are corrected with it where they hold the old value.

    Attributes:
        table: of the copies.
        person: column with the person's number; empty where the copied value itself names the person, as a card's does.
        only: which of these rows.
        columns: column of the people's table → column here.
        why: what the copy is there for.
    """

    table: str
    person: str = ""
    only: tuple[Condition, ...] = ()
    columns: dict[str, str] = Field(min_length=1)
    why: str


class FieldRemain(Part):
    """Rows of a person that may hold an old value and keep it: they tell what was so at their time.

    Attributes:
        table, person, only: as in `FieldCopy`.
        texts: columns that are looked through; empty for the columns of the people's table, under the same names.
        why: why they keep it.
    """

    table: str
    person: str
    only: tuple[Condition, ...] = ()
    texts: tuple[str, ...] = ()
    why: str


class CorrectionMap(Part):
    """How one person's record is corrected.

    Attributes:
        fields: by the library's word for each.
        copies: elsewhere.
        remains: elsewhere, and left as they are.
        follows: columns of the people's table that the database sets by itself as another changes.
        notes: what whoever approves should know of the product.
    """

    fields: dict[str, CorrectableField]
    copies: tuple[FieldCopy, ...] = ()
    remains: tuple[FieldRemain, ...] = ()
    follows: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        places = [place for one in self.fields.values() for place in one.places]
        twice = sorted({place[-1] for place in places if places.count(place) > 1})
        if twice:
            raise ValueError(f"{twice[0]} stands in two fields")
        return self
