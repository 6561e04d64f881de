"""Sessions on MariaDB: what each promises before its first statement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions, convert_date, convert_datetime
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL

from carrel.errors import fault
from carrel.systems import faults
from carrel.systems.sql.session_limits import CONNECT_SECONDS, KINDS_OF_STATEMENTS, LOCK_SECONDS, SILENCE_SECONDS

METADATA_LOCK_SECONDS = 5
# Strict, so that nothing is cut to fit; without NO_ZERO_DATE, so that old rows with zero dates can be read and kept.
SQL_MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO"
# What a server's own defaults could quietly take away: rows of an answer, large joins, updates without a key, checks.
WHOLE_ANSWERS = (
    "sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_safe_updates = 0, "
    "foreign_key_checks = 1, unique_checks = 1, max_statement_time = 0, sql_auto_is_null = 0, "
    "default_regex_flags = ''"
)


def require_charset(url: URL, at: str) -> None:
    """Refuse an address that asks for a character set which cannot hold every text.

    Raises:
        CarrelError: SQL-010.
    """
    if (charset := url.query.get("charset", "utf8mb4")) != "utf8mb4":
        raise fault(
            faults.CHARSET,
            at=at,
            wanted="charset=utf8mb4",
            found=f"charset={str(charset)[:20]}",
            because="names in other scripts would be read as question marks and not be found",
            fix="leave the charset out of the address",
        )


def check(connection: Connection, at: str, *, read_only: bool, replica: bool = False) -> None:
    """See that the session is what was asked for, and that the server is the one that takes writes.

    Also where it is only to be read: what is verified on a replica may be something that was true.

    Raises:
        CarrelError: SQL-010, SQL-006.
    """
    client, read_only_server = connection.execute(text("SELECT @@character_set_client, @@global.read_only")).one()
    if client != "utf8mb4":
        raise fault(
            faults.CHARSET,
            at=at,
            wanted="utf8mb4",
            found=str(client),
            fix="start the server without skip-character-set-client-handshake, and take SET NAMES out of init_connect",
        )
    del read_only
    if not replica and str(read_only_server) not in {"0", "OFF"}:
        raise fault(
            faults.READ_ONLY_SERVER,
            at=at,
            found="@@read_only is on",
            because="a replica may be behind, and would change again with the next event of its primary",
            fix="point the DSN file at the primary server",
        )


def engine(url: URL, zone: str | None, *, read_only: bool, silence: int = SILENCE_SECONDS) -> Engine:
    """An engine on MariaDB.

    Args:
        url: of the database.
        zone: to set for every session; None leaves the server's.
        read_only: the server refuses every write of the session; otherwise transactions are READ COMMITTED.
        silence: seconds for which the server may say nothing before the connection is given up.
    """
    made = create_engine(
        url.set(query={}),
        connect_args={
            "charset": "utf8mb4",
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": silence,
            "write_timeout": silence,
            "local_infile": False,
            "conv": _CONVERSIONS,
            **_extra(url),
        },
        isolation_level="REPEATABLE READ" if read_only else "READ COMMITTED",
        pool_size=6,  # opened as they are needed, and kept: a new one takes longer than what a page asks for
        query_cache_size=KINDS_OF_STATEMENTS,
        max_overflow=0,
        hide_parameters=True,
    )

    # Before the dialect looks: it would learn the server's way of quoting instead of this session's.
    @event.listens_for(made, "connect", insert=True)
    def promise(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_mode = %s", (SQL_MODE,))
            cursor.execute(f"SET SESSION {WHOLE_ANSWERS}")
            cursor.execute(
                "SET SESSION innodb_lock_wait_timeout = %s, lock_wait_timeout = %s",
                (LOCK_SECONDS, METADATA_LOCK_SECONDS),
            )
            if zone is not None:
                cursor.execute("SET SESSION time_zone = %s", (zone,))
            if read_only:
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
        connection.commit()

    return made


def _extra(url: URL) -> dict[str, Any]:
    """What of an address's query the driver is given: a socket, or TLS files; nothing else."""
    known = {"unix_socket": "unix_socket", "ssl_ca": "ssl_ca", "ssl_cert": "ssl_cert", "ssl_key": "ssl_key"}
    return {known[name]: value for name, value in url.query.items() if name in known}


def _or_none(kind: type[date], convert: Any) -> Any:
    def converted(value: Any) -> Any:
        try:
            return kind.fromisoformat(value)
        except (TypeError, ValueError):
            found = convert(value)
            return None if isinstance(found, str | bytes) else found  # the driver hands back what is no date

    return converted


def literal(value: datetime, _mapping: Any = None) -> str:
    """A time as the driver would write it, three times as fast: a page asks by hundreds of them."""
    return f"'{value if value.tzinfo is None else value.replace(tzinfo=None)}'"


_CONVERSIONS = {
    **conversions,
    datetime: literal,
    FIELD_TYPE.DATETIME: _or_none(datetime, convert_datetime),
    FIELD_TYPE.TIMESTAMP: _or_none(datetime, convert_datetime),
    FIELD_TYPE.DATE: _or_none(date, convert_date),
}
