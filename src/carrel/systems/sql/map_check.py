"""Checks of a live database against its map, the policy and the rights of the account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time

from sqlalchemy import Connection

from carrel.amount import amount
from carrel.errors import CarrelError
from carrel.inventory import consumer, contradiction, coverage, drift
from carrel.inventory.consumer import Declaration
from carrel.inventory.contradiction import Promise
from carrel.inventory.drift import Drift, Kind, Severity
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.policy.schedule import LoanSchedule
from carrel.retention.reasons import figure
from carrel.systems.check import Check, State, finding, note, ok, refused
from carrel.systems.site_check import said
from carrel.systems.sql import grants, live
from carrel.systems.sql.grants import Grant, Purpose
from carrel.systems.sql.trigger_way import SAID, way_of

_GROUPS = (
    ("map version", {Kind.VERSION}),
    ("storage engine", {Kind.ENGINE}),
    ("character set of tables", {Kind.CHARSET}),
    ("triggers", {Kind.TRIGGER, Kind.TRIGGERS_UNSEEN}),
    ("keys of tables", {Kind.KEY, Kind.UNKNOWN_PERSON_KEY, Kind.CASCADE}),
    ("tables", {Kind.MISSING_TABLE, Kind.VIEW, Kind.UNKNOWN_TABLE}),
    ("columns", {Kind.MISSING_COLUMN, Kind.UNKNOWN_COLUMN, Kind.TYPE, Kind.NOT_NULL}),
)
_STATE = {Severity.REFUSES: State.REFUSED, Severity.FINDING: State.FINDING, Severity.NOTE: State.NOTE}
_OF_MARIADB = ("storage engine", "character set of tables")  # other servers have one of each
_MOST = 5  # notes of one kind that are told one by one


def promise(schedule: LoanSchedule) -> Promise:
    """What of a schedule decides whether a setting contradicts it."""
    clauses = {clause for rule in schedule.rules for clause in rule.clauses} | set(schedule.last_borrower.clauses)
    children, messages = schedule.children, schedule.messages
    return Promise(
        tuple(sorted(clauses)),
        schedule.last_borrower.at_most is not None,
        None if children is None else children.clauses,
        frozenset() if children is None else children.shown,
        None if messages is None else messages.clauses,
        frozenset() if messages is None else messages.free,
    )


def grant_checks(
    connection: Connection, system_map: SystemMap, schema: LiveSchema, purpose: Purpose, further: Iterable[Grant] = ()
) -> Iterator[Check]:
    """Whether an account has the rights that it needs, and no others that could do harm.

    Args:
        connection: a session of the account.
        system_map: decides what is needed.
        schema: rights on tables that the site lacks are not asked for.
        purpose: of the account.
        further: rights that something else than a night needs, so that they are not beyond the need.
    """
    name = f"grants to {purpose}"
    if connection.dialect.name == "sqlite":
        yield ok(name, "the rights of the file; SQLite has no accounts")
        return
    has = grants.granted(connection)
    needs = grants.needed(system_map, purpose, connection.dialect.name)
    found = grants.compare(needs, has, tables=schema.tables)
    fix = f"carrel init {system_map.system} --grants-only --policy NAME prints the statements"
    if found.missing:
        yield refused(name, f"{len(found.missing)} missing: {_listed(found.missing)}", fix)
    beyond = grants.compare(grants.once((*needs, *further)), has, tables=schema.tables).beyond
    beyond = tuple(one for one in beyond if purpose is Purpose.APPLY or one.privilege != "SELECT")
    if beyond:
        yield finding(name, f"{len(beyond)} beyond the need: {_listed(beyond)}", f"revoke them; {fix}")
    if not grants.may_sweep(has):
        fix = f"GRANT SELECT on the whole database, for the account to {purpose}"
        # A run sweeps after its cut, with the account that carries out: it must not find out only then.
        state = State.REFUSED if purpose is Purpose.APPLY else State.FINDING
        yield Check(name, state, "the sweep cannot look into every table", fix)
    elif not found.missing and not beyond:
        yield ok(name, f"{amount(len(has), 'right')}, none missing and none beyond")


def trigger_check(connection: Connection, system_map: SystemMap) -> Iterator[Check]:
    """What becomes of the product's own triggers while loans move; nothing where they stay in their table."""
    if (way := way_of(connection, system_map)) is not None:
        yield ok("triggers", SAID[way])


