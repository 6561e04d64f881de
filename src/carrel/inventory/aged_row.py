"""Rows that move to another table without their person: what goes along, what stays behind, and under which number."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from carrel.inventory.map_part import Method, Part, Step, Value


class Taken(Part):
    """A value of the moved row that stands in another table.

    Attributes:
        by: the way there; empty would be the row itself, which `Aged.columns` tells.
        column: of the last table on the way.
    """

    by: tuple[Step, ...] = Field(min_length=1)
    column: str


class NewNumber(Part):
    """The moved row takes a new key, so that nothing which knows the old one joins it any longer.

    The new keys are given out in an order that says nothing of the old ones: in the same order, the n-th bill would
    still belong to the n-th loan.

    Attributes:
        column: key of the table where the row goes.
        numbers: ``table.column`` from whose sequence the new key is drawn, so that it is nobody else's.
        chain: column there that names the earlier row of the same chain; it follows that row's new key.
    """

    column: str
    numbers: str = Field(pattern=r"\.")
    chain: str | None = None


class Ledger(Part):
    """What stays under the old key of a charged row: its bills keep a payer, and lose the item.

    Where the policy lets settled charges lose the card, nothing stays and the bills name nobody.

    Attributes:
        table, key: where it stands; its key is the old key of the row that moved.
        columns: column of the moved row → column there.
        days: of the columns there, those of which only the day stays.
        told: columns there with one value for all.
        spares: among the tables whose rows go with the moved row, those whose row stays with this one, and columns of
            theirs that take one value, because it is no loan's any more.
        why: the reason, for the plan.
    """

    table: str
    key: str
    columns: dict[str, str] = Field(min_length=1)
    days: tuple[str, ...] = ()
    told: dict[str, Value] = Field(default_factory=dict)
    spares: dict[str, dict[str, Value]] = Field(default_factory=dict)
    why: str

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if unknown := sorted(set(self.days) - set(self.columns.values())):
            raise ValueError(f"only the day of {unknown[0]} stays, and nothing fills it")
        return self


class Aged(Part):
    """A row moves to another table without its person.

    What is told of neither in ``columns`` nor in the rest stays behind; a column there that nothing names is empty.

    Attributes:
        table: where it goes.
        columns: column of this table → column there.
        taken: column there → a value of another table.
        filled: column there → column of this table, of which it only tells whether something stands in it.
        differ: column there → two columns of this table, of which it only tells whether they differ.
        empty: columns there that the product would fill with what describes the person; they are left empty.
        if_person: columns there that are cut where they would name the row's own person.
        trigger: name of the product's own trigger that moves the row as it is deleted; what it does otherwise is put
            right in the same chunk. None where the product has none.
        number: the new key; None where the row keeps its own.
        ledger: what stays under the old key.
    """

    table: str
    columns: dict[str, str] = Field(min_length=1)
    taken: dict[str, Taken] = Field(default_factory=dict)
    filled: dict[str, str] = Field(default_factory=dict)
    differ: dict[str, tuple[str, str]] = Field(default_factory=dict)
    empty: tuple[str, ...] = ()
    if_person: dict[str, Literal[Method.CLEAR, Method.ZERO]] = Field(default_factory=dict)
    trigger: str | None = None
    number: NewNumber | None = None
    ledger: Ledger | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        there = [*self.columns.values(), *self.taken, *self.filled, *self.differ, *self.empty]
        if self.number is not None:
            there += [one for one in (self.number.column, self.number.chain) if one is not None]
        if twice := sorted({one for one in there if there.count(one) > 1}):
            raise ValueError(f"{twice[0]} is filled twice")
        if strange := sorted(set(self.if_person) - set(self.columns.values())):
            raise ValueError(f"{strange[0]} is cut where it names the person, and nothing fills it")
        if self.ledger is not None and self.number is None:
            raise ValueError("what stays under the old key needs a new one for the row that moves")
        return self

    def key(self, own: str) -> str:
        """The key of the table where the row goes.

        Args:
            own: the key of the row's own table.
        """
        return self.columns[own] if self.number is None else self.number.column

    @property
    def there(self) -> tuple[str, ...]:
        """Every column of the other table that the move speaks of."""
        number = () if self.number is None else (self.number.column, self.number.chain)
        told = (*self.columns.values(), *self.taken, *self.filled, *self.differ, *self.empty, *number)
        return tuple(one for one in told if one is not None)

    @property
    def here(self) -> tuple[str, ...]:
        """Every column of the row's own table that the move reads."""
        ledger = () if self.ledger is None else tuple(self.ledger.columns)
        pairs = (one for pair in self.differ.values() for one in pair)
        first = (one.by[0].equals for one in self.taken.values())
        return tuple(dict.fromkeys((*self.columns, *self.filled.values(), *pairs, *first, *ledger)))


class Further(Part):
    """Texts of a row that stand in another table, which the row names; several rows can share one.

    Attributes:
        table, key: the other table, and its column that is named.
        named_by: columns of the row that name it.
        set: method per column there, whoever else shares the text: it cannot be parted among them.
        why: the reason, for the plan.
    """

    table: str
    key: str
    named_by: tuple[str, ...] = Field(min_length=1)
    set: dict[str, Method] = Field(min_length=1)
    why: str
