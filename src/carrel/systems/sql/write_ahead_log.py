"""Where PostgreSQL keeps what a change took away: the write-ahead log, its archive, replicas, dead rows."""

from __future__ import annotations

from collections.abc import Iterator

from carrel.accountability.surroundings import Nothing, Place, Unseen, size
from carrel.systems.sql.settings_postgresql import MONITOR, PostgresSettings

_MEGABYTE = 1024 * 1024
_ROWS = "SELECT coalesce(sum(n_dead_tup), 0), count(*) FILTER (WHERE n_dead_tup > 0) FROM pg_stat_user_tables"
_SLOTS = """
SELECT count(*) FILTER (WHERE NOT active), count(*), count(*) FILTER (WHERE slot_type = 'logical')
FROM pg_replication_slots"""
_READERS = "SELECT count(*) FROM pg_stat_replication WHERE pid IS NOT NULL"
_WHOLE = "SELECT count(*) FROM pg_class WHERE relreplident = 'f' AND relkind IN ('r', 'p')"
_PREPARED = "SELECT count(*) FROM pg_prepared_xacts"


def change_logs(server: PostgresSettings) -> Iterator[Place | Unseen | Nothing]:
    """Every log that carries changes, and every server that gets them.

    Args:
        server: its settings.

    Yields:
        A place, what could not be seen, or the name of what holds nothing.
    """
    idle, slots, logical = _one(server, _SLOTS)
    yield from _log(server, idle)
    yield from _archive(server)
    readers = _one(server, _READERS)[0]
    if not max(readers, slots):
        yield Nothing("replicas", "none is connected; one that is switched off and keeps no slot is not seen")
        return
    yield Place(
        "replicas",
        None,
        "look at each replica's own logs and dead rows, and note it in your records",
        holds="the tables with dead rows of their own, and whatever a subscriber makes of the changes",
        read="pg_stat_replication, pg_replication_slots",
        figures={"connected": readers, "slots": slots, "of them logical": logical},
    )


def _log(server: PostgresSettings, idle: int) -> Iterator[Place | Unseen]:
    figures: dict[str, int | str] = {"wal_level": server.text("wal_level")}
    read = ["pg_settings", "pg_replication_slots"]
    files = server.ask("SELECT count(*), coalesce(sum(size), 0) FROM pg_ls_waldir()")
    if files is None:
        yield Unseen("the write-ahead log's files and sizes", "the account is no member of pg_monitor", MONITOR)
    else:
        read.append("pg_ls_waldir")
        figures |= {"files": int(files[0][0]), "size": size(int(files[0][1]))}
    if kept := server.number("wal_keep_size"):
        figures["kept at least"] = size(kept * _MEGABYTE)
    whole = _one(server, _WHOLE)[0]
    if whole and server.text("wal_level") == "logical":
        figures["tables that log whole old rows"] = whole
    # A slot that nobody reads keeps every segment, unless a bound is set.
    stuck = bool(idle) and server.number("max_slot_wal_keep_size", -1) < 0
    if idle:
        figures["held back by"] = f"{idle} slots that nobody reads"
    yield Place(
        "write-ahead log",
        None,
        "drop the slots that nobody reads: pg_drop_replication_slot"
        if stuck
        else "CHECKPOINT; the rest goes by itself",
        lasting=stuck,
        holds="pages of the tables as they were before a cut, until their segment is written over",
        read=", ".join(read),
        figures=figures,
    )


def _archive(server: PostgresSettings) -> Iterator[Place | Nothing]:
    if not server.on("archive_mode"):
        yield Nothing("archive of the write-ahead log", "archive_mode is off; a base backup is not looked for")
        return
    yield Place(
        "archive of the write-ahead log",
        None,
        "have the backup tool delete segments that are older than the backups the policy allows",
        holds="every segment that the server has filled, with pages as they were before a cut",
        read="pg_settings (archive_mode)",
        figures={"deleted by": "nothing that the server knows of"},
    )


def dead_rows(server: PostgresSettings) -> Iterator[Place | Unseen | Nothing]:
    """Rows as they were before a cut: they lie in the tables' own files until these are tidied up and written over."""
    rows, tables = _one(server, _ROWS)
    figures: dict[str, int | str] = {"dead rows, as counted by the server": rows, "in tables": tables}
    if not server.on("autovacuum"):
        figures["autovacuum"] = "off"
    if prepared := _one(server, _PREPARED)[0]:
        figures["held back by"] = f"{prepared} prepared transactions"
    yield Place(
        "dead rows and free pages",
        None,
        "VACUUM the tables that were cut; VACUUM FULL in a quiet hour writes their files anew",
        lasting=False,
        holds="rows as they were before a cut, until their place is used again",
        read="pg_stat_user_tables, pg_prepared_xacts, pg_settings",
        figures=figures,
    )


def _one(server: PostgresSettings, question: str) -> list[int]:
    """The one row of a question that every account may ask."""
    rows = server.ask(question) or []
    return [int(value) for value in rows[0]] if rows else [0, 0, 0]