def _listed(rights: tuple[grants.Grant, ...] | list[grants.Grant]) -> str:
    more = f", and {len(rights) - _MOST} more" if len(rights) > _MOST else ""
    return ", ".join(str(one) for one in rights[:_MOST]) + more


def drift_checks(system_map: SystemMap, schema: LiveSchema) -> Iterator[Check]:
    """Where the live schema differs from the map, and whether a run may call the database clean."""
    drifts = drift.compare(system_map, schema)
    for name, kinds in _GROUPS:
        group = [one for one in drifts if one.kind in kinds]
        grave = [one for one in group if one.severity is not Severity.NOTE]
        notes = [one for one in group if one.severity is Severity.NOTE]
        yield from (_drift(name, one) for one in (*grave, *notes[:_MOST]))
        if len(notes) > _MOST:
            yield note(name, f"and {len(notes) - _MOST} more that need nothing")
        if not group and (schema.dialect == "mariadb" or name not in _OF_MARIADB):
            yield ok(name, _as_mapped(name, system_map, schema))
    word = drift.clean_word(drifts, system_map)
    if word.may:
        yield ok("coverage", "every table with patron data is covered")
    else:
        yield finding(
            "coverage",
            "; ".join(word.because),
            "until then no run calls this database clean; carrel map show --policy tells which",
        )


def _drift(name: str, one: Drift) -> Check:
    return Check(name, _STATE[one.severity], f"{one.at}: {one.kind}: {one.because}", one.fix)


def _as_mapped(name: str, system_map: SystemMap, schema: LiveSchema) -> str:
    if name == "map version":
        return f"{schema.product_version or schema.dialect}, proved on {', '.join(system_map.versions.proved)}"
    return (
        f"as mapped, {amount(len(system_map.columns), 'table')} that the rules in force reach"
        if name != "triggers"
        else "none that the map does not know"
    )


def product_checks(
    connection: Connection,
    system_map: SystemMap,
    schedule: LoanSchedule,
    declared: dict[str, Declaration],
    today: date,
) -> Iterator[Check]:
    """The product's settings against the policy, its anonymous patron, and what reads the columns that change."""
    name = "stand-in account" if _is_a_record(system_map) else "anonymous patron"
    try:
        number = live.stand_in(connection, system_map)
        live.refuse_living(connection, system_map, number, datetime.combine(today, time()))
        yield ok(name, _stands_in(system_map, number))
    except CarrelError as error:
        yield said(error, name)
    values = live.settings(connection, system_map)
    against = contradiction.contradictions(system_map, values, promise(schedule))
    counted = {one.name for one in system_map.settings if one.counts}
    for one in against:
        state = State.FINDING if one.severity == "finding" else State.NOTE
        value = figure(int(one.value)) if one.shows and one.value.isdigit() else one.value
        rows = f": {value}" if one.setting in counted else ""
        told = f"{one.setting}: {one.finding}{rows} ({', '.join(one.clauses)})"
        yield Check("setting", state, told, one.fix)
    if not any(one.severity == "finding" for one in against):
        yield ok("settings", f"{len(values)} looked at, none contradicts the policy")
    yield from _consumers(connection, system_map, declared, today)


def _declared(blocker: consumer.Blocker) -> str:
    """What to write once the job is not used, or was changed."""
    return f'consumers: {{"{blocker.consumer}": not used}}'


def _is_a_record(system_map: SystemMap) -> bool:
    """Whether a fixed account stands in, and not one that a setting names."""
    return system_map.stand_in.table == system_map.people.table


def _stands_in(system_map: SystemMap, number: int | None) -> str:
    if number is None:
        return "none; loans are cut to no patron"
    return f"account {number}, and nobody's card" if _is_a_record(system_map) else "set, and nobody's card"


def _consumers(
    connection: Connection, system_map: SystemMap, declared: dict[str, Declaration], today: date
) -> Iterator[Check]:
    try:
        seen = live.used(connection, system_map)
        found = consumer.effects(system_map, coverage.changed_columns(system_map), declared, today, seen=seen)
    except CarrelError as error:
        yield said(error, "consumer")
        return
    for blocker in found.blockers:
        yield refused("consumer", f"{blocker.consumer}: {blocker.afterwards}", f"{blocker.fix}: {_declared(blocker)}")
    if not found.blockers:
        yield ok("consumers", f"none does harm; the desk will notice {len(found.notices)}")
