"""``carrel sweep``: look from loans that were cut for anybody to whom a join still leads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from carrel.amount import amount
from carrel.cli.option_values import FILE_OR_FOLDER
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.retention.sweep import SweepReport


@click.command(epilog="Example: carrel sweep --pairs 500")
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option("--pairs", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Loans to try.")
@click.option("--person", type=FILE_OR_FOLDER, help="Look for the one person whose card number is in this file, or -.")
@click.option("--by-number", is_flag=True, help="With --person: the file holds the number of the record instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def sweep(
    context: click.Context,
    *,
    site: Path,
    system_name: str | None,
    pairs: int,
    person: Path | None,
    by_number: bool,
    as_json: bool,
) -> int:
    """Look for any join that still leads from a loan to its reader, or for one person.

    Samples loans that name nobody any more, and tries every declared and discovered join on them. It cannot know who
    had them, so it looks for joins that lead to exactly one person; the sweep inside `carrel apply` sees more. Only
    reads the library's database. Who is found stays in memory. A join that leads back after a full run stays open, for
    `carrel verify` and every run, until enough loans were tried and it led nowhere. Exit code 3 when anybody was found
    or a join is open.

    With --person it searches every column and text of every table for one person's number, card, user name, addresses
    and telephone numbers, also after the record itself was deleted: then by the copies that are left, or by the number
    alone. Exit code 3 when anything is found.
    """
    if person is not None:
        from carrel.cli import person_sweep

        if context.get_parameter_source("pairs") is ParameterSource.COMMANDLINE:
            raise click.UsageError("--person goes with --by-number, --site, --system and --json only.")
        return person_sweep.look(person, site, system_name, by_card=not by_number, as_json=as_json)
    if by_number:
        raise click.UsageError("--by-number goes with --person.")
    from random import SystemRandom

    from carrel.cli import open_joins, premises, screen
    from carrel.errors import Exit
    from carrel.inventory.replica import Use
    from carrel.systems.site_systems import system_or_copy
    from carrel.systems.sql.failure import told
    from carrel.systems.sql.session_settings import know_units
    from carrel.systems.sql.sweep_library import Library
    from carrel.systems.sql.sweep_suspects import sweep_cut_loans

    with (
        premises.enter(site, system_name, read_only=True, find=system_or_copy, use=Use.SWEEP) as here,
        told(here.system.name),
    ):
        until = here.owed_until(premises.now())  # the traces of what fell due since wait for tonight's run
        with here.engine.connect() as connection:
            library = Library(connection, here.system_map, here.stand_in)
            # Which loans are past their time is asked by unit, where several policies are in force.
            know_units(connection, library.shelf, None if here.consortium is None else here.consortium.territory.zoning)
            found = open_joins.loan_sweep(here, connection, until)
            report = sweep_cut_loans(library, here.schema, found, pairs, SystemRandom())
            standing = open_joins.after_sweep(here, connection, until, report, pairs)
        read_from = here.read_from
        not_covered = len(here.system_map.not_yet_covered)
        system = here.system
    if as_json:
        told_of = {"system": system.name, "copy_of": system.copy_of}
        figures = {"open_joins": [one.as_dict() for one in standing], "tables_not_yet_covered": not_covered}
        screen.put_json({**told_of, **report.as_dict(), **figures, **screen.read_from(read_from)})
    else:
        screen.tell_copy(system)
        _show(report, not_covered)
        screen.tell_server(read_from)
        for line in open_joins.lines(standing):
            screen.put_line(line, "open: ", hang=2)
    return int(Exit.FINDINGS if report.led_back or standing else Exit.DONE)


def _show(report: SweepReport, not_covered: int) -> None:
    from carrel.cli import screen
    from carrel.retention.reasons import OTHER

    told = [attack for attack in (*report.failing, *report.told) if attack in report.joins]
    if told:
        screen.put_table(
            "Joins that lead from a loan to one person",
            ("join", "table", "columns", "loans", "what it means"),
            [
                (
                    f"{attack.kind}: {attack.name}",
                    attack.table,
                    ", ".join(attack.columns),
                    screen.number(attack.hits),
                    f"{attack.severity.value}{' ' + attack.why if attack.why else ''}",
                )
                for attack in told
            ],
            right=(3,),
        )
    tried = amount(report.pairs, "loan that names nobody was", "loans that name nobody were")
    say(f"{tried} tried; {screen.number(report.led_back)} led to one person.")
    if not report.pairs:
        say("There is no loan yet that is past its time and names nobody: nothing was tried.")
    for reason, count in report.kept.items():
        if isinstance(count, int):
            screen.put_line(f"Rows that stay, and are no leak, because {reason}: {screen.figure(count)}.", hang=2)
    if report.pairs:
        # Always there, whatever they are: a sealed hold must not be told by it.
        screen.put_line(f"Rows that stay for {OTHER}, such as a legal hold, are not counted here.", hang=2)
    say(f"{screen.not_yet_covered(not_covered)}.")
