"""A system map: where the record types of a policy live in one product, and every path from a record to a person.

A map is data (``systems/maps/*.yaml``). It names tables and columns; it holds no SQL, so the same words are compiled
for every database and interpreted in tests.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from carrel.inventory.collection import Collects
from carrel.inventory.correction_map import CorrectionMap
from carrel.inventory.map_part import Condition, Lookup, Method, Part, Value
from carrel.inventory.map_path import Cut, Path, RecordPath
from carrel.inventory.person_map import PersonMap
from carrel.inventory.restriction_map import RestrictionMap

__all__ = ["Condition", "Lookup", "Method", "Value"]


class Anchor(Part):
    """The table of a record type that names the person last."""

    table: str
    key: str
    person: str
    item: str
    branch: str
    opened: str
    closed: str
    due: str
    renewed: str
    cut: Cut


class Step(Part):
    """One table on the way from a loan to a fact about it: its ``column`` equals ``equals`` of the step before."""

    table: str
    column: str
    equals: str
    where: tuple[Condition, ...] = ()


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
    """Where an item's barcode and title stand, and the code of its type, by which loans are counted."""

    table: str
    key: str
    barcode: str
    title_table: str
    title_key: str
    title: str
    type: str | None = None


class People(Part):
    """Where people stand, which of their columns identify them in a text, and the category they are counted by."""

    table: str
    key: str
    needles: tuple[str, ...]
    category: str | None = None


class LifeSign(Part):
    """What a person's rows hold only while somebody uses the card: the stand-in for all readers must show none of it.

    Attributes:
        says: what it is, for people, after "the anonymous patron".
        table, person: rows of the table that name the person there.
        where: of these, the ones that count.
        seen: column with a time; only one within the last year counts.
        made: column with the day on which the record was made; a time of that very day does not count.
    """

    says: str
    table: str
    person: str
    where: tuple[Condition, ...] = ()
    seen: str | None = None
    made: str | None = None


class LoanRecords(Part):
    """The record type ``loans`` in one product."""

    open: Anchor
    closed: Anchor
    facts: Facts
    paths: tuple[Path, ...]


class Setting(Part):
    """A setting of the product that can contradict a policy.

    Attributes:
        name: of the setting, as the product calls it.
        at: where its value stands.
        counts: the value is the number of rows that the lookup finds.
        finding: what is said where every test of ``when`` holds for the value.
    """

    name: str
    at: Lookup
    counts: bool = False
    finding: str
    when: tuple[Condition, ...] = ()
    unless: Literal["last borrower kept"] | None = None
    clauses: tuple[str, ...] = ()
    severity: Literal["finding", "note"] = "finding"
    fix: str = ""


class Consumer(Part):
    """A job, preference or screen of the product that reads what a plan changes (DESIGN 3)."""

    name: str
    reads: tuple[str, ...]
    afterwards: str
    destructive: bool = False
    used: Lookup | None = None
    fix: str = ""


class Versions(Part):
    """How a product tells its version, and which versions this map was proved on."""

    at: Lookup
    proved: tuple[str, ...]


class SystemMap(Part):
    """A whole map.

    Attributes:
        life_signs: what tells that the patron in `stand_in` is somebody's.
        records: records of other kinds; a policy's rule for their kind brings them into force.
        ruled: those that are in force, each with the cut that the policy asks for; a file leaves this out.
        columns: every column known of each table that it covers; anything else is drift.
        person_columns: every column, by table, that names a person.
        no_person: tables with nothing of a person in them.
        not_yet_covered: tables with patron data that no rule reaches yet, and what they hold.
        triggers: triggers, by table, that are known and do no harm, and what they do.
        collects: what the product can collect beyond what lending needs, and the need that would justify it.
        person: what erasing one person does, table by table; None where the map does not tell.
        rectify: which columns hold which field of a person's record, and its copies; None where it does not tell.
        restrict: the product's switches for one person; None where it does not tell.
    """

    format_version: Literal[1] = 1
    system: str
    title: str
    versions: Versions
    stand_in: Lookup
    life_signs: tuple[LifeSign, ...] = ()
    people: People
    items: Items
    loans: LoanRecords
    records: tuple[RecordPath, ...] = ()
    ruled: tuple[Path, ...] = ()
    person_columns: dict[str, tuple[str, ...]]
    columns: dict[str, tuple[str, ...]]
    no_person: tuple[str, ...] = ()
    not_yet_covered: dict[str, str] = Field(default_factory=dict)
    triggers: dict[str, dict[str, str]] = Field(default_factory=dict)
    settings: tuple[Setting, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    collects: Collects = Collects()
    person: PersonMap | None = None
    rectify: CorrectionMap | None = None
    restrict: RestrictionMap | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Everything that is cut beside the loans' own table, in order: what leads to a loan, then other records."""
        return (*self.loans.paths, *self.ruled)
