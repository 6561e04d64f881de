"""What an error of a PostgreSQL server means for the store. Its text can quote a row: none of it is passed on."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from carrel.errors import CarrelError, Condition, fault
from carrel.store import faults

_AGAIN = "give the same command again: it goes on where it stopped"
_ACCOUNT = "check user and password of the store's address, and that pg_hba.conf lets this machine in"
_RUNS = "see that the server runs and can be reached from here; then " + _AGAIN
_LOST = (faults.LOST, "the server ended the connection", "look at the server's log, then " + _AGAIN)
# By the whole state, else by its class, the first two letters.
_STATES: dict[str, tuple[Condition, str, str]] = {
    "55P03": (faults.BUSY, "another writer keeps it", "try again; look for a process that hangs"),
    "40P01": (faults.BUSY, "a deadlock", "try again"),
    "40001": (faults.BUSY, "another writer was faster", "try again"),
    "25006": (
        faults.NO_WRITES,
        "a server, or an account, that takes no writes",
        "write the address of the primary server; look at default_transaction_read_only",
    ),
    "57P03": (faults.UNREADABLE, "a server that is starting or stopping", _RUNS),
    "57": _LOST,
    "25P": _LOST,
    "08": _LOST,
    "28": (faults.UNREADABLE, "an account or a password that the server refuses", _ACCOUNT),
    "3D": (faults.UNREADABLE, "no such database", "make it with createdb, or correct the store's address"),
    "42501": (
        faults.UNREADABLE,
        "an account without the rights",
        'as an administrator: CREATE SCHEMA "{schema}" AUTHORIZATION the store\'s account; its tables are its own too',
    ),
    "53300": (faults.UNREADABLE, "no connection left", "raise max_connections, or end what is not needed"),
    "53100": (faults.UNREADABLE, "no space left on the server's disk", "make room, then " + _AGAIN),
    "3F": (faults.UNREADABLE, "no such schema", "restore the database from its backup"),
    "42": (faults.UNREADABLE, "tables of another shape", "restore the schema from the database's backup"),
}
# Before a session stands the driver has no state, only a text that begins with fixed words.
_NEVER_CAME = (
    ("the database system is", "57P03"),
    ("too many", "53300"),
    ("remaining connection slots", "53300"),
    ("no pg_hba.conf entry", "28"),
    ("authentication failed", "28"),
    ("no password supplied", "28"),
    ("permission denied for database", "28"),
)
_AT_FIRST = ("connection failed", "failed to resolve", "connection timeout", "connection is bad")


def meant(wrong: DBAPIError, place: str, schema: str) -> CarrelError:
    """The error to raise in place of a driver's.

    Args:
        wrong: as SQLAlchemy raised it.
        place: of the store, for the error.
        schema: of the store.
    """
    state = getattr(wrong.orig, "sqlstate", None)
    known = next((_STATES[key] for key in (state, state[:3], state[:2]) if key in _STATES), None) if state else None
    if known is None and not state:
        known = _without_state(str(wrong.orig))
    if known is None:
        fix = "look at the server's log, and at the disk of the server"
        return fault(faults.UNREADABLE, at=place, found=f"SQLSTATE {state or 'unknown'}", fix=fix)
    condition, found, fix = known
    return fault(
        condition,
        at=place,
        found=found,
        changed="nothing, or the one step that was being written down" if condition is faults.LOST else "nothing",
        fix=fix.replace("{schema}", schema),
    )


def _without_state(said: str) -> tuple[Condition, str, str]:
    if not said.startswith(_AT_FIRST):
        return _LOST  # what has no state and came later came from a line that broke
    for words, state in _NEVER_CAME:
        if words in said:
            return _STATES[state]
    if 'role "' in said and ("does not exist" in said or "is not permitted to log in" in said):
        return _STATES["28"]
    if 'database "' in said and "does not exist" in said:
        return _STATES["3D"]
    if "FATAL:" in said:
        return faults.UNREADABLE, "a server that lets nobody into this database", _RUNS
    return faults.UNREADABLE, "no server that answers", _RUNS
