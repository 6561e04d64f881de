"""Rows put back from before-images: only what is still as the cut left it, one transaction for each chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy import (
    Connection,
    Engine,
    Insert,
    Update,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.mysql import limit
from sqlalchemy.exc import DBAPIError, IntegrityError

from carrel.errors import CarrelError, fault
from carrel.inventory.system_map import SystemMap
from carrel.retention import faults
from carrel.retention.ports import Busy
from carrel.systems.sql.before_images import Act, Image, reader_of
from carrel.systems.sql.failure import classify, is_transient
from carrel.systems.sql.row_place import has_places, lies_among
from carrel.systems.sql.whole_rows import Key, WholeRows


@dataclass(slots=True)
class PutBack:
    """What became of a capsule's rows, by table.

    Attributes:
        back: put back, and read back.
        left: changed or gone since, or their reader is gone; left alone.
        as_before: already as they were before the cut.
    """

    back: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    as_before: Counter[str] = field(default_factory=Counter)
    _left_rows: Counter[tuple[str, Key]] = field(default_factory=Counter, repr=False)
    _rows_as_before: set[tuple[str, Key]] = field(default_factory=set, repr=False)

    def leave(self, image: Image) -> None:
        """Count a row that is left alone."""
        self.left[image.table] += 1
        self._left_rows[image.table, _key(image)] += 1

    def find_as_before(self, image: Image) -> None:
        """Count a row that is as it was already."""
        self.as_before[image.table] += 1
        self._rows_as_before.add((image.table, _key(image)))

    def add(self, other: PutBack) -> None:
        """Count an earlier chunk's as well.

        A row that two chunks have cut stands, once put back, as it was before the first of them; the second, which is
        looked at before, does not know it so.
        """
        self.back += other.back
        self.left += other.left
        self.as_before += other.as_before
        for row in other._rows_as_before & self._left_rows.keys():
            again = self._left_rows.pop(row)
            self.left[row[0]] -= again
            self.as_before[row[0]] += again
        self.left = +self.left
        self._left_rows += other._left_rows


class Restoration:
    """Puts back what a capsule holds, on one database.

    Args:
        engine: with the account that carries out.
        system_map: says where the people are.
        name: of the system in the site file, for messages.
    """

    def __init__(self, engine: Engine, system_map: SystemMap, name: str) -> None:
        self._engine, self._map, self._name = engine, system_map, name

    def put_back(
        self, rows: Sequence[Mapping[str, object]], *, committed: bool, may_commit: Callable[[], None]
    ) -> PutBack:
        """Put back one chunk, in one transaction.

        Args:
            rows: as the capsule held them, in the order in which they were cut.
            committed: the chunk is known to have been committed. If not, its own rows must show that it was: one of
                them is exactly as the cut would have left it. A row that is only missing shows nothing.
            may_commit: called right before the commit; what it raises undoes the chunk.

        Raises:
            Busy: the desk held a lock for too long; nothing was changed.
            CarrelError: UND-006 when a row does not read back as it was; nothing of the chunk was changed.

        Guarantees:
            A row that is not exactly as the cut left it is not touched. A repeat changes nothing.
        """
        images = [Image.of_row(row) for row in rows]
        try:
            with self._session() as connection:
                chunk = _Chunk(connection, self._map)
                done = chunk.put_back(images, certain=committed)
                may_commit()
                connection.commit()
                return done
        except DBAPIError as wrong:
            if is_transient(wrong):
                raise Busy from None
            raise classify(wrong, self._name) from None

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            if connection.dialect.name in {"sqlite", "postgresql"}:
                yield connection  # what a clock shows twice is told apart there by its offset, or not at all
                return
            zone = connection.execute(text("SELECT @@session.time_zone")).scalar()
            # In UTC no hour comes twice.
            connection.execute(text("SET SESSION time_zone = '+00:00'"))
            connection.commit()
            try:
                yield connection
            finally:
                connection.rollback()
                connection.execute(text("SET SESSION time_zone = :zone"), {"zone": zone})
                connection.commit()


class _Chunk:
    def __init__(self, connection: Connection, system_map: SystemMap) -> None:
        self._connection, self._map = connection, system_map
        self._rows = WholeRows(connection)
        self._done = PutBack()

    def put_back(self, images: Sequence[Image], *, certain: bool) -> PutBack:
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
            if any(now.get(_key(one)) == dict(one.after) for one in listed):
                return True
        return False

    def _now(self, images: Sequence[Image]) -> dict[Key, dict[str, object]]:
        first = images[0]
        return self._rows.fetch(first.table, tuple(first.key), map(_key, images), tuple(first.before))

    def _changed(self, images: Sequence[Image]) -> None:
        now, people = self._now(images), self._people(images)
        done = []
        for image in images:
            found = now.get(_key(image))
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
            found = now.get(_key(image))
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
            if now.get(_key(image)) != dict(image.before):
                raise _not_read_back(image.table)
            self._done.back[image.table] += 1


def _alike(image: Image) -> object:
    """What images that are looked at together have in common."""
    return image.path, image.act, bool(image.key), tuple(image.before)


def _key(image: Image) -> Key:
    return tuple(image.key.values())


def _not_read_back(name: str) -> CarrelError:
    return fault(
        faults.NOT_READ_BACK,
        at=f"table {name}",
        wanted="the row as it was before the cut",
        found="another one",
        changed="nothing of this chunk; chunks that were put back before it stay",
        fix="look for a trigger or a column that the server fills in by itself",
    )
