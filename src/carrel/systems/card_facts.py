"""What an audit measures of lapsed cards: beside the policy's own rule, and beside the ceilings of its classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from carrel.accountability.facts import AuditFacts, RecordFacts
from carrel.inventory.schema import LiveSchema
from carrel.policy.duration import Duration
from carrel.policy.record_type import RecordType
from carrel.retention.consortium import InForce
from carrel.retention.lapsed_card import CardCount, due_when, horizons
from carrel.retention.legal_hold import Keeping, shields
from carrel.retention.lifecycle import Lifecycle
from carrel.retention.payer import payer_of
from carrel.retention.reasons import figure
from carrel.systems.record_facts import capped, class_in
from carrel.systems.sql.cards import Judgement, SqlCards
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.person_steps import person_map


def card_facts(
    engine: SqlLoans,
    schema: LiveSchema,
    life: Lifecycle,
    keepings: tuple[tuple[Keeping, ...], tuple[Keeping, ...]],
    policies: InForce,
    facts: AuditFacts,
    reduced_to: tuple[frozenset[str], ...],
) -> Iterator[RecordFacts]:
    """What the map's cards hold; nothing where no rule speaks of lapsed ones.

    Args:
        engine: inside its session.
        schema: live.
        life: at `AuditFacts.judged_at`.
        keepings: legal holds, and exceptions.
        policies: in force; as of `record_facts`.
        facts: of the audit so far.
        reduced_to: the columns to which records of payers have been reduced here before.
    """
    lapsing = engine.map.lapsing
    if lapsing is None:
        return
    payer = payer_of(engine.schedule, person_map(engine.map), facts.judged_at, engine.zone)
    cards = SqlCards(schema, engine.map, engine.stand_in, payer=payer, reduced_to=reduced_to, at=engine.name)

    def count(life: Lifecycle) -> CardCount:
        holds, exceptions = keepings
        told = tuple(one for one in holds if not one.sealed)
        by = Judgement(
            due=due_when(lapsing, life.records),
            now=facts.judged_at.astimezone(engine.zone).replace(tzinfo=None),
            shields=shields((*told, *exceptions), facts.as_of),
            sealed=shields(tuple(one for one in holds if one.sealed), facts.as_of),
            horizons=horizons(engine.map, life, engine.schedule.charges),
        )
        return cards.count(engine.connection, by)

    record = RecordType(lapsing.record)
    own, seen, one_policy = class_in(policies, record), count(life), len(policies.policies) == 1

    def past_ceiling(ceiling: Duration) -> int:
        return (
            count(replace(life, records=capped(policies, ceiling, facts, engine.zone))).due if one_policy else seen.due
        )

    past = {
        risk: past_ceiling(ceiling)
        for risk, ceiling in facts.policy.ceilings.items()
        if ceiling is not None and own >= risk
    }
    kept = sum(seen.kept.values())
    yield RecordFacts(
        record.value,
        lapsing.name,
        engine.map.people.table,
        own,
        seen.due,
        past,
        figure(kept),
        figure(seen.undated),
        seen.undated,
    )
