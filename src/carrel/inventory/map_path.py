"""How the rows of one table lead to a record or its person, and what is done to them: the paths of a system map."""

from __future__ import annotations

import enum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from carrel.inventory.aged_row import Aged, Further
from carrel.inventory.map_part import Condition, Method, Part, Step

TRANSFER = "transfer to archives"


class Role(enum.StrEnum):
    """As what a person stands in a column."""

    READER = "reader"
    STAFF = "staff"
    GUARANTOR = "guarantor"
    ACTOR = "actor"  # whoever did it: the reader at the catalogue, or staff at the desk


class KeyLink(Part):
    """A row names the loan by its id."""

    by: Literal["key"]
    column: str


class VisitLink(Part):
    """A row names person and item, at a time within the loan."""

    by: Literal["visit"]
    item: str
    at: str
    item_as_text: bool = False


class SecondLink(Part):
    """A row names no person in clear, but item and the second of one of the loan's events."""

    by: Literal["second"]
    item: str
    at: str


class ItemLink(Part):
    """A row names person and item, whatever the time."""

    by: Literal["item"]
    item: str
    at: str


class TextLink(Part):
    """A row belongs to the person, and its text names the item or the loan while the loan lasted.

    Attributes:
        texts: columns that are read.
        needles: what of the loan is looked for in them.
        at: time of the row; it must lie within the loan, or near one of its events when ``moments`` is set.
        moments: a row near an event of the loan counts even if its text names nothing.
        any_time: the text decides alone, from the loan's beginning on: a payment can come long after the return.
    """

    by: Literal["text"]
    texts: tuple[str, ...]
    needles: tuple[Literal["barcode", "title", "item", "loan"], ...] = ("barcode", "title")
    at: str
    moments: bool = False
    any_time: bool = False


class MomentLink(Part):
    """A row of the person carries a time that is the very second of one of the loan's events."""

    by: Literal["moment"]
    at: str


class ReportLink(Part):
    """A stored text that no key leads to: everything of its kind is due by its own clock.

    Attributes:
        at: the row's clock.
        source: column with the id of the definition that made the text, and where the definition stands; a row whose
            definition is gone, or names one of the record type's tables, holds such records.
        nobody: column that must name nobody any more: the row is what the product's own anonymising left.
    """

    by: Literal["clock"]
    at: str
    source: str | None = None
    definitions: str | None = None
    definitions_key: str | None = None
    definition: str | None = None
    nobody: str | None = None


class Beside(Part):
    """Rows of another table that belong to a row: what it hangs on, or what still hangs on it.

    Attributes:
        table: the other one.
        pairs: by column of the row, the column of the other table that equals it.
        at: time in the other table; the latest among its rows counts. None where only their being there is asked.
        where: of its rows, only these.
    """

    table: str
    pairs: dict[str, str] = Field(min_length=1)
    where: tuple[Condition, ...] = ()
    at: str | None = None


class OwnLink(Part):
    """A row is a record by itself, not a trace of a loan: it is due by its own clock, under the rule for its kind.

    Attributes:
        record: kind of record, as a policy names it.
        event: what ends its active use, as a policy names it.
        dated: columns that tell when that was; the first that holds a usable time does.
        ends: another table that tells it, where none of ``dated`` does.
        unless: while such a row is there, the record is in use.
        item: column with the item's id, where the row has one; a legal hold on an item is judged by it.
        about: column with the patron whom the row is about, where ``person`` is who acted; a legal hold is judged by
            both.
        everybody: a row whose person column names nobody is due as well, because the rest of it tells who it was.
        branch: column with the unit where the record was made.
    """

    by: Literal["own"]
    record: str
    event: str
    dated: tuple[str, ...] = ()
    ends: Beside | None = None
    unless: Beside | None = None
    item: str | None = None
    about: str | None = None
    everybody: bool = False
    branch: str | None = None

    @property
    def beside(self) -> tuple[Beside, ...]:
        """The other tables that tell of the row."""
        return tuple(one for one in (self.ends, self.unless) if one is not None)


