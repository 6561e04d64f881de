"""``carrel verify``: the complement, counted afresh."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.option_values import FILE_OR_FOLDER
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.retention.open_join import OpenJoin


@click.command(epilog="Example: carrel verify --json")
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(site: Path, system_name: str | None, as_json: bool) -> int:
    """Count again what should be gone: due, unheld and still linked.

    Read-only, and never computed from what a run says it did. What fell due after the last full run was planned waits
    for the next, for one night at most; it is told apart. Joins that led a sweep back stay open, and are told, until a
    later sweep shows them closed. Exit code 5 when anything else is left, a join is open, or the system was restored
    and is closed until the sweep is clean.

    Where the site has no system and a custodian, it tells what `carrel custodian show` tells.
    """
    from carrel.cli import cards, custodian_show, policy_screen, premises, screen
    from carrel.errors import Exit
    from carrel.retention.policy_lines import astray_line, policy_lines
    from carrel.systems.site_systems import system_or_copy

    custodian_show.instead(site, as_json=as_json)
    with premises.enter(site, system_name, read_only=True, find=system_or_copy) as here:
        at = premises.now()
        until = here.owed_until(at)
        with here.loans().session() as loans:
            seen = loans.recount(here.life(at, at), at)
            by_now = {**loans.left(seen), **cards.due_now(here, at, at)}
            # Passing time never takes a loan out of what is due, so of nothing there is nothing to tell apart.
            remaining = by_now
            if there := {name for name, count in by_now.items() if count}:
                seen = loans.recount(here.life(until, at), until, only=there)
                remaining = {**dict.fromkeys(by_now, 0), **loans.left(seen), **cards.due_now(here, until, at)}
            lines, astray = policy_lines(here.consortium, seen), astray_line(seen)
        names = {path.name: path.table for path in here.system_map.paths}
        if (lapsing := here.system_map.lapsing) is not None:
            names[lapsing.name] = here.system_map.people.table
        not_covered = len(here.system_map.not_yet_covered)
        system = here.system
        standing = here.store.open_joins.standing(here.system.name)
        closed = here.store.replays.closed(here.system.name) is not None
    waiting = {name: max(0, count - remaining.get(name, 0)) for name, count in by_now.items()}
    left = any(remaining.values())
    if as_json:
        screen.put_json(
            {
                "system": system.name,
                "copy_of": system.copy_of,
                "counted_at": at.isoformat(),
                "owed_until": until.isoformat(),
                "remaining": remaining,
                "due_since": waiting,
                "open_joins": [one.as_dict() for one in standing],
                "verified": not left and not standing and not closed,
                "closed": closed,
                "tables_not_yet_covered": not_covered,
                "policies": policy_screen.as_list(lines),
                "units_gone": astray,
            },
        )
    else:
        screen.tell_copy(system)
        shown = {name: count for name, count in remaining.items() if count or waiting[name]}
        say(f"Counted at {at:%Y-%m-%d %H:%M} UTC. Owed: rows that were due by {until:%Y-%m-%d %H:%M} UTC.")
        screen.put_table(
            "Due, unheld, and still leading to a reader",
            ("path", "table", "owed", "not yet owed"),
            [
                (name, names.get(name, name), screen.number(count), screen.number(waiting[name]))
                for name, count in (shown or dict(list(remaining.items())[:1])).items()
            ],
            right=(2, 3),
        )
        if others := len(remaining) - max(1, len(shown)):
            say(f"Nothing in {amount(others, 'other place')}; --json lists them.")
        policy_screen.show_policies(lines, due="owed")
        policy_screen.show_astray(astray)
        if left or not standing:
            say("Something is left: `carrel plan`." if left else "Nothing is left in the tables that are covered.")
        _show_open(standing, closed=closed)
        if any(waiting.values()) and not left:
            say("Not yet owed: it fell due after that, and waits for tonight's run.")
        if not_covered:
            say(f"{screen.not_yet_covered(not_covered)}.")
    return int(Exit.VERIFICATION_FAILED if left or standing or closed else Exit.DONE)


def _show_open(standing: tuple[OpenJoin, ...], *, closed: bool) -> None:
    """What a count does not show: joins that are open, and that the system is closed after a restore."""
    from carrel.cli import open_joins, replay_told, screen

    if standing:
        say(f"Joins that led a sweep back and are still open: {len(standing)}")
        for line in open_joins.lines(standing):
            screen.put_line(line, "  - ")
        screen.put_line(f"{open_joins.MEND[:1].upper()}{open_joins.MEND[1:]}.")
    if closed:
        say(f"The system was restored, and is {replay_told.UNTIL}: {replay_told.FIX}.")
