"""Evergreen's baseline: what a good administrator would write by hand, to the same final state.

The due loans are asked for once and cut in chunks of whole readers, one transaction each, with triggers off but where
the product's audit is wanted. It knows Evergreen, one policy and no legal hold; it counts nothing, reads nothing back,
asserts no foreign key, keeps no journal and cannot say what it did.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg

from bench.evergreen_library import EvergreenLibrary
from bench.evergreen_statements import ASLEEP, AWAKE, CUTS, MESSAGES, NUMBERED, PICK, SETTINGS, prepared
from bench.handwritten import terms_of

ROWS = 8_000
_PASSES = 50


def cut(library: EvergreenLibrary, anonymous: int, *, at_most: int | None = None) -> tuple[int, float, list[float]]:
    """Cut every due loan; how many, in how many seconds, and the seconds of each transaction."""
    terms = terms_of(library.life)
    began = time.monotonic()
    with psycopg.connect(f"{library.server.address()} dbname={library.database}") as connection:
        cursor = connection.cursor()
        for statement in (*SETTINGS, *prepared(anonymous, terms, ROWS)):
            cursor.execute(_text(statement))
        connection.commit()
        done, times, _ = chunks(cursor, 0, {"anonymous": anonymous, **terms}, at_most=at_most)
    return done, time.monotonic() - began, times


def last_chunk(cursor: psycopg.Cursor[Any]) -> int:
    """The number of the last chunk of due loans; -1 where none is due."""
    cursor.execute("SELECT coalesce(max(n), -1) FROM d")
    return int((cursor.fetchone() or (-1,))[0])


def chunks(
    cursor: psycopg.Cursor[Any], chunk: int, terms: dict[str, Any], *, at_most: int | None = None
) -> tuple[int, list[float], int]:
    """Cut chunk after chunk, each in its transaction; loans, seconds of each, and the chunk that comes next."""
    done, times, last = 0, list[float](), last_chunk(cursor)
    while chunk <= last and (at_most is None or done < at_most):
        at = time.monotonic()
        done += _chunk(cursor, chunk, terms)
        cursor.connection.commit()
        times.append(time.monotonic() - at)
        chunk += 1
    return done, times, chunk


def _chunk(cursor: psycopg.Cursor[Any], chunk: int, terms: dict[str, Any]) -> int:
    cursor.execute("TRUNCATE c, m")
    cursor.execute(_text(PICK.format(chunk=chunk)))
    size = cursor.rowcount
    for statement in (*NUMBERED, *AWAKE, ASLEEP):
        cursor.execute(_text(statement.format(**terms)))
    # A text of several items loses one of them each time.
    for _ in range(_PASSES):
        cursor.execute(_text(MESSAGES.format(**terms)))
        if not cursor.rowcount:
            break
    for statement in CUTS:
        cursor.execute(_text(statement.format(**terms)))
    return size


def _text(statement: str) -> bytes:
    return statement.encode()