Link = Annotated[
    KeyLink | VisitLink | SecondLink | ItemLink | TextLink | MomentLink | ReportLink | OwnLink,
    Field(discriminator="by"),
]


class Attached(Part):
    """Rows that hang on rows of many tables by a number which they hold as a text; no key of the database leads there.

    Attributes:
        column: text with the number of the row that they hang on.
        told_by: tables on a way from such a row that tell of which table that is.
    """

    column: str
    told_by: tuple[Step, ...] = Field(min_length=1)


class Cut(Part):
    """How a row is parted from the person: column by column, or the row goes.

    Attributes:
        set: method per column.
        if_reader: columns that are cut only where they name the reader.
        delete: the row is deleted, because the column that names the person may not be empty.
        children: tables whose rows go first, with the column that names this table's key.
        attached: tables of which some rows go first, found by a text.
        frees: tables whose rows stay, with the column that the database itself empties as a row of this one goes.
        aged: the row goes from here to another table, without its person.
        further: texts of the row that stand in other tables.
        why: the reason, for the plan.
    """

    set: dict[str, Method] = Field(default_factory=dict)
    if_reader: dict[str, Method] = Field(default_factory=dict)
    delete: bool = False
    children: dict[str, str] = Field(default_factory=dict)
    attached: dict[str, Attached] = Field(default_factory=dict)
    frees: dict[str, str] = Field(default_factory=dict)
    aged: Aged | None = None
    further: tuple[Further, ...] = ()
    why: str

    @property
    def takes_along(self) -> tuple[str, ...]:
        """Tables of which rows go with a row of this one."""
        return tuple(dict.fromkeys((*self.children, *self.attached)))

    @model_validator(mode="after")
    def _moves_whole(self) -> Self:
        if self.aged is not None and (self.set or self.if_reader or not self.delete):
            raise ValueError("a row that moves is deleted here, and nothing of it is set before")
        ledger = None if self.aged is None else self.aged.ledger
        if ledger is not None and (strange := sorted(set(ledger.spares) - set(self.children))):
            raise ValueError(f"a row of {strange[0]} is spared, and none of them goes")
        return self


class Waiting(Part):
    """Rows that the product has still to work on; no rule disposes of them before.

    Attributes:
        where: which rows.
        why: they wait, for people.
    """

    where: tuple[Condition, ...]
    why: str


class Path(Part):
    """One way from a loan to its reader, and how it is cut.

    Attributes:
        name: of the path; several may stand in one table.
        table: where it is.
        says: what the table holds, for people.
        key: primary key; empty where the table has none.
        person: column with the reader's id; None where the row names the person otherwise.
        role: as what the person stands there.
        only: rows that belong to the record type.
        among: tables on a way from the row that tell the same: a row belongs to it only where each has one.
        waits: rows of the table that are not touched yet, whatever they tell.
        link: how a row leads to the loan.
        cut: what is done to it.
        lose_card: what is done instead where the policy lets settled charges lose the card (WPL-3.4).
        still: rows that still name the person, where no person column tells.
        keeps: the policy's rule that may keep such a row ("last borrower").
        optional: a site may lack the table.
        stray_only: among rows whose loan no longer names anybody, those that are cut.
        walk: column whose index leads through the strays; the person column unless given.
        archived: its rows go to the archives before they are deleted; a file leaves this out.
    """

    name: str
    table: str
    says: str
    key: tuple[str, ...] = ()
    person: str | None = None
    role: Role = Role.READER
    only: tuple[Condition, ...] = ()
    among: tuple[Step, ...] = ()
    waits: Waiting | None = None
    link: Link
    cut: Cut
    lose_card: Cut | None = None
    still: tuple[Condition, ...] = ()
    keeps: Literal["last borrower"] | None = None
    optional: bool = False
    stray_only: tuple[Condition, ...] = ()
    walk: str | None = None
    archived: bool = False
