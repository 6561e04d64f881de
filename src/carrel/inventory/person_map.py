"""The `person` section of a map: what erasing one person does in every table that holds or reaches the person."""

from __future__ import annotations

import enum
from typing import Self

from pydantic import Field, model_validator

from carrel.inventory.map_part import Condition, Method, Part, Step, Value


class Holds(enum.StrEnum):
    """What of the person stands in a column."""

    NUMBER = "number"
    CARD = "card"
    USER = "user name"


class Act(enum.StrEnum):
    """What becomes of a row that a trace leads to."""

    DELETE = "delete"
    CHANGE = "change"
    KEEP = "keep"  # on a ground; told in the plan and after the erasure
    BLOCK = "block"  # while one such row is there, nothing is erased


class Otherwise(enum.StrEnum):
    """What is done where a stand-in is wanted, the product has none, and the column may not be empty."""

    DELETE = "delete"
    BLOCK = "block"


class Through(Part):
    """The way to a row that does not name the person: it belongs to a row of another table that does.

    Attributes:
        table: the other table.
        person: its column with the person's number; empty where `only` alone tells which rows are meant.
        pairs: own column to theirs; all must be equal.
        only: which of the other table's rows.
        then: the way goes on: from the other table's row to one of a third, which names the person.
    """

    table: str
    person: str = ""
    pairs: dict[str, str] = Field(min_length=1)
    only: tuple[Condition, ...] = ()
    then: Through | None = None

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.person and self.then is not None:
            raise ValueError("a way ends where a table names the person")
        return self

    @property
    def way(self) -> tuple[Through, ...]:
        """Every table on the way, in order."""
        return (self,) if self.then is None else (self, *self.then.way)


class Trace(Part):
    """One way in which a row of a table names or reaches the person, and what becomes of the row.

    Attributes:
        column: that names the person; empty for a row that another table leads to.
        holds: what of the person stands in the column.
        through: the way by another table.
        only: which of these rows.
        among: tables on a way from the row that tell the same: a row is meant only where each has one.
        act: what becomes of them.
        set: for a change, the method per column.
        told: for a change, columns that take one value.
        own_key: for a change, columns that take the row's own key, because they may not be empty and must differ.
        moved: for what goes: it moves to where the cut of its table moves such rows, without its person.
        otherwise: where the stand-in is missing.
        without_stand_in: the trace counts only where the product has no stand-in.
        finance: a financial record: it may lose its payer only where the policy says so.
        ground: for what is kept or blocks: why, in a few words.
        why: the reason, for the plan.
    """

    column: str = ""
    holds: Holds = Holds.NUMBER
    through: Through | None = None
    only: tuple[Condition, ...] = ()
    among: tuple[Step, ...] = ()
    act: Act
    set: dict[str, Method] = Field(default_factory=dict)
    told: dict[str, Value] = Field(default_factory=dict)
    own_key: tuple[str, ...] = ()
    moved: bool = False
    otherwise: Otherwise = Otherwise.BLOCK
    without_stand_in: bool = False
    finance: bool = False
    ground: str = ""
    why: str

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.column) == (self.through is not None):
            raise ValueError("a trace has a column or a way through another table, and not both")
        if bool(self.changed) != (self.act is Act.CHANGE):
            raise ValueError("a change says what it sets, and nothing else does")
        if len(self.changed) != len(set(self.changed)):
            raise ValueError("a column is set twice")
        if bool(self.ground) != (self.act in {Act.KEEP, Act.BLOCK}):
            raise ValueError("what is kept or blocks has a ground, and nothing else has")
        if self.moved and self.act is not Act.DELETE:
            raise ValueError("a row that moves goes from where it is")
        if {Method.DAY, Method.REDACT} & set(self.set.values()):
            raise ValueError("an erasure takes out whole values")
        return self

    @property
    def changed(self) -> tuple[str, ...]:
        """Every column that a change sets."""
        return (*self.set, *self.told, *self.own_key)


class PersonTable(Part):
    """What erasing a person does in one table.

    Attributes:
        why: for tables without a trace, why none is needed; else what the table is to the person.
        traces: in the order in which they are carried out.
        texts: columns in which identifiers of the person are redacted, whoever's row it is.
        gone: columns whose rows are deleted when the text names the person.
        keys: words before a number that make it a patron's number there, besides those of all tables.
    """

    why: str
    traces: tuple[Trace, ...] = ()
    texts: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class PayerMap(Part):
    """Where a payer stands, for as long as a financial record needs one.

    Attributes:
        dated: per table of financial records, the column with a line's time.
        stays: columns of the people's table without which the record cannot be there.
        fields: category, as a policy names it, to the columns of the people's table that hold it.
    """

    dated: dict[str, str] = Field(min_length=1)
    stays: tuple[str, ...]
    fields: dict[str, tuple[str, ...]]


class Elsewhere(Part):
    """Columns of another table than the people's whose values name one person.

    Attributes:
        table, person: rows of the table that name the person there.
        only: of these rows, the ones that count.
        columns: which.
    """

    table: str
    person: str
    only: tuple[Condition, ...] = ()
    columns: tuple[str, ...] = Field(min_length=1)


class PersonMap(Part):
    """How one person is erased.

    Attributes:
        card, user: columns of the people's table with the card number and the user name; empty for the card where
            `cards` tells.
        cards: where card numbers stand that are in a table of their own; a person can have several.
        elsewhere: further identifiers that stand in other tables.
        identifiers: columns of the people's table whose values name one person, and can stand in a text.
        names: pairs of columns, given name first, that together are a whole name.
        former: further tables that keep a whole record of the person, under the same names of columns.
        keys: words before a number in a text that make it a patron's number.
        payer: where what a financial record needs of its payer stands.
        tables: in the order in which they are carried out: children first, audit tables late, the person last.
        audits: tables to which the product copies a row as it changes or goes. They come after everything, the
            person's own row included: whatever is done after them writes into them again.
        tombstone: the person's row stays, without anything of the person, because others' rows name it.
    """

    card: str = ""
    user: str
    cards: Elsewhere | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    identifiers: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    former: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    payer: PayerMap | None = None
    tables: dict[str, PersonTable]
    audits: tuple[str, ...] = ()
    tombstone: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.card) == (self.cards is not None):
            raise ValueError("card numbers stand in a column of the person's row or in a table of their own")
        last = tuple(self.tables)[len(self.tables) - len(self.audits) :]
        if set(last) != set(self.audits):
            raise ValueError("audit tables come after every other table")
        return self
