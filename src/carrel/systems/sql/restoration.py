"""Rows put back from before-images: only what is still as the cut left it, one transaction for each chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import (
    Connection,
    Engine,
    text,
)
from sqlalchemy.exc import DBAPIError

from carrel.inventory.system_map import SystemMap
from carrel.retention.ports import Busy
from carrel.systems.sql.before_images import Image
from carrel.systems.sql.failure import classify, is_transient
from carrel.systems.sql.put_back import PutBack
from carrel.systems.sql.restored_chunk import RestoredChunk


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
                chunk = RestoredChunk(connection, self._map)
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
