"""Notices of a live system, held against the channels of the policy and the gateways of the site file."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from carrel.accountability.facts import NoticeFacts
from carrel.accountability.notices import told_as_settings
from carrel.amount import amount
from carrel.inventory.notices import Allowed, beyond, unregistered
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.policy.duration import Duration
from carrel.policy.record_grammar import NoticesRule
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy
from carrel.policy.schedule import RecordEvent
from carrel.systems.check import Check, finding, ok, unknown
from carrel.systems.sql.notices import seen_notices

_MOST = 3  # named in the line of a check; the audit names all


def notice_facts(
    connection: Connection,
    system_map: SystemMap,
    schema: LiveSchema,
    policy: Policy,
    gateways: tuple[str, ...],
    local: datetime,
) -> NoticeFacts | None:
    """What goes against the policy's channels, and what could not be looked at.

    Args:
        connection: a read-only session.
        system_map: where notices stand.
        schema: as it is now.
        policy: its channels. A notice may wait for as long as a sent one is kept, or its class allows.
        gateways: that the site file names.
        local: the present on the system's own wall clock.

    Returns:
        None where the map does not tell where notices stand.
    """
    dataset = policy.datasets.get(RecordType.NOTICES)
    limit = _longest(policy)
    since = None if limit is None else limit.before(local.replace(tzinfo=UTC)).replace(tzinfo=None)
    allowed: Allowed = dict(dataset.rule.channels) if dataset and isinstance(dataset.rule, NoticesRule) else {}
    seen = seen_notices(connection, system_map.notices, schema, allowed, since)
    if not seen.looked_at:
        return None
    asks = policy.messages
    return NoticeFacts(
        tuple(allowed),
        beyond(system_map.notices, seen, allowed),
        unregistered(seen, gateways),
        seen.templates,
        seen.waiting,
        seen.unread,
        ()
        if asks is None
        else tuple((k, name) for k, names in seen.begun.items() if k not in asks.free for name in names),
        () if asks is None else asks.clauses,
    )


def _longest(policy: Policy) -> Duration | None:
    """How long a notice may wait in the queue; None for no limit."""
    if (rule := policy.record_rule(RecordType.NOTICES, RecordEvent.SENT)) is not None:
        return rule.periods[-1].keep
    dataset = policy.datasets.get(RecordType.NOTICES)
    return policy.body.risk_classes.of(dataset.risk).ceiling if dataset is not None else None


def notices_check(facts: NoticeFacts | None) -> list[Check]:
    """Channels, gateways and templates in one line; none where nothing could be asked."""
    if facts is None:
        return []
    told = told_as_settings(facts)
    if told:
        more = f", and {len(told) - _MOST} more" if len(told) > _MOST else ""
        names = "; ".join(f"{one.setting}: {one.says}" for one in told[:_MOST])
        return [
            finding(
                "notices",
                f"{amount(len(told), 'point')} against the policy or the site file: {names}{more}",
                "carrel audit names each, and what to do",
            )
        ]
    if facts.unread:
        detail = f"{amount(len(facts.unread), 'thing')} could not be looked at: {', '.join(facts.unread[:_MOST])}"
        return [unknown("notices", detail, "GRANT SELECT on the whole database, for the account to read")]
    return [ok("notices", "channels, gateways and templates are as the policy and the site file say")]
