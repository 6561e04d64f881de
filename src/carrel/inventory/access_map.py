"""The `access` section of a map: how what is held of one person is told to that person.

Which rows there are, the section on persons tells: whatever an erasure reaches, an answer shows. This section groups
the tables into kinds of record that a patron knows, and says which traces are of a row that is somebody else's.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from carrel.inventory.map_part import Part
from carrel.inventory.person_map import Act, Trace


class HeldKind(Part):
    """One kind of record, as a patron knows it.

    Attributes:
        name: what it is, in the words of an answer: ``your record``.
        record: the kind of record of a policy that its rule and its purposes stand under; empty where there is none.
        tables: that hold it, in the order in which they are told.
        own: what stands there of a person is of this person, unless its category says otherwise.
        while_there: why it stays where the policy has no rule for it.
    """

    name: str
    record: str = ""
    tables: tuple[str, ...] = Field(min_length=1)
    own: bool = False
    while_there: str = ""


class AccessMap(Part):
    """How an answer is made of the traces of a person.

    Attributes:
        kinds: in order; a table that none names comes last, under a name of its own.
        counted: traces of rows that are another's or nobody's, in which the person only acted, or is named: they are
            counted, and never shown. Each as ``column`` of any table, ``table.column``, or ``table < other`` for a
            trace that another table leads to.
        further: traces that an erasure does not need, because they end with the row that they hang on.
        titles: by table, the column with the key of a title.
        secret: columns that are never shown, beside those of credentials: hashes, as ``column`` or ``table.column``.
    """

    kinds: tuple[HeldKind, ...] = Field(min_length=1)
    counted: tuple[str, ...] = ()
    further: dict[str, tuple[Trace, ...]] = Field(default_factory=dict)
    titles: dict[str, str] = Field(default_factory=dict)
    secret: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        told = [name for one in self.kinds for name in one.tables]
        if len(told) != len(set(told)):
            raise ValueError("a table belongs to one kind of record")
        if any(one.act is not Act.KEEP for some in self.further.values() for one in some):
            raise ValueError("a further trace is only read: act: keep")
        return self

    def counts(self, table: str, trace: Trace) -> bool:
        """Whether the rows of a trace are counted, and not shown."""
        if trace.through is not None:
            return f"{table} < {trace.through.way[-1].table}" in self.counted
        return trace.column in self.counted or f"{table}.{trace.column}" in self.counted

    def hides(self, table: str, column: str) -> bool:
        """Whether a column is a secret that its category does not tell."""
        return column in self.secret or f"{table}.{column}" in self.secret

    def kind_of(self, table: str) -> HeldKind | None:
        """The kind of record that a table holds."""
        return next((one for one in self.kinds if table in one.tables), None)
