"""The sample library that is measured on: made once, and copied with its server for everybody who changes it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from carrel.retention.lifecycle import Lifecycle, lifecycle
from carrel.systems import map_files, policy_files
from carrel.systems.sample import SampleSize, build
from carrel.systems.sample.plan import Shape
from carrel.systems.secret import Secret
from carrel.systems.sql import live
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.loans import SqlLoans
from tests.integration.servers import mariadb

AS_OF = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
POLICY = "mit-libraries"
SEED = 20261122
NAME = "library"
_REDACTED = {"accountlines": ("note", "description"), "messages": ("message",)}


class Library:
    """One server with the library on it.

    Args:
        server: running.
    """

    def __init__(self, server: mariadb.MariaDBServer) -> None:
        self.server = server
        self.map = map_files.load("koha")
        self.schedule = policy_files.load(POLICY).loan_schedule()
        self.life: Lifecycle = lifecycle(self.schedule, AS_OF, ZONE)

    def engine(self) -> sa.Engine:
        """As the engine itself connects."""
        return connect(Access(NAME, Secret(self.server.url(NAME), NAME)), read_only=False)

    def loans(self, engine: sa.Engine) -> SqlLoans:
        with engine.connect() as connection:
            stand_in = live.stand_in(connection, self.map)
        return SqlLoans(engine, self.map, self.schedule, ZONE, stand_in)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        return self.server.sql(*statements, database=NAME)

    def checksums(self) -> dict[str, object]:
        """Table to the checksum of its rows: two equal libraries have equal ones, whatever the order of their rows."""
        names = [str(row[0]) for row in self.sql("SHOW FULL TABLES WHERE table_type = 'BASE TABLE'")]
        rows = self.sql("CHECKSUM TABLE " + ", ".join(f"`{name}`" for name in names) + " EXTENDED")
        sums: dict[str, object] = {str(name).partition(".")[2]: value for name, value in rows}
        return {**sums, **{table: self._redacted(table, texts) for table, texts in _REDACTED.items()}}

    def _redacted(self, table: str, texts: tuple[str, ...]) -> object:
        """Texts that lost a title are equal: of two titles that begin alike, either may have been found first."""
        columns = [str(row[0]) for row in self.sql(f"SHOW COLUMNS FROM `{table}`")]
        values = [
            f"IF(INSTR({n}, '[title]') OR INSTR({n}, '[item]'), '', {n})" if n in texts else f"`{n}`" for n in columns
        ]
        row = ", ".join(f"IFNULL({value}, '-')" for value in values)
        return self.sql(f"SELECT COUNT(*), SUM(CRC32(CONCAT_WS('#', {row}))) FROM `{table}`")[0]

    def cpu_seconds(self) -> float:
        """What the server's process has used of the processor so far: other work on the machine does not count."""
        process = self.server.process
        if process is None:
            return 0.0
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Template:
    """A library on a stopped server, to copy from.

    Args:
        loans: how many.
        shape: which traces it has; all of them unless given.
        buffer_pool: of each server, as MariaDB writes it.
    """

    def __init__(self, folder: Path, loans: int, *, shape: Shape | None = None, buffer_pool: str = "1G") -> None:
        self.loans, self._folder = loans, folder / f"template-{loans}-{id(self)}"
        self._options = (
            f"--innodb-buffer-pool-size={buffer_pool}",
            "--innodb-log-file-size=" + ("64M" if loans < 20_000 else "512M"),
        )
        began = time.monotonic()
        mariadb.initialise(self._folder)
        server = mariadb.MariaDBServer(self._folder, options=self._options)
        server.start()
        server.sql(f"CREATE DATABASE {NAME}")
        engine = sa.create_engine(server.url(NAME))
        try:
            build(engine, SampleSize.of_loans(loans), SEED, AS_OF, shape=shape or Shape.whole())
        finally:
            engine.dispose()
            server.shut_down()
            shutil.rmtree(server.run_folder, ignore_errors=True)
        self.seconds = time.monotonic() - began

    @contextmanager
    def copy(self) -> Iterator[Library]:
        """A library of its own; gone afterwards."""
        folder = Path(tempfile.mkdtemp(prefix="carrel-bench-", dir=self._folder.parent))
        try:
            shutil.copytree(self._folder, folder / "data")
            with mariadb.running(folder / "data", options=self._options) as server:
                yield Library(server)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
