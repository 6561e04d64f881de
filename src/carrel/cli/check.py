"""``carrel check``: is what we promise true tonight? One screen, read-only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.option_values import FILE_OR_FOLDER
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
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
    """
    from carrel.cli import premises, screen
    from carrel.errors import Exit
    from carrel.systems.check import State

    with premises.enter(site, system_name, read_only=True) as here:
        found = looked_at(here)
    open_points = [one for one in found if one.state is not State.OK]
    if as_json:
        screen.put_json({"checks": [one.as_dict() for one in found], "open": len(open_points)})
    else:
        screen.put_table(
            f"{here.system.name} under policy {here.policy.name}",
            ("", "what", "how it stands"),
            [(one.state.value, one.name, one.detail) for one in found],
        )
        for one in open_points:
            screen.put_line(f"{one.name}: {one.fix}", hang=2)
        if not open_points:
            say("What is covered is as promised.")
    return int(Exit.FINDINGS if open_points else Exit.DONE)


def looked_at(here: Premises) -> list[Check]:
    """Policy, schema, coverage, settings and loans, each with how it stands."""
    known = [*_policy(here), *_reach(here), *_schema(here), *_settings(here), *_collection(here), *_notices(here)]
    return [*known, *_loans(here), *_joins(here), *_around(here)]


def _policy(here: Premises) -> list[Check]:
    from carrel.cli.premises import now
    from carrel.policy.lint import Open, lint
    from carrel.systems.check import finding, ok

    # A figure that the library chose is no fault of tonight.
    told = [one for one in lint(here.policy, now().date()) if one.kind is not Open.CHOSEN]
    if not told:
        return [ok("policy", f"{here.policy.name}, version {here.policy.version}, in force")]
    return [
        finding("policy", f"{amount(len(told), 'open point')}, first: {told[0].says}", "carrel policy lint shows them")
    ]


def _reach(here: Premises) -> list[Check]:
    from carrel.policy.record_type import RecordType
    from carrel.retention.records import out_of_reach
    from carrel.systems.check import finding
    from carrel.systems.dump_files import rules_of_dumps

    reached = [f"{RecordType.BACKUPS}: {one.id}" for one in rules_of_dumps(here.policy) if here.system.dumps]
    rules = [one for one in out_of_reach(here.system_map, here.policy.record_schedules()) if one not in reached]
    if not rules:
        return []
    detail = f"no table of the map holds what these rules speak of: {', '.join(rules)}"
    return [finding("records", detail, "keep their promise by hand, and say so in the policy under 'promised:'")]


def _schema(here: Premises) -> list[Check]:
    from carrel.inventory.drift import Severity, clean_word
    from carrel.systems.check import finding, ok

    grave = [one for one in here.drifts if one.severity is not Severity.NOTE]
    tables = len(here.system_map.columns)
    first = (
        ok("schema", f"as mapped, {amount(tables, 'table')}")
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


def _loans(here: Premises) -> list[Check]:
    from carrel.cli.cards import due_now
    from carrel.cli.premises import now
    from carrel.systems.check import finding, ok

    at = now()
    since = here.owed_until(at)
    with here.loans().session() as loans:
        remaining = {**loans.remaining(here.life(since, at), since), **due_now(here, since, at)}
    left = {name: count for name, count in remaining.items() if count}
    if not left:
        return [ok("loans", f"nothing that was due by {since:%Y-%m-%d %H:%M} UTC still leads to a reader")]
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

    with here.engine.connect() as connection, told(here.system.name):
        return [surroundings_check(read(connection, here.system, here.policy, now()))]
