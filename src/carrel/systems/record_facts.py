"""What an audit measures of records of other kinds than loans: each beside its own rule, and beside the ceilings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from carrel.accountability.facts import AuditFacts, RecordFacts
from carrel.inventory.map_path import OwnLink
from carrel.inventory.risk import RiskClass
from carrel.policy.coherence import class_of
from carrel.policy.duration import Duration
from carrel.policy.record_type import RecordType
from carrel.policy.schedule import Period
from carrel.retention.consortium import InForce
from carrel.retention.lifecycle import Lifecycle
from carrel.retention.ports import Observation
from carrel.retention.reasons import figure
from carrel.retention.records import RecordCase, record_cases
from carrel.systems.sql.loans import SqlLoans

_BEGINNING = date(1900, 1, 1)  # before any record that a system knows


def record_facts(
    engine: SqlLoans, life: Lifecycle, seen: Observation, policies: InForce, facts: AuditFacts
) -> Iterator[RecordFacts]:
    """What the map's other records hold.

    Args:
        engine: inside its session.
        life: at `AuditFacts.judged_at`.
        seen: observed by that lifecycle.
        policies: in force; of several, each was read against its own ceilings, and what is past one is past its rule.
        facts: of the audit so far.
    """
    past = {
        risk: engine.record_counts(replace(life, records=capped(policies, ceiling, facts, engine.zone)), facts.as_of)
        if len(policies.policies) == 1
        else seen.records
        for risk, ceiling in facts.policy.ceilings.items()
        if ceiling is not None and engine.map.ruled
    }
    for path in engine.map.ruled:
        if not isinstance(path.link, OwnLink):
            continue
        record = RecordType(path.link.record)
        own, count = class_in(policies, record), seen.records[path.name]
        yield RecordFacts(
            record.value,
            path.name,
            path.table,
            own,
            count.due,
            {risk: counts[path.name].due for risk, counts in past.items() if own >= risk},
            figure(count.kept),
            figure(count.undated),
        )


def class_in(policies: InForce, record: RecordType) -> RiskClass:
    """The class of a kind of record by the first policy that has it."""
    return next(class_of(one.datasets[record].rule) for one in policies.policies if record in one.datasets)


def capped(policies: InForce, ceiling: Duration, facts: AuditFacts, zone: ZoneInfo) -> tuple[RecordCase, ...]:
    """When records would be due if every rule kept them for as long as a class allows."""
    period = Period(ceiling, _BEGINNING)
    capped = [
        replace(schedule, rules=tuple(replace(rule, periods=(period,)) for rule in schedule.rules))
        for schedule in policies.way.records.values()
    ]
    return record_cases(capped, facts.as_of, zone)
