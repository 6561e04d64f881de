"""A system map: where the record types of a policy live in one product, and every path from a record to a person.

A map is data (``systems/maps/*.yaml``). It names tables and columns; it holds no SQL, so the same words are compiled
for every database and interpreted in tests.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from carrel.inventory.access_map import AccessMap
from carrel.inventory.card import Cards
from carrel.inventory.collection import Collects
from carrel.inventory.correction_map import CorrectionMap
from carrel.inventory.figures import Figures
from carrel.inventory.labels import Labels
from carrel.inventory.loan_records import Anchor, Fact, Facts, Items, LoanRecords
from carrel.inventory.map_part import NOWHERE, Condition, Lookup, Method, Part, Step, Value
from carrel.inventory.map_path import Path
from carrel.inventory.notices import Notices
from carrel.inventory.person_map import Elsewhere, PersonMap
from carrel.inventory.record_path import RecordPath
from carrel.inventory.restriction_map import RestrictionMap
from carrel.inventory.sign_in_map import SignInMap
from carrel.inventory.unit_map import UnitTable
from carrel.inventory.version_change import LOAN, Versions

__all__ = [
    "Anchor", "Condition", "Fact", "Facts", "Items", "LoanRecords", "Lookup", "Method", "Step", "Value", "Versions",
]  # fmt: skip


# What of one person a setting can show to another; the words are those of a policy's ``children:``.
Shown = Literal["loans", "fines", "holds", "notices"]
# What the product sends by itself; the words are those of a policy's ``messages:``.
Sent = Literal["overdue", "pickup", "due soon", "receipt", "about the card"]
TriggerRight = Annotated[str, Field(pattern=r"^(INSERT|UPDATE|DELETE|USAGE) \S+$")]


class People(Part):
    """Where people stand, which of their columns identify them in a text, and the category they are counted by.

    Attributes:
        needles: columns that identify them; `elsewhere` has those of other tables.
        home: column with the unit that they belong to.
        gone: which rows are of nobody any more: the product keeps them, and they are left alone.
        deleted: which rows the staff have deleted and the product keeps, with the person in them.
    """

    table: str
    key: str
    needles: tuple[str, ...]
    category: str | None = None
    home: str | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    gone: tuple[Condition, ...] = ()
    deleted: tuple[Condition, ...] = ()


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


class Setting(Part):
    """A setting of the product that can contradict a policy.

    Attributes:
        name: of the setting, as the product calls it.
        at: where its value stands.
        counts: the value is the number of rows that the lookup finds.
        finding: what is said where every test of ``when`` holds for the value.
        only: it matters only where the policy has a rule for lapsed cards.
        sends: the kind of message that goes by it to whoever did not ask, as a policy's ``messages:`` calls it; it
            matters only where a policy says which ones need no consent.
        shows: what of one person it shows to another, as a policy's ``children:`` calls it; it matters only where a
            policy says whose that is.
    """

    name: str
    at: Lookup
    counts: bool = False
    finding: str
    when: tuple[Condition, ...] = ()
    unless: Literal["last borrower kept"] | None = None
    only: Literal["cards lapse"] | None = None
    shows: Shown | None = None
    sends: Sent | None = None
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


class Kept(Part):
    """Columns that name somebody and that no rule of a policy cuts, on a ground that goes before every period.

    Attributes:
        table, columns: which.
        ground: in a few words, as a person's erasure tells it.
        why: for people.
    """

    table: str
    columns: tuple[str, ...] = Field(min_length=1)
    ground: str
    why: str


class SystemMap(Part):
    """A whole map.

    Attributes:
        life_signs: what tells that the patron in `stand_in` is somebody's.
        stand_in: where the product names its anonymous patron; left out where it has none.
        records: records of other kinds; a policy's rule for their kind brings them into force.
        ruled: those that are in force, each with the cut that the policy asks for; a file leaves this out.
        cards: when a patron's card lapses; None where the map does not tell.
        lapsing: the same, where the policy has a rule for it; a file leaves this out.
        with_card: tables with patron data that goes with a lapsed card, where the policy has a rule for those, and what
            they hold; a file leaves this out.
        columns: every column known of each table that it covers; anything else is drift.
        columns_beyond: the same of other tables; a column that is new there is a gap of the map, and no drift.
        views: they show rows of tables that stand elsewhere in the map, and hold none.
        person_columns: every column, by table, that names a person.
        other_numbers: of these columns, by table, the rows in which the number is that of something else.
        no_person: tables with nothing of a person in them.
        kept: columns that no rule cuts, and on what ground; their tables are told, and are not among the uncovered.
        not_yet_covered: tables with patron data that no rule reaches yet, and what they hold.
        triggers: triggers, by table, that are known and do no harm, and what they do.
        trigger_rights: what these do with the rights of whoever changes or deletes a row of the table, each as a right
            and where: ``INSERT auditor.actor_usr_history``.
        collects: what the product can collect beyond what lending needs, and the need that would justify it.
        labels: the category of personal data that each column holds, or that it says nothing of a person.
        kinds: the tables that hold each kind of record of a policy.
        notices: where channels, templates and gateways of notices stand.
        person: what erasing one person does, table by table; None where the map does not tell.
        rectify: which columns hold which field of a person's record, and its copies; None where it does not tell.
        restrict: the product's switches for one person; None where it does not tell.
        sign_in: the names and the password of an account; None where it does not tell.
        access: how what is held of one person is told to that person; None where it does not tell.
        branches: where the units of the product stand; None where it does not tell.
        figures: which rows count in the statistics that a library owes.
    """

    format_version: Literal[1] = 1
    system: str
    title: str
    versions: Versions
    stand_in: Lookup = NOWHERE
    life_signs: tuple[LifeSign, ...] = ()
    people: People
    items: Items
    loans: LoanRecords
    records: tuple[RecordPath, ...] = ()
    ruled: tuple[Path, ...] = ()
    cards: Cards | None = None
    lapsing: Cards | None = None
    with_card: dict[str, str] = Field(default_factory=dict)
    person_columns: dict[str, tuple[str, ...]]
    other_numbers: dict[str, dict[str, tuple[Condition, ...]]] = Field(default_factory=dict)
    columns: dict[str, tuple[str, ...]]
    columns_beyond: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    views: tuple[str, ...] = ()
    no_person: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()
    not_yet_covered: dict[str, str] = Field(default_factory=dict)
    triggers: dict[str, dict[str, str]] = Field(default_factory=dict)
    trigger_rights: dict[str, tuple[TriggerRight, ...]] = Field(default_factory=dict)
    settings: tuple[Setting, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    collects: Collects = Collects()
    labels: Labels = Labels()
    kinds: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    notices: Notices = Notices()
    person: PersonMap | None = None
    rectify: CorrectionMap | None = None
    restrict: RestrictionMap | None = None
    sign_in: SignInMap | None = None
    access: AccessMap | None = None
    branches: UnitTable | None = None
    figures: Figures = Figures()

    @model_validator(mode="after")
    def _changes_fit(self) -> Self:
        """A change that names no path, or no table to follow, would quietly leave its names uncut."""
        paths = {LOAN, *(one.name for one in self.loans.paths), *(one.name for one in self.records)}
        tables = {"", *(self.person.tables if self.person is not None else ())}
        for change in self.versions.changes:
            unknown = sorted(change.touched - paths)
            if unknown or change.after not in tables:
                said = unknown[0] if unknown else change.after
                raise ValueError(f"the change {change.name!r} speaks of {said!r}, which the map does not have")
        return self

    def known_columns(self, table: str) -> tuple[str, ...]:
        """Every column that the map knows of a table; none where it does not list them."""
        return (*self.columns.get(table, ()), *self.columns_beyond.get(table, ()))

    @property
    def kept_tables(self) -> frozenset[str]:
        """The tables with a column that is kept on a ground."""
        return frozenset(one.table for one in self.kept)

    @property
    def erased_from(self) -> tuple[str, ...]:
        """Tables that a night takes people with lapsed cards out of; none without a rule for those."""
        return () if self.lapsing is None or self.person is None else tuple(self.person.tables)

    @property
    def beyond_loans(self) -> dict[str, str]:
        """Tables with patron data of which no rule tells when a loan is parted from them, and what they hold."""
        return {**self.not_yet_covered, **self.with_card}

    @property
    def paths(self) -> tuple[Path, ...]:
        """Everything that is cut beside the loans' own table, in order: what leads to a loan, then other records."""
        return (*self.loans.paths, *self.ruled)
