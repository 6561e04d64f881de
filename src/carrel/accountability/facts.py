"""What an audit knows: everything that was measured again for it, as values.

`systems.audit_facts` gathers it from the live database, the policy and the store. Nothing in it names a patron.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from carrel.accountability.adopted_policy import ClauseText, DatasetFacts, FieldFacts, PolicyException, PolicyFacts
from carrel.accountability.consent_record import ConsentFacts
from carrel.accountability.cookies import CookieFacts
from carrel.accountability.custody_facts import CustodyFacts
from carrel.accountability.forms_told import FormPage
from carrel.accountability.kept_outside import KeptOutside
from carrel.accountability.legal_process import DisclosureFacts
from carrel.accountability.loan_facts import KeepingFacts, KindFacts, LoanFacts, RecordFacts
from carrel.accountability.measured_risk import MeasuredRisks
from carrel.accountability.night_facts import CapsuleFacts, NightFacts
from carrel.accountability.own_account import AccountFacts
from carrel.accountability.patron_requests import RequestFacts
from carrel.accountability.public_computers import PublicComputers
from carrel.accountability.surroundings import Surroundings
from carrel.deidentification.releases.outbox import Outbox
from carrel.deidentification.releases.standing import Standing
from carrel.inventory.category import Category
from carrel.inventory.channel import NoticeKind
from carrel.inventory.collection import Superfluous
from carrel.inventory.notices import Template, Way
from carrel.policy.schedule import LoanSchedule
from carrel.retention.plan import PolicyLine

__all__ = [
    "AuditFacts",
    "CapsuleFacts",
    "ClauseText",
    "CollectionFacts",
    "Contradiction",
    "DatasetFacts",
    "FieldFacts",
    "KeepingFacts",
    "KindFacts",
    "LoanFacts",
    "NightFacts",
    "NoticeFacts",
    "PolicyException",
    "PolicyFacts",
    "RecordFacts",
    "SchemaFacts",
]


@dataclass(frozen=True, slots=True)
class CollectionFacts:
    """What the live database collects beyond what lending needs, held against the policy.

    Attributes:
        superfluous: collected while no purpose of the policy needs it.
        looked_at: how many things the map says can be collected.
        unread: of these, what could not be looked at.
        unchosen: rows with an identity number without a recorded choice of the patron, whatever the policy lists.
        demanded: categories of personal data without which the product takes no patron's record.
    """

    superfluous: tuple[Superfluous, ...] = ()
    looked_at: int = 0
    unread: tuple[str, ...] = ()
    unchosen: int = 0
    demanded: frozenset[Category] = frozenset()


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What the live database shows of notices, held against the channels of the policy.

    Attributes:
        listed: the kinds for which the policy lists channels.
        beyond: rows by which a notice goes, or would go, by a channel that is not listed for it.
        unregistered: gateways that are set up and that the site file does not name.
        templates: those that name what they need not.
        waiting: notices in the queue that wait for longer than sent ones are kept.
        begun: messages, by kind and name, that new patrons get though the policy asks for their yes.
        asks: the clauses by which it does.
        unread: what the account may not look at.
    """

    listed: tuple[NoticeKind, ...] = ()
    beyond: tuple[Way, ...] = ()
    unregistered: tuple[str, ...] = ()
    templates: tuple[Template, ...] = ()
    waiting: int = 0
    unread: tuple[str, ...] = ()
    begun: tuple[tuple[NoticeKind, str], ...] = ()
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaFacts:
    """How the live schema differs from the system map.

    Attributes:
        unknown_columns: ``table.column`` of live columns in covered tables that the map does not know.
        missing: tables or columns of the map that the database lacks.
        not_yet_covered: tables with patron data that the map names but no rule reaches, with the reason.
        unproved: why the product's version is not proved; empty if it is.
    """

    product_version: str
    unknown_columns: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    not_yet_covered: Mapping[str, str] = field(default_factory=dict)
    unproved: str = ""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A setting of the product that works against the policy.

    Attributes:
        shows: what of one person it shows to another.
        value: to which it is set, or how many rows; it may stand nowhere uncounted.
        speaks: the clauses that the map names, whatever policy is in force.
        sends: the kind of message that goes by it to whoever did not ask.
    """

    setting: str
    says: str
    clauses: tuple[str, ...] = ()
    severity: str = "finding"
    fix: str = ""
    shows: str = ""
    value: str = ""
    speaks: tuple[str, ...] = ()
    sends: str = ""


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """Everything that one audit of one system is judged from.

    Attributes:
        as_of: aware time of the audit; ceilings are judged at this moment.
        judged_at: aware time, at most one night earlier: what became due after it waits for tonight's run.
        loans: None if the database could not be read; ``unread`` says why then.
        elsewhere: who holds the data of a library that has no system of its own; empty where it has one.
        collection: None if the database could not be read.
        held_now: closed loans in the scope of a legal hold in force that name a reader.
        held_before: the same when it was last counted under these holds; None if that was never done.
        records: of other kinds for which the policy has a rule.
        lapsed_cards: due under the policy's rule for them, and still there; None without such a rule.
        undated_cards: cards without a usable day of expiry; none of them ever becomes due.
        notices: None if the database could not be read, or its map does not tell where notices stand.
        kinds: of record that the product can hold, as they were found.
        placed: by the site file, where further kinds are kept, or that they are not.
        unlabelled: live columns of covered tables that no category of personal data labels, as ``table.column``.
        labelled: how many are.
        custody: of a library whose data lie with a custodian; None where they do not, or this is the custodian's site.
        policies: in force, where there are several, each with what is left that is due under it.
        stricter: whose records are treated more strictly than their policy writes.
        units_gone: what is to be said of loans that bear a unit which is gone.
        beside: the same for each further policy in force, held against what that one says.
        units: how many units the policy governs, where there are several; None where that could not be read.
        around: what lies around the tables; None if the database could not be read.
        returned: persons who were erased and have a record again, though nobody told of a restore; None if that could
            not be looked at.
        outside: what the site keeps outside its databases: mailboxes, folders of files, backups, logs,
            log services.
        risks: measurements of records without names, as they were recorded.
        releases: what left the house and is on record.
        requests: of patrons, as they stand; None where there is none.
        records_gone: requests that are open, and restrictions in force, of persons whose record is not there any more;
            None if that could not be looked at.
        holds_gone: legal holds, no sealed ones, that name such a person; None if that could not be looked at.
        gone_unread: codes of why not.
        disclosures: cases of legal process that are not sealed; None where there is none.
        outboxes: the folders from which releases leave, held against the record.
        sending: how many settings were looked at by which the product sends messages by itself.
        showing: how many settings and waivers the map knows that show one person to another; None if the database
            could not be read.
        settings_on: how many settings of the product that can be findings the map has on a clause.
        account: what the pages for patrons are; None where the site has none for this system.
        consent: consents and exports of addresses on record; None where the store was not asked.
        form_pages: pages of the site file with a form, held against its notice.
        cookies: of the library's own pages that the site file names, as they were looked at.
        computers: public ones, as they reported; None where the site has none that report, or the drop cannot be read.
    """

    system: str
    as_of: datetime
    judged_at: datetime
    policy: PolicyFacts
    schedule: LoanSchedule
    loans: LoanFacts | None
    live: SchemaFacts
    unread: str = ""
    elsewhere: str = ""
    collection: CollectionFacts | None = None
    keepings: tuple[KeepingFacts, ...] = ()
    held_now: int = 0
    held_before: int | None = None
    contradictions: tuple[Contradiction, ...] = ()
    nights: NightFacts = field(default_factory=NightFacts)
    records: tuple[RecordFacts, ...] = ()
    lapsed_cards: int | None = None
    undated_cards: int = 0
    around: Surroundings | None = None
    notices: NoticeFacts | None = None
    kinds: tuple[KindFacts, ...] = ()
    placed: Mapping[str, str] = field(default_factory=dict)
    unlabelled: tuple[str, ...] = ()
    labelled: int = 0
    custody: CustodyFacts | None = None
    policies: tuple[PolicyLine, ...] = ()
    stricter: tuple[str, ...] = ()
    units_gone: str = ""
    computers: PublicComputers | None = None
    beside: tuple[AuditFacts, ...] = ()
    units: int | None = None
    returned: int | None = 0
    outside: KeptOutside = field(default_factory=KeptOutside)
    risks: MeasuredRisks = field(default_factory=MeasuredRisks)
    releases: tuple[Standing, ...] = ()
    outboxes: tuple[Outbox, ...] = ()
    requests: RequestFacts | None = None
    records_gone: tuple[str, ...] | None = ()
    holds_gone: tuple[str, ...] | None = ()
    gone_unread: tuple[str, ...] = ()
    disclosures: DisclosureFacts | None = None
    showing: int | None = None
    sending: int = 0
    settings_on: Mapping[str, int] = field(default_factory=dict)
    account: AccountFacts | None = None
    consent: ConsentFacts | None = None
    cookies: tuple[CookieFacts, ...] = ()
    form_pages: tuple[FormPage, ...] = ()

    @property
    def left(self) -> dict[str, int]:
        """Everything that is due, unheld and still there, per path: of loans and of other records."""
        loans = {} if self.loans is None else dict(self.loans.remaining)
        return loans | {one.path: one.left for one in self.records}
