"""``carrel scrub``: log lines without what leads to a person, in a pipe, from files, or in place of the files."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import click
from click.core import ParameterSource

from carrel.cli.at_site import json_option, now
from carrel.cli.option_values import ANY_FOLDER, FILE, FILE_OR_FOLDER, NEW_FILE, TEXT_OR_FILE, WORDS
from carrel.errors import CarrelError, Exit

ADDRESSES = ("truncate", "drop", "deterministic", "pfx", "nd", "ndx", "crypto-pan")
MOST_CORES = 64


@click.command(epilog="Example: carrel scrub --format combined < access.log > scrubbed.log")
@click.argument("logs", nargs=-1, type=FILE_OR_FOLDER)
@click.option("--in-place", is_flag=True, help="Replace each log by its scrubbed self, as a whole or not at all.")
@click.option("--out", type=ANY_FOLDER, help="Folder that takes the scrubbed files.")
@click.option("--format", "log_format", metavar="NAME|TEXT", help="The format; found by the first lines unless given.")
@click.option("--formats", "list_formats", is_flag=True, help="List the known formats, and end.")
@click.option("--name", "pattern", default="*", show_default=True, type=WORDS, help="Names of files, of a folder.")
@click.option(
    "--address", type=click.Choice(ADDRESSES), default="truncate", show_default=True, help="Network addresses."
)
@click.option("--sessions", type=click.Choice(("token", "drop")), default="token", show_default=True, help="Sessions.")
@click.option(
    "--people", type=click.Choice(("drop", "token")), default="drop", show_default=True, help="Names of users."
)
@click.option(
    "--query", type=click.Choice(("strip", "shape")), default="strip", show_default=True, help="What was asked."
)
@click.option(
    "--time", "precision", type=click.Choice(("hour", "minute", "second", "day")), default="hour", show_default=True,
    help="How much of a time stays.",
)  # fmt: skip
@click.option("--words", type=FILE, help="File of further words that may pass in paths and groups, one a line.")
@click.option("--hosts", type=FILE, help="File of further hosts that may pass, or EZproxy's own configuration.")
@click.option("--zone", metavar="ZONE", help="Time zone of a log that writes none; UTC unless given.")
@click.option("--keys", type=ANY_FOLDER, help="Folder of the days' keys; in memory, for this run alone, unless given.")
@click.option("--destroy-keys", is_flag=True, help="Destroy the keys that are due, and end.")
@click.option(
    "--policy", metavar="NAME|FILE", type=TEXT_OR_FILE, help="Policy whose rule for access logs is carried out."
)
@click.option("--counts", type=NEW_FILE, help="File of monthly counts, to which this run adds.")
@click.option("--aside", type=NEW_FILE, help="File, for you alone, that takes lines which fit no format, unscrubbed.")
@click.option(
    "--most-unknown", metavar="PERCENT", default=1, show_default=True, type=click.IntRange(0, 100),
    help="A log of which more lines fit no format stays as it is.",
)  # fmt: skip
@click.option(
    "--cores", metavar="N", default=1, show_default=True, type=click.IntRange(1, MOST_CORES),
    help="Cores that share a file; a pipe with the extra analytics only.",
)  # fmt: skip
@click.option("--site", type=FILE_OR_FOLDER, help="Scrub the logs that this site file declares, by its own settings.")
@click.option("--log", "names", multiple=True, type=WORDS, help="Only these of them; without --site, of the site here.")
@click.option("--check", is_flag=True, help="Change nothing: read each declared log, and tell how it stands.")
@json_option
@click.pass_context
def scrub(
    ctx: click.Context, logs: tuple[Path, ...], in_place: bool, out: Path | None, log_format: str | None,
    list_formats: bool, pattern: str, address: str, sessions: str, people: str, query: str, precision: str,
    words: Path | None, hosts: Path | None, zone: str | None, keys: Path | None, destroy_keys: bool,
    policy: str | None, counts: Path | None, aside: Path | None, most_unknown: int, cores: int, site: Path | None,
    names: tuple[str, ...], check: bool, as_json: bool,
) -> None:  # fmt: skip
    """Take everything that leads to a person out of log lines: of proxies, web servers, catalogues, SIP2.

    Reads the standard input, or logs by name, and writes the scrubbed lines to the standard output; the report goes
    to stderr then. With --in-place or --out, folders may be named too. A line that fits no known format never passes.
    Each field is written anew from closed lists, numbers and times; tokens of sessions are made with a key of their
    day, which is destroyed on schedule. Ends with 3 where lines were set aside, or stood for longer than a policy says,
    or where no log was found.

    With --site, --log or --check it is about the logs that a site file declares, by what stands there of each.
    """
    from carrel.cli import scrub_screen
    from carrel.cli.scrub_aside import aside_file, keeping
    from carrel.cli.scrub_setup import Chosen, compiled_here, format_of, keys_of, log_rule, rules_of, today
    from carrel.cli.scrub_work import Counting, ScrubWork
    from carrel.deidentification.logs.line_scrubbing import is_compiler_here
    from carrel.systems.logs.day_key_folder import DayKeyFolder
    from carrel.systems.logs.known_formats import described, known_formats
    from carrel.systems.logs.scrub_run import ScrubRun

    if list_formats:
        scrub_screen.put_formats(described(), as_json=as_json)
        return
    if site is not None or names or check:
        _require_declared(ctx)
        _declared(ctx, site or Path(), names, check=check, destroy_keys=destroy_keys, as_json=as_json)
    _require_sense(logs, in_place=in_place, out=out, keys=keys, destroy_keys=destroy_keys)
    if cores > 1 and not logs and not is_compiler_here():
        raise click.UsageError("--cores of a pipe wants the extra analytics: pip install 'carrel[analytics]'")
    chosen = Chosen(log_format, address, sessions, people, query, precision, words, hosts, policy, zone)
    folder = None if keys is None else DayKeyFolder(keys, make=not destroy_keys, destroys=destroy_keys)
    destroyed = [] if folder is None else folder.destroy_due(today())
    rule = None if policy is None else log_rule(policy, now())
    rules = rules_of(chosen, keys_of(folder, today), today(), rule)
    counting = None if counts is None else Counting(counts, rules.vocabulary)
    with aside_file(aside) as kept:
        run = ScrubRun(
            rules, known_formats(), today, format_of(chosen),
            new_day=None if folder is None else lambda day: destroyed.extend(folder.destroy_due(day)),
            count=None if counting is None else counting.of_run.take,
            aside=None if kept is None else keeping(kept),
            code=compiled_here if is_compiler_here() else None, cores=cores,
        )  # fmt: skip
        work = ScrubWork(run, most_unknown / 100, kept, counting)
        if not destroy_keys:
            work.go(logs, pattern, in_place=in_place, out=out)
    report = scrub_screen.body(
        work.tally, logs=work.count, skipped=work.skipped, destroyed=[one.isoformat() for one in destroyed],
        rule=rule, counts=None if counting is None else counting.told(), none_found=bool(logs) and work.found_none,
    )  # fmt: skip
    err = not (in_place or out or destroy_keys)
    if work.faults and as_json:
        report["errors"] = [one.as_dict() for one in work.faults]
    if as_json or work.count or work.skipped or not work.faults:
        scrub_screen.put(report, as_json=as_json, err=err)
    if work.faults and not as_json:
        raise CarrelError(tuple(work.faults))
    worst = work.faults[0].condition.exit if work.faults else Exit.DONE
    told = work.tally.set_aside or work.tally.past or report["no_log_found"]
    ctx.exit(int(worst or (Exit.FINDINGS if told else Exit.DONE)))


def _require_declared(ctx: click.Context) -> None:
    """With a declared log everything stands in the site file: an option beside it would be another promise."""
    taken = {"site", "names", "check", "destroy_keys", "as_json"}
    given = [one for one in ctx.params if ctx.get_parameter_source(one) is ParameterSource.COMMANDLINE]
    if other := [one for one in given if one not in taken]:
        raise click.UsageError(f"--site, --log and --check go without {', '.join(sorted(other))}: see the site file.")


def _declared(
    ctx: click.Context, site: Path, names: tuple[str, ...], *, check: bool, destroy_keys: bool, as_json: bool
) -> NoReturn:
    from carrel.cli import scrub_declared

    if check:
        ctx.exit(scrub_declared.tell(site, names, as_json=as_json))
    ctx.exit(scrub_declared.scrub(site, names, only_keys=destroy_keys, as_json=as_json))


def _require_sense(
    logs: tuple[Path, ...], *, in_place: bool, out: Path | None, keys: Path | None, destroy_keys: bool
) -> None:
    if in_place and out is not None:
        raise click.UsageError("--in-place and --out cannot both be given.")
    if (in_place or out is not None) and not logs:
        raise click.UsageError("--in-place and --out want logs by name.")
    if destroy_keys and (keys is None or logs):
        raise click.UsageError("--destroy-keys wants --keys FOLDER, and no logs.")
