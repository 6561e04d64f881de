"""A private MariaDB from Debian's binaries: its own folder, socket and loopback port, gone when the tests end."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import pymysql.cursors

if TYPE_CHECKING:
    from collections.abc import Iterator

# A test's data need not outlive a power cut.
_UNSAFE = ("--innodb-flush-method=nosync", "--sync-frm=0")
SETTINGS = (
    "--innodb-buffer-pool-size=256M",
    "--innodb-log-file-size=64M",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-doublewrite=0",
    "--innodb-sort-buffer-size=16M",
    *_UNSAFE,
    "--innodb-file-per-table=1",
    "--innodb-stats-persistent=0",
    "--performance-schema=0",
    "--max-connections=60",
    "--max-allowed-packet=64M",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_unicode_ci",
    "--skip-name-resolve",
    "--local-infile=0",
)


def binary(name: str) -> str | None:
    """The path of a server binary; Debian keeps daemons outside a user's PATH."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def missing() -> str:
    """Why no server can be started here, or nothing."""
    absent = [name for name in ("mariadbd", "mariadb-install-db") if binary(name) is None]
    return f"{' and '.join(absent)} missing: apt-get install mariadb-server-core" if absent else ""


def initialise(datadir: Path) -> None:
    """Fill an empty data folder with the system tables (about seven seconds)."""
    program = binary("mariadb-install-db")
    assert program is not None
    datadir.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            program, "--no-defaults", f"--datadir={datadir}", "--auth-root-authentication-method=normal",
            "--skip-test-db", "--skip-name-resolve", *_UNSAFE, *_as_root(),
        ],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"mariadb-install-db failed: {done.stdout[-800:]} {done.stderr[-800:]}")


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class MariaDBServer:
    """One running server; use `running` to get one."""

    datadir: Path
    binlog: bool = False
    options: tuple[str, ...] = ()
    port: int = 0
    run_folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="carrel-db-")))
    password: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)
    process: subprocess.Popen[bytes] | None = None
    _users: list[str] = field(default_factory=list)

    @property
    def socket_path(self) -> str:
        """The Unix socket; its folder is short because a socket's path may hold 107 bytes."""
        return str(self.run_folder / "s")

    def start(self) -> None:
        """Start and wait until it answers; a port taken meanwhile is replaced by another."""
        for _ in range(3):
            self.port = _free_port()
            self._launch()
            if self._answers():
                self._open_account()
                return
            self._kill()
        log = (self.run_folder / "log").read_text(errors="replace")[-1500:]
        raise RuntimeError(f"mariadbd did not start: {log}")

    def _launch(self) -> None:
        program = binary("mariadbd")
        assert program is not None
        binlog = ["--log-bin=row", "--server-id=1", "--binlog-format=ROW"] if self.binlog else ["--skip-log-bin"]
        self.process = subprocess.Popen(
            [
                program, "--no-defaults", f"--datadir={self.datadir}", f"--socket={self.socket_path}",
                f"--port={self.port}", "--bind-address=127.0.0.1", f"--pid-file={self.run_folder / 'pid'}",
                f"--log-error={self.run_folder / 'log'}", f"--tmpdir={self.run_folder}",
                *SETTINGS, *binlog, *self.options, *_as_root(),
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def _answers(self) -> bool:
        assert self.process is not None
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            # The driver leaks its socket when a connection fails, so the greeting is awaited without it.
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.connect(self.socket_path)
                if probe.recv(1):
                    return True
            time.sleep(0.05)
        return False

    def _open_account(self) -> None:
        # The data folder may be a copy that another worker prepared: the account is set anew for this server.
        for host in ("127.0.0.1", "localhost"):
            self.sql(f"CREATE OR REPLACE USER 'carrel'@'{host}' IDENTIFIED BY '{self.password}'")
            self.sql(f"GRANT ALL PRIVILEGES ON *.* TO 'carrel'@'{host}' WITH GRANT OPTION")

    def sql(self, *statements: str, database: str | None = None) -> list[tuple[object, ...]]:
        """Run statements as root over the socket; the rows of the last one."""
        rows: list[tuple[object, ...]] = []
        with self.connected(database) as cursor:
            for statement in statements:
                cursor.execute(statement)
                rows = list(cursor.fetchall())
        return rows

    @contextlib.contextmanager
    def connected(self, database: str | None = None) -> Iterator[pymysql.cursors.Cursor]:
        """A cursor of root's, over the socket, each statement committed by itself.

        Without TLS, for which the driver would read every certificate of this host each time.
        """
        connection = pymysql.connect(
            unix_socket=self.socket_path, user="root", database=database, autocommit=True, ssl_disabled=True
        )
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def url(self, database: str, user: str = "carrel", password: str | None = None) -> str:
        """A SQLAlchemy URL over the loopback port."""
        secret = self.password if password is None else password
        return f"mariadb+pymysql://{user}:{secret}@127.0.0.1:{self.port}/{database}?charset=utf8mb4"

    def limited_user(self, database: str, grants: list[str]) -> str:
        """A fresh account with just these grants, and its URL.

        Args:
            database: the database of the URL, and of grants that name none.
            grants: each either ``SELECT``, ``UPDATE (borrowernumber) ON old_issues`` or ``PROCESS ON *.*``.
        """
        user, password = f"u{secrets.token_hex(5)}", secrets.token_hex(8)
        self._users.append(user)
        statements = [f"CREATE USER '{user}'@'127.0.0.1' IDENTIFIED BY '{password}'"]
        for grant in grants:
            privilege, _, target = grant.partition(" ON ")
            target = target or "*"
            full = target if "." in target else f"`{database}`.{target}"
            statements.append(f"GRANT {privilege} ON {full} TO '{user}'@'127.0.0.1'")
        self.sql(*statements)
        return self.url(database, user, password)

    def drop_limited_users(self) -> None:
        """Remove the accounts that `limited_user` made."""
        while self._users:
            self.sql(f"DROP USER IF EXISTS '{self._users.pop()}'@'127.0.0.1'")

    def shut_down(self) -> None:
        """Stop cleanly, so that the data folder can be copied."""
        if self.process is None:
            return
        with contextlib.suppress(pymysql.err.Error, OSError):
            self.sql("SET GLOBAL innodb_fast_shutdown = 1", "SHUTDOWN")
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._kill()
        self.process = None

    def _kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=30)
        self.process = None

    def remove(self) -> None:
        """End the process, however it stands, and remove its files."""
        self._kill()
        shutil.rmtree(self.run_folder, ignore_errors=True)
        shutil.rmtree(self.datadir, ignore_errors=True)


@contextlib.contextmanager
def running(datadir: Path, *, binlog: bool = False, options: tuple[str, ...] = ()) -> Iterator[MariaDBServer]:
    """A server on a data folder of its own (initialised, or a copy of one); both are gone afterwards."""
    if not (datadir / "mysql").exists():
        initialise(datadir)
    server = MariaDBServer(datadir, binlog=binlog, options=options)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def fresh_copy(server: MariaDBServer, template: str, name: str = "") -> str:
    """A database equal to the template: tables whose checksum differs are refilled; a changed schema is made anew.

    Much faster than making 107 tables for every test. Nothing may write to the template.

    Args:
        server: where both are.
        template: a database.
        name: of the copy, where it is to be prepared further; of its own for each template unless given.
    """
    copy = name or f"{template}_copy"
    # A test that broke something on purpose may have left a transaction open.
    for (left,) in server.sql(f"SELECT id FROM information_schema.processlist WHERE db = '{copy}'"):
        with contextlib.suppress(pymysql.err.OperationalError):  # 1094: it has ended by itself
            server.sql(f"KILL {left}")
    if _structure(server, template) != _structure(server, copy):
        server.sql(f"DROP DATABASE IF EXISTS {copy}", f"CREATE DATABASE {copy}")
        _clone_tables(server, template, copy)
    tables = [str(name) for (name,) in server.sql(_TABLES.format(template))]
    wanted, found = _checksums(server, template, tables), _checksums(server, copy, tables)
    changed = [table for table in tables if wanted[table] != found[table]]
    if changed:
        refill = [
            s for t in changed for s in (f"TRUNCATE `{t}`", f"INSERT INTO `{t}` SELECT * FROM `{template}`.`{t}`")
        ]
        server.sql("SET foreign_key_checks = 0, unique_checks = 0, sql_mode = ''", *refill, database=copy)
    return copy


_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = '{}' AND table_type = 'BASE TABLE' ORDER BY 1"


def _checksums(server: MariaDBServer, database: str, tables: list[str]) -> dict[str, object]:
    names = ", ".join(f"`{database}`.`{table}`" for table in tables)
    return {str(row[0]).partition(".")[2]: row[1] for row in server.sql(f"CHECKSUM TABLE {names} EXTENDED")}


def _structure(server: MariaDBServer, database: str) -> list[object]:
    with server.connected() as cursor:
        answers: list[object] = []
        for question in _STRUCTURE:
            cursor.execute(question.format(database))
            answers.append(cursor.fetchall())
    return answers


def _clone_tables(server: MariaDBServer, template: str, copy: str) -> None:
    with server.connected(copy) as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute(_TABLES.format(template))
        for (table,) in cursor.fetchall():
            cursor.execute(f"SHOW CREATE TABLE `{template}`.`{table}`")
            ((_, statement),) = cursor.fetchall()
            cursor.execute(statement)


_STRUCTURE = (
    (
        "SELECT table_name, column_name, ordinal_position, column_type, is_nullable, column_default, extra "
        "FROM information_schema.columns WHERE table_schema = '{}' ORDER BY 1, 3"
    ),
    (
        "SELECT table_name, index_name, seq_in_index, column_name, non_unique, sub_part "
        "FROM information_schema.statistics WHERE table_schema = '{}' ORDER BY 1, 2, 3"
    ),
    (
        "SELECT constraint_name, table_name, referenced_table_name, delete_rule, update_rule "
        "FROM information_schema.referential_constraints WHERE constraint_schema = '{}' ORDER BY 2, 1"
    ),
    "SELECT trigger_name, event_object_table FROM information_schema.triggers WHERE trigger_schema = '{}' ORDER BY 1",
    "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = '{}' ORDER BY 1",
    "SELECT routine_name FROM information_schema.routines WHERE routine_schema = '{}' ORDER BY 1",
)
