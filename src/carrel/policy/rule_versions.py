"""The dated versions of a rule's period: each begins later than the one before (MITL-10.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from carrel.errors import Fault
from carrel.policy import faults
from carrel.policy.document import PolicyDocument, told
from carrel.policy.grammar import PolicyBody
from carrel.policy.record_grammar import RecordRetention, Retention
from carrel.policy.schedule import Period
from carrel.policy.yaml_source import Path


def since(body: PolicyBody, rule: Retention | RecordRetention) -> date:
    """First day on which the current version of a rule is in force."""
    return rule.since or body.approved


def first_days(body: PolicyBody, rule: Retention | RecordRetention) -> tuple[date, ...]:
    """First day in force of every version, as they are listed; the current one last."""
    return (*(version.since for version in rule.earlier), since(body, rule))


def periods_of(body: PolicyBody, rule: Retention | RecordRetention) -> list[Period]:
    """Every version as retention carries it out, the current one last."""
    earlier = [Period(version.keep, version.since, version.reaches_back) for version in rule.earlier]
    return [*earlier, Period(rule.keep, since(body, rule), rule.reaches_back)]


def version_faults(document: PolicyDocument, path: Path, rule: Retention | RecordRetention) -> Iterator[Fault]:
    """Versions in force before the policy was first approved, or not after the one before (MITL-10.6).

    Args:
        document: of the rule.
        path: of the rule.
        rule: with its versions.
    """
    days = first_days(document.body, rule)
    first = min(document.body.first_approved or document.body.approved, document.body.approved)
    if days[0] < first:
        yield told(
            document.text,
            (*path, "earlier", 0, "since") if rule.earlier else (*path, "since"),
            faults.VERSIONS,
            wanted=f"{first} or later",
            found=str(days[0]),
            because="no rule is in force before the policy was approved (MITL-10.6)",
            fix="write a later day; if the rule goes back to an earlier version of the policy, add 'first approved:'",
        )
    yield from _out_of_order(document, path, days)


def _out_of_order(document: PolicyDocument, path: Path, days: Sequence[date]) -> Iterator[Fault]:
    for n in range(1, len(days)):
        if days[n] <= days[n - 1]:
            yield told(
                document.text,
                (*path, "earlier", n, "since") if n < len(days) - 1 else (*path, "since"),
                faults.VERSIONS,
                wanted=f"a day after {days[n - 1]}",
                found=str(days[n]),
                fix="list the versions oldest first, each with the first day on which it is in force",
            )
