"""The grammar of a policy: which keys there are, and what stands under them.

Every key is written with spaces where the attribute has underscores (``review by``). What one part says about another
(a clause and its rule, a field and its purpose, a period and its ceiling) is checked in `carrel.policy.coherence`.
"""

from __future__ import annotations

import enum
from typing import Literal

from pydantic import Field

from carrel.inventory.category import Category
from carrel.inventory.risk import RiskClass
from carrel.policy.block import Block, Figures
from carrel.policy.contact_grammar import Contacts, Recipient
from carrel.policy.form_grammar import EmailWarning, FormRule
from carrel.policy.process_grammar import LegalProcess
from carrel.policy.record_grammar import Records
from carrel.policy.rights_grammar import Rights
from carrel.policy.saying_grammar import Saying
from carrel.policy.words import ClauseId, Clauses, Day, MaybeText, Name, Period, PolicyName, Text


class Contact(Block):
    """Where questions go (MITL-10.8)."""

    who: Text
    write_to: Text


class Basis(enum.StrEnum):
    """Whether a purpose needs the patron's consent."""

    OPERATIONAL = "operational"
    OPT_IN = "opt-in"


class Purpose(Block):
    """One entry of the closed list of purposes (MITP-11.2.0)."""

    says: Text
    basis: Basis = Basis.OPERATIONAL
    default: Literal["off"] | None = Field(
        default=None, description="An optional purpose is off until somebody opts in; there is no other default."
    )
    contacts: Contacts | None = Field(
        default=None, description="What it may take of patrons' addresses; nothing without."
    )
    part_of: Name | None = Field(default=None, description="The purpose of an adopted policy that this one narrows.")
    clauses: Clauses = ()


class ClassRule(Figures):
    """What follows from a risk class (MITL-2.1)."""

    says: Text
    ceiling: Period | None = Field(default=None, description="The longest that identified data may be kept after use.")
    clauses: Clauses = ()


class RiskClasses(Block):
    """The three classes, each with its ceiling."""

    low: ClassRule
    medium: ClassRule
    high: ClassRule

    def of(self, risk: RiskClass) -> ClassRule:
        """The rule of one class."""
        return {RiskClass.LOW: self.low, RiskClass.MEDIUM: self.medium, RiskClass.HIGH: self.high}[risk]


class FloorRule(Block):
    """A category or a combination of categories implies a lowest class (MITL-2.2)."""

    all_of: tuple[Category, ...] = Field(min_length=1, description="Categories that must all occur in the dataset.")
    any_of: tuple[Category, ...] = Field(default=(), description="Of these at least one must occur too.")
    class_: RiskClass = Field(description="The lowest class that such a dataset may have.")
    clauses: Clauses = ()


class LawRule(Block):
    """A law that binds the library: where it stands, and what it sets (MITL-1.3)."""

    says: Text
    cite: Text = Field(description="Where it stands.")
    sets: dict[Name, Text] = Field(
        default_factory=dict, description="What it sets, by name: a period, a limit, a duty."
    )
    clauses: Clauses = ()


class ExceptionRule(Block):
    """A recorded exception from a ceiling (MITL-6.7)."""

    id: Name
    rule: Name = Field(description="Id of the retention rule that may keep longer.")
    reason: Text
    approver: Text
    expires: Day = Field(description="From this day on the ceiling holds again.")
    clauses: Clauses = ()


class Conflict(Block):
    """Two clauses that pull apart, and which way the library goes."""

    id: Name
    between: Text
    clauses: Clauses = ()
    wins: Text
    because: Text


# What a product sends by itself.
MessageKind = Literal["overdue", "pickup", "due soon", "receipt", "about the card"]


class ChildrenRule(Block):
    """Children have the same privacy as adults: a parent or guardian is another person (MPL-14)."""

    says: Text
    shown_to_guardians: dict[Literal["loans", "fines", "holds", "notices"], Text] = Field(
        default_factory=dict, description="What a guardian may see of a child all the same, each with its basis."
    )
    advice: Text | None = Field(default=None, description="What the notice tells parents.")
    clauses: Clauses = ()


class MessagesRule(Figures):
    """Which messages go to patrons who agreed to none; whatever else the product sends by itself needs their yes."""

    says: Text
    without_consent: tuple[MessageKind, ...] = Field(
        min_length=1, description="A closed list of messages; every other one is off until the person switches it on."
    )
    clauses: Clauses = ()


class ClauseRule(Block):
    """One clause: carried by rules of this policy, or promised in words."""

    says: Text | None = Field(
        default=None, description="The clause in the library's own words, where a rule carries it."
    )
    carried_by: tuple[Text, ...] = Field(
        default=(), description="Paths of the rules that carry it, such as 'records.loans.retention.closed loans'."
    )
    promised: MaybeText | None = Field(default=None, description="The promise in words, where no rule carries it yet.")


class PolicyBody(Figures):
    """A whole policy."""

    policy: PolicyName = Field(description="Name of the policy: small letters, digits, hyphens and dots.")
    title: Text
    publisher: Text
    version: Text
    approved: Day = Field(description="Day from which this version of the policy holds.")
    first_approved: Day | None = Field(
        default=None,
        description="Day of the first approval, where rules of an earlier version go on; no rule is older.",
    )
    review_by: Day = Field(description="Day by which the policy is reviewed.")
    adopts: tuple[Text, ...] = Field(
        default=(), description="Shipped names or files of policies that this one tightens."
    )
    contact: tuple[Contact, ...] = Field(min_length=1)
    purposes: dict[Name, Purpose] = Field(min_length=1)
    recipients: dict[Name, Recipient] = Field(
        default_factory=dict, description="Who may be given patrons' addresses, and who is barred from them."
    )
    rights: Rights | None = Field(
        default=None, description="By when patrons' requests are answered, and who sees to them."
    )
    legal_process: LegalProcess | None = Field(
        default=None, description="Who may have records of patrons, on which paper and by which steps."
    )
    risk_classes: RiskClasses
    floors: dict[Name, FloorRule] = Field(default_factory=dict)
    laws: dict[Name, LawRule] = Field(default_factory=dict)
    messages: MessagesRule | None = Field(
        default=None, description="Which messages the product may send to patrons who agreed to none."
    )
    children: ChildrenRule | None = Field(
        default=None, description="Whose a child's record is, and what of it somebody else may see."
    )
    records: Records
    forms: dict[Name, FormRule] = Field(
        default_factory=dict, description="What is asked on each form, and what follows where it is not answered."
    )
    email_warning: EmailWarning | None = Field(
        default=None, description="That e-mail can be read by others; on every message about a question or request."
    )
    in_other_languages: tuple[Saying, ...] = Field(
        default=(), description="Sentences of this policy as pages say them in other languages."
    )
    exceptions: tuple[ExceptionRule, ...] = ()
    precedence: tuple[Conflict, ...] = ()
    clauses: dict[ClauseId, ClauseRule] = Field(min_length=1)
