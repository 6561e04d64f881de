"""One person's record corrected in a live database: values compared, written, and read back, with their copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select, update

from carrel.amount import amount
from carrel.errors import CarrelError, Fault, fault
from carrel.inventory.correction_map import CorrectionMap
from carrel.inventory.drift import untold_triggers
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.retention import faults
from carrel.retention.column_value import unfit
from carrel.retention.person_plan import Change, Remaining
from carrel.retention.person_request import FIT, Wanted
from carrel.systems.sql.failure import told
from carrel.systems.sql.field_copies import FieldCopies, Values, plain
from carrel.systems.sql.person_rows import PersonRows, lock


class SqlCorrection:
    """The correction of one person's record.

    Args:
        schema: live.
        system_map: with the site's overlay merged.
        rectify: its section.
        rows: of the person.
        at: the system's name, for errors.
    """

    def __init__(
        self, schema: LiveSchema, system_map: SystemMap, rectify: CorrectionMap, rows: PersonRows, at: str
    ) -> None:
        self._schema, self._map, self._rectify, self._rows, self._at = schema, system_map, rectify, rows, at
        self._people = system_map.people
        self._copied = FieldCopies(schema, rectify, rows)

    # -- before -----------------------------------------------------------------------------------------------------

    def current(self, connection: Connection, columns: Iterable[str]) -> dict[str, str]:
        """What stands in these columns of the person's own row now.

        Raises:
            CarrelError: REQ-005, the record is gone.
        """
        row = self._own(connection)
        return {name: plain(row[name]) for name in columns}

    def require_fit(self, connection: Connection, wanted: Iterable[Wanted], today: date) -> None:
        """Refuse values that their columns cannot hold, that name nothing, or that another record has.

        Args:
            connection: open.
            wanted: the new values.
            today: on the system's own calendar.

        Raises:
            CarrelError: REQ-002 where the live table lacks the column; REQ-003, one fault per field.
        """
        table, wrong = self._schema.tables[self._people.table], []
        for one in wanted:
            where = f"{one.name}: {one.part}"
            if elsewhere := self._rectify.fields[one.name].table:
                wrong.append(
                    Fault(
                        faults.NO_FIELD,
                        at=where,
                        wanted=f"a field of {table.name}",
                        found=f"one of {elsewhere}",
                        because="a correction writes the person's own row, and its copies",
                        fix="correct this field in the product itself, take it out of the request, and plan again",
                    )
                )
                continue
            column = table.column(one.column)
            if column is None:
                wrong.append(
                    Fault(
                        faults.NO_FIELD,
                        at=where,
                        found=f"no column {table.name}.{one.column} on this system",
                        fix="take this field out of the request, and plan again",
                    )
                )
                continue
            known = self._rectify.fields[one.name]
            limit = today if one.part in known.past else None
            reason = unfit(column, one.value, charset=table.charset, not_after=limit)
            if not reason:
                reason = self._named_elsewhere(connection, one, unique=one.part in known.unique)
            if reason:
                wrong.append(Fault(faults.UNFIT, at=where, wanted=reason, found="another value", fix=FIT))
        if wrong:
            raise CarrelError(tuple(wrong))

    def planned(self, connection: Connection, wanted: Iterable[Wanted], old: Values) -> tuple[Change, ...]:
        """What would be written, and in how many rows the old value stands.

        Raises:
            CarrelError: REQ-003, a copy cannot hold the new value.
        """
        changes, wrong = [], []
        words = {one.column: f"{one.name}: {one.part}" for one in wanted}
        new = {one.column: one.value for one in wanted}
        for one in wanted:
            act = "emptied" if not one.value else "changed" if old[one.column] else "filled"
            if one.value != old[one.column]:
                changes.append(Change(words[one.column], self._people.table, one.column, act, 1))
        with told(self._at):
            for found in self._copied.found(connection, old, new):
                column = self._schema.tables[found.copy.table].column(found.column)
                charset = self._schema.tables[found.copy.table].charset
                reason = unfit(column, new[found.source], charset=charset) if column is not None else ""
                if reason:
                    place = f"{found.copy.table}.{found.column}"
                    because = "a copy of the field stands there and is corrected with it"
                    wrong.append(
                        Fault(
                            faults.UNFIT,
                            at=f"{words[found.source]} in {place}",
                            wanted=reason,
                            because=because,
                            fix=FIT,
                        )
                    )
                what = words[found.source]
                changes.append(Change(what, found.copy.table, found.column, "changed", len(found.keys), found.copy.why))
        if wrong:
            raise CarrelError(tuple(wrong))
        return tuple(changes)

    def remaining(self, connection: Connection, old: Values, new: Values) -> tuple[Remaining, ...]:
        """Rows of the person that hold an old value and keep it."""
        gone = {name: value for name, value in old.items() if value and value != new[name]}
        with told(self._at):
            counted = [(one, self._copied.holding(connection, one, gone)) for one in self._rectify.remains if gone]
        return tuple(Remaining("old values", one.table, count, one.why) for one, count in counted if count)

    @property
    def triggers(self) -> tuple[str, ...]:
        """Triggers that would run with a change, and that nobody has looked at."""
        tables = (self._people.table, *(one.table for one in self._rectify.copies))
        untold = untold_triggers(self._map, self._schema, tables)
        return tuple(f"{name}: {one.name}" for name, one in untold if one.event == "UPDATE")

    # -- the correction itself --------------------------------------------------------------------------------------

    def write(self, connection: Connection, old: Values, new: Values) -> dict[str, int]:
        """Write what is not there yet, copies with it, and read it back; the caller commits.

        Args:
            connection: in a transaction.
            old: values when it was planned.
            new: values that shall stand there.

        Returns:
            Rows written, by table; none where all was written before.

        Raises:
            CarrelError: REQ-005, a value is neither the old nor the new one; REQ-007, what is read back is another
                value, or another column changed with it. The caller undoes the transaction.

        Guarantees:
            No value that came since the plan is overwritten. Carried out twice, it changes nothing the second time.
        """
        people, own = self._people, self._rows.rows(self._people.table)
        which = self._rows.names(people.table, people.key, own)
        with told(self._at):
            lock(connection, own, which)
            before = self._own(connection)
            now = {name: plain(before[name]) for name in new}
            moved = [name for name in new if now[name] not in {old[name], new[name]}]
            if moved:
                raise self._since(f"another value in {len(moved)} of {amount(len(new), 'field')}")
            written: dict[str, int] = {}
            # Copies first: what they hold is found by the old value, and by the old card.
            for found in self._copied.found(connection, old, new):
                copied = self._stored(found.copy.table, found.column, new[found.source])
                if not self._copied.write(connection, found, copied, new[found.source]):
                    raise self._otherwise(f"{found.copy.table}.{found.column}")
                written[found.copy.table] = written.get(found.copy.table, 0) + len(found.keys)
            due = {name: new[name] for name in new if now[name] != new[name]}
            if due:
                stored = {name: self._stored(people.table, name, value) for name, value in due.items()}
                if connection.execute(update(own).where(which).values(stored)).rowcount != 1:
                    raise self._since("another number of records")
                written[people.table] = 1
            self._require_written(connection, before, new)
        return written

    def require_there(self, connection: Connection, new: Values) -> bool:
        """Whether every value stands there now; read in a transaction of its own."""
        with told(self._at):
            return self.current(connection, new) == dict(new)

    # -- rows -------------------------------------------------------------------------------------------------------

    def _own(self, connection: Connection) -> dict[str, Any]:
        own = self._rows.rows(self._people.table)
        which = self._rows.names(self._people.table, self._people.key, own)
        with told(self._at):
            found = connection.execute(select(own).where(which)).mappings().first()
        if found is None:
            raise self._since("no record")
        return dict(found)

    def _named_elsewhere(self, connection: Connection, one: Wanted, *, unique: bool) -> str:
        """Why other rows forbid a value: another record has it, or no row of the table that it points at."""
        people, own = self._people, self._rows.rows(self._people.table)
        table = self._schema.tables[people.table]
        keys = [key for key in table.foreign_keys if key.columns == (one.column,) and key.table in self._schema.tables]
        if not one.value:
            column = table.column(one.column)
            return "a value" if keys and column is not None and not column.nullable else ""
        with told(self._at):
            if unique:
                mine = self._rows.names(people.table, people.key, own)
                query = select(func.count()).select_from(own).where(own.c[one.column] == one.value, ~mine)
                if connection.execute(query).scalar_one():
                    return "a value that no other record has"
            for key in keys:
                other = self._rows.rows(key.table)
                query = select(other.c[key.references[0]]).where(other.c[key.references[0]] == one.value)
                # To the letter: the key would take another case for the same, and then not read back.
                if one.value not in {plain(found) for found in connection.execute(query).scalars()}:
                    return f"one of {key.table}.{key.references[0]}"
        return ""

    def _stored(self, table: str, name: str, value: str) -> str | None:
        column = self._schema.tables[table].column(name)
        return value if value or (column is not None and not column.nullable) else None

    # -- read back --------------------------------------------------------------------------------------------------

    def _require_written(self, connection: Connection, before: Mapping[str, Any], new: Values) -> None:
        after = self._own(connection)
        wrong = [name for name, value in new.items() if plain(after[name]) != value]
        columns = self._schema.tables[self._people.table].columns
        own = {*new, *self._rectify.follows}
        still = [one.name for one in columns if one.name not in own and not one.follows_updates]
        wrong += [name for name in still if after[name] != before[name]]
        if wrong:
            raise self._otherwise(", ".join(f"{self._people.table}.{name}" for name in wrong))

    def _since(self, found: str) -> CarrelError:
        return fault(
            faults.CHANGED_SINCE,
            at=self._at,
            wanted="the record as it was when it was planned",
            found=found,
            because="what somebody wrote meanwhile would be lost",
            changed="nothing by this transaction",
            fix="look at the record, and plan again",
        )

    def _otherwise(self, places: str) -> CarrelError:
        return fault(
            faults.OTHERWISE,
            at=f"{self._at}: {places}",
            wanted="exactly what was written",
            found="something else",
            because="a trigger, a character set or a setting of the server changed it",
            changed="nothing: it was rolled back",
            fix="look at the triggers and the character set of this table",
        )
