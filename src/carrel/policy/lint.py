"""What a sound policy still leaves open: a review that is due, empty promises, figures that the library chose."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from carrel.policy.resolve import Policy
from carrel.policy.schedule import LoanRule, RecordRule
from carrel.policy.yaml_source import Path


class Open(enum.StrEnum):
    """Why an entry is worth a look."""

    REVIEW_PASSED = "review date passed"
    EMPTY_PROMISE = "promise without text"
    CHOSEN = "chosen figure"
    NOT_IN_FORCE = "not in force yet"
    EXCEPTION_ENDED = "exception ended"


@dataclass(frozen=True, slots=True)
class Finding:
    """One open point of a policy.

    Attributes:
        kind: why it is told.
        at: ``file:line:column``.
        says: what to know or do, in one sentence.
    """

    kind: Open
    at: str
    says: str


def lint(policy: Policy, today: date) -> tuple[Finding, ...]:
    """The open points of a policy's own document, in the order of the file.

    Args:
        policy: a resolved policy.
        today: the day on which it is looked at; a review date is passed on the day after it.
    """
    found = [
        *_review(policy, today),
        *_promises(policy),
        *_chosen(policy),
        *_force(policy, today),
        *_ended(policy, today),
    ]
    return tuple(sorted(found, key=_position))


def _position(finding: Finding) -> tuple[int, int]:
    *_, line, column = finding.at.rsplit(":", 2)
    return int(line), int(column)


def _finding(policy: Policy, kind: Open, path: Path, says: str) -> Finding:
    return Finding(kind, policy.document.text.at(path), says)


def _review(policy: Policy, today: date) -> Iterator[Finding]:
    if policy.review_by < today:
        says = f"the review was due by {policy.review_by}: review the policy and write the next date"
        yield _finding(policy, Open.REVIEW_PASSED, ("review by",), says)


def _promises(policy: Policy) -> Iterator[Finding]:
    for name, rule in policy.clauses.items():
        if rule.promised == "":
            says = f"{name} is promised without a word: say what the library does"
            yield _finding(policy, Open.EMPTY_PROMISE, ("clauses", name, "promised"), says)


def chosen_figures(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every key that a block marks as chosen by the library: path of the block, and the key."""
    if isinstance(data, dict):
        if isinstance(data.get("chosen"), list):
            yield from ((path, key) for key in data["chosen"])
        for key, below in data.items():
            yield from chosen_figures(below, (*path, key))
    elif isinstance(data, list):
        for n, below in enumerate(data):
            yield from chosen_figures(below, (*path, n))


def _chosen(policy: Policy) -> Iterator[Finding]:
    for path, key in chosen_figures(policy.document.text.data):
        says = f"'{key}' is the library's choice: no clause gives it"
        yield _finding(policy, Open.CHOSEN, (*path, key), says)


def _force(policy: Policy, today: date) -> Iterator[Finding]:
    loans = policy.body.records.loans
    own = policy.body.records.held()
    schedules = {record.value: one.rules for record, one in policy.record_schedules().items() if record in own}
    rules: dict[str, tuple[LoanRule | RecordRule, ...]] = {**schedules}
    if loans is not None:
        rules["loans"] = policy.loan_schedule().rules
    for record, several in rules.items():
        for n, rule in enumerate(several):
            if _first_day(rule) > today:
                says = f"rule '{rule.id}' holds from {_first_day(rule)} on: until then it makes nothing due"
                yield _finding(policy, Open.NOT_IN_FORCE, ("records", record, "retention", n, "since"), says)


def _first_day(rule: LoanRule | RecordRule) -> date:
    return min(period.since for period in rule.periods)


def _ended(policy: Policy, today: date) -> Iterator[Finding]:
    for n, exception in enumerate(policy.body.exceptions):
        if exception.expires <= today:
            says = f"exception '{exception.id}' ended on {exception.expires}: the ceiling holds again"
            yield _finding(policy, Open.EXCEPTION_ENDED, ("exceptions", n, "expires"), says)
