"""``carrel check``: is what we promise true tonight? One screen, read-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.option_values import FILE_OR_FOLDER
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.retention.ports import Observation
    from carrel.systems.check import Check


@click.command(epilog="Example: carrel check --json")
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(site: Path, system_name: str | None, as_json: bool) -> int:
    """Is what the policy promises true tonight? One screen, read-only.

    Looks at the policy, at the schema against its map, at the product's settings, and counts what should be gone.
    `carrel doctor` looks at keys, grants and servers besides; `carrel audit` measures clause by clause. Exit code 3
    with anything to do.

    Where the site has no system and a custodian, it tells what `carrel custodian show` tells.
    """
    from carrel.cli import custodian_show, policy_screen, premises, screen
    from carrel.errors import Exit
    from carrel.inventory.replica import Use
    from carrel.retention.policy_lines import policy_lines

    custodian_show.instead(site, as_json=as_json)
    with premises.enter(site, system_name, read_only=True, use=Use.COUNT) as here:
        seen = owed(here)
        found = looked_at(here, seen)
        lines = policy_lines(here.consortium, seen.loans)
        stricter = () if here.consortium is None else tuple(one.line() for one in here.consortium.stricter)
    open_points = [one for one in found if one.is_open]
    if as_json:
        several = {"policies": policy_screen.as_list(lines), "stricter": list(stricter)}
        server = screen.read_from(here.read_from)
        screen.put_json({"checks": [one.as_dict() for one in found], "open": len(open_points), **several, **server})
    else:
        screen.put_table(
            f"{here.system.name} under {policy_screen.governing([one.name for one in here.in_force.policies])}",
            ("", "what", "how it stands"),
            [(one.state.value, one.name, one.detail) for one in found],
        )
        policy_screen.show_policies(lines, stricter, due="owed")
        for one in open_points:
            screen.put_line(f"{one.name}: {one.fix}", hang=2)
        screen.tell_server(here.read_from)
        if not open_points:
            say("What is covered is as promised.")
    return int(Exit.FINDINGS if open_points else Exit.DONE)


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed: since when, the loans, and everything per place."""

    since: datetime
    loans: Observation
    left: dict[str, int]


def owed(here: Premises) -> Owed:
    """Count what should be gone."""
    from carrel.cli.cards import due_now
    from carrel.cli.premises import now

    at = now()
    since = here.owed_until(at)
    with here.loans().session() as loans:
        seen = loans.recount(here.life(since, at), since)
        left = loans.left(seen)
    # Not inside: what is due opens sessions of its own, and a file lets one writer in.
    return Owed(since, seen, {**left, **due_now(here, since, at)})


def looked_at(here: Premises, seen: Owed | None = None) -> list[Check]:
    """Policy, schema, coverage, settings and loans, each with how it stands.

    Args:
        here: open, read-only.
        seen: from `owed`, where it was counted already.
    """
    from carrel.cli.records_gone import gone_checks
    from carrel.cli.replay_told import restore_checks

    seen = seen or owed(here)
    known = [
        *_policy(here),
        *_branches(here, seen.loans),
        *_reach(here),
        *_schema(here),
        *_settings(here),
        *_collection(here),
        *_notices(here),
        *_stations(here),
        *_outside(here),
    ]
    return [*known, *_loans(seen), *_joins(here), *_around(here), *restore_checks(here), *gone_checks(here)]


def _policy(here: Premises) -> list[Check]:
    from carrel.cli.premises import now
    from carrel.policy.lint import Open, lint
    from carrel.systems.check import finding, ok

    policies, today = here.in_force.policies, now().date()
    # A figure that the library chose is no fault of tonight.
    told = [(one, [point for point in lint(one, today) if point.kind is not Open.CHOSEN]) for one in policies]
    found = [
        finding(
            "policy",
            f"{one.name}: {amount(len(points), 'open point')}, first: {points[0].says}",
            f"carrel policy lint shows those of {one.name}",
        )
        for one, points in told
        if points
    ]
    whole = [one for one, points in told if not points]
    if len(whole) > 1:
        return [*found, ok("policy", f"{amount(len(whole), 'policy', 'policies')}, in force")]
    return [*found, *(ok("policy", f"{one.name}, version {one.version}, in force") for one in whole)]


def _branches(here: Premises, seen: Observation) -> list[Check]:
    from carrel.retention.policy_lines import astray_line
    from carrel.systems.check import finding, ok

    if here.consortium is None:
        return []
    policies = amount(len(here.in_force.policies), "policy", "policies")
    found = [ok("branches", f"{policies} on {amount(len(here.consortium.territory.zoning.units), 'unit')}")]
    if astray := astray_line(seen):
        fix = "put these units back, or leave it: nothing is kept longer than any policy allows"
        found.append(finding("branches", astray.removeprefix("units that are gone: "), fix))
    return found


