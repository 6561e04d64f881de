"""The lag of a standby of PostgreSQL."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy import Connection, text

from carrel.systems.sql.replica_lag import PATIENCE_SECONDS, POLL_SECONDS, Lag

_WHICH = """
SELECT s.system_identifier::text, d.oid::bigint, d.datname, pg_is_in_recovery(),
       CASE WHEN pg_is_in_recovery()
            THEN coalesce((SELECT received_tli FROM pg_stat_wal_receiver), c.timeline_id)
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END
FROM pg_control_system() s, pg_control_checkpoint() c, pg_catalog.pg_database d WHERE d.datname = current_database()"""
_WRITTEN = "SELECT pg_current_wal_insert_lsn()::text"
_REPLAYED = """
SELECT pg_last_wal_replay_lsn() >= CAST(:written AS pg_lsn), pg_last_xact_replay_timestamp(), pg_is_in_recovery()"""
_CLOCK = "SELECT clock_timestamp()"


def measure(primary: Connection, replica: Connection) -> Lag | str:
    """How far a standby is behind.

    What the primary has written by now is either replayed within a moment, and then nothing is missing; or the standby
    shows what was true when the last transaction that it replayed was committed. Both times are of the primary's clock.

    Returns:
        The lag; or what the server is, where it is no standby of this primary.
    """
    mark, oid, name, _, line = primary.execute(text(_WHICH)).one()
    own_mark, own_oid, own_name, standby, own_line = replica.execute(text(_WHICH)).one()
    if (own_mark, own_oid, own_name) != (mark, oid, name):
        return "another database, or a database of another server"
    if not standby:
        return "a server that takes writes of its own"
    if own_line != line:
        return Lag(None, "it does not follow the server that is the primary now, or has not come so far yet")
    return _behind(primary, replica)


def _behind(primary: Connection, replica: Connection) -> Lag | str:
    written = primary.execute(text(_WRITTEN)).scalar_one()
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        replica.rollback()  # or it would show what it showed before
        reached, last, still = replica.execute(text(_REPLAYED), {"written": written}).one()
        if not still:
            return "a server that was promoted a moment ago"
        if reached:
            return Lag(timedelta())
        if time.monotonic() >= until:
            break
        time.sleep(POLL_SECONDS)
    if last is None:
        return Lag(None, "it has replayed no transaction since it was started")
    return Lag(max(timedelta(), primary.execute(text(_CLOCK)).scalar_one() - last))
