"""Persons in one live database: taken out piece by piece, and looked for again afterwards."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, delete

from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.erasure import Staying, refuse
from carrel.systems.sql.erasure_outlook import ErasureOutlook
from carrel.systems.sql.erasure_sweep import Found, sweep
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_grounds import below, hung, hung_records
from carrel.systems.sql.person_rows import lock, not_done
from carrel.systems.sql.person_steps import Step
from carrel.systems.sql.person_texts import Place


class SqlErasure(ErasureOutlook):
    """The erasure of one person, or of several whose rows go mixed; before it, what `ErasureOutlook` tells."""

    def piece(self, connection: Connection, step: Step, size: int) -> int:
        """At most so many rows of a step; the caller commits. Nought when the step is done.

        Raises:
            CarrelError: ERA-005, rows hang on these that no step has dealt with; ERA-006, they are as they were. The
                caller undoes the transaction.
        """
        with told(self._at):
            done, more = self.rows.piece(connection, step, size)
        if more:
            raise self._hangs(step.table, more)
        return done

    def reached(self, connection: Connection) -> set[int]:
        """Of these persons, those on whose rows others hang with which no step deals."""
        with told(self._at):
            return set(below(connection, self.rows))

    def hung(self, connection: Connection, step: Step) -> set[int]:
        """Of these persons, those for whom `piece` would refuse this step now."""
        with told(self._at):
            return hung(connection, self.rows, step)

    def text_places(self) -> list[tuple[str, list[Place]]]:
        """Tables in which identifiers are redacted, with their places; those that copy what is changed come last."""
        acting = [(name, found) for name, found in self.texts.places() if any(p.redacts or p.gone for p in found)]
        return sorted(acting, key=lambda one: one[0] in self.person.audits)

    def delete_person(self, connection: Connection, blocking: Callable[[], tuple[Staying, ...]]) -> int:
        """The last row: locked first, so that nobody borrows meanwhile; one row, and nothing with it.

        Returns:
            One, or nought when it is gone already.

        Raises:
            CarrelError: ERA-005, ERA-006; ERA-002 where something keeps the person since.
        """
        own = self.last
        rows = self.rows.rows(own.table)
        which = self.rows.those(own, rows)
        with told(self._at):
            if not lock(connection, rows, which):
                return 0
            refuse(self._at, blocking())
            if self._stays or self.person.tombstone:
                return self.rows.piece(connection, own, 1)[0]
            more = sum(self.rows.count_of_key(connection, one) for one in self._schema.incoming(own.table))
            if more:
                raise self._hangs(own.table, more)
            done = connection.execute(delete(rows).where(which)).rowcount
            if left := self.rows.count(connection, own):
                raise not_done(own.table, left)
        if done != 1:
            raise self._hangs(own.table, done)
        return 1

    def delete_people(self, connection: Connection, spare: Callable[[Connection], set[int]]) -> int:
        """The records of all but those who are to be spared: locked first, and nothing goes with them.

        Whoever a row hangs on that came since is spared as well, and the others go.

        Args:
            connection: in a transaction that the caller commits.
            spare: asked once the records are locked; who is not to go.

        Returns:
            How many records went.

        Raises:
            CarrelError: ERA-005, ERA-006.
        """
        own = self.last
        with told(self._at):
            lock(connection, self.rows.rows(own.table), self.rows.those(own, self.rows.rows(own.table)))
            spared = spare(connection)
            erasure = self.of(tuple(one for one in self.subjects if one.number not in spared))
            rows = erasure.rows.rows(own.table)
            if self._stays or self.person.tombstone:
                return erasure.rows.piece(connection, own, len(self.subjects))[0] if erasure.subjects else 0
            if late := hung_records(connection, erasure.rows, own.table):
                erasure = self.of(tuple(one for one in erasure.subjects if one.number not in late))
            there = erasure.rows.count(connection, own)
            done = connection.execute(delete(rows).where(erasure.rows.those(own, rows))).rowcount
            if left := erasure.rows.count(connection, own):
                raise not_done(own.table, left)
        if done != there:
            raise self._hangs(own.table, done)
        return done

    def _hangs(self, table: str, rows: int) -> CarrelError:
        return fault(
            faults.STILL_HANGS,
            at=f"{self._at}: {table}",
            wanted="no row that hangs on it",
            found=f"{rows} rows",
            because="they came since, or belong to a table that the map does not know",
            changed="nothing by this transaction; what earlier ones took out stays out",
            fix="apply the same plan again; if it is refused again, plan anew",
        )

    # -- afterwards -------------------------------------------------------------------------------------------------

    def sweep(self, connection: Connection) -> Found:
        """As `erasure_sweep.sweep`; a record that stays on its ground counts among what is kept."""
        with told(self._at):
            found = sweep(connection, (self.rows,), self.texts, self._map)
            own = self._map.people.table
            if self._stays and (there := len(self.numbers(connection))):
                found.kept[own] = there
        return found
