"""Whether the rules for records other than loans agree: said or promised, one rule for each event, dates, ceilings."""

from __future__ import annotations

from collections.abc import Iterator

from carrel.errors import Fault
from carrel.inventory.risk import high_water
from carrel.policy import faults
from carrel.policy.document import PolicyDocument, told
from carrel.policy.grammar import PolicyBody
from carrel.policy.record_grammar import RecordRetention, RecordsRule
from carrel.policy.record_type import RecordType
from carrel.policy.rule_versions import periods_of, version_faults
from carrel.policy.schedule import RecordRule, RecordSchedule
from carrel.policy.yaml_source import Path


def record_incoherences(document: PolicyDocument) -> Iterator[Fault]:
    """Every disagreement among the rules for records other than loans."""
    for record, dataset in document.body.records.held().items():
        if isinstance(dataset, RecordsRule):
            yield from _said(document, record, dataset)
            yield from _events(document, record, dataset)
            for n, rule in enumerate(dataset.retention):
                path: Path = ("records", record.value, "retention", n)
                yield from version_faults(document, path, rule)
                yield from _ceiling(document, path, dataset, rule)


def record_schedule(body: PolicyBody, record: RecordType, dataset: RecordsRule) -> RecordSchedule:
    """What retention carries out for one kind of record."""
    rules = (
        RecordRule(rule.id, rule.clauses, rule.active_until, tuple(periods_of(body, rule)), rule.then)
        for rule in dataset.retention
    )
    return RecordSchedule(record.value, tuple(rules))


def _said(document: PolicyDocument, record: RecordType, dataset: RecordsRule) -> Iterator[Fault]:
    if not dataset.retention and not dataset.promised:
        yield told(
            document.text,
            ("records", record.value),
            faults.MISSING_KEY,
            key=True,
            wanted="'retention:' with a rule, or 'promised:' with words for the notice",
            found="neither",
            because="a policy that names a kind of record says how long it is kept",
            fix="write one of them",
        )


def _events(document: PolicyDocument, record: RecordType, dataset: RecordsRule) -> Iterator[Fault]:
    seen: dict[object, str] = {}
    for n, rule in enumerate(dataset.retention):
        path: Path = ("records", record.value, "retention", n)
        for what, at in ((rule.active_until, "active until"), (rule.id, "id")):
            if what in seen:
                yield told(
                    document.text,
                    (*path, at),
                    faults.DUPLICATE_KEY,
                    found=repr(str(what)),
                    because="a record that two rules speak of would have two periods",
                    fix="keep one rule for each event, each with an id of its own",
                )
            seen[what] = rule.id


def _ceiling(document: PolicyDocument, path: Path, dataset: RecordsRule, rule: RecordRetention) -> Iterator[Fault]:
    risk = high_water([dataset.class_, *(field.class_ for field in dataset.fields.values() if field.class_)])
    ceiling = document.body.risk_classes.of(risk).ceiling
    if ceiling is not None and not rule.keep.within(ceiling):
        yield told(
            document.text,
            (*path, "keep"),
            faults.ABOVE_CEILING,
            wanted=f"at most {ceiling}, the ceiling of {risk} risk",
            found=str(rule.keep),
            because="identified data of this class is kept no longer after use",
            fix=f"write 'keep: {ceiling}' or less",
        )
