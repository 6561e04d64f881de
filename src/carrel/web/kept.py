"""What the policy says is kept and for how long, as a page and the API tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from carrel.policy.duration import Duration
from carrel.policy.reader_descriptions import describing_of, in_words
from carrel.policy.record_grammar import RecordsRule
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy


@dataclass(frozen=True, slots=True)
class Kept:
    """One rule, for people.

    Attributes:
        record: the kind of record.
        says: what it is, in the policy's own words; empty for a further rule of the same kind.
        which: of these records; empty for all.
        keep: how long after ``until``; None where the policy promises in words.
        until: what ends its use.
        then: what becomes of it.
        promised: in the policy's own words, where no rule says it.
        clauses: of the policy.
        stays: what of a reader stays with it after that, made coarser; empty for nothing.
    """

    record: str
    says: str
    which: str = ""
    keep: Duration | None = None
    until: tuple[str, ...] = ()
    then: str = ""
    promised: str = ""
    clauses: tuple[str, ...] = ()
    stays: str = ""


def kept(policy: Policy) -> tuple[Kept, ...]:
    """Every rule of a policy, loans first, then the other records in the policy's order."""
    return (*_loans(policy), *_others(policy))


def _loans(policy: Policy) -> Iterator[Kept]:
    if policy.loans is None:
        return
    describing = describing_of(policy.loans)
    for rule in policy.loan_schedule().rules:
        keep, until = rule.periods[-1].keep, tuple(sorted(str(one) for one in rule.active_until))
        which = "" if str(rule.applies) == "any" else str(rule.applies)
        yield Kept(str(RecordType.LOANS), policy.loans.says, which, keep, until, str(rule.disposition),
                   clauses=tuple(rule.clauses), stays="" if describing is None else in_words(describing))  # fmt: skip


def _others(policy: Policy) -> Iterator[Kept]:
    for record, dataset in policy.datasets.items():
        rule = dataset.rule
        if record is RecordType.LOANS:
            continue
        promised = rule.promised or "" if isinstance(rule, RecordsRule) else ""
        retention = rule.retention if isinstance(rule, RecordsRule) else ()
        if not retention:
            yield Kept(str(record), rule.says, promised=promised, clauses=tuple(rule.clauses))
        for one in retention:
            yield Kept(str(record), rule.says, one.id if len(retention) > 1 else "", one.keep, (str(one.active_until),),
                       str(one.then), promised, tuple(one.clauses or rule.clauses))  # fmt: skip
