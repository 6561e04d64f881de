"""Logs that carry changes from server to server: the binary log, who holds it back, relay logs, replicas, Galera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from carrel.accountability.surroundings import Nothing, Place, Unseen, size, span
from carrel.amount import amount
from carrel.systems.sql.server_settings import ServerSettings

_DAY = 86_400
# After its expiry a log file goes when the server next rotates; a day is allowed for that, or its longest pause so far.
_ROTATION = timedelta(days=1)
_FILES = "the binary log's files and sizes"


def change_logs(server: ServerSettings, now: datetime) -> Iterator[Place | Unseen | Nothing]:
    """Every log that carries changes, and every server that gets them.

    Args:
        server: its settings.
        now: aware time.

    Yields:
        A place, what could not be seen, or the name of what holds nothing.
    """
    if server.on("log_bin"):
        yield from _binary_log(server, now)
        yield from _replicas(server)
    else:
        yield Nothing("binary log", "off")
    yield from _relay_log(server)
    if server.on("wsrep_on"):
        yield Place(
            "Galera write-set cache",
            None,
            "restart the node after the others have the change",
            lasting=False,
            holds="the rows that a cut changed, in a ring that the node overwrites",
            read="SHOW GLOBAL VARIABLES (wsrep_on)",
        )


def expiry(server: ServerSettings) -> int:
    """After how many seconds a file of the binary log may go; 0 for never."""
    return server.number("binlog_expire_logs_seconds") or int(float(server.text("expire_logs_days") or 0) * _DAY)


def _binary_log(server: ServerSettings, now: datetime) -> Iterator[Place | Unseen]:
    seconds = expiry(server)
    form, image = server.text("binlog_format"), server.text("binlog_row_image")
    figures: dict[str, int | str] = {
        "format": f"{form}, {image} row images",
        "kept for": span(seconds) if seconds else "ever",
    }
    read = ["SHOW GLOBAL VARIABLES"]
    rotation = _ROTATION
    files = server.ask("SHOW BINARY LOGS")
    if files is None:
        yield Unseen(_FILES, "the account lacks BINLOG MONITOR", "GRANT BINLOG MONITOR ON *.* TO the reading account")
    else:
        read.append("SHOW BINARY LOGS")
        figures |= {"files": len(files), "size": size(sum(int(row[1]) for row in files))}
        times = _times(server.text("log_bin_basename"), [(str(row[0]), int(row[1])) for row in files])
        if times:
            read.append("the files' own times")
            figures["oldest written last"] = f"{times[0]:%Y-%m-%d}"
            pauses = [later - earlier for earlier, later in pairwise(times)]
            rotation = max([rotation, *pauses])
    held_back = _held_back(server)
    if held_back:
        figures["held back by"] = held_back
    stuck = held_back.endswith("needed")
    yield Place(
        "binary log",
        now + timedelta(seconds=seconds) + rotation if seconds and not stuck else None,
        "FLUSH BINARY LOGS, then PURGE BINARY LOGS once every replica has read them"
        if seconds
        else "set binlog_expire_logs_seconds",
        holds="keys and changed columns of the rows of a cut, as they were"
        if (form, image) == ("ROW", "MINIMAL")
        else "whole rows of a cut as they were, or the statements that cut them",
        read=", ".join(read),
        figures=figures,
    )


def _held_back(server: ServerSettings) -> str:
    """Who keeps a file of the binary log from going although its time is up."""
    connected, needed = server.counter("slaves_connected"), server.number("slave_connections_needed_for_purge")
    if needed and connected < needed:
        return f"{amount(connected, 'replica is', 'replicas are')} connected, {needed} needed"
    return f"{connected} connected replicas, while they read a file" if connected else ""


def _times(basename: str, files: Sequence[tuple[str, int]]) -> list[datetime]:
    """When each file was written last, where the server's folder is on this machine; none where it cannot be told.

    A folder of that name can belong to another server here: it is its own only if each size fits.
    """
    found = []
    try:
        for name, length in files:
            known = (Path(basename).parent / name).stat()
            if known.st_size != length:
                return []
            found.append(datetime.fromtimestamp(known.st_mtime, UTC))
    except (OSError, ValueError):
        return []
    return sorted(found)


def _replicas(server: ServerSettings) -> Iterator[Place | Nothing]:
    """The servers that get the changes; one that is switched off is seen nowhere on this one."""
    connected = server.counter("slaves_connected")
    known = server.ask("SHOW SLAVE HOSTS")  # needs REPLICATION MASTER ADMIN; the counter needs nothing
    count = max(connected, len(known or ()))
    if not count:
        yield Nothing("replicas", "none is connected; one that is switched off is not seen")
        return
    yield Place(
        "replicas",
        None,
        "look at each replica's own logs and free pages, and note it in your records",
        holds="the tables with free pages of their own, relay logs, and binary logs where they keep any",
        read="SHOW GLOBAL STATUS (Slaves_connected)" + (", SHOW SLAVE HOSTS" if known is not None else ""),
        figures={"replicas": count, "connected": connected},
    )


def _relay_log(server: ServerSettings) -> Iterator[Place | Unseen | Nothing]:
    sources = server.ask("SHOW ALL SLAVES STATUS")
    if sources is None:
        if server.counter("slaves_running") or server.text("relay_log_basename"):
            yield Unseen(
                "relay logs", "the account lacks SLAVE MONITOR", "GRANT SLAVE MONITOR ON *.* TO the reading account"
            )
        else:
            yield Nothing("relay logs", "this server copies from no other")
        return
    if not sources:
        yield Nothing("relay logs", "this server copies from no other")
        return
    spaces = [int(getattr(row, "Relay_Log_Space", 0) or 0) for row in sources]
    yield Place(
        "relay logs",
        None,
        "SET GLOBAL relay_log_purge = ON; a file goes once it is applied",
        lasting=not server.on("relay_log_purge"),
        holds="rows that other servers changed, as they were",
        read="SHOW ALL SLAVES STATUS",
        figures={"sources": len(sources), "size": size(sum(spaces))},
    )
