"""One chunk of a capsule on its way back: rows that are still as the cut left them, the last cut first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from itertools import groupby

from sqlalchemy import Connection, Insert, Update, func, insert, select, update
from sqlalchemy.dialects.mysql import limit
from sqlalchemy.exc import IntegrityError

from carrel.errors import CarrelError, fault
from carrel.inventory.system_map import SystemMap
from carrel.retention import faults
from carrel.systems.sql.before_images import Act, Image, reader_of
from carrel.systems.sql.put_back import PutBack, key_of
from carrel.systems.sql.row_place import has_places, lies_among
from carrel.systems.sql.whole_rows import Key, WholeRows


class RestoredChunk:
    """Puts back the rows of one chunk inside the caller's transaction.

    Args:
        connection: in a transaction.
        system_map: says where the people are.
    """

    def __init__(self, connection: Connection, system_map: SystemMap) -> None:
        self._connection, self._map = connection, system_map
        self._rows = WholeRows(connection)
        self._done = PutBack()

    def put_back(self, images: Sequence[Image], *, certain: bool) -> PutBack:
        """Put back what is still as the cut left it.

        Args:
            images: in the order in which they were cut.
            certain: the chunk is known to have been committed; otherwise one of its rows must show it.

        Raises:
            CarrelError: UND-006, a row does not read back as it was.
        """
        certain = certain or self._shows_the_cut(images)
        # The last cut is the first to be put back: of two cuts of one row, and parents before their children.
        for _, group in groupby(reversed(images), key=_alike):
            listed = list(group)
            first = listed[0]
            if not first.key:
                self._keyless(listed, certain=certain)
            elif first.act is Act.DELETED:
                self._deleted(listed, certain=certain)
            else:
                self._changed(listed)
        return self._done

    def _shows_the_cut(self, images: Sequence[Image]) -> bool:
        keyed = [one for one in images if one.key and one.act is Act.CHANGED]
        for _, group in groupby(keyed, key=_alike):
            listed = list(group)
            now = self._now(listed)
            if any(now.get(key_of(one)) == dict(one.after) for one in listed):
                return True
        return False

    def _now(self, images: Sequence[Image]) -> dict[Key, dict[str, object]]:
        first = images[0]
        return self._rows.fetch(first.table, tuple(first.key), map(key_of, images), tuple(first.before))

    def _changed(self, images: Sequence[Image]) -> None:
        now, people = self._now(images), self._people(images)
        done = []
        for image in images:
            found = now.get(key_of(image))
            if found == dict(image.before):
                self._done.find_as_before(image)
            elif found != dict(image.after) or self._orphaned(image, people) or not self._update(image):
                self._done.leave(image)
            else:
                done.append(image)
        self._read_back(done)

    def _update(self, image: Image) -> bool:
        name = image.table
        values = {one: self._rows.written(name, one, value) for one, value in image.before.items()}
        statement = update(self._rows.table(name)).values(values).where(self._rows.same(name, image.key))
        return self._one(statement)

    def _one(self, statement: Update | Insert) -> bool:
        """Whether a statement reached its one row.

        What it points at can be gone: then the transaction goes on without this statement, for which one database
        needs a point to return to.
        """
        again = self._connection.dialect.name == "postgresql"
        try:
            with self._connection.begin_nested() if again else nullcontext():
                # Of an INSERT the count is kept only if it is asked for.
                done = self._connection.execute(statement, execution_options={"preserve_rowcount": True})
                return done.rowcount == 1
        except IntegrityError:
            return False

    def _deleted(self, images: Sequence[Image], *, certain: bool) -> None:
        now, people = self._now(images), self._people(images)
        done = []
        for image in images:
            found = now.get(key_of(image))
            if found == dict(image.before):
                self._done.find_as_before(image)
            elif found is not None or not certain or self._orphaned(image, people) or not self._insert(image):
                self._done.leave(image)
            else:
                done.append(image)
        self._read_back(done)

    def _insert(self, image: Image) -> bool:
        name = image.table
        values = {one: self._rows.written(name, one, value) for one, value in image.before.items()}
        return self._one(insert(self._rows.table(name)).values(values))

    def _keyless(self, images: Sequence[Image], *, certain: bool) -> None:
        """A row without a key is known by all its values; of rows that are alike, any one is put back."""
        people = self._people(images)
        for image in images:
            there = self._count(image, image.before)
            counted = self._done.as_before if there else self._done.left
            if certain and not self._orphaned(image, people) and self._alone(image, there):
                counted = self._done.back
            counted[image.table] += 1

    def _alone(self, image: Image, there: int) -> bool:
        if image.act is Act.CHANGED:
            return self._update_one(image, there)
        return not there and self._insert(image)

    def _update_one(self, image: Image, there: int) -> bool:
        name = image.table
        changed = {one: value for one, value in image.before.items() if image.after.get(one) != value}
        values = {one: self._rows.written(name, one, value) for one, value in changed.items()}
        where = self._rows.same(name, image.after)
        statement = update(self._rows.table(name)).values(values)
        dialect = self._connection.dialect
        if has_places(dialect):
            statement = statement.where(lies_among(dialect, self._rows.table(name), where, 1))
        else:
            statement = statement.where(where).ext(limit(1))
        if not self._one(statement):
            return False
        if self._count(image, image.before) != there + 1:
            raise _not_read_back(name)
        return True

    def _count(self, image: Image, values: Mapping[str, object]) -> int:
        query = select(func.count()).select_from(self._rows.table(image.table))
        return int(self._connection.execute(query.where(self._rows.same(image.table, values))).scalar_one())

    def _people(self, images: Sequence[Image]) -> frozenset[str]:
        """Of the readers that these rows would name again, those that are still there."""
        return self._rows.present(self._map.people.table, self._map.people.key, map(reader_of, images))

    @staticmethod
    def _orphaned(image: Image, people: frozenset[str]) -> bool:
        person = reader_of(image)
        return person is not None and str(person) not in people

    def _read_back(self, images: Sequence[Image]) -> None:
        if not images:
            return
        now = self._now(images)
        for image in images:
            if now.get(key_of(image)) != dict(image.before):
                raise _not_read_back(image.table)
            self._done.back[image.table] += 1


def _alike(image: Image) -> object:
    """What images that are looked at together have in common."""
    return image.path, image.act, bool(image.key), tuple(image.before)


def _not_read_back(name: str) -> CarrelError:
    return fault(
        faults.NOT_READ_BACK,
        at=f"table {name}",
        wanted="the row as it was before the cut",
        found="another one",
        changed="nothing of this chunk; chunks that were put back before it stay",
        fix="look for a trigger or a column that the server fills in by itself",
    )
