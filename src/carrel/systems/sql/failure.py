"""What a driver's error means. The driver's own text is never passed on: it can quote the row that it failed on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from carrel.errors import CarrelError, Condition, fault
from carrel.systems import faults
from carrel.systems.sql import failure_postgresql as postgresql

_MARIADB: dict[int, Condition] = {
    1044: faults.GRANTS,
    1045: faults.CREDENTIALS,
    1049: faults.NO_DATABASE,
    1698: faults.CREDENTIALS,
    1142: faults.GRANTS,
    1143: faults.GRANTS,
    1227: faults.GRANTS,
    1370: faults.GRANTS,
    1205: faults.LOCKED,
    1213: faults.LOCKED,
    1020: faults.LOCKED,  # row changed since it was read (snapshot isolation)
    1290: faults.READ_ONLY_SERVER,
    1836: faults.READ_ONLY_SERVER,
    1792: faults.READ_ONLY_SESSION,
    2002: faults.UNREACHABLE,
    2003: faults.UNREACHABLE,
    2005: faults.UNREACHABLE,
    1040: faults.UNREACHABLE,
    1129: faults.UNREACHABLE,
    1130: faults.CREDENTIALS,
    2006: faults.LOST,
    2013: faults.LOST,
    2014: faults.LOST,
    1053: faults.LOST,
    1317: faults.LOST,
    1927: faults.LOST,
    1054: faults.SHAPE,
    1146: faults.SHAPE,
    1021: faults.FULL,
    1114: faults.FULL,
    1298: faults.ZONE_MISMATCH,
    1267: faults.CHARSET,
    1366: faults.CHARSET,
    1048: faults.CONSTRAINT,
    1062: faults.CONSTRAINT,
    1451: faults.CONSTRAINT,
    1452: faults.CONSTRAINT,
    4025: faults.CONSTRAINT,
}

_FIX = {
    faults.GRANTS: "`carrel doctor` names the rights that are missing, `carrel init PRODUCT --grants-only` prints the "
    "statements",
    faults.CREDENTIALS: "check the user and the password in the DSN file, and the host that the account is bound to",
    faults.NO_DATABASE: "check the database's name in the DSN file",
    faults.UNREACHABLE: "check host and port in the DSN file (an @ in a password is written %40), and that the server "
    "runs and accepts this machine",
    faults.READ_ONLY_SERVER: "point the DSN file at the primary server, not at a replica",
    faults.READ_ONLY_SESSION: "report this: a step that reads must never write",
    faults.LOST: "check the server's log, then run the same command again: it goes on where it stopped",
    faults.LOCKED: "run the same command again, or wait until the desk is quieter",
    faults.ZONE_MISMATCH: "load the server's zones (`mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql`), or "
    "keep the server's zone: "
    "'session_zone: server' (`carrel init`: --session-zone server)",
    faults.SHAPE: "run 'carrel doctor': the database has changed since it was compared with its map",
    faults.FULL: "make room on the server's disk, then run the same command again",
    faults.CONSTRAINT: "run 'carrel doctor': a key or trigger of the database is not in the map",
}

_TRANSIENT = frozenset({1205, 1213, 1020})
_DENIED = frozenset({1044, 1142, 1143})


def _origin(exc: BaseException) -> BaseException | None:
    return exc.orig if isinstance(exc, DBAPIError) else exc


def number(exc: BaseException) -> int | None:
    """The driver's error number, or None where the driver has none."""
    args = getattr(_origin(exc), "args", ())
    return args[0] if args and isinstance(args[0], int) else None


def is_transient(exc: BaseException) -> bool:
    """Whether the same transaction may simply be tried again: a deadlock, or a lock not given in time."""
    state = postgresql.state(_origin(exc))
    return number(exc) in _TRANSIENT or _sqlite(exc) is faults.LOCKED or state in postgresql.TRANSIENT


def is_denied(exc: BaseException) -> bool:
    """Whether the account may not read what it asked for: a database, a table, a column."""
    return number(exc) in _DENIED or postgresql.state(_origin(exc)) == postgresql.DENIED


def classify(exc: BaseException, at: str) -> CarrelError:
    """The error to raise in place of a driver's.

    Args:
        exc: what the driver or SQLAlchemy raised.
        at: where: the system's name, and the step if there is one.

    Returns:
        A coded error with the driver's number and none of its text.
    """
    if isinstance(exc, CarrelError):
        return exc
    code = number(exc)
    found_out = _MARIADB.get(code) if code is not None else _sqlite(exc) or postgresql.condition(_origin(exc))
    condition = found_out or faults.STATEMENT
    found = f"driver error {code}" if code is not None else _kind(exc)
    return fault(condition, at=at, found=found, changed=_changed(condition), fix=_FIX.get(condition, ""))


@contextlib.contextmanager
def told(at: str) -> Iterator[None]:
    """Turn every driver error inside the block into a coded one."""
    try:
        yield
    except (SQLAlchemyError, OSError) as exc:
        raise classify(exc, at) from None


def _kind(exc: BaseException) -> str:
    origin = _origin(exc)
    if (state := postgresql.state(origin)) is not None:
        return f"SQLSTATE {state}"
    if postgresql.condition(origin) is not None:
        return ""  # no session stands, so there is no number; the name of the driver's class tells nobody anything
    name = getattr(origin, "sqlite_errorname", "")
    return name or type(origin).__name__


def _changed(condition: Condition) -> str:
    if condition in {faults.LOST, faults.LOCKED, faults.STATEMENT, faults.FULL, faults.CONSTRAINT}:
        return "nothing by this transaction; it was rolled back"
    return "nothing"


_SQLITE = {
    "SQLITE_BUSY": faults.LOCKED,
    "SQLITE_LOCKED": faults.LOCKED,
    "SQLITE_READONLY": faults.READ_ONLY_SESSION,
    "SQLITE_CANTOPEN": faults.NO_DATABASE,
    "SQLITE_NOTADB": faults.NO_DATABASE,
    "SQLITE_PERM": faults.GRANTS,
    "SQLITE_FULL": faults.FULL,
    "SQLITE_CONSTRAINT": faults.CONSTRAINT,
}


def _sqlite(exc: BaseException) -> Condition | None:
    origin = _origin(exc)
    name = getattr(origin, "sqlite_errorname", None)
    if name is None:
        return None
    for prefix, condition in _SQLITE.items():
        if name == prefix or name.startswith(prefix + "_"):
            return condition
    # SQLite has no code of its own for these two: its text begins with fixed words and goes on with names only.
    if str(origin).startswith(("no such table", "no such column")):
        return faults.SHAPE
    return None
