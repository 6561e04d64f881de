"""The system, looked at again while something is carried out.

A table or trigger that came since may have copied what was cut; by another tree of units, or beside another anonymous
patron, it was judged by what is no more; and a session that is open stays on a server that its address may lead away
from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from carrel.cli.screen import put_line
from carrel.errors import CarrelError, fault
from carrel.inventory import drift
from carrel.inventory import faults as of_inventory
from carrel.retention import faults
from carrel.systems import faults as of_systems
from carrel.systems.sql import live, unit_rows
from carrel.systems.sql.failure import told as met
from carrel.systems.sql.whereabouts import server_mark

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.cli.premises import Premises
    from carrel.inventory.drift import Drift
    from carrel.inventory.schema import LiveSchema

LOOK_SECONDS = 30.0
_NAMED = 8
FIX = "look at it with `carrel doctor`, and search what a table or trigger may have copied; then plan again"
_FIX_RUN = (
    "look at it with `carrel doctor`, and search what a table or trigger may have copied; once all is as before the "
    "same command goes on, else `carrel run-due` ends the run; not verified either way; then plan again"
)
_UNREADABLE = {one.code for one in (of_inventory.UNIT_CYCLE, of_inventory.NO_UNIT, of_inventory.UNIT_TWICE)}
_Note = Callable[[str], str]


class SchemaWatch:
    """Compares the system of now with what was read at entry: server, schema, whose policy is whose unit's, stand-in.

    A difference is one that would make the plan stale, a change of the product's version, or a finding or refusal of
    the map (MAP-003) that was not there. Once seen it stays, also when it is gone at the next look: rows were changed
    beside it.

    Args:
        here: open; its schema is the one that the plan was admitted with.
        whole: for the plan of one person: every table counts, and no unit; else the tables that the map covers.
        note: keeps what was seen beyond this process, and tells what any process of the same work saw.
    """

    def __init__(self, here: Premises, *, whole: bool = False, note: _Note | None = None) -> None:
        self._here, self._whole, self._note = here, whole, note
        self._seen: dict[str, None] = {}
        self._known = {(one.table, one.column, one.kind) for one in _grave(here)}
        self._looked = time.monotonic()
        with met(here.system.name), here.engine.connect() as connection:
            self._server = server_mark(connection)
        self.fresh = here

    @property
    def changes(self) -> tuple[str, ...]:
        """What was different at any look; names of tables and triggers."""
        return tuple(self._seen)

    def look(self) -> tuple[str, ...]:
        """Read the system again.

        Returns:
            All that was different at any look; `fresh` stands on what was read at this one.

        Raises:
            CarrelError: SQL-002 to SQL-013, the catalogue cannot be read.
        """
        self._look()
        return self.changes

    def _look(self) -> tuple[str, ...]:
        """As `look`; what is different now."""
        here = self._here
        here.engine.dispose()  # a new session, which stands where the address leads to now
        with met(here.system.name), here.engine.connect() as connection:
            schema = live.read(connection, here.system_map, at=here.system.name)
            self.fresh, self._looked = replace(here, schema=schema), time.monotonic()
            judged = tuple(self._judged_otherwise(connection))
        found = (*self._differences(schema), *judged)
        told = found if self._note is None else self._note("; ".join(found)).split("; ")
        self._seen.update(dict.fromkeys(one for one in (*found, *told) if one))
        return found

    def require(self) -> None:
        """Look, and go on only where everything is as it was; also where it was not, and is again.

        Raises:
            CarrelError: RUN-016; as `look`.
        """
        if found := self._look():
            raise fault(
                faults.SCHEMA_CHANGED,
                at=f"system {self._here.system.name}",
                wanted="the server, tables, triggers and units that the plan was made for",
                found="; ".join(found),
                because="nobody has looked at it: it may copy elsewhere what is cut, or have to be judged otherwise",
                fix=FIX if self._note is None else _FIX_RUN,
            )

    def beat(self) -> None:
        """As `require`, where the last look is some time ago."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self.require()

    def _judged_otherwise(self, connection: Connection) -> Iterator[str]:
        """Where and by what rows are judged, if that is not as it was; `fresh` has the units as they are now."""
        here, at = self._here, self._here.system.name
        if server_mark(connection) != self._server:
            yield "the server: another one answers under its address"
        try:
            now = live.stand_in(connection, here.system_map, at=at)
        except CarrelError as wrong:
            if wrong.code != of_systems.STAND_IN.code:
                raise
            now = None
        if now != here.stand_in:
            yield "the anonymous patron: another one, or none"
        if self._whole or here.consortium is None:
            return
        try:
            several = unit_rows.consortium_of(connection, here.in_force, here.system_map, self.fresh.schema, at=at)
        except CarrelError as wrong:
            if wrong.code not in _UNREADABLE:
                raise
            yield f"units: {wrong.faults[0].condition.title}"
            return
        if several is not None and several.units_digest != here.consortium.units_digest:
            self.fresh = replace(self.fresh, consortium=several)
            yield "units: other policies govern some"

    def _differences(self, schema: LiveSchema) -> Iterator[str]:
        here, was = self._here, self._here.schema
        grave = [one for one in _grave(self.fresh) if (one.table, one.column, one.kind) not in self._known]
        names = {*here.system_map.columns, *here.system_map.erased_from}
        if self._whole:
            names = {*was.tables, *schema.tables}
        other = [name for name in sorted(names) if was.digest_of([name]) != schema.digest_of([name])]
        told = [f"{one.at}: {one.kind}" for one in grave]
        told += [f"{name}: {_what(name, was, schema)}" for name in other if name not in {one.table for one in grave}]
        yield from told[:_NAMED]
        if len(told) > _NAMED:
            yield f"{len(told) - _NAMED} more"
        if was.product_version != schema.product_version:
            yield "the product's version"


def _grave(here: Premises) -> list[Drift]:
    return [one for one in here.drifts if one.severity is not drift.Severity.NOTE]


def _what(name: str, was: LiveSchema, schema: LiveSchema) -> str:
    if name not in was.tables:
        return "a new table"
    return "changed" if name in schema.tables else "gone"


def show_changes(changes: tuple[str, ...]) -> None:
    """Why something is not verified, and what to do; nothing where nothing changed."""
    if changes:
        put_line(
            f"The system changed while this went on: {'; '.join(changes)}. What was cut may have been copied or "
            f"judged by what is no more, so it is not verified: {FIX}."
        )
