"""What PostgreSQL's SQLSTATEs mean, and what little can be told of a connection that never came about."""

from __future__ import annotations

from typing import Any

from carrel.errors import Condition
from carrel.systems import faults

# By the whole state, else by its class, the first two letters.
_STATES: dict[str, Condition] = {
    "40P01": faults.LOCKED,
    "55P03": faults.LOCKED,
    "40001": faults.LOCKED,
    "55006": faults.LOCKED,
    "25006": faults.READ_ONLY_SESSION,
    "25P03": faults.LOST,
    "25P04": faults.LOST,
    "57P01": faults.LOST,
    "57P02": faults.LOST,
    "57P05": faults.LOST,
    "57014": faults.LOST,
    "57P03": faults.UNREACHABLE,
    "53300": faults.UNREACHABLE,
    "08": faults.LOST,
    "28": faults.CREDENTIALS,
    "3D": faults.NO_DATABASE,
    "42501": faults.GRANTS,
    "42P01": faults.SHAPE,
    "42703": faults.SHAPE,
    "3F": faults.SHAPE,
    "53": faults.FULL,
    "22021": faults.CHARSET,
    "22P05": faults.CHARSET,
    "22023": faults.ZONE_MISMATCH,  # only the name of a zone is ever given to a setting as the site wrote it
    "23": faults.CONSTRAINT,
    "27": faults.CONSTRAINT,
    "P0001": faults.CONSTRAINT,  # raised by a trigger of the product
}
TRANSIENT = frozenset({"40P01", "55P03", "40001"})
DENIED = "42501"
# Before a session stands, the library of the driver hands on no state, only a text that begins with fixed words and may
# be in the server's language: of it nothing is kept. What it does not tell, the driver's own marks do.
_NEVER_CAME = (
    ("too many", faults.UNREACHABLE),
    ("the database system is", faults.UNREACHABLE),
    ("remaining connection slots", faults.UNREACHABLE),
    ("no pg_hba.conf entry", faults.CREDENTIALS),
    ("authentication failed", faults.CREDENTIALS),
    ("permission denied for database", faults.CREDENTIALS),
)


def state(origin: object) -> str | None:
    """The SQLSTATE of a driver's error; None where it has none."""
    found = getattr(origin, "sqlstate", None)
    return found if isinstance(found, str) else None


def condition(origin: Any) -> Condition | None:
    """What a driver's error means; None where it is no error of PostgreSQL's, or an unknown one."""
    if not hasattr(origin, "sqlstate"):
        return None
    if (found := state(origin)) is not None:
        return _STATES.get(found) or _STATES.get(found[:2])
    said = str(origin)
    if "NUL (0x00)" in said:
        return faults.CHARSET
    if said.startswith(_AT_FIRST):
        return _never_came(said, getattr(origin, "pgconn", None))
    # What has no state and is no fault of the caller's came from a line that broke.
    return faults.LOST if type(origin).__name__ in {"OperationalError", "InterfaceError"} else None


_AT_FIRST = ("connection failed", "failed to resolve", "connection timeout", "connection is bad")


def _never_came(said: str, line: Any) -> Condition:
    for words, meant in _NEVER_CAME:
        if words in said:
            return meant
    if 'role "' in said and ("does not exist" in said or "is not permitted to log in" in said):
        return faults.CREDENTIALS
    if 'database "' in said and "does not exist" in said:
        return faults.NO_DATABASE
    return faults.CREDENTIALS if line is not None and line.used_password else faults.UNREACHABLE
