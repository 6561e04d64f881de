"""``carrel doctor``: everything that a run rests on, looked at one by one, with what to do about it."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.at_site import json_option, now, open_site, site_option
from carrel.cli.screen import WIDTH, say
from carrel.cli.store_place import open_store
from carrel.errors import CarrelError, Exit, shown

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.inventory.schema import LiveSchema
    from carrel.inventory.site import Site, System
    from carrel.inventory.system_map import SystemMap
    from carrel.retention.consortium import InForce
    from carrel.systems.check import Check

_NAME = 24  # signs of the column with the names of the checks
_COLOURS = {"ok": "green", "note": "cyan", "finding": "yellow", "refused": "red", "cannot tell": "yellow"}


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
    lead = f"{one.state.value:<12} {'':<{_NAME}} "
    lines = textwrap.wrap(one.detail, WIDTH - len(lead), break_on_hyphens=False) or [""]
    first = lines.pop(0) if len(one.name) <= _NAME else ""  # a longer name has the line to itself
    click.echo(click.style(lead[:13], fg=_COLOURS[one.state.value]) + shown(f"{one.name:<{_NAME}} {first}".rstrip()))
    for line in lines:
        say(" " * len(lead) + line)
    if one.fix:
        fix = textwrap.wrap(one.fix, WIDTH - len(lead) - 5, break_on_hyphens=False)
        for index, line in enumerate(fix):
            say(" " * len(lead) + ("fix: " if index == 0 else "     ") + line)


def _checks(site: Site, at: datetime) -> Iterator[Check]:
    from carrel.systems.account_check import account_checks
    from carrel.systems.site_check import said, site_checks

    yield from site_checks(site)
    yield from account_checks(site)
    for system in site.originals:
        try:
            yield from _system(site, system, _policies(site, system), at)
        except CarrelError as error:
            yield said(error, f"{system.name}: connection")
    for copy in site.systems:
        if copy.copy_of is not None:
            yield from _copy(site, copy, _policies(site, copy), at)
    yield from _outside(site, at)
    yield from _ways(site)
    if site.web_pages:
        from carrel.cli.cookies_told import cookie_checks

        yield from cookie_checks(site)
    if site.mailing_lists:
        from carrel.cli.mailing_told import list_checks

        yield from list_checks(site)
    yield from _records(site, at)


def _ways(site: Site) -> Iterator[Check]:
    if site.portal is not None and site.portal.sign_in:
        from carrel.systems.sign_in.ways_check import ways_checks

        yield from ways_checks(site.portal, os.environ, now)


def _outside(site: Site, at: datetime) -> Iterator[Check]:
    if not site.keeps_outside:
        return
    from carrel.cli.signed_services import signed_checks
    from carrel.systems import policy_files
    from carrel.systems.backups.backup_check import backup_checks
    from carrel.systems.log_services.privileges import rights_checks
    from carrel.systems.outside_looking import outside_checks

    try:
        policy = policy_files.load(site.policy)
    except CarrelError:
        return  # the check of the policy has told it
    yield from backup_checks(site, policy, at)
    yield from outside_checks(site, policy, at)
    yield from rights_checks(site, at)
    yield from signed_checks(site, policy, at)
    if site.tables:
        from carrel.systems.sql import dated_rights

        for table in site.tables:
            yield from dated_rights.rights_checks(table)


def _copy(site: Site, copy: System, policies: InForce | None, at: datetime) -> Iterator[Check]:
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
        found.extend(_system(site, copy, policies, at))
    except CarrelError as error:
        found.append(said(error, "connection"))
    for one in found:
        state = State.FINDING if one.state is State.REFUSED else one.state
        yield replace(one, name=f"{copy.name}: {one.name}", state=state)


def _policies(site: Site, system: System) -> InForce | None:
    from carrel.systems import branch_policies

    try:
        return branch_policies.load(site, system)
    except CarrelError:
        return None  # the check of the policy has told it


def _system(site: Site, system: System, policies: InForce | None, at: datetime) -> Iterator[Check]:
    from dataclasses import replace
    from zoneinfo import ZoneInfo

    from carrel.inventory.map_version import as_found
    from carrel.retention.records import in_force
    from carrel.systems import site_file
    from carrel.systems.branch_check import branch_checks
    from carrel.systems.check import ok
    from carrel.systems.collection_check import collection_check
    from carrel.systems.notice_facts import notice_facts, notices_check
    from carrel.systems.sql import live
    from carrel.systems.sql.database import access, connect
    from carrel.systems.sql.failure import told
    from carrel.systems.sql.grants import Purpose
    from carrel.systems.sql.map_check import drift_checks, grant_checks, product_checks
    from carrel.systems.sql.replica import replica_check
    from carrel.systems.sql.server_check import server_checks

    system_map = site_file.system_map(system)
    if policies is not None:
        system_map = site_file.map_in_force(system, policies.way.records, policies.way.schedule)
    # The zone, and whether it is a replica, are checks of their own here, so that the others are made all the same.
    engine = connect(replace(access(system), declared_zone=None, replica=True), read_only=True)
    try:
        with engine.connect() as connection, told(system.name):
            yield ok("connection", f"{system.name} answers; the session refuses every write")
            yield from server_checks(connection, system.time_zone)
            schema = live.read(connection, system_map, at=system.name)
            system_map = as_found(system_map, schema)
            if policies is not None:
                system_map = in_force(system_map, policies.way.records)
            if system.has_two_accounts:
                yield from grant_checks(connection, system_map, schema, Purpose.READ)
            yield from drift_checks(system_map, schema)
            if policies is not None:
                yield from branch_checks(connection, policies, system_map, schema, at=system.name)
                policy, schedule = policies.policies[0], policies.way.schedule
                today = at.astimezone(ZoneInfo(system.time_zone)).date()
                yield from product_checks(connection, system_map, schedule, site.declarations, today)
                yield collection_check(connection, system_map, schema, policy)
                local = at.astimezone(ZoneInfo(system.time_zone)).replace(tzinfo=None)
                found = notice_facts(connection, system_map, schema, policy, system.gateways, local)
                yield from notices_check(found)
        if system.replica is not None:
            yield replica_check(system, engine)
    finally:
        engine.dispose()
    yield from _carries_out(site, system, system_map, schema)


def _carries_out(site: Site, system: System, system_map: SystemMap, schema: LiveSchema) -> Iterator[Check]:
    """What is to be said of the account that writes."""
    from dataclasses import replace

    from carrel.systems.check import finding, ok
    from carrel.systems.sql import portal_grants
    from carrel.systems.sql.accounts import accounts_check
    from carrel.systems.sql.database import access, connect
    from carrel.systems.sql.failure import told
    from carrel.systems.sql.grants import Purpose
    from carrel.systems.sql.map_check import grant_checks, trigger_check

    engine = connect(replace(access(system, apply=True), declared_zone=None), read_only=False)
    try:
        with engine.connect() as connection, told(system.name):
            if system.has_two_accounts:
                yield accounts_check(system, engine)
            offered = site.portal.may_change if site.portal and system.name in site.portal.systems else ()
            further = portal_grants.needed(system_map, offered, connection.dialect.name)
            yield from grant_checks(connection, system_map, schema, Purpose.APPLY, further)
            if offered:
                yield portal_grants.portal_grants_check(connection, system_map, schema, offered)
            yield from trigger_check(connection, system_map)
            one = not system.has_two_accounts and connection.dialect.name != "sqlite"
            if one and system.copy_of is not None:
                yield ok("accounts", "one account both reads and carries out; on a copy nobody's night rests on it")
            elif one:
                fix = f"make a second account that only reads: carrel init {system_map.system} --grants-only"
                yield finding("accounts", "one account both reads and carries out", fix)
    finally:
        engine.dispose()


def _records(site: Site, at: datetime) -> Iterator[Check]:
    from carrel.cli.owed_told import owed_checks
    from carrel.cli.replay_told import closed_checks
    from carrel.cli.store_place import begun, store_checks
    from carrel.retention.restriction import KEEP
    from carrel.systems.check import finding, ok, open_joins
    from carrel.systems.site_check import said

    if not begun(site):
        yield ok("records", "none yet: no plan was made")
        return
    try:
        with open_store(site) as store:
            yield from store_checks(site, store)
            for case in store.restrictions.lost():
                stopped = "whose records must be kept, so nothing is disposed of"
                if store.person_cases.terms(case)[KEEP] != "yes":
                    stopped = "whom to leave out of counts"
                detail = f"the key of {case} is gone: nobody can tell {stopped}"
                yield finding("restrictions", detail, "docs/restrict.md, A lost key: three ways lead on")
            for name in store.requests.lost():
                detail = f"the key of {name} is gone: nobody can tell whose it is, or what was written"
                yield finding("requests", detail, "put its file back into the folder requests; docs/requests.md")
            yield from owed_checks(store, at)
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
                yield from closed_checks(store, system.name)
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
