"""One person's switches in a live database: seen, written, read back, and put back as they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from carrel.errors import CarrelError, fault
from carrel.inventory.drift import untold_triggers
from carrel.inventory.person_map import Act
from carrel.inventory.restriction_map import RestrictionMap, Switch
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.retention import faults
from carrel.retention.person_plan import Change, Remaining
from carrel.retention.restriction import RowImage, merged
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_rows import PersonRows, lock
from carrel.systems.sql.person_steps import Step

LEFT = "changed meanwhile: left as it is"


class SqlRestriction:
    """The switches of one person.

    Args:
        schema: live; a switch whose table or column the site lacks is none.
        system_map: with the site's overlay merged.
        restrict: its section.
        rows: of the person.
        at: the system's name, for errors.
    """

    def __init__(
        self, schema: LiveSchema, system_map: SystemMap, restrict: RestrictionMap, rows: PersonRows, at: str
    ) -> None:
        self._schema, self._map, self._rows, self._at = schema, system_map, rows, at
        self._restrict = restrict
        self._switches = tuple(one for one in restrict.switches if self._there(one))

    @property
    def triggers(self) -> tuple[str, ...]:
        """Triggers that would run with a switch, and that nobody has looked at."""
        tables = (switch.table for switch in self._switches)
        return tuple(f"{name}: {one.name}" for name, one in untold_triggers(self._map, self._schema, tables))

    def images(self, connection: Connection) -> tuple[RowImage, ...]:
        """Each switch of the person as it stands now, off or on."""
        with told(self._at):
            return tuple(image for switch in self._switches for image in self._images(connection, switch))

    def planned(self, connection: Connection) -> tuple[Change, ...]:
        """What would be switched off, and in how many rows."""
        images = self.images(connection)
        found = []
        for switch in self._switches:
            on = sum(one.switch == switch.name and one.old != one.new for one in images)
            if on:
                act = "taken out" if switch.goes else "switched off"
                found.append(Change(switch.name, switch.table, ", ".join(switch.set) or "row", act, on, switch.why))
        return tuple(found)

    @property
    def no_switch(self) -> tuple[Remaining, ...]:
        """What the product, or this site, has no switch for; each is a task."""
        lacking = [one for one in self._restrict.switches if one not in self._switches]
        told_of = [*self._restrict.no_switch.items(), *((one.name, f"no {one.table} here") for one in lacking)]
        return tuple(Remaining(f"no switch: {name}", "", 0, why) for name, why in told_of)

    def afterwards(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """What the desk will notice."""
        written = {one.what for one in changes}
        return tuple(one.afterwards for one in self._switches if one.afterwards and one.name in written)

    def switch_off(self, connection: Connection, sealed: Iterable[RowImage]) -> dict[str, int]:
        """Write every switch, and read it back; the caller commits.

        Args:
            connection: in a transaction.
            sealed: what `images` told right before, merged with an earlier attempt's; durable by now.

        Returns:
            Rows written, by table.

        Raises:
            CarrelError: REQ-005, a row is not as it was sealed; REQ-007, a switch does not read back.

        Guarantees:
            Nothing is written of which the sealed image does not tell what stood there.
        """
        sealed, done = tuple(sealed), dict[str, int]()
        people = self._map.people
        with told(self._at):
            own = self._rows.rows(people.table)
            if not lock(connection, own, self._rows.names(people.table, people.key, own)):
                raise self._since("no record")
            now = self.images(connection)
            if {one.place: one for one in merged(sealed, now)} != {one.place: one for one in sealed}:
                raise self._since("another setting")
            for one in now:
                if one.old == one.new:
                    continue
                rows, mine = self._row(one)
                if one.new is None:
                    count = connection.execute(delete(rows).where(mine)).rowcount
                else:
                    values = {**self._rows.kept_times(one.table, rows), **one.new}
                    count = connection.execute(update(rows).where(mine).values(values)).rowcount
                done[one.table] = done.get(one.table, 0) + count
            self.require_off(connection)
        return done

    def require_off(self, connection: Connection) -> None:
        """Read every switch back.

        Raises:
            CarrelError: REQ-007, one is on.
        """
        if on := dict.fromkeys(one.switch for one in self.images(connection) if one.old != one.new):
            raise fault(
                faults.OTHERWISE,
                at=f"{self._at}: {', '.join(on)}",
                wanted="every switch off",
                found="one that is on",
                because="somebody switched it on, or a trigger did",
                changed="see `carrel restriction list`: what is in force there is honoured by Carrel itself",
                fix="look at the record, and apply the same plan again",
            )

    def back(self, connection: Connection, sealed: Iterable[RowImage], *, write: bool) -> tuple[Change, ...]:
        """What is put back as it was, and what somebody changed meanwhile and is left.

        Args:
            connection: in a transaction, where it is written.
            sealed: what stood there before.
            write: put it back; otherwise only look.

        Raises:
            CarrelError: REQ-007, what was put back does not read back.
        """
        counted: dict[tuple[str, str, str, str], int] = {}
        with told(self._at):
            for one in sealed:
                if one.old == one.new or (act := self._back(connection, one, write=write)) == "":
                    continue
                key = (one.switch, one.table, ", ".join(one.new or {}) or "row", act)
                counted[key] = counted.get(key, 0) + 1
        return tuple(Change(*key, rows) for key, rows in counted.items())

    # -- rows -------------------------------------------------------------------------------------------------------

    def _back(self, connection: Connection, one: RowImage, *, write: bool) -> str:
        """What becomes of one row; nothing where it is as it was before."""
        rows, mine = self._row(one)
        now = self._read(connection, one)
        if now == one.old:
            return ""
        if one.new is None:
            if now is not None or not self._still_led_to(connection, one):
                return LEFT
            if write:
                connection.execute(insert(rows).values(one.old))
        else:
            if now != one.new:
                return LEFT
            if write:
                values = {**self._rows.kept_times(one.table, rows), **one.old}
                connection.execute(update(rows).where(mine).values(values))
        if write and self._read(connection, one) != one.old:
            raise fault(
                faults.OTHERWISE,
                at=f"{self._at}: {one.switch}",
                wanted="what stood there before",
                found="something else",
                changed="nothing: it was rolled back",
                fix="look at the triggers of this table",
            )
        return "put back"

    def _read(self, connection: Connection, one: RowImage) -> dict[str, Any] | None:
        rows, mine = self._row(one)
        found = connection.execute(select(*(rows.c[name] for name in one.old)).where(mine)).mappings().first()
        return None if found is None else _plain(found)

    def _still_led_to(self, connection: Connection, one: RowImage) -> bool:
        """Whether the rows that a row hangs on are there: what the product deleted meanwhile does not come back."""
        for key in self._schema.tables[one.table].foreign_keys:
            if key.table not in self._schema.tables or any(one.old.get(name) is None for name in key.columns):
                continue
            other = self._rows.rows(key.table)
            pairs = zip(key.columns, key.references, strict=True)
            if not connection.execute(
                select(other.c[key.references[0]]).where(*(other.c[theirs] == one.old[own] for own, theirs in pairs))
            ).first():
                return False
        return True

    def _row(self, one: RowImage) -> tuple[Any, Any]:
        rows = self._rows.rows(one.table)
        return rows, self._rows.keyed([rows.c[name] for name in one.key], [tuple(one.key.values())])

    def _images(self, connection: Connection, switch: Switch) -> Iterable[RowImage]:
        rows = self._rows.rows(switch.table)
        key = self._rows.key(switch.table)
        mine = self._rows.those(Step(switch.table, switch.trace, Act.DELETE), rows)
        for found in connection.execute(select(rows).where(mine)).mappings():
            row = _plain(found)
            old = row if switch.goes else {name: row[name] for name in switch.set}
            new = None if switch.goes else dict(switch.set)
            yield RowImage(switch.name, switch.table, {name: row[name] for name in key}, old, new)

    def _there(self, switch: Switch) -> bool:
        table = self._schema.tables.get(switch.table)
        if table is None or not table.primary_key:
            return False
        way = switch.through
        wanted = {switch.column, *switch.set, *(one.column for one in switch.only)} - {""}
        return wanted <= set(table.column_names) and (way is None or way.table in self._schema.tables)

    def _since(self, found: str) -> CarrelError:
        return fault(
            faults.CHANGED_SINCE,
            at=self._at,
            wanted="the switches as they were a moment ago",
            found=found,
            changed="nothing by this transaction",
            fix="apply the same plan again; if the record is gone, there is nothing to restrict",
        )


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row as it can be sealed, and written again: times as the database writes them."""
    return {str(name): str(value) if isinstance(value, date) else value for name, value in row.items()}
