"""Rows from MariaDB are what the driver's own way of reading gives, whatever stands in them."""

from __future__ import annotations

from datetime import date, datetime

import pymysql
import pytest
import sqlalchemy as sa
from pymysql.converters import conversions

from carrel.systems.secret import Secret
from carrel.systems.sql.database import Access, connect
from tests.integration.conftest import Koha

pytestmark = pytest.mark.mariadb

_COLUMNS = (
    "n BIGINT", "amount DECIMAL(28,6)", "ratio DOUBLE", "bits BIT(9)", "day DATE", "at DATETIME", "exact DATETIME(6)",
    "span TIME(3)", "y YEAR", "doc JSON", "short VARCHAR(300)", "body LONGTEXT", "raw LONGBLOB", "few ENUM('a','b')", "last INT",
)  # fmt: skip
_ROWS: tuple[tuple[object, ...], ...] = (
    (None,) * len(_COLUMNS),
    (-(2**63), "-1.000001", 1e300, b"\x01\xff", "2024-02-29", "1999-12-31 23:59:59", "2026-11-28 01:02:03.000400", "-12:00:00.5", 1901,
     '{"k": "\u00e9"}', "", "", b"", "a", 0),
    (0, "0", 0.1, b"\x00\x00", "0000-00-00", "0000-00-00 00:00:00", "0000-00-00 00:00:00.000000", "838:59:59", 0, "[]",
     "x" * 250, "y" * 65_535, b"\0\xfb\xfc\xfd\xfe\xff" * 3, "b", -1),
    (1, "1", -0.0, b"\x00\x01", "0001-01-01", "2026-02-00 00:00:00", "9999-12-31 23:59:59.999999", "0:0:0", 2155, "null",
     "\U0001f4da" * 75, "\u00e9" * 40_000, b"\xff" * 251, "a", 2),
    (2, "2", 2.0, b"\x00\x02", "2026-11-28", "2026-11-28 00:00:00", "2026-11-28 00:00:00", "1:2:3", 2026, "1", "x" * 251, "z" * 70_000,
     b"\xfb" * 70_000, "b", 3),
)  # fmt: skip


def test_rows_are_those_that_the_driver_reads(koha_mariadb: Koha) -> None:
    url = sa.make_url(koha_mariadb.url)
    plain = pymysql.connect(
        host=url.host or "localhost", port=url.port or 3306, user=url.username, password=url.password or "",
        database=url.database, unix_socket=url.query.get("unix_socket"), conv={**conversions},
        init_command="SET sql_mode = 'ALLOW_INVALID_DATES'", autocommit=True,
    )  # fmt: skip
    try:
        with plain.cursor() as cursor:
            cursor.execute(f"CREATE TABLE every_kind ({', '.join(_COLUMNS)}) CHARACTER SET utf8mb4")
            cursor.executemany(f"INSERT INTO every_kind VALUES ({', '.join(['%s'] * len(_COLUMNS))})", _ROWS)
            cursor.execute("SELECT * FROM every_kind")
            meant = [tuple(map(_as_ours, row)) for row in cursor.fetchall()]
            assert len(meant) == len(_ROWS)
    finally:
        plain.close()
    engine = connect(Access("koha", Secret(koha_mariadb.url, "koha")), read_only=True)
    try:
        with engine.connect() as connection:
            query = sa.text("SELECT * FROM every_kind")
            assert [tuple(row) for row in connection.execute(query)] == meant
            streamed = connection.execute(query.execution_options(yield_per=1))
            assert [tuple(row) for row in streamed] == meant
            assert connection.execute(sa.text("SELECT 1 WHERE 1 = 0")).all() == []
            assert type(meant[4][4]) is date
            assert type(meant[4][5]) is datetime
    finally:
        engine.dispose()


def _as_ours(value: object) -> object:
    """The driver hands back as a text what is no day."""
    return None if isinstance(value, str) and value.startswith(("0000-00-00", "2026-02-00")) else value
