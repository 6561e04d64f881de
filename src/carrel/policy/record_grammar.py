"""The grammar of a policy's records: datasets with their fields, and for how long each is kept."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from carrel.inventory.category import Category
from carrel.inventory.channel import Channel, NoticeKind
from carrel.inventory.risk import RiskClass
from carrel.policy.block import Block, Figures
from carrel.policy.method_entry import MethodEntry
from carrel.policy.record_type import Intake, RecordType, Source
from carrel.policy.schedule import Applies, Charges, Disposition, Event, RecordEvent
from carrel.policy.station_rules import StationsRule
from carrel.policy.words import Clauses, Day, Name, Number, Period, Text, YesNo


class FieldRule(Block):
    """One field of a dataset."""

    category: Category
    purpose: Name
    class_: RiskClass | None = Field(default=None, description="Class of this field alone, where it is above low.")
    optional: YesNo = Field(default=False, description="Whether the patron may leave it out.")


class Version(Figures):
    """An earlier version of a rule's period (MITL-10.6)."""

    keep: Period
    since: Day
    reaches_back: YesNo = True


class Afterwards(Block):
    """Why what was de-identified is still kept, and until when that was decided (MITL-6.9)."""

    need: Text
    owner: Text
    review_by: Day = Field(description="From the day after on, what is left is due for disposal.")


_WHY = "Why the period is not shorter (MPL-5.1)."


class Retention(Version):
    """One retention rule over loans."""

    id: Name
    clauses: Clauses = ()
    applies: Applies = Applies.ANY
    active_until: tuple[Event, ...] = Field(
        min_length=1, description="Active use ends with the latest of these events."
    )
    since: Day | None = Field(default=None, description="First day in force; the policy's approval where left out.")  # type: ignore[assignment]  # narrower in Version, filled by resolve
    earlier: tuple[Version, ...] = Field(default=(), description="Earlier versions of the period, oldest first.")
    then: Disposition
    why_not_shorter: Text | None = Field(default=None, description=_WHY)
    afterwards: Afterwards | None = None
    methods: dict[Name, MethodEntry] = Field(
        default_factory=dict,
        description="What de-identifying does to each field: a word; or, of an address or a birth date, a level.",
    )
    shared_by_at_least: Number | None = Field(
        default=None, description="How many patrons share what stays on a level, or it is removed; 10 where left out."
    )


class RecordRetention(Version):
    """One retention rule over records of another kind than loans."""

    id: Name
    clauses: Clauses = ()
    active_until: RecordEvent = Field(description="Active use ends with this event.")
    since: Day | None = Field(default=None, description="First day in force; the policy's approval where left out.")  # type: ignore[assignment]  # narrower in Version, filled by resolve
    earlier: tuple[Version, ...] = Field(default=(), description="Earlier versions of the period, oldest first.")
    then: Disposition
    why_not_shorter: Text | None = Field(default=None, description=_WHY)
    afterwards: Afterwards | None = None


class LastBorrowerRule(Figures):
    """How long an item names its last borrower (WPL-3.3)."""

    at_most: Period | None = None
    clauses: Clauses = ()


def _none_word(value: Any) -> Any:
    return {} if value == "none" else value


LastBorrowerEntry = Annotated[
    LastBorrowerRule,
    BeforeValidator(_none_word),
    WithJsonSchema({"anyOf": [{"const": "none"}, LastBorrowerRule.model_json_schema()]}),
]


class ConsentWait(Figures):
    """How long a loan of a patron who opted in to a history may wait until it is sealed."""

    deadline: Period
    purpose: Name | None = Field(
        default=None, description="The optional purpose that a history serves: whoever has one on agreed to it."
    )
    clauses: Clauses = ()


class DatasetRule(Figures):
    """What is held of one record type."""

    says: Text
    source: Source
    custodian: Text
    class_: RiskClass
    given: tuple[Intake, ...] = Field(default=(), description="By which ways patrons give it (MPL-0).")
    fields: dict[Name, FieldRule] = Field(min_length=1)
    clauses: Clauses = ()


class RecordsRule(DatasetRule):
    """A record type other than loans: ruled, or promised in words, or both where a rule carries only a part."""

    retention: tuple[RecordRetention, ...] = Field(default=(), description="At most one rule for each event.")
    promised: Text | None = Field(
        default=None, description="How long it is kept and what becomes of it, in words for the notice."
    )
    why_not_shorter: Text | None = Field(default=None, description=_WHY)


class NoticesRule(RecordsRule):
    """Notices: the record type that also says by which channels each kind goes (WPL-3.5)."""

    channels: dict[NoticeKind, Annotated[tuple[Channel, ...], Field(min_length=1)]] = Field(
        default_factory=dict, description="By which channels each kind of notice may go; one that is left out, by any."
    )


class SessionsRule(RecordsRule):
    """What computers write down while people use them: the record type that also rules the public machines."""

    stations: StationsRule | None = Field(
        default=None, description="How long anything may stay on a public computer, as the machines report it."
    )


class FinanceRule(Figures):
    """What the finance office's schedule requires of a financial record (MITL-6.8)."""

    cited: Text = Field(description="The schedule, as it is cited.")
    requires: tuple[Category, ...] = Field(min_length=1, description="What must stay of the payer.")
    keep: Period = Field(description="How long from the last line of an account.")
    clauses: Clauses = ()


class LoansRule(DatasetRule):
    """Loans: the record type with a schedule that is carried out."""

    retention: tuple[Retention, ...] = Field(min_length=1)
    last_borrower: LastBorrowerEntry
    charges: Charges
    refund_window: Period
    opted_in: ConsentWait
    event_detail: Literal["second", "day"]
    finance_schedule: FinanceRule | None = Field(
        default=None, description="Left out, the financial record stays whole unless its charges lose the card."
    )


class Records(Block):
    """The record types; one that the library does not keep is left out."""

    loans: LoansRule | None = None
    holds: RecordsRule | None = None
    charges: RecordsRule | None = None
    registrations: RecordsRule | None = None
    notices: NoticesRule | None = None
    mailing_lists: RecordsRule | None = None
    correspondence: RecordsRule | None = None
    searches: RecordsRule | None = None
    reference_questions: RecordsRule | None = None
    interlibrary_loans: RecordsRule | None = None
    reading_histories: RecordsRule | None = None
    in_house_use: RecordsRule | None = Field(default=None, alias="in-house use")
    reading_room_visits: RecordsRule | None = None
    event_registrations: RecordsRule | None = None
    equipment_use: RecordsRule | None = None
    computer_bookings: RecordsRule | None = None
    computer_sessions: SessionsRule | None = None
    door_records: RecordsRule | None = None
    gate_counts: RecordsRule | None = None
    camera_footage: RecordsRule | None = None
    access_logs: RecordsRule | None = None
    website_visits: RecordsRule | None = None
    vendor_usage: RecordsRule | None = None
    rfid_logs: RecordsRule | None = None
    contributions: RecordsRule | None = None
    personnel: RecordsRule | None = None
    education_records: RecordsRule | None = None
    backups: RecordsRule | None = None

    def held(self) -> dict[RecordType, DatasetRule]:
        """The record types that stand in the policy, in the order of the grammar."""
        rules = {record: getattr(self, record.value.replace(" ", "_").replace("-", "_")) for record in RecordType}
        return {record: rule for record, rule in rules.items() if rule is not None}
