"""The lag of a replica of MariaDB."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from carrel.systems.sql.failure import is_denied, number
from carrel.systems.sql.replica_lag import PATIENCE_SECONDS, Lag

_NO_RIGHT = 1227  # in a global right's words
_WRITTEN = "SELECT @@global.gtid_binlog_pos"
_PRIMARY = "SELECT @@server_id, DATABASE()"
_REPLICA = "SELECT @@server_id, DATABASE(), @@global.read_only"
_WAIT = "SELECT MASTER_GTID_WAIT(:position, :seconds), @@global.gtid_slave_pos"
_FILTERS = (
    "Replicate_Do_DB", "Replicate_Ignore_DB", "Replicate_Do_Table", "Replicate_Ignore_Table",
    "Replicate_Wild_Do_Table", "Replicate_Wild_Ignore_Table", "Replicate_Rewrite_DB",
)  # fmt: skip
_ONE = re.compile(r"(\d+)-\d+-(\d+)")

Position = dict[int, int]  # the newest number by domain


def measure(primary: Connection, replica: Connection) -> Lag | str:
    """How far a replica is behind.

    By global transaction ids: what the primary has written by now is either carried out within a moment, and then
    nothing is missing; or it was all received, and the age of what is being carried out is the lag. The seconds that a
    replica tells of itself count only then: a replica that receives nothing tells none.

    Returns:
        The lag; or what the server is, where it is no replica of this primary.
    """
    mine, name = primary.execute(text(_PRIMARY)).one()
    other, own_name, read_only = replica.execute(text(_REPLICA)).one()
    if own_name != name or str(read_only) in {"0", "OFF"}:
        return "another database" if own_name != name else "a server that takes writes of its own (@@read_only is off)"
    if int(other) == int(mine):
        return "the same server, or one with the same server_id"
    return _behind(primary, replica, int(mine))


def _behind(primary: Connection, replica: Connection, mine: int) -> Lag | str:
    before = str(primary.execute(text(_WRITTEN)).scalar_one())
    status = _status(replica, mine)
    if isinstance(status, str):
        return status
    if status is None or not before:
        why = "the primary writes no binary log" if status else "the account may not: GRANT REPLICA MONITOR ON *.*"
        return Lag(None, why)
    reached, done = replica.execute(text(_WAIT), {"position": before, "seconds": PATIENCE_SECONDS}).one()
    status = _status(replica, mine)
    primary.rollback()
    after = _position(str(primary.execute(text(_WRITTEN)).scalar_one()))
    if not isinstance(status, dict):
        return Lag(None, "it stopped following the primary a moment ago")
    return _judged(status, str(done), int(reached or 0), _position(before), after)


def _judged(status: dict[str, Any], done: str, reached: int, before: Position, after: Position) -> Lag:
    received = _position(str(status.get("Gtid_IO_Pos") or "")) or _position(done)
    # Numbers between what the primary had written before and after: nobody else's replica stands just there.
    shared = {domain: last for domain, last in received.items() if domain in after}
    if not (_has(received, before) and _has(after, shared)):
        return Lag(None, "it has not received what the primary has written")
    if reached == 0 and _has(_position(done), before):
        return Lag(timedelta())
    seconds = status.get("Seconds_Behind_Master")
    if seconds is None or status.get("Slave_SQL_Running") != "Yes" or status.get("Slave_IO_Running") != "Yes":
        return Lag(None, "it receives or carries out nothing at the moment")
    return Lag(timedelta(seconds=int(seconds) + 1))


def _status(replica: Connection, primary: int) -> dict[str, Any] | str | None:
    try:
        rows = [dict(row) for row in replica.execute(text("SHOW ALL SLAVES STATUS")).mappings()]
    except DBAPIError as wrong:
        if number(wrong) == _NO_RIGHT or is_denied(wrong):
            return None
        raise
    mine = [row for row in rows if row.get("Master_Server_Id") == primary]
    if not mine:
        return "a server that follows another one, or none"
    if any(mine[0].get(name) for name in _FILTERS):
        return "a replica that leaves something out (replicate_do_db and the like)"
    return mine[0]


def _position(written: str) -> Position:
    found: Position = {}
    for domain, last in _ONE.findall(written):
        found[int(domain)] = max(int(last), found.get(int(domain), 0))
    return found


def _has(one: Position, other: Position) -> bool:
    """Whether a position lies at another one or beyond it, in every domain of that."""
    return bool(other) and all(one.get(domain, -1) >= last for domain, last in other.items())
