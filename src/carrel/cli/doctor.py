"""``carrel doctor``: everything that a run rests on, looked at one by one, with what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.at_site import json_option, now, open_site, open_store, site_option
from carrel.cli.screen import say
from carrel.errors import CarrelError, Exit, shown

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.inventory.schema import LiveSchema
    from carrel.inventory.site import Site, System
    from carrel.inventory.system_map import SystemMap
    from carrel.policy.resolve import Policy
    from carrel.systems.check import Check

WIDTH = 100
_COLOURS = {"ok": "green", "finding": "yellow", "refused": "red", "cannot tell": "yellow"}


@click.command(epilog="Example: carrel doctor --site carrel.yaml")
@site_option
@json_option
@click.pass_context
def doctor(ctx: click.Context, site_path: Path, as_json: bool) -> None:
    """Check site, keys, connections, grants and settings one by one.

    Databases are only read. Ends with 3 if there is a finding, with 4 if something stands in the way of every run.
    """
    from carrel.cli.screen import put_json

    site = open_site(site_path)
    at = now()
    found = list(_checks(site, at))
    states = [one.state.value for one in found]
    if as_json:
        put_json({"checks": [one.as_dict() for one in found], "worst": _worst(states)})
    else:
        for one in found:
            _show(one)
        say(f"{amount(len(found), 'check')}: {', '.join(f'{states.count(s)} {s}' for s in _COLOURS if s in states)}")
    codes = {"ok": Exit.DONE, "refused": Exit.REFUSED}
    ctx.exit(int(codes.get(_worst(states), Exit.FINDINGS)))


def _worst(states: list[str]) -> str:
    return next((state for state in ("refused", "finding", "cannot tell") if state in states), "ok")


def _show(one: Check) -> None:
    lead = f"{one.state.value:<12} {one.name:<24} "
    lines = textwrap.wrap(one.detail, WIDTH - len(lead), break_on_hyphens=False) or [""]
    click.echo(click.style(lead[:13], fg=_COLOURS[one.state.value]) + shown(lead[13:] + lines[0]))
    for line in lines[1:]:
        say(" " * len(lead) + line)
    if one.fix:
        fix = textwrap.wrap(one.fix, WIDTH - len(lead) - 5, break_on_hyphens=False)
        for index, line in enumerate(fix):
            say(" " * len(lead) + ("fix: " if index == 0 else "     ") + line)


def _checks(site: Site, at: datetime) -> Iterator[Check]:
    from carrel.systems.site_check import said, site_checks

    yield from site_checks(site)
    policy = _policy(site)
    for system in site.originals:
        try:
            yield from _system(site, system, policy, at)
        except CarrelError as error:
            yield said(error, f"{system.name}: connection")
    for copy in site.systems:
        if copy.copy_of is not None:
            yield from _copy(site, copy, policy, at)
    yield from _records(site, at)


def _copy(site: Site, copy: System, policy: Policy | None, at: datetime) -> Iterator[Check]:
    """The same of a copy, under its name; what is wrong with it stands in the way of rehearsals only."""
    from dataclasses import replace

    from carrel.systems.check import State, ok
    from carrel.systems.site_check import said
    from carrel.systems.sql.database import access, connect
    from carrel.systems.sql.whereabouts import require_apart

    found: list[Check] = []
    try:
        engine = connect(replace(access(copy, apply=True), declared_zone=None), read_only=True)
        try:
            require_apart(engine, copy.name, site.originals)
        finally:
            engine.dispose()
        found.append(ok("address", "leads to none of the site's own systems"))
        found.extend(_system(site, copy, policy, at))
    except CarrelError as error:
        found.append(said(error, "connection"))
    for one in found:
        state = State.FINDING if one.state is State.REFUSED else one.state
        yield replace(one, name=f"{copy.name}: {one.name}", state=state)


def _policy(site: Site) -> Policy | None:
    from carrel.systems import policy_files

    try:
        policy = policy_files.load(Path(site.policy) if site.policy_is_file else site.policy)
        policy.loan_schedule()
    except CarrelError:
        return None  # the check of the policy has told it
    return policy


def _system(site: Site, system: System, policy: Policy | None, at: datetime) -> Iterator[Check]:
    from dataclasses import replace
    from zoneinfo import ZoneInfo

    from carrel.inventory.map_version import as_found
    from carrel.retention.records import in_force
    from carrel.systems import site_file
    from carrel.systems.check import ok
    from carrel.systems.collection_check import collection_check
    from carrel.systems.notice_facts import notice_facts, notices_check
    from carrel.systems.sql import live
    from carrel.systems.sql.database import access, connect
    from carrel.systems.sql.failure import told
    from carrel.systems.sql.grants import Purpose
    from carrel.systems.sql.map_check import drift_checks, grant_checks, product_checks
    from carrel.systems.sql.server_check import server_checks

    system_map = site_file.system_map(system) if policy is None else site_file.map_in_force(system, policy)
    two_accounts = system.apply_dsn_file is not None or system.apply_dsn_env is not None
    # The zone is a check of its own here, so that the others are made all the same.
    engine = connect(replace(access(system), declared_zone=None), read_only=True)
    try:
        with engine.connect() as connection, told(system.name):
            yield ok("connection", f"{system.name} answers; the session refuses every write")
            yield from server_checks(connection, system.time_zone)
            schema = live.read(connection, system_map, at=system.name)
            system_map = as_found(system_map, schema)
            if policy is not None:
                system_map = in_force(system_map, policy.record_schedules())
            if two_accounts:
                yield from grant_checks(connection, system_map, schema, Purpose.READ)
            yield from drift_checks(system_map, schema)
            if policy is not None:
                today = at.astimezone(ZoneInfo(system.time_zone)).date()
                yield from product_checks(connection, system_map, policy.loan_schedule(), site.declarations, today)
                yield collection_check(connection, system_map, schema, policy)
                local = at.astimezone(ZoneInfo(system.time_zone)).replace(tzinfo=None)
                found = notice_facts(connection, system_map, schema, policy, system.gateways, local)
                yield from notices_check(found)
    finally:
        engine.dispose()
    yield from _carries_out(system, system_map, schema, two_accounts=two_accounts)


def _carries_out(system: System, system_map: SystemMap, schema: LiveSchema, *, two_accounts: bool) -> Iterator[Check]:
    """What is to be said of the account that writes."""
    from dataclasses import replace

    from carrel.systems.check import finding
    from carrel.systems.sql.database import access, connect
    from carrel.systems.sql.failure import told
    from carrel.systems.sql.grants import Purpose
    from carrel.systems.sql.map_check import grant_checks, trigger_check

    engine = connect(replace(access(system, apply=True), declared_zone=None), read_only=False)
    try:
        with engine.connect() as connection, told(system.name):
            yield from grant_checks(connection, system_map, schema, Purpose.APPLY)
            yield from trigger_check(connection, system_map)
            if not two_accounts and connection.dialect.name != "sqlite":
                fix = "make a second account that only reads: carrel init --grants-only"
                yield finding("accounts", "one account both reads and carries out", fix)
    finally:
        engine.dispose()


def _records(site: Site, at: datetime) -> Iterator[Check]:
    from carrel.store.store import FILE
    from carrel.systems.check import finding, ok, open_joins
    from carrel.systems.site_check import said

    if not (site.folder / FILE).exists():
        yield ok("records", "none yet: no plan was made")
        return
    try:
        with open_store(site) as store:
            if owed := store.owed.count():
                waits = amount(owed, "leaf of an earlier run waits", "leaves of earlier runs wait")
                detail = f"{waits} for it: the process ended before it could append {'it' if owed == 1 else 'them'}"
                yield finding("ledger", detail, "carrel run-due appends them")
            for system in site.originals:
                runs = store.runs.newest(system.name, 1)
                nights = store.nights.newest(system.name, 1)
                plan = store.plans.newest(system.name)
                times = [run.finished_at or run.started_at for run in runs]
                times += [night.finished_at for night in nights] + ([plan.recorded_at] if plan else [])
                yield _clock(times, at)
                if nights:
                    yield _night(str(nights[0].outcome), nights[0].night.isoformat(), nights[0].codes)
                yield open_joins(store.open_joins.standing(system.name))
    except CarrelError as error:
        yield said(error, "records")
    yield from _ledger(site)


def _clock(times: list[datetime], at: datetime) -> Check:
    from carrel.systems.check import ok, refused

    if times and (newest := max(times)) > at:
        detail = f"Carrel's newest record is {(newest - at).total_seconds() / 60:.0f} min in the future"
        return refused("clock", detail, "set the clock of this machine: periods must not be counted backwards")
    return ok("clock", "later than every record")


def _night(outcome: str, night: str, codes: tuple[str, ...]) -> Check:
    from carrel.systems.check import finding, ok

    detail = f"{night}: {outcome}{' (' + ', '.join(codes) + ')' if codes else ''}"
    if outcome == "verified" or outcome.startswith("applied, residue"):
        return ok("last night", detail)
    return finding("last night", detail, "carrel verify counts what is still linked")


def _ledger(site: Site) -> Iterator[Check]:
    from carrel.store.key_file import public_file, read_verifier
    from carrel.store.ledger_reading import LedgerReading
    from carrel.systems.check import ok, unknown
    from carrel.systems.site_check import said

    folder = site.folder / "ledger"
    if not folder.is_dir():
        yield ok("ledger", "none yet: the first run makes it")
        return
    key = public_file(site.folder / "keys" / "ledger.key")
    if not key.exists():
        yield unknown("ledger", "its public key is not in the folder", "carrel key show prints it from the private one")
        return
    try:
        reading = LedgerReading(folder)
        reading.verify(read_verifier(str(key)))
        yield ok("ledger", f"{amount(reading.size, 'entry', 'entries')}, every one under the signed root")
    except CarrelError as error:
        yield said(error, "ledger")
