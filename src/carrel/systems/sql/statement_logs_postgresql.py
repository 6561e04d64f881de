"""Where PostgreSQL writes down or remembers statements: its log, plans, an audit extension, statistics.

No line is ever read: the account could not, and need not.
"""

from __future__ import annotations

from collections.abc import Iterator

from carrel.accountability.surroundings import Nothing, Place, Unseen
from carrel.systems.sql.settings_postgresql import PostgresSettings

_HOLDS = "statements as they were sent, with patrons' numbers and words: the product's own and Carrel's"
_READ = "pg_settings"
_FIGURES: dict[str, int | str] = {"deleted by": "nothing that the server knows of"}


def statement_logs(server: PostgresSettings) -> Iterator[Place | Unseen | Nothing]:
    """Every place in which statements stand.

    Args:
        server: its settings.

    Yields:
        A place, or the name of what holds nothing.
    """
    written = written_by(server)
    if written:
        yield Place(
            "statement log",
            None,
            f"ALTER SYSTEM RESET {', '.join(written)}; SELECT pg_reload_conf(); and delete the log files",
            holds=_HOLDS,
            read=_READ,
            figures={"by": ", ".join(written), **_FIGURES},
        )
    else:
        yield Nothing("statement log", "off; a file of earlier days is not looked for")
    yield from _failed(server)
    if server.number("auto_explain.log_min_duration", -1) >= 0:
        yield Place(
            "log of plans",
            None,
            "ALTER SYSTEM SET auto_explain.log_min_duration = -1, and delete the log files",
            holds=_HOLDS,
            read=f"{_READ} (auto_explain)",
            figures=_FIGURES,
        )
    if server.on("pgaudit.log"):
        yield Place(
            "audit extension's log",
            None,
            "ALTER SYSTEM SET pgaudit.log_parameter = off, and delete the log files",
            holds=_HOLDS,
            read=f"{_READ} (pgaudit)",
            figures={"classes": server.text("pgaudit.log"), **_FIGURES},
        )
    if server.on("pg_stat_statements.track"):
        yield Place(
            "statement statistics",
            None,
            "SELECT pg_stat_statements_reset()",
            lasting=False,
            holds="the texts of statements; values are taken out of all but commands that have no plan",
            read=f"{_READ} (pg_stat_statements)",
        )
    else:
        yield Nothing("statement statistics", "off")


def written_by(server: PostgresSettings) -> list[str]:
    """The settings by which ordinary statements are written to the server's log."""
    found = ["log_statement"] if server.on("log_statement") else []
    if server.number("log_min_duration_statement", -1) >= 0:
        found.append("log_min_duration_statement")
    if server.number("log_min_duration_sample", -1) >= 0 and server.text("log_statement_sample_rate") != "0":
        found.append("log_min_duration_sample")
    if server.text("log_transaction_sample_rate") not in {"", "0"}:
        found.append("log_transaction_sample_rate")
    return found


def _failed(server: PostgresSettings) -> Iterator[Place | Nothing]:
    """A failed statement is written down unless the server is told otherwise; values that were bound are not."""
    if server.text("log_min_error_statement") in {"fatal", "panic"}:
        yield Nothing("log of failed statements", "off; a file of earlier days is not looked for")
        return
    bound = server.text("log_parameter_max_length_on_error") not in {"", "0"}
    # Nothing of a cut stands there unless its values do: then it is told like any other log.
    yield Place(
        "log of failed statements",
        None,
        "ALTER SYSTEM SET log_min_error_statement = 'panic', and delete the log files",
        lasting=bound,
        holds=_HOLDS if bound else "the product's statements that failed, as they were sent; of Carrel's own no value",
        read=_READ,
        figures=_FIGURES,
    )
