"""Sessions on PostgreSQL: what each promises before its first statement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, Integer, String, create_engine, event, text
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL

from carrel.errors import fault
from carrel.systems import faults
from carrel.systems.sql import expressions_postgresql
from carrel.systems.sql.session_limits import CONNECT_SECONDS, KINDS_OF_STATEMENTS, LOCK_SECONDS, SILENCE_SECONDS

DRIVER = "postgresql+psycopg"
_OURS = "postgresql.carrel"
# Of an address's query: where the socket is, and how the line is protected; nothing else reaches the driver.
_KNOWN = (
    "host",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslcrl",
    "ssl_min_protocol_version",
    "channel_binding",
)
# What defaults of the server, the database or the account could quietly change: the length of an answer, how values are
# written and read, who waits for whom. One that a server does not know yet is left out.
_PROMISES = {
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": f"{SILENCE_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "standard_conforming_strings": "on",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "transform_null_equals": "off",
    "gin_fuzzy_search_limit": "0",
    "row_security": "off",  # a row policy stops a statement instead of taking rows out of its answer
    "jit": "off",  # it costs more than it saves where statements are long and rows few
    "random_page_cost": "1.1",  # few loans at a time are led to by keys: at the default, tables are read whole for them
    "work_mem": "64MB",
    "temp_buffers": "64MB",
}
# Until the path is set, a function of the same name in a schema of somebody's own may come before the server's.
_SET = """
SELECT pg_catalog.set_config(s.name, v.value, false)
FROM pg_catalog.jsonb_each_text(CAST(%s AS pg_catalog.jsonb)) AS v(name, value)
JOIN pg_catalog.pg_settings s ON pg_catalog.lower(s.name) OPERATOR(pg_catalog.=) v.name"""
# Bare names mean `public`; what else the database's own path names stays, for the product's triggers. The server's own
# schema is not named, and so comes first.
_PATH = """
SELECT pg_catalog.set_config('search_path',
  pg_catalog.concat_ws(', ', 'public', pg_catalog.string_agg(pg_catalog.quote_ident(one), ', ')), false)
FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS one
WHERE one OPERATOR(pg_catalog.<>) 'public' AND one OPERATOR(pg_catalog.<>) 'pg_catalog'"""
# A commit that this session was told of must not be lost with the server; what waits for more than the disk stays.
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
_CHECK = """
SELECT pg_is_in_recovery(), current_setting('server_encoding'), current_setting('client_encoding'),
       current_setting('session_replication_role'),
       EXISTS (SELECT 1 FROM pg_catalog.pg_collation WHERE collname = :folds)"""


class Dialect(PGDialect_psycopg):
    """SQLAlchemy's own without its casts of parameters.

    The server tells what a text is by what it is compared with, as others do, and a number is as long as it has to be.
    """

    supports_statement_cache = True
    colspecs = {**PGDialect_psycopg.colspecs, String: String, Integer: Integer}  # noqa: RUF012  (as SQLAlchemy declares it)


registry.register(_OURS, __name__, "Dialect")


def check(connection: Connection, at: str, *, read_only: bool, replica: bool = False) -> None:
    """See that the server is the one that takes writes, that it keeps every text, and that its rules hold.

    Raises:
        CarrelError: SQL-006, it is a standby, which may lag, and was not meant to be one; SQL-010, its database
            has no character set of its own or cannot fold letters; SQL-016, triggers and keys are switched off for
            the account.
    """
    del read_only
    standby, encoding, client, role, folds = connection.execute(
        text(_CHECK), {"folds": expressions_postgresql.FOLDING}
    ).one()
    if standby and not replica:
        raise fault(
            faults.READ_ONLY_SERVER,
            at=at,
            found="a standby (pg_is_in_recovery)",
            because="it takes no write and no temporary table, and it may be behind its primary",
            fix="point the DSN file at the primary server",
        )
    if client != "UTF8" or encoding == "SQL_ASCII":
        raise fault(
            faults.CHARSET,
            at=at,
            wanted="UTF8",
            found=f"{encoding} in the database, {client} in the session",
            because="without a character set nobody can tell letters from bytes",
            fix="dump the database, and load it into one with ENCODING 'UTF8'",
        )
    if not folds:
        raise fault(
            faults.CHARSET,
            at=at,
            wanted=f"the collation {expressions_postgresql.FOLDING}",
            found="a server that was built without ICU",
            because="names and titles in large letters would not be found",
            fix="use a server that was built with ICU, as the packages of Debian and of PostgreSQL are",
        )
    if role != "origin":
        raise fault(
            faults.CONSTRAINT,
            at=at,
            wanted="session_replication_role = origin",
            found=str(role)[:20],
            because="keys and triggers would not be followed",
            fix="ALTER ROLE ... RESET session_replication_role, for the account of the DSN file",
        )


def engine(url: URL, zone: str | None, *, read_only: bool, silence: int = SILENCE_SECONDS) -> Engine:
    """An engine on PostgreSQL.

    Args:
        url: of the database.
        zone: to set for every session; None leaves the server's.
        read_only: the server refuses every write of the session; otherwise transactions are READ COMMITTED.
        silence: seconds after which the server ends a statement, and a network that is gone ends the connection; a
            server that stands still in the midst of an answer is waited for.
    """
    from carrel.systems.sql import values_postgresql

    made = create_engine(
        url.set(drivername=_OURS.replace(".", "+"), query={}),
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            **({"tcp_user_timeout": silence * 1000} if silence < SILENCE_SECONDS else {}),
            "application_name": "carrel",
            # Or an account's own could end what comes next.
            "options": "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0",
            "client_encoding": "utf8",
            # Work tables are made anew, and link columns are mostly NULL: a plan made for other values is of no use.
            "prepare_threshold": None,
            **{name: value for name, value in url.query.items() if name in _KNOWN},
        },
        isolation_level="REPEATABLE READ" if read_only else "READ COMMITTED",
        pool_size=6,  # opened as they are needed, and kept: a new one takes longer than what a page asks for
        query_cache_size=KINDS_OF_STATEMENTS,
        max_overflow=0,
        use_native_hstore=False,
        native_inet_types=False,
        hide_parameters=True,
    )

    @event.listens_for(made, "connect")
    def promise(connection: Any, _record: Any) -> None:
        values_postgresql.register(connection)
        wanted = {**_PROMISES, "default_transaction_read_only": "on" if read_only else "off"}
        if silence < SILENCE_SECONDS:
            wanted["statement_timeout"] = f"{silence}s"
        if zone is not None:
            wanted["timezone"] = zone
        with connection.cursor() as cursor:
            cursor.execute(_SET, (values_postgresql.as_json(wanted),))
            cursor.execute(_PATH)
            if not read_only:
                cursor.execute(_DURABLE)
        connection.commit()

    if not read_only:

        @event.listens_for(made, "begin")
        def begin(connection: Connection) -> None:
            # A rule that waits for the end of a transaction would be broken only by its commit.
            connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    return made


__all__ = ["DRIVER", "Dialect", "check", "engine"]
