"""The facts of one audit, held against each further policy that governs some unit of the database.

What was counted is the same: rows that are due by the policies of all units. What each policy says of it is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from carrel.accountability.ceilings import class_of_loans
from carrel.accountability.facts import AuditFacts, Contradiction, LoanFacts, NoticeFacts, RecordFacts
from carrel.accountability.notices import told_as_settings
from carrel.accountability.policy_facts import needs, policy_facts
from carrel.inventory import contradiction
from carrel.inventory.collection import Seen, superfluous
from carrel.policy.coherence import class_of
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy
from carrel.policy.schedule import LoanSchedule
from carrel.systems.audited_library import Library


@dataclass(frozen=True)
class Read:
    """What was read of the database, and is held against every policy.

    Attributes:
        collected: what is switched on and filled in; None where nothing could be read.
        settings: of the product, by name.
        notices: how notices stand by the channels of a policy.
    """

    collected: Seen | None = None
    settings: Mapping[str, str | None] = field(default_factory=dict)
    notices: Callable[[Policy], NoticeFacts | None] = lambda _: None


def further(library: Library, facts: AuditFacts, read: Read) -> Iterator[AuditFacts]:
    """The facts for each policy beside the site's own.

    Args:
        library: the system, with its policies on their units where it could be read.
        facts: for the site's own policy.
        read: what else was read.

    Returns:
        Facts with the policy, its rules for loans, the classes and ceilings that it sets, and how many units it
        governs. A row that is left stands against each of them: whose units it touches is not told apart.
    """
    units = None if library.consortium is None else library.consortium.units()
    for number, policy in enumerate(library.policies.policies):
        if number:
            yield _of(policy, library, replace(facts, units=None if units is None else units[number]), read)


def _of(policy: Policy, library: Library, facts: AuditFacts, read: Read) -> AuditFacts:
    told = policy_facts(policy)
    schedule = replace(facts.schedule, policy=policy.name, rules=policy.loan_schedule().rules, children=policy.children)
    facts = replace(
        facts,
        policy=told,
        schedule=schedule,
        nights=replace(facts.nights, early_runs=facts.nights.early_under.get(policy.digest, 0)),
        lapsed_cards=facts.lapsed_cards if RecordType.REGISTRATIONS in policy.record_schedules() else None,
        stricter=(),
    )
    if facts.loans is None or read.collected is None or facts.collection is None:
        return facts
    notices = read.notices(policy)
    wanted = superfluous(library.system_map.collects, needs(policy), read.collected)
    return replace(
        facts,
        loans=_loans(facts, facts.loans),
        records=tuple(_records(policy, facts)),
        notices=notices,
        collection=replace(facts.collection, superfluous=wanted),
        contradictions=(*against(library, schedule, read.settings), *told_as_settings(notices)),
    )


def _loans(facts: AuditFacts, loans: LoanFacts) -> LoanFacts:
    """Each policy was read against its own ceilings, and what is past one is past its rule: all that is left."""
    own, left = class_of_loans(facts), loans.remaining
    past = {risk: left for risk, ceiling in facts.policy.ceilings.items() if own and ceiling and own >= risk}
    by_rule = {rule.id: left for rule in facts.schedule.rules}
    return replace(loans, by_rule=by_rule, past_ceiling=past, before_policy=left)


def _records(policy: Policy, facts: AuditFacts) -> Iterator[RecordFacts]:
    for one in facts.records:
        dataset = policy.datasets.get(RecordType(one.record))
        if dataset is not None:
            risk = class_of(dataset.rule)
            past = {each: one.left for each, most in facts.policy.ceilings.items() if most and risk >= each}
            yield replace(one, risk=risk, past_ceiling=past)


def against(library: Library, schedule: LoanSchedule, settings: Mapping[str, str | None]) -> tuple[Contradiction, ...]:
    """The settings of the product that work against what a policy says of loans."""
    promise = contradiction.Promise(
        tuple(dict.fromkeys(clause for rule in schedule.rules for clause in rule.clauses)),
        keeps_last_borrower=schedule.last_borrower.at_most is not None,
        children=None if schedule.children is None else schedule.children.clauses,
        shown=frozenset() if schedule.children is None else schedule.children.shown,
        messages=None if schedule.messages is None else schedule.messages.clauses,
        free=frozenset() if schedule.messages is None else schedule.messages.free,
    )
    return tuple(
        Contradiction(
            one.setting, one.finding, one.clauses, one.severity, one.fix, one.shows, one.value, one.speaks, one.sends
        )
        for one in contradiction.contradictions(library.system_map, settings, promise)
    )
