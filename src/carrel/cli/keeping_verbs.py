"""What legal holds and exceptions print alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from carrel.cli.at_site import end_of, now, open_store
from carrel.cli.scope_option import scope_words
from carrel.cli.screen import number, put_json, put_table, say

if TYPE_CHECKING:
    from carrel.inventory.site import Site, System
    from carrel.retention.legal_hold import Scope
    from carrel.store.keepings import Entry
    from carrel.store.placement import Kind, Placed


def when_over(expires: datetime | None, system: System) -> datetime | None:
    """The moment at which the last day is over on the system's wall clock."""
    return None if expires is None else end_of(expires.date(), ZoneInfo(system.time_zone))


def unmatched(system: System, scope: Scope) -> tuple[str, ...]:
    """What of a scope fits nothing now. It is in force all the same, also where the database cannot be read."""
    from carrel.errors import CarrelError
    from carrel.systems import site_file
    from carrel.systems.sql import database, scope_match

    try:
        system_map = site_file.system_map(system)
        engine = database.open_system(system, read_only=True)
        try:
            with engine.connect() as connection:
                return scope_match.unmatched(connection, system_map, scope, at=system.name)
        finally:
            engine.dispose()
    except CarrelError as wrong:
        return (f"{system.name} cannot be read now ({wrong.code}): nobody looked whether these loans are there",)


def put_placed(placed: Placed, warnings: Sequence[str], *, as_json: bool) -> None:
    """The answer to whoever placed one: in force from when, what was disposed of before, and what it fits not."""
    if as_json:
        put_json(
            {
                "id": placed.id,
                "in_force_from": placed.in_force_from.isoformat(),
                "waited_for_chunk": placed.waited,
                "disposed_before": {"loans": placed.loans_before, "rows": placed.rows_before},
                "warnings": list(warnings),
            }
        )
        return
    say(f"{placed.id}: in force from {placed.in_force_from.isoformat(timespec='seconds')}")
    rows, loans = number(placed.rows_before), number(placed.loans_before)
    say(f"{rows} rows of {loans} loans were disposed before, in the run that is under way")
    if placed.rows_before:
        say("(how many of them it would have kept, nobody can tell any more)")
    for one in warnings:
        say(f"warning: {one}", err=True)


def list_entries(kind: Kind, site: Site, system: str | None, *, as_json: bool, sealed: bool = False) -> None:
    """The open ones of a site; that there are sealed ones is told only where these are asked for."""
    with open_store(site) as store:
        store.keepings.purge(now())
        entries = [one for one in store.keepings.entries(kind, now(), system) if sealed or not one.sealed]
    if as_json:
        put_json({f"{kind}s".replace(" ", "_"): [_as_dict(one) for one in entries]})
        return
    put_table(
        f"{len(entries)} open {kind}{'' if len(entries) == 1 else 's'}",
        ("id", "since", "ends", "loans", "reason", "authority"),
        [
            (
                one.id,
                one.since.date().isoformat(),
                one.until.date().isoformat() if one.until else "open",
                scope_words(one),
                "sealed" if one.sealed else one.reason,
                "sealed" if one.sealed else one.authority,
            )
            for one in entries
        ],
    )


def ended(identity: str, word: str, *, as_json: bool) -> None:
    """The answer to whoever ended one."""
    if as_json:
        put_json({"id": identity, "state": word})
    else:
        say(f"{identity}: {word}; the numbers that it named are deleted")


def _as_dict(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "system": entry.system,
        "since": entry.since.isoformat(),
        "ends": entry.until.isoformat() if entry.until else None,
        "in_force_from": entry.in_force_from.isoformat() if entry.in_force_from else None,
        "loans": scope_words(entry),
        "reason": entry.reason,
        "authority": entry.authority,
        "placed_by": entry.placed_by,
        "sealed": entry.sealed,
    }
