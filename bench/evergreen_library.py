"""The sample of Evergreen that is measured on: one PostgreSQL, a template, and a fresh database for whoever changes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bench.library import AS_OF, POLICY, SEED
from carrel.retention.lifecycle import Lifecycle, lifecycle
from carrel.systems import map_files, policy_files
from carrel.systems.sample.evergreen import build, size_of_circulations
from carrel.systems.sample.evergreen.schema import SEARCH_PATH
from carrel.systems.secret import Secret
from carrel.systems.sql import live
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.loans import SqlLoans
from tests.integration.servers import postgresql

ZONE = ZoneInfo("America/New_York")
_TEMPLATE = "library_template"
_TABLES = """
SELECT n.nspname || '.' || c.relname, array_agg(quote_ident(a.attname) ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1 ORDER BY 1"""
_MOVED = "action.aged_circulation"
_REDACTED = {"actor.usr_message": ("title", "message")}


@dataclass(frozen=True, slots=True)
class Log:
    """What the write-ahead log has grown by: bytes, and how many of its records are whole pages."""

    bytes: int
    pages: int

    def since(self, earlier: Log) -> Log:
        """What came after an earlier look."""
        return Log(self.bytes - earlier.bytes, self.pages - earlier.pages)


class EvergreenLibrary:
    """One database with the library in it.

    Args:
        server: running.
        database: its name.
    """

    def __init__(self, server: postgresql.PostgreSQLServer, database: str) -> None:
        self.server, self.database = server, database
        self.map = map_files.load("evergreen")
        self.schedule = policy_files.load(POLICY).loan_schedule()
        self.life: Lifecycle = lifecycle(self.schedule, AS_OF, ZONE)

    def engine(self) -> sa.Engine:
        """As the engine itself connects."""
        secret = Secret(self.server.url(self.database), self.database)
        return connect(Access(self.database, secret, session_zone=ZONE.key), read_only=False)

    def loans(self, engine: sa.Engine) -> SqlLoans:
        with engine.connect() as connection:
            stand_in = live.stand_in(connection, self.map)
        return SqlLoans(engine, self.map, self.schedule, ZONE, stand_in)

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        return self.server.sql(*statements, database=self.database)

    def checksums(self) -> dict[str, object]:
        """Table to number and checksum of its rows: equal libraries have equal ones, whatever numbers were drawn."""
        return {str(name): self.sql(_checksum(str(name), list(columns)))[0] for name, columns in self.sql(_TABLES)}  # type: ignore[call-overload]

    def dead_rows(self) -> int:
        """Row versions that nobody sees any more and that a vacuum would take out."""
        self.sql("SELECT pg_stat_force_next_flush()")
        return int(str(self.sql("SELECT sum(n_dead_tup) FROM pg_stat_user_tables")[0][0] or 0))

    def log(self) -> Log:
        """How much of the write-ahead log there is so far."""
        written, pages = self.sql("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, wal_fpi FROM pg_stat_wal")[0]
        return Log(int(str(written)), int(str(pages)))

    def cpu_seconds(self) -> float:
        """What the server's processes have used of the processor so far."""
        process = self.server.process
        if process is None:
            return 0.0
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        ended = sum(_clock_ticks(process.pid, 11, 12, 13, 14))
        return (ended + sum(sum(_clock_ticks(int(one), 11, 12)) for one in children)) / os.sysconf("SC_CLK_TCK")


def _clock_ticks(process: int, *fields: int) -> list[int]:
    try:
        said = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended meanwhile
        return [0]
    return [int(said[field]) for field in fields]


def _checksum(name: str, columns: list[str]) -> str:
    """Without what is drawn by chance, and without the times of the run itself."""
    drawn = {"audit_id", "audit_time", "audit_user"} if name.startswith("auditor.") else set()
    if name == _MOVED:
        drawn = {"id", "parent_circ"}
    told = [_told(name, column) for column in columns if column not in drawn] or ["1"]
    rows = f"ONLY {name} x"
    if name == _MOVED:
        told += ["p.target_copy", "p.xact_start"]
        rows += f" LEFT JOIN {name} p ON p.id = x.parent_circ"
    return f"SELECT count(*), sum(hashtextextended(ROW({', '.join(told)})::text, 0)) FROM {rows}"


def _told(name: str, column: str) -> str:
    """Texts that lost a title are equal: of two titles that begin alike, either may have been found first."""
    if column not in _REDACTED.get(name, ()):
        return f"x.{column}"
    return f"CASE WHEN x.{column} ~ '\\[(title|item)\\]' THEN '' ELSE x.{column} END"


class EvergreenTemplate:
    """A server with a library that nobody is connected to, to copy from.

    Args:
        circulations: rows, aged ones included.
        shared: buffers of the server, as PostgreSQL writes them.
    """

    def __init__(self, circulations: int, *, shared: str = "1GB") -> None:
        self.circulations = circulations
        options = (
            f"shared_buffers={shared}", "full_page_writes=on", "max_wal_size=4GB", "maintenance_work_mem=256MB",
            "checkpoint_timeout=15min",
        )  # fmt: skip
        self.server = postgresql.PostgreSQLServer(options=options)
        try:
            self.server.initialise()
            self.server.start()
            self.server.sql(f"CREATE DATABASE {_TEMPLATE}")
            engine = sa.create_engine(self.server.url(_TEMPLATE))
            build(engine, size_of_circulations(circulations), SEED, AS_OF)
            engine.dispose()
        except BaseException:
            self.server.remove()
            raise

    @contextmanager
    def copy(self) -> Iterator[EvergreenLibrary]:
        """A library of its own; gone afterwards."""
        database = "library"
        drop = f"DROP DATABASE IF EXISTS {database} WITH (FORCE)"
        self.server.sql(
            drop, f"CREATE DATABASE {database} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY",
            f"ALTER DATABASE {database} SET search_path = {SEARCH_PATH}", "CHECKPOINT",
        )  # fmt: skip
        try:
            yield EvergreenLibrary(self.server, database)
        finally:
            self.server.sql(drop)

    def remove(self) -> None:
        self.server.remove()
