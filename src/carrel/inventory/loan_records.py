"""Loans in a system map: the tables of open and of past ones, what decides when one is due, and their items."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from carrel.deidentification.reader_description import Describing
from carrel.inventory.described_loan import Described
from carrel.inventory.map_part import Condition, Part, Step
from carrel.inventory.map_path import Cut, Path
from carrel.inventory.unit_map import Touches


class Anchor(Part):
    """The table of a record type that names the person last.

    Attributes:
        only: which of its rows are meant, where open and past loans stand in one table.
        chain: column that names the earlier loan of the same chain of renewals. A chain is one loan: it is over and due
            when its last member is, and goes whole.
        ended: column with the time at which a loan was over that never came back, where `closed` is empty.
        moments: further columns with the time of an event of the loan.
    """

    table: str
    key: str
    person: str
    item: str
    branch: str
    opened: str
    closed: str
    due: str
    renewed: str
    only: tuple[Condition, ...] = ()
    chain: str | None = None
    ended: str | None = None
    moments: tuple[str, ...] = Field(default=(), max_length=6)
    cut: Cut


class Fact(Part):
    """What the rules ask about a loan: whether rows exist on a way of steps, or the latest time among them."""

    steps: tuple[Step, ...]
    latest: str | None = None


class Facts(Part):
    """The facts that the lifecycle of a loan rests on (DESIGN 5)."""

    charged: Fact
    owing: Fact
    settled: Fact
    lost: Fact
    disputed: Fact
    opted_in: Fact


class Items(Part):
    """Where an item's barcode and title stand, and the code of its type, by which loans are counted.

    Attributes:
        title_key: column of both tables, or of the title's table alone where `title_by` leads there.
        title_by: tables on the way from the item to its title, that of the title the last.
    """

    table: str
    key: str
    barcode: str
    title_table: str
    title_key: str
    title: str
    type: str | None = None
    title_by: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _reaches_the_title(self) -> Self:
        if self.title_by and (self.title_by[-1].table, self.title_by[-1].column) != (self.title_table, self.title_key):
            raise ValueError("the way to the title ends at its key")
        return self


class LoanRecords(Part):
    """The record type ``loans`` in one product.

    Attributes:
        touches: the units that a loan touches; the one where it was made is the anchor's ``branch``.
        described: what describes a reader in loans that name nobody; None where nothing does, or it always goes.
        describing: what of it the policy lets stay; a file leaves this out.
    """

    open: Anchor
    closed: Anchor
    facts: Facts
    touches: Touches = Touches()
    described: Described | None = None
    describing: Describing | None = None
    paths: tuple[Path, ...]

    @model_validator(mode="after")
    def _moves_there(self) -> Self:
        aged, told = self.closed.cut.aged, self.described
        if told is None:
            return self
        if aged is None or aged.table != told.table or told.columns - set(aged.empty):
            raise ValueError("what describes a reader stands where loans move to, in columns that are left empty there")
        if strange := sorted(set(told.same) - set(aged.there)):
            raise ValueError(f"{strange[0]} stays as it is, and nothing fills it")
        return self

    @property
    def coarsened(self) -> tuple[Described, Describing] | None:
        """What describes a reader and how much of it stays; None where nothing does."""
        told = self.described
        return None if told is None or self.describing is None else (told, self.describing)
