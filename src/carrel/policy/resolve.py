"""From a document and the policies that it adopts to the one policy that holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from carrel.errors import CarrelError, Fault, fault
from carrel.inventory.risk import Floor
from carrel.policy import faults
from carrel.policy.adoption import laxities
from carrel.policy.coherence import below_floors, class_of, floors_of
from carrel.policy.dataset import Dataset, Datasets
from carrel.policy.document import PolicyDocument, told
from carrel.policy.grammar import ClauseRule, PolicyBody
from carrel.policy.loan_rules import ceiling_of_loans, exception_end
from carrel.policy.method_entry import word_of
from carrel.policy.reader_descriptions import describing_of
from carrel.policy.record_grammar import DatasetRule, FinanceRule, LoansRule, RecordsRule, Retention
from carrel.policy.record_rules import record_schedule
from carrel.policy.record_type import RecordType
from carrel.policy.rule_versions import periods_of
from carrel.policy.schedule import (
    Children,
    FinanceSchedule,
    LastBorrower,
    LoanRule,
    LoanSchedule,
    Messages,
    Period,
    RecordEvent,
    RecordRule,
    RecordSchedule,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy after adoption: what the engine carries out and the notice publishes.

    Attributes:
        document: the policy's own document.
        adopted: the policies it adopts, resolved, in the order written.
        floors: its own floors, then those of every policy it adopts.
        datasets: record type → dataset, its own and the adopted ones that it does not restate.
        digest: SHA-256 in hex over the canonical JSON of all this; comments and layout do not matter.
    """

    document: PolicyDocument
    adopted: tuple[Policy, ...]
    floors: tuple[Floor, ...]
    datasets: Datasets
    digest: str

    @property
    def body(self) -> PolicyBody:
        """The policy's own text by the grammar."""
        return self.document.body

    @property
    def name(self) -> str:
        """Name of the policy."""
        return self.body.policy

    @property
    def title(self) -> str:
        """Title of the policy."""
        return self.body.title

    @property
    def version(self) -> str:
        """Version of the policy, as its author counts."""
        return self.body.version

    @property
    def approved(self) -> date:
        """Day from which the policy holds."""
        return self.body.approved

    @property
    def review_by(self) -> date:
        """Day by which the policy is reviewed."""
        return self.body.review_by

    @property
    def clauses(self) -> Mapping[str, ClauseRule]:
        """The policy's own clauses, id → carried by rules, or promised; adopted ones stand in their own policy."""
        return self.body.clauses

    @property
    def loans(self) -> LoansRule | None:
        """The rules for loans, its own or adopted."""
        held = self.datasets.get(RecordType.LOANS)
        return held.rule if held is not None and isinstance(held.rule, LoansRule) else None

    def said_in(self, language: str, sentence: str) -> str | None:
        """A sentence of this policy, or of one that it adopts, in another language; None where nobody wrote that.

        Args:
            language: a language tag; where nobody wrote in that of a region, the language as such will do.
            sentence: as it stands in the policy.
        """
        for one in self.body.in_other_languages:
            if one.says == sentence and (word := one.words.get(language) or one.words.get(language.partition("-")[0])):
                return word
        found = (policy.said_in(language, sentence) for policy in self.adopted)
        return next((word for word in found if word), None)

    @property
    def barred(self) -> Mapping[str, tuple[str, ...]]:
        """Recipients that may be given nobody's address, with the clauses that say so; adopted ones stay barred."""
        found = {name: clauses for policy in reversed(self.adopted) for name, clauses in policy.barred.items()}
        found |= {name: one.clauses for name, one in self.body.recipients.items() if one.barred}
        return MappingProxyType(found)

    def loan_schedule(self) -> LoanSchedule:
        """What retention carries out for loans.

        A rule above its ceiling by a recorded exception gets one version more: the ceiling, from the day on which the
        exception ends (MITL-6.7).

        Raises:
            CarrelError: POL-021, neither this policy nor one that it adopts has rules for loans.
        """
        loans = self.loans
        if loans is None:
            fix = "write 'loans:' under 'records:', or adopt a policy that has it"
            raise fault(faults.NO_LOANS, at=self.document.source, found=self.name, fix=fix)
        owner = self.datasets[RecordType.LOANS].document
        return LoanSchedule(
            policy=self.name,
            digest=self.digest,
            rules=tuple(_loan_rule(owner.body, rule) for rule in loans.retention),
            last_borrower=LastBorrower(loans.last_borrower.at_most, loans.last_borrower.clauses),
            charges=loans.charges,
            refund_window=loans.refund_window,
            consent_deadline=loans.opted_in.deadline,
            event_detail=loans.event_detail,
            finance=None if (told := loans.finance_schedule) is None else _finance(told),
            describing=describing_of(loans),
            children=self.children,
            messages=self.messages,
        )

    @property
    def children(self) -> Children | None:
        """Whose a child's record is, by this policy and those that it adopts: each may show less, and none more."""
        found = [one.children for one in self.adopted if one.children is not None]
        if (own := self.body.children) is not None:
            found.insert(0, Children(own.clauses, frozenset(own.shown_to_guardians)))
        if not found:
            return None
        clauses = dict.fromkeys(clause for one in found for clause in one.clauses)
        return Children(tuple(clauses), frozenset.intersection(*(one.shown for one in found)))

    @property
    def messages(self) -> Messages | None:
        """Which messages need no consent, by this policy and those that it adopts: each may ask more, and none less."""
        found = [one.messages for one in self.adopted if one.messages is not None]
        if (own := self.body.messages) is not None:
            found.insert(0, Messages(own.clauses, frozenset(own.without_consent)))
        if not found:
            return None
        clauses = dict.fromkeys(clause for one in found for clause in one.clauses)
        return Messages(tuple(clauses), frozenset.intersection(*(one.free for one in found)))

    def record_schedules(self) -> Mapping[RecordType, RecordSchedule]:
        """What retention carries out for records other than loans; a kind without a rule is left out."""
        found = {}
        for record, dataset in self.datasets.items():
            if isinstance(dataset.rule, RecordsRule) and dataset.rule.retention:
                found[record] = record_schedule(dataset.document.body, record, dataset.rule)
        return MappingProxyType(found)

    def record_rule(self, record: RecordType, event: RecordEvent) -> RecordRule | None:
        """The rule for records of one kind whose active use ends with an event; None where there is none."""
        schedule = self.record_schedules().get(record)
        return None if schedule is None else schedule.of(event)


