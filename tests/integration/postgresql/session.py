"""Sessions of the product on a private PostgreSQL, and what they answer or refuse."""

from __future__ import annotations

import contextlib

import pytest

from carrel.errors import CarrelError
from carrel.inventory.schema import LiveSchema
from carrel.systems.secret import Secret
from carrel.systems.sql import catalogue_postgresql
from carrel.systems.sql.database import Access, connect


def access(url: str, **more) -> Access:
    return Access("library", Secret(url, "a test"), **more)


def refused(url: str, *, read_only: bool = True, **more) -> CarrelError:
    with pytest.raises(CarrelError) as error:
        connect(access(url, **more), read_only=read_only).dispose()
    assert "hunter2" not in str(error.value) + repr(error.value)
    return error.value


def answered(url: str, query: str, **more) -> list[tuple[object, ...]]:
    """What a reading session answers."""
    engine = connect(access(url, **more), read_only=True)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]
    finally:
        engine.dispose()


def schema_of(url: str) -> LiveSchema:
    engine = connect(access(url), read_only=True)
    try:
        with engine.connect() as connection:
            return catalogue_postgresql.schema(connection)
    finally:
        engine.dispose()


@contextlib.contextmanager
def reading(server, url: str = ""):
    engine = connect(access(url or server.url("empty")), read_only=True)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
