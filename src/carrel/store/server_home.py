"""A store on a PostgreSQL server: one schema of a database, one writer at a time, durable, and tidied after itself."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from carrel.errors import CarrelError, fault
from carrel.store import faults
from carrel.store.server_failure import meant

SCHEMA = "carrel"
OLDEST = 15
_SCHEMA = re.compile(r"(?!pg_|public$|information_schema$)[a-z_][a-z0-9_]{0,39}")
_DRIVERS = ("postgresql+psycopg", "postgresql", "postgres")
_EXAMPLE = "postgresql+psycopg://USER:PASSWORD@HOST:5432/DATABASE"
_CONNECT_SECONDS = 10
# Of an address's query: where the socket is, and how the line is protected; nothing else reaches the driver.
_KNOWN = frozenset({
    "host", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "ssl_min_protocol_version", "channel_binding",
})  # fmt: skip
# Set in every transaction and for it alone, so that neither defaults of the account nor a pooler can change them. A
# process that hangs between two statements must not keep the others waiting, and a snapshot, for more than a minute.
_PROMISES = """
SELECT set_config('search_path', %(path)s, true), set_config('statement_timeout', '0', true),
       set_config('idle_in_transaction_session_timeout', '60s', true), set_config('lock_timeout', %(patience)s, true)"""
# An intent must survive a power cut; what waits for more than the disk, such as a standby, stays.
_DURABLE = """,
       CASE WHEN current_setting('synchronous_commit') = 'off'
            THEN set_config('synchronous_commit', 'on', true) END,
       pg_advisory_xact_lock(hashtextextended('carrel store ' || %(path)s, 0))"""
# Tables with rows that name somebody, or a loan; then those with sealed ones, whose key is gone already.
PLAIN = ("keeping_subject", "loan_in_flight", "loan_counted")
SEALED = ("erasure", "person_case", "run", "job")
_LOOK = """
SELECT current_setting('server_version_num')::int / 10000, pg_is_in_recovery(),
       current_setting('transaction_read_only') = 'on', current_setting('server_encoding'),
       to_regnamespace(%(schema)s) IS NOT NULL, clock_timestamp()"""


class ServerHome:
    """One schema of a PostgreSQL database.

    Writers come one after another by a lock on the store's name, taken with the first statement of their transaction:
    what is read after it is what the writer before has left.

    Args:
        url: of the database.
        patience: how long a writer waits for another.
        schema: in which the tables of this store lie.

    Attributes:
        writers: connections whose transactions come one after another.
        readers: connections whose transactions see one state, and can change nothing.
        place: where it is, without a secret.

    Raises:
        CarrelError: STO-001, the address or the schema's name cannot be used.
    """

    def __init__(self, url: URL, patience: timedelta, schema: str) -> None:
        self.schema = schema
        self.place = f"{url.host or 'socket'}:{url.port or 5432}/{url.database}, schema {schema}"
        if url.drivername not in _DRIVERS or not url.database:
            found = f"an address of kind {url.drivername[:30]!r}"
            raise fault(faults.UNREADABLE, wanted=_EXAMPLE, found=found, fix="write the address in this form")
        if not _SCHEMA.fullmatch(schema):
            raise fault(
                faults.UNREADABLE,
                at=self.place,
                wanted="a schema of the store's own: small letters, digits and _",
                found=repr(schema[:40]),
                fix="name another under 'store: schema:' in the site file",
            )
        self.writers = create_engine(
            url.set(drivername=_DRIVERS[0], query={}),
            connect_args={
                "connect_timeout": _CONNECT_SECONDS,
                "application_name": "carrel store",
                "options": "-c statement_timeout=0",  # or an account's own could end what comes next
                "client_encoding": "utf8",
                "keepalives_idle": 30,
                "prepare_threshold": None,
                **{name: value for name, value in url.query.items() if name in _KNOWN},
            },
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,  # a server that was restarted meanwhile is met by a new connection
            pool_size=2,
            hide_parameters=True,
        )
        self.readers = self.writers.execution_options(
            carrel_reads=True, isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._alone = self.writers.execution_options(carrel_alone=True, isolation_level="AUTOCOMMIT")
        self._told = {"path": f'"{schema}"', "patience": f"{max(1, int(patience.total_seconds() * 1000))}ms"}
        event.listen(self.writers, "begin", self._begin)

    def prepare(self) -> datetime:
        """See that the server will do, and make the schema where it is not there.

        Returns:
            The server's own time, aware.

        Raises:
            CarrelError: STO-001, it is too old, keeps no Unicode, or the account may not make the schema; STO-008, it
                takes no writes.
        """
        with self._alone.connect() as connection:
            row = connection.exec_driver_sql(_LOOK, {"schema": f'"{self.schema}"'}).one()
        version, standby, read_only, encoding, there, clock = row
        if version < OLDEST or encoding != "UTF8":
            raise fault(
                faults.UNREADABLE,
                at=self.place,
                wanted=f"PostgreSQL {OLDEST} or newer, and a database with ENCODING 'UTF8'",
                found=f"PostgreSQL {version}, {encoding}",
                fix="name another server, or another database",
            )
        if standby or read_only:
            raise fault(
                faults.NO_WRITES,
                at=self.place,
                wanted="the primary server, and an account that may write",
                found="a standby (pg_is_in_recovery)" if standby else "default_transaction_read_only = on",
                because="what is not written down before a cut is forgotten by a crash",
                fix="write the address of the primary server"
                if standby
                else "ALTER ROLE ... SET default_transaction_read_only = off, for the account of the store",
            )
        if not there:
            with self.writers.begin() as connection:  # under the lock: others may be making it
                connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"'))
        found: datetime = clock
        return found

    def tidy(self) -> None:
        """Write the files of the tables that name anybody anew, and give the places of other deleted rows free.

        What a transaction elsewhere in the database may still see stays until the next time, and so does everything
        while the server cannot be asked: what was deleted is deleted, and a caller has nothing to do about it.
        """
        try:
            with self.writers.begin() as connection:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
                for name in PLAIN:
                    connection.exec_driver_sql(f'CLUSTER "{self.schema}"."{name}" USING "{name}_pkey"')
            with self._alone.connect() as connection:
                for name in (*PLAIN, *SEALED):
                    connection.exec_driver_sql(f'VACUUM (SKIP_LOCKED) "{self.schema}"."{name}"')
        except DBAPIError:
            return

    def race(self, wrong: IntegrityError) -> IntegrityError:
        """The same without the server's text, which quotes the values that were there already."""
        return IntegrityError("", None, Exception(getattr(wrong.orig, "sqlstate", "")))

    def said(self, wrong: DBAPIError) -> CarrelError:
        """What a driver's error means, without its text."""
        return meant(wrong, self.place, self.schema)

    def _begin(self, connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("carrel_alone", False):
            promises = _PROMISES if options.get("carrel_reads", False) else _PROMISES + _DURABLE
            connection.exec_driver_sql(promises, self._told)


__all__ = ["OLDEST", "PLAIN", "SCHEMA", "SEALED", "ServerHome"]