def resolve(document: PolicyDocument, adopted: Sequence[Policy] = ()) -> Policy:
    """The policy that holds when a document adopts others.

    A record type that the document does not restate is taken over as it stands; floors add up.

    Args:
        document: a document that agrees with itself.
        adopted: the policies that it names under ``adopts``, resolved, in the same order.

    Raises:
        CarrelError: POL-017 for each point in which the document is laxer than a policy it adopts, naming both places;
            POL-011 where a dataset lies below an adopted floor; POL-012 where an adopted period is above a ceiling.

    Guarantees:
        The result allows nothing that an adopted policy forbids, as far as the grammar can tell.
    """
    found: list[Fault] = []
    for policy in adopted:
        found.extend(laxities(document, policy.document, policy.datasets))
        found.extend(below_floors(document, policy.floors, policy.document.source))
        found.extend(_adopted_above_ceiling(document, policy))
    found.extend(_adopted_twice(document, adopted))
    if found:
        raise CarrelError(tuple(found))
    own = {
        record: Dataset(record, rule, class_of(rule), document) for record, rule in document.body.records.held().items()
    }
    datasets = {record: dataset for policy in reversed(adopted) for record, dataset in policy.datasets.items()} | own
    floors = [*floors_of(document.body), *(floor for policy in adopted for floor in policy.floors)]
    return Policy(
        document,
        tuple(adopted),
        tuple(dict.fromkeys(floors)),
        MappingProxyType({record: datasets[record] for record in RecordType if record in datasets}),
        _digest(document.body, adopted),
    )


def _finance(rule: FinanceRule) -> FinanceSchedule:
    return FinanceSchedule(rule.cited, tuple(one.value for one in rule.requires), rule.keep)


def _loan_rule(body: PolicyBody, rule: Retention) -> LoanRule:
    periods = periods_of(body, rule)
    ceiling, end = ceiling_of_loans(body)[1], exception_end(body, rule)
    if end is not None and ceiling is not None and not rule.keep.within(ceiling):
        periods.append(Period(ceiling, end))
    return LoanRule(
        id=rule.id,
        clauses=rule.clauses,
        applies=rule.applies,
        active_until=frozenset(rule.active_until),
        periods=tuple(periods),
        disposition=rule.then,
        methods=tuple(sorted((name, word_of(how)) for name, how in rule.methods.items())),
    )


def _adopted_above_ceiling(document: PolicyDocument, policy: Policy) -> Iterator[Fault]:
    """A taken-over rule that is longer than this policy's own ceiling."""
    own = document.body.records.held()
    ruled = ((record, dataset.rule) for record, dataset in policy.datasets.items() if record not in own)
    for record, dataset in ruled:
        yield from _taken_over(document, policy, record, dataset)


def _taken_over(document: PolicyDocument, policy: Policy, record: RecordType, dataset: DatasetRule) -> Iterator[Fault]:
    if not isinstance(dataset, LoansRule | RecordsRule):
        return
    risk = class_of(dataset)
    ceiling = document.body.risk_classes.of(risk).ceiling
    for rule in dataset.retention:
        if ceiling is not None and not rule.keep.within(ceiling):
            yield told(
                document.text,
                ("risk classes", risk.value, "ceiling"),
                faults.ABOVE_CEILING,
                wanted=f"at most {ceiling}, the ceiling of {risk} risk",
                found=f"{rule.keep} in rule '{rule.id}' of {policy.name}",
                because="the rule is taken over with the adopted policy",
                fix=f"restate '{record}:' under 'records:' with a shorter period",
            )


def _adopted_twice(document: PolicyDocument, adopted: Sequence[Policy]) -> Iterator[Fault]:
    """A record type that two adopted policies rule differently and this one does not restate."""
    own = document.body.records.held()
    seen: dict[RecordType, tuple[str, DatasetRule]] = {}
    for policy in adopted:
        for record, dataset in policy.datasets.items():
            first, rule = seen.setdefault(record, (policy.name, dataset.rule))
            if record not in own and rule != dataset.rule:
                yield told(
                    document.text,
                    ("adopts",),
                    faults.LAXER,
                    key=True,
                    found=f"{first} and {policy.name} differ on {record}",
                    because="neither may be weakened by the other",
                    fix=f"restate '{record}:' under 'records:', as strict as both",
                )


def _digest(body: PolicyBody, adopted: Sequence[Policy]) -> str:
    # Keys left out and keys written with their default mean the same, and so have the same digest. What is said in
    # other languages binds nobody: a better word in Spanish is no other policy, to be approved anew.
    content = {
        "format": 1,
        "policy": body.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"in_other_languages"}),
        "adopts": [policy.digest for policy in adopted],
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
