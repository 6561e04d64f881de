"""Where a cut leaves old values on its own server: logs that record rows, and pages that are free but not blank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

# After its expiry a log file goes when the server next rotates; a day is allowed for that.
_ROTATION = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Place:
    """One place that still holds what a cut took out of the tables.

    Attributes:
        name: of the place.
        until: aware time by which it will have expired; None where nobody can tell.
        advice: what ends it sooner.
        lasting: False for pages that the server reuses by itself; they are told, and do not hold a disposition open.
    """

    name: str
    until: datetime | None
    advice: str
    lasting: bool = True


def places(connection: Connection, now: datetime) -> tuple[Place, ...]:
    """The residues that a cut made now would leave.

    Args:
        connection: any session.
        now: aware time.
    """
    if connection.dialect.name == "sqlite":
        secure = connection.exec_driver_sql("PRAGMA secure_delete").scalar()
        advice = "VACUUM the file when nobody uses it"
        return () if secure == 1 else (Place("free pages of the file", None, advice, lasting=False),)
    found = []
    names = ("log_bin", "binlog_expire_logs_seconds", "general_log", "slow_query_log", "performance_schema")
    listed = ", ".join(f"'{name}'" for name in names)
    rows = connection.execute(text(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({listed})"))
    values = {str(name): str(value) for name, value in rows}
    if values.get("log_bin") == "ON":
        seconds = int(values.get("binlog_expire_logs_seconds") or 0)
        until = now + timedelta(seconds=seconds) + _ROTATION if seconds else None
        advice = "PURGE BINARY LOGS once every replica has read them" if seconds else "set binlog_expire_logs_seconds"
        found.append(Place("binary log", until, advice))
    found.extend(
        Place(log, None, f"switch it off, and delete its file: SET GLOBAL {variable} = OFF")
        for log, variable in (("general log", "general_log"), ("slow query log", "slow_query_log"))
        if values.get(variable) == "ON"
    )
    found.append(Place("undo log and free pages", None, "OPTIMIZE TABLE in a quiet hour", lasting=False))
    return tuple(found)
