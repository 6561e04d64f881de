"""A real PostgreSQL whose log pgBackRest archives, and stanzas with full and incremental backups of chosen ages."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.integration.servers import postgresql
from tests.integration.servers.backup_tools import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

STANZA = "koha"


def missing() -> str:
    """Why there is no such tool here, or nothing."""
    tool = "" if shutil.which("pgbackrest") else "pgbackrest missing: apt-get install pgbackrest"
    return tool or postgresql.missing()


@dataclass
class Stanza:
    """One stanza in one repository, or in two of which the second is encrypted.

    Args:
        folder: of the server's account; the repositories and the configuration lie in it.
        server: that is backed up.
        repositories: how many.
    """

    folder: Path
    server: postgresql.PostgreSQLServer
    repositories: int = 1
    tool: str = "pgbackrest"

    @property
    def config(self) -> Path:
        return self.folder / "pgbackrest.conf"

    @property
    def place(self) -> Path:
        return self.folder / "repo1" / "backup" / STANZA

    @property
    def site_lines(self) -> str:
        entry = f"{{name: nightly, tool: pgbackrest, place: {self.config}, only: {STANZA}, systems: [koha]}}"
        return f"backups:\n  - {entry}\n"

    def configure(self) -> None:
        """Write the configuration, under the server's account."""
        two = f"repo2-path={self.folder}/repo2\nrepo2-cipher-type=aes-256-cbc\nrepo2-cipher-pass={PASSWORD}\n"
        for name in ("repo1", "repo2", "lock", "log", "spool"):
            (self.folder / name).mkdir(exist_ok=True)
        self.config.write_text(
            f"[global]\nrepo1-path={self.folder}/repo1\n{two if self.repositories > 1 else ''}"
            f"log-path={self.folder}/log\nlock-path={self.folder}/lock\nspool-path={self.folder}/spool\n"
            f"start-fast=y\ncompress-type=none\narchive-timeout=20\nlog-level-file=off\n"
            f"# its own period, by which Carrel's plans let nothing go\nrepo1-retention-full=1\n\n"
            f"[{STANZA}]\npg1-path={self.server.datadir}\npg1-port={self.server.port}\n"
            f"pg1-socket-path={self.server.folder}\npg1-user=carrel\n"
        )
        self.config.chmod(0o640)
        if os.geteuid() == 0:
            whose = self.server.folder.stat()
            for one in (self.folder, *self.folder.iterdir()):
                os.chown(one, whose.st_uid, whose.st_gid)

    def back_up(self, kind: str = "full", repository: int = 1, *more: str) -> str:
        """A copy of now; its id. Nothing is expired after it, as the tool would by its own period."""
        self.call("backup", f"--type={kind}", f"--repo={repository}", "--no-expire-auto", *more)
        return max(one for one in self.ids() if one.startswith(f"repo{repository}:"))

    def set_age(self, days: dict[str, datetime]) -> None:
        """Have copies of the first repository say that they were made at other times."""
        for copy, at in days.items():
            start = int(at.timestamp())
            self._edit(copy, r'("backup-timestamp-start":)\d+', rf"\g<1>{start}")
            self._edit(copy, r'("backup-timestamp-stop":)\d+', rf"\g<1>{start + 1}")

    def set_error(self, copy: str, *, wrong: bool = True) -> None:
        """Have a copy say that pages in it did not fit their checksums, or that they did."""
        self._edit(copy, r'("backup-error":)\w+', rf"\g<1>{'true' if wrong else 'false'}")

    def _edit(self, copy: str, old: str, new: str) -> None:
        """Change what the list says of a copy, under the tool's own digest."""
        label = copy.partition(":")[2]
        for name in ("backup.info", "backup.info.copy"):
            file = self.place / name
            lines = file.read_text().splitlines()
            index = next(n for n, line in enumerate(lines) if line.startswith(f"{label}="))
            lines[index] = re.sub(old, new, lines[index])
            file.write_text(_sealed(lines))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """As while another process of the tool works on the stanza."""
        file = self.folder / "lock" / f"{STANZA}-backup.lock"
        with file.open("w") as handle:
            whose = self.server.folder.stat()
            os.fchown(handle.fileno(), whose.st_uid, whose.st_gid)
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def listed(self) -> dict[str, Any]:
        """What the tool itself tells of the stanza."""
        found: dict[str, Any] = json.loads(self.call("info", "--output=json"))[0]
        return found

    def ids(self) -> set[str]:
        return {f"repo{one['database']['repo-key']}:{one['label']}" for one in self.listed()["backup"]}

    def segments(self) -> list[str]:
        """The segments of archived log in the first repository, the oldest first."""
        return sorted(one.name[:24] for one in (self.folder / "repo1/archive").rglob("0" * 7 + "*-*") if one.is_file())

    def command(self, *words: str) -> list[str]:
        options = [f"--config={self.config}", f"--stanza={STANZA}", "--log-level-console=off"]
        return [*postgresql._as_account(), "pgbackrest", *options, *words]

    def call(self, *words: str) -> str:
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def backed_up(self, elm: Any) -> tuple[str, Callable[[], None]]:
        """A copy of now, and the way back to it with the tool."""
        copy = self.back_up()

        def restore() -> None:
            elm.koha.dispose()
            self.server.shut_down()
            label = copy.partition(":")[2]
            self.call("restore", "--delta", f"--set={label}", "--type=immediate", "--target-action=promote")
            self.server._launch()
            assert self.server._answers()
            until = time.monotonic() + 30
            while self.server.sql("SELECT pg_is_in_recovery()") != [(False,)]:
                assert time.monotonic() < until

        return copy, restore


def _sealed(lines: list[str]) -> str:
    """The text of such a file with the digest that the tool looks for."""
    parts: dict[str, list[str]] = {}
    name = ""
    for line in filter(None, lines):
        if line.startswith("["):
            name = line[1:-1]
        elif not line.startswith("backrest-checksum="):
            key, _, value = line.partition("=")
            parts.setdefault(name, []).append(f'"{key}":{value}')
    text = ",".join(f'"{one}":{{{",".join(rows)}}}' for one, rows in parts.items())
    digest = hashlib.sha1(f"{{{text}}}".encode(), usedforsecurity=False).hexdigest()
    return "\n".join([*lines[:-1], f'backrest-checksum="{digest}"', ""])


@contextmanager
def archived(repositories: int = 1) -> Iterator[Stanza]:
    """A server whose log goes into the repositories of a stanza without backups; all of it is gone afterwards."""
    folder = postgresql._own_folder()
    config = folder / "pgbackrest.conf"
    push = f"pgbackrest --config={config} --stanza={STANZA} --log-level-console=off archive-push %p"
    try:
        with postgresql.running("archive_mode=on", f"archive_command={push}", "full_page_writes=on") as server:
            stanza = Stanza(folder, server, repositories)
            stanza.configure()
            stanza.call("stanza-create")
            yield stanza
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def copied(stanza: Stanza) -> Iterator[Stanza]:
    """The repositories of a stanza as they are, in a folder of their own."""
    folder = postgresql._own_folder()
    try:
        for name in ("repo1", "repo2"):
            subprocess.run(["cp", "-a", str(stanza.folder / name), str(folder)], check=True)
        made = Stanza(folder, stanza.server, stanza.repositories)
        made.configure()
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
