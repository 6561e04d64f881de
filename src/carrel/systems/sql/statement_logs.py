"""Where a server writes down or remembers statements: general and slow log, audit plugin, statistics, query cache.

Of a line only its time is ever asked for, never its text.
"""

from __future__ import annotations

from collections.abc import Iterator

from carrel.accountability.surroundings import Nothing, Place, Unseen, size
from carrel.amount import amount
from carrel.systems.sql.server_settings import ServerSettings

_LOGS = (
    ("general log", "general_log", "general_log_file", "general_log", "event_time"),
    ("slow query log", "slow_query_log", "slow_query_log_file", "slow_log", "start_time"),
)
_HOLDS = "statements as they were sent, with patrons' numbers and words: the product's own and Carrel's"
_DAY = 86_400


def statement_logs(server: ServerSettings) -> Iterator[Place | Unseen | Nothing]:
    """Every place in which statements stand.

    Args:
        server: its settings.

    Yields:
        A place, what could not be seen, or the name of what holds nothing.
    """
    for name, switch, file, table, column in _LOGS:
        yield from _log(server, name, switch, file)
        yield from _table(server, name, switch, table, column)
    yield from _audit_plugin(server)
    yield from _statistics(server)
    if server.on("query_cache_type") and server.number("query_cache_size"):
        yield Place(
            "query cache",
            None,
            "SET GLOBAL query_cache_size = 0",
            lasting=False,
            holds="answers to the product's questions; those about a table go when it is cut",
            read="SHOW GLOBAL VARIABLES, SHOW GLOBAL STATUS",
            figures={"answers": server.counter("qcache_queries_in_cache")},
        )
    else:
        yield Nothing("query cache", "off")


def _log(server: ServerSettings, name: str, switch: str, file: str) -> Iterator[Place | Nothing]:
    outputs = set(server.text("log_output").upper().split(","))
    if not server.on(switch):
        yield Nothing(name, "off; a file of earlier days is not looked for")
    elif "FILE" in outputs:
        yield Place(
            name,
            None,
            f"switch it off, and delete its file: SET GLOBAL {switch} = OFF",
            holds=_HOLDS,
            read="SHOW GLOBAL VARIABLES",
            figures={"file": server.text(file), "deleted by": "nothing that the server knows of"},
        )


def _table(
    server: ServerSettings, name: str, switch: str, table: str, column: str
) -> Iterator[Place | Unseen | Nothing]:
    place = f"{name}, table mysql.{table}"
    age = f"TIMESTAMPDIFF(SECOND, MIN({column}), NOW())"
    rows = server.ask(f"SELECT COUNT({column}), {age} FROM mysql.{table}")  # names of this module
    writing = server.on(switch) and "TABLE" in server.text("log_output").upper().split(",")
    if rows is None:
        yield Unseen(
            place,
            f"the account may not count its rows{'; it is being written' if writing else ''}",
            f"GRANT SELECT ({column}) ON mysql.{table}: the time of a line and not its text",
        )
    if rows is None and not writing:
        return
    count, seconds = rows[0] if rows else ("unknown", None)
    if not count and not writing:
        yield Nothing(place, "empty", proved=True)
        return
    oldest = {"oldest": f"{amount(int(seconds) // _DAY, 'day')} ago"} if seconds is not None else {}
    yield Place(
        place,
        None,
        f"TRUNCATE mysql.{table}" if not writing else f"SET GLOBAL {switch} = OFF, then TRUNCATE mysql.{table}",
        holds=_HOLDS,
        read=f"count and times of mysql.{table}" if rows else "SHOW GLOBAL VARIABLES",
        figures={"lines": count if isinstance(count, str) else int(count), **oldest},
    )


def _audit_plugin(server: ServerSettings) -> Iterator[Place | Nothing]:
    if not server.has("server_audit_logging"):
        yield Nothing("audit plugin", "not loaded")
    elif not server.on("server_audit_logging"):
        yield Nothing("audit plugin", "off; a file of earlier days is not looked for")
    else:
        events = server.text("server_audit_events")
        to_file = server.text("server_audit_output_type").lower() != "syslog"
        figures: dict[str, int | str] = {"events": events or "all", "to": "file" if to_file else "syslog"}
        if to_file:
            rotations = server.number("server_audit_file_rotations")
            figures["at most"] = (
                f"{amount(rotations + 1, 'file')} of {size(server.number('server_audit_file_rotate_size'))}"
            )
        asked = not events or "QUERY" in events.upper()
        yield Place(
            "audit plugin's log",
            None,
            "SET GLOBAL server_audit_events = 'CONNECT', and delete what was written",
            lasting=asked,
            holds=_HOLDS if asked else "who signed in to the server, and no statement",
            read="SHOW GLOBAL VARIABLES",
            figures=figures,
        )
    if server.has("sql_error_log_filename"):
        yield Place(
            "log of failed statements",
            None,
            "UNINSTALL SONAME 'sql_errlog', and delete its file",
            holds="statements that failed, as they were sent",
            read="SHOW GLOBAL VARIABLES (sql_error_log)",
        )


def _statistics(server: ServerSettings) -> Iterator[Place | Unseen | Nothing]:
    name = "statement statistics"
    if not server.on("performance_schema"):
        yield Nothing(name, "off")
        return
    consumers = server.ask(
        "SELECT name FROM performance_schema.setup_consumers WHERE enabled = 'YES' AND name LIKE 'events\\_statements%'"
    )
    if consumers is None:
        yield Unseen(
            f"which {name} are kept",
            "the account may not read performance_schema.setup_consumers",
            "GRANT SELECT ON performance_schema.setup_consumers TO the reading account",
        )
    elif not consumers:
        yield Nothing(name, "digests only, which hold no value")
        return
    yield Place(
        name,
        None,
        "TRUNCATE the events_statements tables of performance_schema, or switch their consumers off",
        lasting=False,
        holds="the texts of recent statements, in rings that the server overwrites",
        read="SHOW GLOBAL VARIABLES" if consumers is None else "performance_schema.setup_consumers",
        figures={} if consumers is None else {"kept": ", ".join(sorted(str(row[0]) for row in consumers))},
    )