def _reach(here: Premises) -> list[Check]:
    from carrel.accountability.record_kinds import NOT_KEPT
    from carrel.policy.record_type import RecordType
    from carrel.retention.backup_expiry import backup_rule
    from carrel.retention.clearing import clearing_rules
    from carrel.retention.records import out_of_reach
    from carrel.systems import outside
    from carrel.systems.check import finding
    from carrel.systems.logs.declared import THEN

    held = here.system.dumps or here.site.backups_of(here.system)
    rule = backup_rule(here.policy) if held else None
    reached = [] if rule is None else [f"{RecordType.BACKUPS}: {rule.id}"]
    reached += clearing_rules(here.policy, (part for one in outside.holders(here.site) for part in one.parts))
    reached += clearing_rules(here.policy, here.site.logs, THEN)
    nowhere = {record for record, where in here.site.records.items() if where == NOT_KEPT}
    beyond = [one for one in out_of_reach(here.system_map, here.records) if one not in reached]
    rules = [one for one in beyond if one.partition(":")[0] not in nowhere]
    if not rules:
        return []
    detail = f"no table of the map holds what these rules speak of: {', '.join(rules)}"
    fix = (
        "declare in the site file where they lie, under 'mailboxes:', 'folders:', 'tables:', 'logs:', "
        "'log_services:' or 'backups:'; or keep their promise by hand, and say so in the policy under 'promised:'"
    )
    return [finding("records", detail, fix)]


def _schema(here: Premises) -> list[Check]:
    from carrel.inventory.drift import Severity, clean_word
    from carrel.systems.check import finding, ok

    grave = [one for one in here.drifts if one.severity is not Severity.NOTE]
    tables = len(here.system_map.columns)
    first = (
        ok("schema", f"as mapped, {amount(tables, 'table')} that the rules in force reach")
        if not grave
        else finding(
            "schema",
            f"{amount(len(grave), 'difference')} from the map, first: {grave[0].at}",
            "carrel doctor shows them",
        )
    )
    word = clean_word(here.drifts, here.system_map)
    waiting = len(here.system_map.not_yet_covered)
    covered = (
        ok("coverage", "every table with patron data is covered")
        if word.may
        else finding(
            "coverage",
            f"{amount(waiting, 'table with patron data is', 'tables with patron data are')} not yet covered",
            "carrel map show --policy lists them",
        )
    )
    return [first, covered]


def _settings(here: Premises) -> list[Check]:
    from carrel.inventory.contradiction import contradictions
    from carrel.systems.check import finding, ok
    from carrel.systems.sql import live
    from carrel.systems.sql.map_check import promise

    with here.engine.connect() as connection:
        values = live.settings(connection, here.system_map, at=here.system.name)
    told = [one for one in contradictions(here.system_map, values, promise(here.schedule)) if one.severity == "finding"]
    if not told:
        return [ok("settings", "none works against the policy")]
    names = ", ".join(one.setting for one in told)
    return [
        finding(
            "settings",
            f"{amount(len(told), 'setting works', 'settings work')} against the policy: {names}",
            "carrel doctor tells what to set",
        )
    ]


def _collection(here: Premises) -> list[Check]:
    from carrel.systems.collection_check import collection_check
    from carrel.systems.sql.failure import told

    with here.engine.connect() as connection, told(here.system.name):
        return [collection_check(connection, here.system_map, here.schema, here.policy)]


def _notices(here: Premises) -> list[Check]:
    from carrel.cli.premises import now
    from carrel.systems.notice_facts import notice_facts, notices_check
    from carrel.systems.sql.failure import told

    local = now().astimezone(here.zone).replace(tzinfo=None)
    with here.engine.connect() as connection, told(here.system.name):
        found = notice_facts(connection, here.system_map, here.schema, here.policy, here.system.gateways, local)
    return notices_check(found)


def _stations(here: Premises) -> list[Check]:
    from carrel.cli.premises import now
    from carrel.cli.stations_told import stations_check

    return stations_check(here.site, now(), here.policy)


def _outside(here: Premises) -> list[Check]:
    from carrel.cli.premises import now

    site, at = here.site, now()
    if not site.keeps_outside:
        return []
    from carrel.cli.signed_services import signed_checks
    from carrel.systems.outside_looking import outside_checks

    return [*outside_checks(site, here.policy, at), *signed_checks(site, here.policy, at)]


def _loans(seen: Owed) -> list[Check]:
    from carrel.systems.check import finding, ok

    left = {name: count for name, count in seen.left.items() if count}
    if not left:
        return [ok("loans", f"nothing that was due by {seen.since:%Y-%m-%d %H:%M} UTC still leads to a reader")]
    total = sum(left.values())
    return [
        finding("loans", f"{amount(total, 'row')} in {amount(len(left), 'place')} should be gone by now", "carrel plan")
    ]


def _joins(here: Premises) -> list[Check]:
    from carrel.systems.check import open_joins

    return [open_joins(here.store.open_joins.standing(here.system.name))]


def _around(here: Premises) -> list[Check]:
    from carrel.cli.premises import now
    from carrel.systems.sql.failure import told
    from carrel.systems.surroundings_reading import read, surroundings_check

    with here.primary.connect() as connection, told(here.system.name):
        return [surroundings_check(read(connection, here.site, here.system, here.policy, now()))]
