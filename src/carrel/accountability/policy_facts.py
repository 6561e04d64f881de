"""The adopted policy as an audit judges it: its own clauses and those of every policy that it adopts."""

from __future__ import annotations

from collections.abc import Iterator

from carrel.accountability.adopted_policy import (
    ClauseText,
    DatasetFacts,
    FieldFacts,
    LawFacts,
    PolicyException,
    PolicyFacts,
    RuleFacts,
    StillNeeded,
)
from carrel.accountability.forms_told import FormFacts
from carrel.inventory.collection import Needs, PolicyField
from carrel.inventory.risk import RiskClass
from carrel.policy.collection_notice import email_warning, notices
from carrel.policy.grammar import Basis
from carrel.policy.record_grammar import DatasetRule, LoansRule, RecordRetention, RecordsRule
from carrel.policy.record_type import RecordType, Source
from carrel.policy.resolve import Policy
from carrel.policy.schedule import Disposition


def policy_facts(policy: Policy) -> PolicyFacts:
    """What an audit needs of a resolved policy.

    Guarantees:
        A clause that both a policy and an adopted one have is told as the policy itself has it.
    """
    ruled = policy.record_schedules()
    return PolicyFacts(
        name=policy.name,
        title=policy.title,
        digest=policy.digest,
        approved=policy.approved,
        clauses=tuple(_clauses(policy)),
        purposes=frozenset(_purposes(policy)),
        ceilings={risk: policy.body.risk_classes.of(risk).ceiling for risk in RiskClass},
        floors=policy.floors,
        datasets=tuple(
            DatasetFacts(
                record=record.value,
                # The declared class: the audit holds it against the fields' own (MITL-3.5).
                risk=dataset.rule.class_,
                fields=tuple(
                    FieldFacts(name, field.category, field.purpose, field.class_, field.optional)
                    for name, field in dataset.rule.fields.items()
                ),
                carried=record is RecordType.LOANS or (record in ruled and not _promised(dataset.rule)),
                says=dataset.rule.says,
                source=dataset.rule.source.value,
                given=tuple(one.value for one in dataset.rule.given),
                why_not_shorter=getattr(dataset.rule, "why_not_shorter", None) or "",
            )
            for record, dataset in policy.datasets.items()
        ),
        exceptions=tuple(
            PolicyException(one.id, one.rule, one.reason, one.approver, one.expires) for one in policy.body.exceptions
        ),
        rules=tuple(_rules(policy)),
        laws=tuple(
            LawFacts(name, law.cite, dict(law.sets)) for one in _all(policy) for name, law in one.body.laws.items()
        ),
        adopts=tuple(one.name for one in policy.adopted),
        forms=_forms(policy),
    )


def _forms(policy: Policy) -> FormFacts:
    told = notices(policy)
    without = [
        str(record)
        for one in _all(policy)
        if one.body.forms
        for record, rule in one.body.records.held().items()
        if rule.source is Source.PATRON and record not in {form.record for form in one.body.forms.values()}
    ]
    fields = sum(len(one.fields) for one in told)
    return FormFacts(
        tuple(one.form for one in told), fields, tuple(dict.fromkeys(without)), bool(email_warning(policy))
    )


def needs(policy: Policy) -> Needs:
    """What a policy says it needs: its fields, each for its purpose, and those adopted that it does not restate."""
    choices = frozenset(
        name for one in _all(policy) for name, purpose in one.body.purposes.items() if purpose.basis is Basis.OPT_IN
    )
    loans = policy.datasets.get(RecordType.LOANS)
    return Needs(
        fields=tuple(
            PolicyField(record.value, name, field.category, field.purpose, field.optional or field.purpose in choices)
            for record, dataset in policy.datasets.items()
            for name, field in dataset.rule.fields.items()
        ),
        choices=choices,
        keeps_last_borrower=loans is not None and policy.loan_schedule().last_borrower.at_most is not None,
    )


def _rules(policy: Policy) -> Iterator[RuleFacts]:
    """Every rule in force, in the words of the newest version."""
    for record, dataset in policy.datasets.items():
        if not isinstance(dataset.rule, LoansRule | RecordsRule):
            continue
        for one in dataset.rule.retention:
            events = (one.active_until,) if isinstance(one, RecordRetention) else one.active_until
            after = one.afterwards
            yield RuleFacts(
                record.value,
                one.id,
                str(one.keep),
                " and ".join(sorted(events)),
                one.then is Disposition.DE_IDENTIFY,
                one.why_not_shorter or "",
                None if after is None else StillNeeded(after.need, after.owner, after.review_by),
            )


def _promised(rule: DatasetRule) -> bool:
    """Words stand beside the rules: these carry only a part."""
    return isinstance(rule, RecordsRule) and rule.promised is not None


def _clauses(policy: Policy) -> Iterator[ClauseText]:
    seen: set[str] = set()
    for one in _all(policy):
        for clause, rule in one.clauses.items():
            if clause not in seen:
                seen.add(clause)
                yield ClauseText(clause, rule.says or rule.promised or "", promised=not rule.carried_by)


def _purposes(policy: Policy) -> Iterator[str]:
    for one in _all(policy):
        yield from one.body.purposes


def _all(policy: Policy) -> Iterator[Policy]:
    yield policy
    for adopted in policy.adopted:
        yield from _all(adopted)
