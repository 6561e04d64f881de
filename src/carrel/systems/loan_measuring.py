"""Loans and records of other kinds, counted again for an audit through the engine's own port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, and_, func, not_, or_, select

from carrel.accountability.ceilings import class_of_loans
from carrel.accountability.facts import (
    AuditFacts,
    LoanFacts,
    PolicyFacts,
)
from carrel.inventory.risk import RiskClass
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import Method
from carrel.policy.clock import midnight
from carrel.policy.duration import Duration
from carrel.policy.schedule import LoanSchedule, Period
from carrel.retention.cutoff import local_cutoff
from carrel.retention.legal_hold import kept_by
from carrel.retention.lifecycle import Lifecycle, State, lifecycle
from carrel.retention.policy_lines import astray_line, policy_lines
from carrel.systems.audited_library import Library
from carrel.systems.card_facts import card_facts
from carrel.systems.record_facts import record_facts
from carrel.systems.sql.expressions import LocalTime, is_time
from carrel.systems.sql.kept_table import OPEN, KeptTable, code, state_of
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.readers import without_sealed
from carrel.systems.sql.shields import shielded
from carrel.systems.sql.worktables import KEPT

_CLOCKS_DIFFER = timedelta(days=1)  # a return that is still to come by less may be another machine's clock
_BEGINNING = date(1900, 1, 1)  # before any loan that a system knows


class LoanMeasuring:
    """One measuring of one database, inside one session of the engine."""

    def __init__(
        self, library: Library, engine: Engine, schema: LiveSchema, facts: AuditFacts, stand_in: int | None
    ) -> None:
        self._schema = schema
        self._library, self._facts, self._stand_in = library, facts, stand_in
        self._database = engine

    def facts(self) -> AuditFacts:
        """The facts that were handed in, with everything counted."""
        schedule, facts = self._facts.schedule, self._facts
        with self._engine(schedule).session() as engine:
            life = self._life(schedule, facts.judged_at)
            seen = engine.observe(life, facts.judged_at)
            own = engine.map.loans.closed.table
            remaining = {own: seen.states[State.DUE.value], **self._of_loans(seen.rows)}
            oldest = self._oldest(engine)
            counted = LoanFacts(
                states=without_sealed(engine, life, {s: n for s, n in seen.states.items() if s != "open"}),
                oldest_days=oldest,
                remaining=remaining,
                strays=dict(seen.strays),
                by_rule={rule.id: remaining for rule in schedule.rules},
                past_ceiling={},
                before_policy=self._before_policy(engine, life, remaining),
                last_borrowers=self._last_borrowers(engine),
                last_borrowers_past=sum(seen.rows[p.name] for p in engine.map.loans.paths if p.keeps),
                left_on_parted=self._left_on_parted(engine, life),
                described=described(engine),
                own_path=own,
                tables={own: own, **{path.name: path.table for path in engine.map.loans.paths}},
                table_sizes=dict(seen.table_sizes),
                unclear=self._unclear(engine),
            )
            held = self._held(engine)
            policy, keepings = self._library.policies, (self._library.legal_holds, self._library.exceptions)
            reduced_to = self._library.reduced_to
            cards = tuple(card_facts(engine, self._schema, life, keepings, policy, facts, reduced_to))
            records = (*record_facts(engine, life, seen, policy, facts), *cards)
            several = self._library.consortium
            facts = replace(facts, policies=policy_lines(several, seen), units_gone=astray_line(seen))
        clear = not any(remaining.values())
        # Of several policies each rule answers for all that is left.
        one_answers = clear or len(schedule.rules) == 1 or self._library.consortium is not None
        by_rule = counted.by_rule if one_answers else self._by_rule()
        return replace(
            facts,
            loans=replace(counted, by_rule=by_rule, past_ceiling=self._past_ceilings(life, remaining, clear=clear)),
            held_now=held,
            records=records,
            lapsed_cards=sum(one.left for one in cards) if cards else None,
            undated_cards=sum(one.undated_rows for one in cards),
        )

    def _of_loans(self, rows: Mapping[str, int]) -> dict[str, int]:
        """Rows per path without records of other kinds."""
        other = {path.name for path in self._library.system_map.ruled}
        return {name: count for name, count in rows.items() if name not in other}

    def _engine(self, schedule: LoanSchedule) -> SqlLoans:
        library = self._library
        return SqlLoans(self._database, library.system_map, schedule, library.zone, self._stand_in)

    def _life(self, schedule: LoanSchedule, at: datetime) -> Lifecycle:
        library = self._library
        records = library.policies.way.records.values()
        holds, exceptions, now = library.legal_holds, library.exceptions, self._facts.as_of
        several = None if library.consortium is None else library.consortium.territory
        return lifecycle(schedule, at, library.zone, holds, exceptions, records=records, now=now, territory=several)

    def _complement(self, schedule: LoanSchedule, at: datetime) -> Mapping[str, int]:
        with self._engine(schedule).session() as engine:
            return self._of_loans(engine.remaining(self._life(schedule, at), at))

    def _by_rule(self) -> dict[str, Mapping[str, int]]:
        schedule = self._facts.schedule
        return {
            rule.id: self._complement(replace(schedule, rules=(rule,)), self._facts.judged_at)
            for rule in schedule.rules
        }

    def _before_policy(self, engine: SqlLoans, life: Lifecycle, remaining: Mapping[str, int]) -> Mapping[str, int]:
        """The complement among loans that closed before the newest version of every rule came into force."""
        since = min(rule.periods[-1].since for rule in self._facts.schedule.rules)
        older = min(life.older_than, local_cutoff(midnight(since), self._library.zone))
        if older == life.older_than or not any(remaining.values()):
            return remaining  # it is all of it, or a part of nothing
        return self._of_loans(engine.remaining(replace(life, older_than=older), self._facts.judged_at))

    def _past_ceilings(
        self, life: Lifecycle, remaining: Mapping[str, int], *, clear: bool
    ) -> dict[RiskClass, Mapping[str, int]]:
        own = class_of_loans(self._facts)
        found: dict[RiskClass, Mapping[str, int]] = {}
        for risk, ceiling in self._facts.policy.ceilings.items():
            if own is None or ceiling is None or own < risk:
                continue
            if self._library.consortium is not None:
                found[risk] = remaining  # each policy was read against its own ceilings: past one, past its rule
                continue
            capped = self._capped(ceiling)
            at_ceiling = self._life(capped, self._facts.as_of)
            # Where the rules are stricter than the class and leave nothing, the class leaves nothing.
            implied = clear and not self._excepted() and at_ceiling.older_than <= life.older_than
            found[risk] = remaining if implied else self._complement(capped, self._facts.as_of)
        return found

    def _capped(self, ceiling: Duration) -> LoanSchedule:
        """The schedule if every loan were kept for as long as its class allows; rules under exception as written."""
        schedule, excepted = self._facts.schedule, self._excepted()
        return replace(
            schedule,
            rules=tuple(
                rule if rule.id in excepted else replace(rule, periods=(Period(ceiling, _BEGINNING),))
                for rule in schedule.rules
            ),
        )

    def _excepted(self) -> frozenset[str]:
        today = self._facts.as_of.date()
        policy: PolicyFacts = self._facts.policy
        return frozenset(one.rule for one in policy.exceptions if today < one.expires)

    # -- small counts of the audit's own ------------------------------------------------------------------------------

    def _oldest(self, engine: SqlLoans) -> dict[str, int]:
        """Per state the age in days, since return, of the oldest loan that names a reader."""
        closed = engine.map.loans.closed
        loans = engine.shelf[closed.table]
        at: Any = loans.c[closed.closed]
        first = func.min(at, type_=LocalTime())
        kept = (
            select(KEPT.c.state, first)
            .select_from(KEPT.join(loans, loans.c[closed.key] == KEPT.c.loan))
            .where(is_time(at), KEPT.c.state != code(OPEN))
            .group_by(KEPT.c.state)
        )
        now = self._facts.as_of.astimezone(self._library.zone).replace(tzinfo=None)
        rows = engine.connection.execute(kept).all()
        return {state_of(int(state)): max(0, (now - begun).days) for state, begun in rows if begun is not None}

    def _unclear(self, engine: SqlLoans) -> int:
        """Closed loans that name a reader, and of which nobody can tell when they came back."""
        closed = engine.map.loans.closed
        loans = engine.shelf[closed.table]
        at: Any = loans.c[closed.closed]
        to_come = self._facts.as_of.astimezone(self._library.zone).replace(tzinfo=None) + _CLOCKS_DIFFER
        named = KeptTable(engine.connection, engine.shelf, self._stand_in).linked(closed, loans)
        query = select(func.count()).select_from(loans).where(named, or_(not_(is_time(at)), at > to_come))
        return int(engine.connection.execute(query).scalar_one())

    def _held(self, engine: SqlLoans) -> int:
        """Closed loans in the scope of a legal hold in force that name a reader, whatever their age."""
        closed = engine.map.loans.closed
        loans = engine.shelf[closed.table]
        inside = LoanColumns(engine.shelf, closed, loans).compile(kept_by(self._library.legal_holds, self._facts.as_of))
        named = KeptTable(engine.connection, engine.shelf, self._stand_in).linked(closed, loans)
        query = select(func.count()).select_from(loans).where(named, inside)
        return int(engine.connection.execute(query).scalar_one())

    def _last_borrowers(self, engine: SqlLoans) -> int:
        total = 0
        for path in engine.map.loans.paths:
            if path.keeps and path.person:
                rows = engine.shelf[path.table]
                query = select(func.count()).select_from(rows).where(rows.c[path.person].is_not(None))
                total += int(engine.connection.execute(query).scalar_one())
        return total

    def _left_on_parted(self, engine: SqlLoans, life: Lifecycle) -> int:
        """Loans past every period that name nobody, yet keep a value in a field that the cut of the map empties."""
        closed = engine.map.loans.closed
        loans = engine.shelf[closed.table]
        fields = [name for name, method in closed.cut.set.items() if method is Method.CLEAR and name != closed.person]
        if not fields:
            return 0
        named = KeptTable(engine.connection, engine.shelf, self._stand_in).linked(closed, loans)
        filled = or_(*(loans.c[name].is_not(None) for name in fields))
        past = loans.c[closed.closed] <= life.older_than
        held = shielded(life.shields, item=loans.c[closed.item], loan=loans.c[closed.key], at=loans.c[closed.closed])
        query = select(func.count()).select_from(loans).where(and_(not_(named), filled, past, not_(held)))
        return int(engine.connection.execute(query).scalar_one())


def described(engine: SqlLoans) -> int:
    """Loans that name nobody, and keep what the policy lets stay of their reader."""
    if engine.map.loans.coarsened is None:
        return 0
    told, _ = engine.map.loans.coarsened
    rows = engine.shelf[told.table]
    filled = or_(*(rows.c[name].is_not(None) for name in sorted(told.columns)))
    return int(engine.connection.execute(select(func.count()).select_from(rows).where(filled)).scalar_one())
