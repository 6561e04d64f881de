"""Records of other kinds than loans: which of a map's a policy brings into force, and when one of them is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from carrel.deidentification.reader_description import Describing
from carrel.errors import CarrelError, Fault
from carrel.inventory import coverage
from carrel.inventory.card import Cards, goes_with_card
from carrel.inventory.map_path import Role
from carrel.inventory.map_version import as_found
from carrel.inventory.record_path import RecordPath
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.policy.clock import segments
from carrel.policy.record_type import RecordType
from carrel.policy.schedule import Disposition, LoanSchedule, RecordRule, RecordSchedule
from carrel.retention import faults
from carrel.retention.cutoff import local_cutoff
from carrel.retention.predicate import AllOf, Always, AnyOf, AtOrBefore, Fact, Predicate
from carrel.retention.territory import Territory
from carrel.retention.within import within

Schedules = Mapping[RecordType, RecordSchedule]


NEVER = datetime.min  # noqa: DTZ901  (naive local time, before every record)


@dataclass(frozen=True, slots=True)
class RecordCase:
    """When the records of one rule are due.

    Attributes:
        record, event: of the rule.
        due: a condition on `Fact.CLOSED`, the end of a record's active use.
        latest: naive local time; a record whose use ended later is not due.
    """

    record: str
    event: str
    due: Predicate
    latest: datetime = NEVER


def record_cases(schedules: Iterable[RecordSchedule], as_of: datetime, zone: ZoneInfo) -> tuple[RecordCase, ...]:
    """When the records of each rule are due at ``as_of``.

    Args:
        schedules: what the policy says of each kind of record.
        as_of: aware time at which periods are judged.
        zone: declared zone of the system; its records carry naive local times.

    Guarantees:
        A record without a usable time is never due; passing time never takes one out of what is due.
    """
    found = (_case(schedule.record, rule, as_of, zone) for schedule in schedules for rule in schedule.rules)
    return tuple(one for one in found if one is not None)


def record_cases_of(governed: Territory, as_of: datetime, zone: ZoneInfo) -> tuple[RecordCase, ...]:
    """As `record_cases`, where several policies may be in force.

    Guarantees:
        A record is due when it is by the first policy that governs a unit which it touches.
    """
    each = [record_cases(one.records, as_of, zone) for one in governed.regimes]
    if len(each) == 1:
        return each[0]
    by_rule = [{(one.record, one.event): one for one in cases} for cases in each]
    found = []
    for record, event in dict.fromkeys(key for cases in by_rule for key in cases):
        mine = [cases.get((record, event)) for cases in by_rule]
        last = max(one.latest for one in mine if one is not None)
        due = governed.by_unit([Always(value=False) if one is None else one.due for one in mine])
        found.append(RecordCase(record, event, AllOf((AtOrBefore(Fact.CLOSED, last), due)), last))
    return tuple(found)


def _case(record: str, rule: RecordRule, as_of: datetime, zone: ZoneInfo) -> RecordCase | None:
    parts = tuple(within(segment, [Fact.CLOSED], zone) for segment in segments(rule, as_of))
    latest = [local_cutoff(segment.cutoff, zone) for segment in segments(rule, as_of)]
    if not latest:
        return None
    # The last cut-off first: one comparison decides for most rows.
    due = AllOf((AtOrBefore(Fact.CLOSED, max(latest)), AnyOf(parts)))
    return RecordCase(record, rule.active_until.value, due, max(latest))


def in_force(system_map: SystemMap, schedules: Schedules) -> SystemMap:
    """The map with those of its records in force for whose kind the policy has a rule.

    Args:
        system_map: of the product, with the site's overlay.
        schedules: of the policy; a kind without a rule is left out.

    Returns:
        A map whose ``ruled`` paths are cut as the rules say. A table that only records without a rule are in stands
        among those not yet covered, and nothing is asked of it.

    Raises:
        CarrelError: RUN-014, a rule asks for what cannot be done to a table.
    """
    ruled, idle = [], []
    problems: list[Fault] = []
    for one in system_map.records:
        rule = _rule_of(one, schedules)
        if rule is None:
            idle.append(one)
        elif one.cut_by(rule[1].value) is None:
            problems.append(_impossible(one.record, f"{one.table} holds {one.says}", one.cuts, *rule))
        else:
            ruled.append(one.path(rule[1].value))
    cards = system_map.cards
    lapses = None if cards is None else _rule_of(cards, schedules)
    if cards is not None and lapses is not None and lapses[1] is not Disposition.DELETE:
        problems.append(_impossible(cards.record, f"{cards.name}: {cards.says}", ("delete",), *lapses))
    if problems:
        raise CarrelError(tuple(problems))
    found = system_map.model_copy(update={"ruled": tuple(ruled)})
    found = _without(found, idle)
    # What has a clock of its own and no rule stays with the living: a lapsed card covers none of it.
    waiting = frozenset(name for one in idle for name, _ in _held(one))
    return with_cards(found, waiting) if lapses else found


def with_descriptions(system_map: SystemMap, schedule: LoanSchedule) -> SystemMap:
    """The map with what the policy lets stay of readers in loans that name nobody; a map may have no place for it.

    Args:
        system_map: of the product.
        schedule: of loans, as they are cut.
    """
    loans = system_map.loans
    stays = schedule.describing if all(rule.disposition is Disposition.DE_IDENTIFY for rule in schedule.rules) else None
    there = () if loans.described is None else loans.described.traits
    levels = () if stays is None else tuple(one for one in stays.levels if one[0] in there)
    describing = Describing(levels, stays.at_least) if stays is not None and levels else None
    return system_map.model_copy(update={"loans": loans.model_copy(update={"describing": describing})})


def in_force_there(system_map: SystemMap, schedules: Schedules, schema: LiveSchema) -> SystemMap:
    """As `in_force`, for the version that one database shows.

    Args:
        system_map: of the product, with the site's overlay; its records may be in force already.
        schedules: of the policy.
        schema: of the database.

    Raises:
        CarrelError: RUN-014, a rule asks for what cannot be done to a table.
    """
    return in_force(as_found(system_map, schema), schedules)


def in_every_way(system_map: SystemMap) -> SystemMap:
    """The map with all its records in force, each by the first of its cuts: what a policy can reach at most."""
    ruled = tuple(one.path(next(iter(one.cuts))) for one in system_map.records)
    found = system_map.model_copy(update={"ruled": ruled})
    return found if found.cards is None else with_cards(found)


def out_of_reach(system_map: SystemMap, schedules: Schedules) -> tuple[str, ...]:
    """Rules for which the map has no table: the system keeps no such records, or keeps them where no map looks."""
    there = {(one.record, one.event) for one in system_map.records}
    if system_map.cards is not None:
        there.add((system_map.cards.record, system_map.cards.event))
    return tuple(
        f"{record.value}: {rule.id}"
        for record, schedule in schedules.items()
        for rule in schedule.rules
        if (record.value, rule.active_until.value) not in there
    )


def _rule_of(one: RecordPath | Cards, schedules: Schedules) -> tuple[str, Disposition] | None:
    schedule = next((found for record, found in schedules.items() if record.value == one.record), None)
    rules = schedule.rules if schedule is not None else ()
    return next(((rule.id, rule.disposition) for rule in rules if rule.active_until.value == one.event), None)


def _impossible(record: str, holds: str, cuts: Iterable[str], rule: str, wanted: Disposition) -> Fault:
    can = " or ".join(cuts)
    return Fault(
        faults.NOT_POSSIBLE,
        at=f"policy, records.{record}.retention.{rule}",
        wanted=f"'then: {can}'",
        found=f"'then: {wanted.value}'",
        because=f"{holds}, and the map knows no way to do that to it",
        fix=f"write 'then: {can}'",
    )


def with_cards(system_map: SystemMap, waiting: frozenset[str] = frozenset()) -> SystemMap:
    """The map with its section on cards in force: what goes with a lapsed card is covered by that rule.

    Args:
        system_map: of the product, with the site's overlay.
        waiting: tables of records that have a clock of their own, and no rule.
    """
    going = goes_with_card(system_map.person) - waiting
    covered = {name: says for name, says in system_map.not_yet_covered.items() if name in going}
    left = {name: says for name, says in system_map.not_yet_covered.items() if name not in going}
    covered = dict(sorted({**system_map.with_card, **covered}.items()))  # some may be in force already
    return system_map.model_copy(update={"lapsing": system_map.cards, "with_card": covered, "not_yet_covered": left})


def _without(system_map: SystemMap, idle: Iterable[RecordPath]) -> SystemMap:
    """The tables of records without a rule are not covered, unless something else reaches them.

    Who of the staff acted is no patron's record: a rule for it covers nothing that the table holds of patrons.
    """
    used = coverage.used(system_map)
    patrons = _reached(system_map)
    out: dict[str, str] = {}
    for one in idle:
        reached = used if one.role is Role.STAFF else patrons
        out.update({name: says for name, says in _held(one) if name not in reached})
    columns = {name: known for name, known in system_map.columns.items() if name not in out or name in used}
    uncovered = dict(sorted({**system_map.not_yet_covered, **out}.items()))
    return system_map.model_copy(update={"columns": columns, "not_yet_covered": uncovered})


def _reached(system_map: SystemMap) -> frozenset[str]:
    """Tables in which something of patrons is cut."""
    loans = system_map.loans
    cut = [path for path in system_map.paths if path.role is not Role.STAFF]
    tables = {name for path in cut for name in (path.table, *path.cut.takes_along)}
    return frozenset({*tables, loans.open.table, loans.closed.table})


def _held(one: RecordPath) -> Iterator[tuple[str, str]]:
    yield one.table, one.says
    yield from one.dependants.items()
