"""What a policy resolves to for one record type: the schedule that retention carries out."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date

from carrel.deidentification.reader_description import Describing
from carrel.policy.duration import Duration


class Applies(enum.StrEnum):
    """Which closed loans a rule speaks of; every loan falls under exactly one rule of a schedule."""

    ANY = "any"
    ON_TIME = "on time"  # back by its due date and never charged for
    LATE_OR_CHARGED = "late or charged"


class Event(enum.StrEnum):
    """What ends active use; where a rule names several, the latest of them does (MITL-6.1)."""

    RETURNED = "returned"
    SETTLED = "settled"  # every charge of this loan paid, waived or voided


class RecordEvent(enum.StrEnum):
    """What ends the active use of a record other than a loan."""

    ENDED = "ended"  # filled, cancelled, expired, completed: nothing is to be done with it any more
    SENT = "sent"
    MADE = "made"  # a search, a click, a session: over as soon as it is there
    ANSWERED = "answered"
    SETTLED = "settled"
    LAPSED = "lapsed"  # a card that has expired, is not used and owes nothing
    GONE = "gone"  # the patron's own record has been deleted


class Disposition(enum.StrEnum):
    """What becomes of a due record (DESIGN 5)."""

    DE_IDENTIFY = "de-identify"
    DELETE = "delete"
    TRANSFER = "transfer to archives"  # to another custodian, who then answers for them (MITL-3.7)


class Method(enum.StrEnum):
    """What de-identifying does to one field of a record (MITL-7.6)."""

    REMOVE = "remove"
    GENERALISE = "generalise"
    PSEUDONYMISE = "pseudonymise"
    KEEP = "keep"


class Charges(enum.StrEnum):
    """What becomes of the charges of a due loan."""

    PART = "part title and item"  # the payer stays: the financial record is kept whole otherwise (MITL-6.8)
    LOSE_CARD = "lose the card"  # once everything is settled nothing ties them to the card (WPL-3.4)


@dataclass(frozen=True, slots=True)
class Period:
    """One dated version of a rule's period (MITL-10.6).

    Attributes:
        keep: how long after active use.
        since: first day on which this version is in force.
        reaches_back: whether it also shortens the period of loans that closed before ``since``. It never lengthens it.
    """

    keep: Duration
    since: date
    reaches_back: bool = True


@dataclass(frozen=True, slots=True)
class LoanRule:
    """One retention rule over closed loans.

    Attributes:
        id: name of the rule inside its policy, for plans and reports.
        clauses: ids of the source clauses that it carries.
        periods: versions in order of ``since``; the last one in force decides, an earlier shorter one is not undone.
        methods: field of the record and what de-identifying does to it, in order of name; empty for a deletion.
    """

    id: str
    clauses: tuple[str, ...]
    applies: Applies
    active_until: frozenset[Event]
    periods: tuple[Period, ...]
    disposition: Disposition
    methods: tuple[tuple[str, Method], ...] = ()


@dataclass(frozen=True, slots=True)
class RecordRule:
    """One retention rule over records of another kind than loans.

    Attributes:
        id: name of the rule inside its policy.
        clauses: ids of the source clauses that it carries.
        active_until: what ends active use.
        periods: as of a `LoanRule`.
        disposition: what becomes of a due record.
    """

    id: str
    clauses: tuple[str, ...]
    active_until: RecordEvent
    periods: tuple[Period, ...]
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class RecordSchedule:
    """What a policy, after adoption, says of one kind of record: at most one rule for each event."""

    record: str
    rules: tuple[RecordRule, ...]

    def of(self, event: RecordEvent) -> RecordRule | None:
        """The rule for records whose active use ends with an event."""
        return next((rule for rule in self.rules if rule.active_until is event), None)


@dataclass(frozen=True, slots=True)
class LastBorrower:
    """How long an item may name its last borrower; ``at_most`` None stands for never (WPL-3.3)."""

    at_most: Duration | None
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FinanceSchedule:
    """What the finance office requires of a financial record (MITL-6.8).

    Attributes:
        cited: the schedule, as it is cited.
        requires: categories of what must stay of the payer.
        keep: how long from the last line of an account.
    """

    cited: str
    requires: tuple[str, ...]
    keep: Duration


@dataclass(frozen=True, slots=True)
class Children:
    """What a policy says of children's records.

    Attributes:
        clauses: by which they are shown to nobody else.
        shown: what a guardian may see all the same, on a basis that the policy names.
    """

    clauses: tuple[str, ...]
    shown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Messages:
    """What a policy says of messages that the product sends by itself.

    Attributes:
        clauses: by which every other one needs a yes.
        free: kinds that go without one.
    """

    clauses: tuple[str, ...]
    free: frozenset[str]


@dataclass(frozen=True, slots=True)
class LoanSchedule:
    """Everything that a policy, after adoption and precedence, says of loans.

    Attributes:
        policy: name of the policy.
        digest: SHA-256 of the resolved policy document, hex.
        rules: either one rule for ANY, or one for ON_TIME and one for LATE_OR_CHARGED.
        last_borrower: the link from an item to its last borrower.
        charges: what becomes of the charges of a due loan.
        refund_window: how long a loan with a charge for loss stays active after it was settled.
        consent_deadline: how long after return a loan of a patron who opted in to a history may wait to be sealed.
        finance: what is kept of payers; None while no schedule is set, and the financial record stays whole.
        event_detail: ``second`` keeps event times, ``day`` generalises the times of a de-identified loan to its day.
        describing: what may stay of a reader's description in a de-identified loan; None where all of it is removed.
        children: to whom a child's record is shown; None where the policy does not say.
        messages: which messages need no consent; None where the policy does not say.
    """

    policy: str
    digest: str
    rules: tuple[LoanRule, ...]
    last_borrower: LastBorrower
    charges: Charges
    refund_window: Duration
    consent_deadline: Duration
    event_detail: str = "second"
    finance: FinanceSchedule | None = None
    describing: Describing | None = None
    children: Children | None = None
    messages: Messages | None = None
