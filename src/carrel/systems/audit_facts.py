"""What an audit measures again on a live database: through the engine's own port, and by small counts beside it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from carrel.accountability.facts import (
    AuditFacts,
    CollectionFacts,
    KeepingFacts,
    NightFacts,
    SchemaFacts,
)
from carrel.accountability.notices import told_as_settings
from carrel.accountability.policy_facts import needs, policy_facts
from carrel.errors import CarrelError
from carrel.inventory import drift
from carrel.inventory.collection import names, superfluous
from carrel.inventory.labels import unlabelled
from carrel.inventory.system_map import SystemMap
from carrel.retention.legal_hold import Scope
from carrel.retention.lifecycle import ONE_NIGHT
from carrel.retention.records import in_force_there
from carrel.systems.audited_library import Library
from carrel.systems.further_policies import Read, against, further
from carrel.systems.loan_measuring import LoanMeasuring
from carrel.systems.notice_facts import notice_facts
from carrel.systems.sql import live
from carrel.systems.sql.collection import collected
from carrel.systems.sql.failure import told
from carrel.systems.sql.record_kinds import record_kinds
from carrel.systems.sql.unit_rows import consortium_of


def collect(
    library: Library,
    as_of: datetime,
    *,
    nights: NightFacts | None = None,
    held_before: int | None = None,
    grace: timedelta = ONE_NIGHT,
    unread: str = "",
) -> AuditFacts:
    """Measure one system again.

    Args:
        library: the system.
        as_of: aware time of the audit.
        nights: what the store says about plans and runs.
        held_before: loans under the same legal holds when they were last counted.
        grace: how long a record may be due before it counts as left: until the next night's run.
        unread: why there is no engine.

    Returns:
        The facts. Where the database cannot be read they say so instead of telling zero.
    """
    policy = policy_facts(library.policy)
    facts = AuditFacts(
        system=library.name,
        as_of=as_of,
        judged_at=as_of - grace,
        policy=policy,
        schedule=library.policies.way.schedule,
        stricter=tuple(one.line() for one in library.policies.way.stricter),
        loans=None,
        live=SchemaFacts("", not_yet_covered=dict(library.system_map.not_yet_covered)),
        keepings=tuple(_keepings(library, as_of)),
        held_before=held_before,
        nights=nights or NightFacts(),
        placed=library.placed,
        unread=unread,
    )
    if library.engine is not None:
        try:
            return _measured(library, library.engine, facts)
        except CarrelError as wrong:
            facts = replace(facts, loans=None, unread=f"{wrong.code}: {wrong.faults[0].condition.title}")
    return replace(facts, beside=tuple(further(library, facts, Read())))


def _measured(library: Library, engine: Engine, facts: AuditFacts) -> AuditFacts:
    with engine.connect() as connection:
        schema = live.read(connection, library.system_map, at=library.name)
        there = in_force_there(library.system_map, library.policies.way.records, schema)
        several = consortium_of(connection, library.policies, there, schema, at=library.name)
        library = replace(library, system_map=there, consortium=several)
        values = live.settings(connection, library.system_map, at=library.name)
        stand_in = live.stand_in(connection, library.system_map, at=library.name)
        local = facts.as_of.astimezone(library.zone).replace(tzinfo=None)
        live.refuse_living(connection, library.system_map, stand_in, local, at=library.name)
        with told(library.name):
            seen = collected(connection, library.system_map.collects, schema)
            noticed = {
                one.digest: notice_facts(connection, library.system_map, schema, one, library.gateways, local)
                for one in library.policies.policies
            }
            notices = noticed[library.policy.digest]
            kinds = record_kinds(connection, library.system_map, schema, stand_in)
            around = library.around(connection, facts.as_of) if library.around is not None else None
    differences = drift.compare(library.system_map, schema)
    columns = {
        name: tuple(one.name for one in schema.tables[name].columns)
        for name in {**library.system_map.columns, **library.system_map.not_yet_covered}
        if name in schema.tables
    }
    facts = replace(
        facts,
        around=around,
        notices=notices,
        kinds=kinds,
        unlabelled=unlabelled(library.system_map.labels, columns),
        labelled=sum(map(len, columns.values())),
        collection=CollectionFacts(
            superfluous(library.system_map.collects, needs(library.policy), seen),
            len(names(library.system_map.collects)),
            seen.unread,
            seen.unchosen,
            seen.demanded,
        ),
        live=_schema_facts(library.system_map, schema.product_version, differences),
        showing=sum(one.shows is not None for one in library.system_map.settings),
        sending=sum(one.sends is not None and one.name in values for one in library.system_map.settings),
        settings_on=Counter(
            clause
            for one in library.system_map.settings
            if one.severity == "finding" and one.name in values
            for clause in one.clauses
        ),
        contradictions=(*against(library, facts.schedule, values), *told_as_settings(notices)),
    )
    read = Read(seen, values, lambda policy: noticed[policy.digest])
    if grave := [one for one in drift.refusals(differences) if one.kind in _UNREADABLE]:
        facts = replace(facts, unread=f"the database differs from its map: {', '.join(one.at for one in grave[:5])}")
    else:
        facts = LoanMeasuring(library, engine, schema, facts, stand_in).facts()
    return replace(facts, beside=tuple(further(library, facts, read)))


_UNREADABLE = frozenset({drift.Kind.MISSING_TABLE, drift.Kind.MISSING_COLUMN, drift.Kind.VIEW, drift.Kind.TYPE})


def _schema_facts(system_map: SystemMap, version: str, differences: tuple[drift.Drift, ...]) -> SchemaFacts:
    told = [one for one in differences if one.severity is not drift.Severity.NOTE]
    unknown = {drift.Kind.UNKNOWN_COLUMN, drift.Kind.UNKNOWN_PERSON_KEY, drift.Kind.UNKNOWN_TABLE}
    versions = [one.because for one in differences if one.kind is drift.Kind.VERSION]
    return SchemaFacts(
        product_version=version,
        unknown_columns=tuple(sorted({one.at for one in told if one.kind in unknown})),
        missing=tuple(sorted({one.at for one in told if one.kind not in {*unknown, drift.Kind.VERSION}})),
        not_yet_covered=dict(system_map.not_yet_covered),
        unproved=versions[0] if versions else "",
    )


def _keepings(library: Library, as_of: datetime) -> list[KeepingFacts]:
    both = [(one, True) for one in library.legal_holds] + [(one, False) for one in library.exceptions]
    return [
        KeepingFacts(
            id=one.id,
            legal_hold=hold,
            reason=one.reason,
            authority=one.authority,
            since=one.since,
            until=one.until,
            in_force=one.in_force(as_of),
            scoped=one.scope != Scope(),
            sealed=one.sealed,
        )
        for one, hold in both
    ]
