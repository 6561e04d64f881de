"""Whether a session reads automatic timestamps on the clock that the site declared."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, DateTime, Engine, bindparam, event, func, select, type_coerce

from carrel.errors import fault
from carrel.systems import faults

# One noon in winter and one in summer of two years: two zones that agree at all of them keep the same clock by now.
_INSTANTS = tuple(datetime(year, month, 15, 12, tzinfo=UTC) for year in (2024, 2026) for month in (1, 7))


def disagreement(connection: Connection, declared: str) -> str:
    """How a session's clock differs from the declared zone; empty where it does not, and on SQLite.

    The server is asked for the wall-clock time of known instants, so that neither zone tables nor the meaning of an
    abbreviation such as CET matter.
    """
    if connection.dialect.name == "sqlite":
        return ""
    walls = func.to_timestamp if connection.dialect.name == "postgresql" else func.from_unixtime
    query = select(
        *(type_coerce(walls(bindparam(f"at{i}", int(at.timestamp()))), DateTime()) for i, at in enumerate(_INSTANTS))
    )
    zone = ZoneInfo(declared)
    for instant, wall in zip(_INSTANTS, connection.execute(query).one(), strict=True):
        wanted = instant.astimezone(zone).replace(tzinfo=None)
        if (hours := (wall - wanted).total_seconds() / 3600) != 0:
            return f"in {instant:%B} the session's clock is {abs(hours):g} h {'ahead of' if hours > 0 else 'behind'} it"
    return ""


def require(connection: Connection, declared: str, at: str) -> None:
    """Stop where a session reads automatic timestamps on another clock than the declared one.

    Raises:
        CarrelError: SQL-011.
    """
    if found := disagreement(connection, declared):
        raise fault(
            faults.ZONE_MISMATCH,
            at=at,
            wanted=declared,
            found=found,
            because="times that the product writes and times that the server writes could not be compared",
            fix="mend 'time_zone' (`carrel init`: --time-zone); where the product sets its own zone, declare it: "
            "'session_zone: declared' (`carrel init`: --session-zone declared)",
        )


def hold(engine: Engine, connection: Connection) -> None:
    """Keep every session of an engine, also one that is opened later, on the clock that one of them has now.

    A setting of the server's that changes under a run would judge one chunk by another clock than the one before; on
    PostgreSQL also in a session that is open already.

    Args:
        engine: sessions by one account.
        connection: of it, whose clock was seen to be right.
    """
    known = _SETTINGS.get(connection.dialect.name)
    if known is None:
        return
    asked, setting = known
    name = connection.exec_driver_sql(asked).scalar_one()

    def settle(session: Any, _record: Any = None) -> None:
        with session.cursor() as cursor:
            cursor.execute(setting, (name,))
        session.commit()

    settle(connection.connection.dbapi_connection)
    event.listen(engine, "connect", settle)


_ON_MARIADB = ("SELECT @@session.time_zone", "SET SESSION time_zone = %s")
_SETTINGS = {
    "mysql": _ON_MARIADB,
    "mariadb": _ON_MARIADB,
    "postgresql": ("SELECT current_setting('TimeZone')", "SELECT set_config('TimeZone', %s, false)"),
}
