"""A private PostgreSQL from Debian's binaries: its own folder, socket and loopback port, gone when the tests end."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
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

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

# A test's data need not outlive a power cut.
SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=128MB",
    "max_connections=60",
    "max_wal_size=512MB",
    "autovacuum=off",
    "jit=off",
    "log_timezone=UTC",
    "timezone=UTC",
)
_FOLDERS = Path("/usr/lib/postgresql")


def binary(name: str) -> str | None:
    """The path of a server binary; Debian keeps them by version, outside a user's PATH."""
    versions = sorted(_FOLDERS.glob("*/bin"), key=lambda one: int(re.sub(r"\D", "", one.parent.name) or 0))
    return shutil.which(name, path=os.pathsep.join(map(str, reversed(versions)))) or shutil.which(name)


def missing() -> str:
    """Why no server can be started here, or nothing."""
    absent = [name for name in ("postgres", "initdb") if binary(name) is None]
    return f"{' and '.join(absent)} missing: apt-get install postgresql" if absent else ""


def _account() -> pwd.struct_passwd | None:
    """The server refuses to run as root: then Debian's own account for it."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _as_account() -> list[str]:
    account = _account()
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"] if account else []


def _own_folder() -> Path:
    """A folder that the server's account owns and reaches, which a test's own folder is not."""
    folder = Path(tempfile.mkdtemp(prefix="carrel-pg-"))
    if account := _account():
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class PostgreSQLServer:
    """One running server; use `running` to get one."""

    options: tuple[str, ...] = ()
    port: int = 0
    folder: Path = field(default_factory=_own_folder)
    password: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)
    process: subprocess.Popen[bytes] | None = None
    _users: list[tuple[str, str]] = field(default_factory=list)  # each with the database of its rights

    @property
    def datadir(self) -> Path:
        """Where its data is."""
        return self.folder / "data"

    def initialise(self) -> None:
        """Fill the data folder (about three seconds)."""
        program = binary("initdb")
        assert program is not None
        done = subprocess.run(
            [
                *_as_account(), program, "-D", str(self.datadir), "-U", "carrel", "-E", "UTF8", "--locale=C.UTF-8",
                "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync",
            ],
            capture_output=True, text=True, timeout=180, check=False, cwd="/",
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stdout[-800:]} {done.stderr[-800:]}")

    def start(self) -> None:
        """Start and wait until it answers; a port taken meanwhile is replaced by another."""
        for _ in range(3):
            self.port = _free_port()
            self._launch()
            if self._answers():
                return
            self.kill()
        raise RuntimeError(f"postgres did not start: {self.log[-1500:]}")

    def start_standby(self) -> None:
        """Start a folder that is marked as a standby's: it reads, and nobody sets its password."""
        self.port = _free_port()
        self._launch()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(psycopg.Error), self.connected():
                return
            time.sleep(0.05)
        raise RuntimeError(f"postgres did not start: {self.log[-1500:]}")

    def standby(self, *options: str) -> PostgreSQLServer:
        """Another server that takes over every change of this one, as it happens; end it with `remove`.

        This one runs with ``wal_level=replica``.
        """
        made = PostgreSQLServer(options=options, password=self.password)
        program = binary("pg_basebackup")
        assert program is not None
        done = subprocess.run(
            [
                *_as_account(), program, "-D", str(made.datadir), "-d", f"{self.address()} dbname=postgres", "-R",
                "-X", "stream", "-c", "fast", "--no-sync",
            ],
            capture_output=True, text=True, timeout=120, check=False, cwd="/",
        )  # fmt: skip
        if done.returncode:
            made.remove()
            raise RuntimeError(f"pg_basebackup failed: {done.stderr[-800:]}")
        made.start_standby()
        return made

    @property
    def log(self) -> str:
        """What the server wrote."""
        return (self.folder / "log").read_text(errors="replace")

    def _launch(self) -> None:
        program = binary("postgres")
        assert program is not None
        settings = [part for one in (*SETTINGS, *self.options) for part in ("-c", one)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *_as_account(), program, "-D", str(self.datadir), "-k", str(self.folder), "-h", "127.0.0.1",
                    "-p", str(self.port), *settings,
                ],
                stdout=log, stderr=log, start_new_session=True, cwd="/",
            )  # fmt: skip

    def _answers(self) -> bool:
        assert self.process is not None
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(psycopg.Error), self.connected():
                self.sql(f"ALTER USER carrel PASSWORD '{self.password}'")
                return True
            time.sleep(0.05)
        return False

    def address(self) -> str:
        """Of the superuser's, over the socket; the database is to be added."""
        return f"host={self.folder} port={self.port} user=carrel"

    @contextlib.contextmanager
    def connected(self, database: str = "postgres") -> Iterator[psycopg.Cursor]:
        """A cursor of the superuser's, over the socket, each statement committed by itself."""
        with (
            psycopg.connect(f"{self.address()} dbname={database}", autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            yield cursor

    def sql(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements as superuser over the socket; the rows of the last one."""
        rows: list[tuple[object, ...]] = []
        with self.connected(database) as cursor:
            for statement in statements:
                cursor.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def url(self, database: str, user: str = "carrel", password: str | None = None) -> str:
        """A SQLAlchemy URL over the loopback port."""
        secret = self.password if password is None else password
        return f"postgresql+psycopg://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def limited_user(self, database: str, grants: list[str]) -> str:
        """A fresh account with just these grants, and its URL.

        Args:
            database: the database of the URL.
            grants: as PostgreSQL writes them, without the account: ``SELECT ON ALL TABLES IN SCHEMA public``.
        """
        user, password = f"u{secrets.token_hex(5)}", secrets.token_hex(8)
        self._users.append((user, database))
        self.sql(f"CREATE USER {user} PASSWORD '{password}'")
        for grant in grants:
            self.sql(f"GRANT {grant} TO {user}", database=database)
        return self.url(database, user, password)

    def drop_limited_users(self) -> None:
        """Remove the accounts that `limited_user` made, and their rights in databases that are still there."""
        there = {str(name) for (name,) in self.sql("SELECT datname FROM pg_database")}
        while self._users:
            user, database = self._users.pop()
            if database in there:
                self.sql(f"DROP OWNED BY {user} CASCADE", database=database)
            self.sql(f"DROP USER {user}")

    def shut_down(self) -> None:
        """Stop cleanly, as a failover would."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # fast: open sessions are ended
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def kill(self) -> None:
        """End it as a power cut would: its sessions too, which would go on for a moment in groups of their own."""
        if self.process is not None and self.process.poll() is None:
            sessions = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            for one in (self.process.pid, *map(int, sessions)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            self.process.wait(timeout=30)
        (self.datadir / "postmaster.pid").unlink(missing_ok=True)
        self.process = None

    def remove(self) -> None:
        """End the process, however it stands, and remove its files."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def running(*options: str) -> Iterator[PostgreSQLServer]:
    """A new server with these settings (``name=value``); it is gone afterwards."""
    server = PostgreSQLServer(options=options)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.remove()


def fresh_copy(server: PostgreSQLServer, template: str) -> str:
    """A database equal to the template, to which nobody may be connected."""
    copy = f"{template}_copy"
    server.sql(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)", f"CREATE DATABASE {copy} TEMPLATE {template}")
    return copy
