"""What ``carrel hold`` and ``carrel exception`` do alike: place one, list the open ones, end one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from carrel.amount import amount
from carrel.cli.at_site import allowed, as_option, end_of, json_option, now, open_site, site_option
from carrel.cli.option_values import WORDS
from carrel.cli.scope_option import Said, scope_words
from carrel.cli.screen import put_json, put_table, say
from carrel.cli.store_place import open_store

if TYPE_CHECKING:
    from carrel.inventory.site import Site, System
    from carrel.retention.legal_hold import Scope
    from carrel.store.keepings import Entry
    from carrel.store.placement import Kind, Placed

Command = TypeVar("Command", bound=Callable[..., Any])

_TICK = timedelta(microseconds=1)
_SYSTEM = click.option(
    "--system", "system_name", type=WORDS, metavar="NAME", help="Which system, where the site has several."
)


def placing_options(command: Command) -> Command:
    """``--system``, ``--as``, ``--site`` and ``--json``."""
    return _SYSTEM(as_option(site_option(json_option(command))))


def listing_options(command: Command) -> Command:
    """``--system``, ``--site`` and ``--json``."""
    return _SYSTEM(site_option(json_option(command)))


def ending_options(command: Command) -> Command:
    """The id, ``--as``, ``--site`` and ``--json``."""
    return click.argument("identity", metavar="ID", type=WORDS)(as_option(site_option(json_option(command))))


def place(
    kind: Kind,
    authority: Callable[[Site], str],
    *,
    reason: str,
    expires: datetime | None,
    system_name: str | None,
    name: str,
    site_path: Path,
    as_json: bool,
    sealed: bool = False,
    **said: Any,
) -> None:
    """Place one, wait until it is in force, and answer.

    Args:
        kind: legal hold or exception.
        authority: what it rests on; may look at the site's people.
        reason: in words that name no patron.
        expires: its last day.
        system_name: of the site.
        name: who places it.
        site_path: of the site.
        as_json: how to answer.
        sealed: whether no list shows its reason.
        said: the options of its scope.

    Raises:
        CarrelError: of the HLD codes.
    """
    from carrel.inventory.site import May
    from carrel.store.placement import Order
    from carrel.systems.site_systems import system_of

    scope = Said(**said).scope()
    site = open_site(site_path)
    system = system_of(site, system_name)
    person = allowed(site, name, May.HOLD)
    until = None if expires is None else end_of(expires.date(), ZoneInfo(system.time_zone))
    order = Order(kind, system.name, scope, reason, authority(site), person.name, until, sealed)
    with open_store(site) as store:
        placed = store.keepings.place(order, now)
    _put_placed(placed, last_day(until, site, system.name), _unmatched(system, scope), as_json=as_json)


def _unmatched(system: System, scope: Scope) -> tuple[str, ...]:
    """What of a scope fits nothing now. It is in force all the same, also where the database cannot be read."""
    from carrel.errors import CarrelError
    from carrel.systems import site_file
    from carrel.systems.sql import accounts, scope_match

    try:
        system_map = site_file.system_map(system)
        engine = accounts.open_compared(system, read_only=True)
        try:
            with engine.connect() as connection:
                return scope_match.unmatched(connection, system_map, scope, at=system.name)
        finally:
            engine.dispose()
    except CarrelError as wrong:
        return (f"{system.name} cannot be read now ({wrong.code}): nobody looked whether these loans are there",)


def list_entries(kind: Kind, system_name: str | None, site_path: Path, *, as_json: bool, sealed: bool = False) -> None:
    """The open ones of a site; that there are sealed ones is told only where these are asked for."""
    site = open_site(site_path)
    with open_store(site) as store:
        store.keepings.purge(now())
        entries = [one for one in store.keepings.entries(kind, now(), system_name) if sealed or not one.sealed]
    if as_json:
        put_json({f"{kind}s".replace(" ", "_"): [_as_dict(one, site) for one in entries]})
        return
    if not entries:
        say(f"no open {kind} to list")
        return
    put_table(
        amount(len(entries), f"open {kind}"),
        ("id", "since", "last day", "loans", "reason", "authority"),
        [
            (
                one.id,
                one.since.astimezone(_zone(site, one.system)).date().isoformat(),
                _day(last_day(one.until, site, one.system)) or "open",
                scope_words(one),
                "sealed" if one.sealed else one.reason,
                "sealed" if one.sealed else one.authority,
            )
            for one in entries
        ],
    )


def end(kind: Kind, word: str, *, identity: str, name: str, site_path: Path, as_json: bool) -> None:
    """End one before its time, and answer; ``word`` says what became of it.

    Raises:
        CarrelError: HLD-004, HLD-006.
    """
    from carrel.inventory.site import May

    site = open_site(site_path)
    person = allowed(site, name, May.HOLD)
    with open_store(site) as store:
        store.keepings.release(identity, person.name, now(), kind)
    if as_json:
        put_json({"id": identity, "state": word})
    else:
        say(f"{identity}: {word}; the numbers that it named are deleted")


def last_day(until: datetime | None, site: Site, system: str) -> date | None:
    """The last day on which it keeps anything, on the system's own calendar: its end is the moment after."""
    return None if until is None else (until - _TICK).astimezone(_zone(site, system)).date()


def _zone(site: Site, name: str) -> ZoneInfo:
    system = site.system(name)
    return ZoneInfo("UTC" if system is None else system.time_zone)  # a system can have left the site file since


def _put_placed(placed: Placed, last: date | None, warnings: Sequence[str], *, as_json: bool) -> None:
    """In force from when until when, what was disposed of before, and what it fits not."""
    if as_json:
        put_json(
            {
                "id": placed.id,
                "in_force_from": placed.in_force_from.isoformat(),
                "last_day": _day(last),
                "waited_for_chunk": placed.waited,
                "disposed_before": {"loans": placed.loans_before, "rows": placed.rows_before},
                "warnings": list(warnings),
            }
        )
        return
    until = f", to the end of {last}" if last else ""
    say(f"{placed.id}: in force from {placed.in_force_from.isoformat(timespec='seconds')}{until}")
    rows, loans = amount(placed.rows_before, "row"), amount(placed.loans_before, "loan")
    say(f"Disposed before, in the run or erasure under way: {rows} of {loans}")
    if placed.rows_before:
        say("(how many of them it would have kept, nobody can tell any more)")
    for one in warnings:
        say(f"warning: {one}", err=True)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _as_dict(entry: Entry, site: Site) -> dict[str, Any]:
    return {
        "id": entry.id,
        "system": entry.system,
        "since": entry.since.isoformat(),
        "ends": entry.until.isoformat() if entry.until else None,
        "last_day": _day(last_day(entry.until, site, entry.system)),
        "in_force_from": entry.in_force_from.isoformat() if entry.in_force_from else None,
        "loans": scope_words(entry),
        "reason": entry.reason,
        "authority": entry.authority,
        "placed_by": entry.placed_by,
        "sealed": entry.sealed,
    }
