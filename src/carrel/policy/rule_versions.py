"""The dated versions of a rule's period: each begins later than the one before (MITL-10.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from carrel.errors import Fault
from carrel.policy import faults
from carrel.policy.document import PolicyDocument, told
from carrel.policy.grammar import PolicyBody, RecordRetention, Retention
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


def out_of_order(document: PolicyDocument, path: Path, days: Sequence[date]) -> Iterator[Fault]:
    """Versions that do not begin after the one before.

    Args:
        document: of the rule.
        path: of the rule.
        days: its `first_days`.
    """
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
