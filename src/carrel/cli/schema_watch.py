"""The live schema, read again while something is carried out: what came since may have copied what was cut."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from carrel.cli.screen import put_line
from carrel.errors import fault
from carrel.inventory import drift
from carrel.retention import faults
from carrel.systems.sql import live

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.inventory.drift import Drift
    from carrel.inventory.schema import LiveSchema

LOOK_SECONDS = 30.0
_NAMED = 8
FIX = "look at it with `carrel doctor`, and search what it may have copied; then plan again"
_FIX_RUN = (
    "look at it with `carrel doctor`, and search what it may have copied; once it is gone the same command goes on, "
    "else `carrel run-due` ends the run; not verified either way; then plan again"
)
_Note = Callable[[str], str]


class SchemaWatch:
    """Compares the schema of now with the one that was read at entry.

    A difference is one that would make the plan stale, a change of the product's version, or a finding or refusal of
    the map (MAP-003) that was not there. Once seen it stays, also when it is gone at the next look: rows were changed
    beside it.

    Args:
        here: open; its schema is the one that the plan was admitted with.
        whole: every table counts, as for the plan of one person; else those that the map covers.
        note: keeps what was seen beyond this process, and tells what any process of the same work saw.
    """

    def __init__(self, here: Premises, *, whole: bool = False, note: _Note | None = None) -> None:
        self._here, self._whole, self._note = here, whole, note
        self._seen: dict[str, None] = {}
        self._known = {(one.table, one.column, one.kind) for one in _grave(here)}
        self._looked = time.monotonic()
        self.fresh = here

    @property
    def changes(self) -> tuple[str, ...]:
        """What was different at any look; names of tables and triggers."""
        return tuple(self._seen)

    def look(self) -> tuple[str, ...]:
        """Read the schema again.

        Returns:
            All that was different at any look; `fresh` stands on the schema of this one.

        Raises:
            CarrelError: SQL-002 to SQL-013, the catalogue cannot be read.
        """
        here = self._here
        with here.engine.connect() as connection:
            schema = live.read(connection, here.system_map, at=here.system.name)
        self.fresh, self._looked = replace(here, schema=schema), time.monotonic()
        found = tuple(self._differences(schema))
        told = found if self._note is None else self._note("; ".join(found)).split("; ")
        self._seen.update(dict.fromkeys(one for one in (*found, *told) if one))
        return self.changes

    def require(self) -> None:
        """Look, and go on only where nothing has changed.

        Raises:
            CarrelError: RUN-016; as `look`.
        """
        if found := self.look():
            raise fault(
                faults.SCHEMA_CHANGED,
                at=f"system {self._here.system.name}",
                wanted="the tables and triggers that the plan was made for",
                found="; ".join(found),
                because="rows are cut beside what nobody has looked at, and it may copy them elsewhere",
                fix=FIX if self._note is None else _FIX_RUN,
            )

    def beat(self) -> None:
        """As `require`, where the last look is some time ago."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self.require()

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
            f"The tables changed while this went on: {'; '.join(changes)}. What was cut may have been copied there, so "
            f"it is not verified: {FIX}."
        )
