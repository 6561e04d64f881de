"""The `restrict` section of a map: the product's own switches for one person, and what it has no switch for."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from carrel.inventory.map_part import Condition, Part, Value
from carrel.inventory.person_map import Act, Through, Trace


class Switch(Part):
    """One use of a person's data that the product can be told to leave out for this person.

    Attributes:
        name: the use, in the library's words.
        table: where the switch stands.
        column: that names the person; empty for rows that another table leads to.
        through: the way by another table.
        only: which of these rows.
        set: column → value that switches the use off.
        goes: the use is on while a row is there; the row goes, and comes back when the restriction is lifted.
        why: what it does.
        afterwards: what the desk or the person will notice; empty for nothing.
    """

    name: str
    table: str
    column: str = ""
    through: Through | None = None
    only: tuple[Condition, ...] = ()
    set: dict[str, Value] = Field(default_factory=dict)
    goes: bool = False
    why: str
    afterwards: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.set) == self.goes:
            raise ValueError("a switch sets columns, or its row goes")
        if bool(self.column) == (self.through is not None):
            raise ValueError("a switch has a column or a way through another table, and not both")
        return self

    @property
    def trace(self) -> Trace:
        """Which rows are meant, in the words of the section on persons."""
        return Trace(column=self.column, through=self.through, only=self.only, act=Act.DELETE, why=self.why)


class RestrictionMap(Part):
    """How the processing of one person's data is restricted.

    Attributes:
        switches: written, and read back.
        no_switch: use → what the library has to do instead; each is named in the plan.
        notes: what whoever approves should know of the product.
    """

    switches: tuple[Switch, ...]
    no_switch: dict[str, str] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
