"""``carrel scrub`` for the logs that a site file declares: scrubbed by what stands there, or only looked at."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.cli import scrub_screen
from carrel.cli.at_site import now
from carrel.cli.screen import put_json, put_line, put_table, say
from carrel.cli.scrub_setup import Chosen, LogRule, compiled_here, keys_of, rules_of, today
from carrel.cli.scrub_work import Counting, ScrubWork
from carrel.errors import CarrelError, Exit, Fault
from carrel.systems import policy_files, site_file
from carrel.systems.logs import declared
from carrel.systems.logs.known_formats import known_formats

if TYPE_CHECKING:
    from carrel.accountability.kept_logs import KeptLog
    from carrel.inventory.scrubbed_log import ScrubbedLog
    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy


@dataclass
class Done:
    """What became of one entry."""

    name: str
    body: dict[str, Any]
    is_finding: bool
    faults: list[Fault] = field(default_factory=list)


def scrub(site: Path, names: tuple[str, ...], *, only_keys: bool, as_json: bool) -> int:
    """Scrub the logs of each entry in place; a piped one takes the standard input. The exit code.

    Args:
        site: the site file, or its folder.
        names: of entries; all that are no pipe, where none is named.
        only_keys: whether only the day keys that are due are destroyed.
        as_json: for programs.

    Raises:
        CarrelError: LOG-021; CLR-003, everything must be kept; and of the codes of site file, policy and store.
    """
    here = site_file.load_site(site)
    policy = policy_files.load(here.policy)
    wanted = [one for one in declared.entries(here, names) if names or only_keys or not one.pipe]
    piped = not only_keys and any(one.pipe for one in wanted)
    if piped and len(wanted) > 1:
        import click

        raise click.UsageError("a log with 'pipe: true' is scrubbed by itself: name no other beside it.")
    if not only_keys and not piped and wanted:
        _refuse_kept(here)
    done = [_one(one, policy, only_keys=only_keys) for one in wanted]
    faults = [fault for one in done for fault in one.faults]
    if as_json:
        errors = {"errors": [one.as_dict() for one in faults]} if faults else {}
        put_json({"logs": [{"name": one.name, **one.body} for one in done], **errors}, err=piped)
    else:
        if not done:
            say("Each declared log is written through a pipe: nothing here is scrubbed but by its server.")
        for one in done:
            scrub_screen.put({**one.body, "name": one.name}, as_json=False, err=piped)
        if faults:
            raise CarrelError(tuple(faults))
    if faults:
        return int(faults[0].condition.exit or Exit.FAILED)
    return int(Exit.FINDINGS if not done or any(one.is_finding for one in done) else Exit.DONE)


def _refuse_kept(site: Site) -> None:
    """A log that is replaced is gone: while everything must be kept, it is kept as it came."""
    from carrel.cli.expiry_course import refuse_kept
    from carrel.cli.store_place import open_store
    from carrel.retention.faults import KEPT_FOR_NOW
    from carrel.store.store import FILE

    if site.store is None and not (site.folder / FILE).exists():
        return  # nobody has placed a hold yet
    with open_store(site) as store:
        refuse_kept(store, [one.name for one in site.originals], now(), KEPT_FOR_NOW, "logs")


def _one(entry: ScrubbedLog, policy: Policy, *, only_keys: bool) -> Done:
    """One entry; what is wrong with it does not stop the next."""
    from carrel.systems.logs.log_tally import Tally

    destroyed: list[date] = []
    rule: LogRule | None = None
    try:
        declared.destroy_due_keys(entry, today(), destroyed)
        with suppress(CarrelError):  # the check tells it; lines that nobody rules are scrubbed all the same
            rule = LogRule(policy.name, declared.rule_of(policy, entry), now())
        work = _work(entry, rule, destroyed, draws=not only_keys)
        if not only_keys:
            _go(entry, work)
    except CarrelError as wrong:
        body = scrub_screen.body(
            Tally(), logs=0, skipped=(), destroyed=[one.isoformat() for one in destroyed], rule=rule, counts=None
        )
        return Done(entry.name, body, is_finding=False, faults=list(wrong.faults))
    counting = None if work.counting is None else work.counting.told()
    body = scrub_screen.body(
        work.tally, logs=work.count, skipped=work.skipped, destroyed=[one.isoformat() for one in destroyed],
        rule=rule, counts=counting, none_found=not only_keys and work.found_none,
    )  # fmt: skip
    told = work.tally.set_aside or work.tally.past or body["no_log_found"]
    return Done(entry.name, body, bool(told), work.faults)


def _work(entry: ScrubbedLog, rule: LogRule | None, destroyed: list[date], *, draws: bool) -> ScrubWork:
    from carrel.deidentification.logs.line_scrubbing import is_compiler_here
    from carrel.systems.logs.day_key_folder import DayKeyFolder
    from carrel.systems.logs.scrub_run import ScrubRun

    folder = DayKeyFolder(entry.keys, make=True) if draws and entry.keys is not None else None
    chosen = Chosen(
        entry.format, entry.address, entry.sessions, entry.people, entry.query, entry.time, entry.words, entry.hosts,
        None, entry.zone,
    )  # fmt: skip
    rules = rules_of(chosen, keys_of(folder, today), today(), rule)
    counting = None if entry.counts is None else Counting(entry.counts, rules.vocabulary)
    run = ScrubRun(
        rules, known_formats(), today, declared.format_of(entry),
        new_day=None if folder is None else lambda day: destroyed.extend(folder.destroy_due(day)),
        count=None if counting is None else counting.of_run.take,
        code=compiled_here if is_compiler_here() else None,
    )  # fmt: skip
    return ScrubWork(run, entry.most_unknown / 100, None, counting)


def _go(entry: ScrubbedLog, work: ScrubWork) -> None:
    if entry.pipe:
        work.go((), "", in_place=False, out=None)
        return
    for spot in declared.spots(entry):
        work.one(spot.folder, spot.name, str(entry.root / spot.path))


def tell(site: Path, names: tuple[str, ...], *, as_json: bool) -> int:
    """Read every line of the declared logs, and tell how each entry stands; the exit code.

    Raises:
        CarrelError: LOG-021, and of the codes of site file and policy.
    """
    from carrel.systems.logs.log_looking import look_at

    here = site_file.load_site(site)
    policy, at = policy_files.load(here.policy), now()
    seen = [look_at(one, policy, at, whole=True) for one in declared.entries(here, names)]
    told = [line for one in seen for line in one.lines()]
    if as_json:
        put_json({"logs": [_as_dict(one) for one in seen], "findings": told})
    else:
        heads = (
            "log",
            "record",
            "raw",
            "scrubbed",
            "past time",
            "identifiers",
            "in two sessions",
            "past its end",
        )
        put_table("Declared logs, as they are now", heads, [_row(one) for one in seen], right=(2, 3, 4, 5, 6, 7))
        for line in told:
            put_line(line, "  - ")
        if not told:
            say("No log is raw past its time, and no identifier serves two sessions.")
    return int(Exit.FINDINGS if told else Exit.DONE)


def _row(one: KeptLog) -> tuple[str, ...]:
    tested = one.sessions
    counts = ("", "", "") if tested is None else (tested.identifiers, tested.in_two, tested.past_end)
    return (one.name, one.record, *(f"{count:,}" for count in (one.raw, one.scrubbed, one.late)), *map(str, counts))


def _as_dict(one: KeptLog) -> dict[str, Any]:
    tested = one.sessions
    return {
        "name": one.name,
        "record": one.record,
        "rule": one.rule or None,
        "raw": one.raw,
        "scrubbed": one.scrubbed,
        "changed_since": one.changed,
        "not_through_pipe": one.unpiped,
        "not_read": one.unread,
        "past_their_time": one.late if one.rule else None,
        "newest": None if one.newest is None else one.newest.isoformat(timespec="seconds"),
        "stopped": one.stopped is not None,
        "keys_past_their_day": one.late_keys,
        "no_keys_among_keys": one.strangers,
        "whole_addresses": one.bare,
        "identifiers": None
        if tested is None
        else {
            "seen": tested.identifiers,
            "in_two_sessions": tested.in_two,
            "past_its_end": tested.past_end,
            "all_tested": tested.whole,
        },
        "wrong": list(one.wrong),
    }
