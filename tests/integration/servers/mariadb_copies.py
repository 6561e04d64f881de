"""Folders that the real mariadb-backup wrote, full ones and increments, of chosen ages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.integration.servers import mariadb

if TYPE_CHECKING:
    from collections.abc import Callable

ZONE = "Europe/Helsinki"  # of the tool's own process: what it writes is two or three hours ahead
_CALENDAR = datetime(1582, 10, 15, tzinfo=UTC)


def missing() -> str:
    """Why there is no such tool here, or nothing."""
    tool = "" if shutil.which("mariadb-backup") else "mariadb-backup missing: apt-get install mariadb-backup"
    return tool or mariadb.missing()


@dataclass
class Copies:
    """One folder of copies.

    Args:
        place: that holds them.
        server: that is backed up.
    """

    place: Path
    server: mariadb.MariaDBServer
    tool: str = "mariadb-backup"
    _count: int = field(default=0)

    @property
    def site_lines(self) -> str:
        entry = f"{{name: nightly, tool: mariadb-backup, place: {self.place}, systems: [koha]}}"
        return f"backups:\n  - {entry}\n"

    def back_up(self, base: str = "", *more: str) -> str:
        """A copy of now, full or built on another; its id."""
        self._count += 1
        name = f"koha-{self._count}"
        self.place.mkdir(exist_ok=True)
        built = [f"--incremental-basedir={self.place / base}"] if base else []
        self.call("--backup", "--user=root", f"--socket={self.server.socket_path}", f"--datadir={self.server.datadir}",
                  f"--target-dir={self.place / name}", *built, *more)  # fmt: skip
        return name

    def set_age(self, days: dict[str, datetime]) -> None:
        """Have copies say that they were made at other times."""
        for copy, at in days.items():
            self.rewrite(copy, at, at + timedelta(seconds=2))

    def rewrite(self, copy: str, began: datetime, ended: datetime) -> None:
        """The tool's own file as it would stand there, written by a process in the zone."""
        file = self.place / copy / "xtrabackup_info"
        text = file.read_text()
        for key, at in (("start_time", began), ("end_time", ended)):
            wall = at.astimezone(ZoneInfo(ZONE))
            text = re.sub(rf"{key} = .*", f"{key} = {wall:%Y-%m-%d %H:%M:%S}", text)
        file.write_text(re.sub(r"uuid = .*", f"uuid = {_uuid(ended)}", text))

    def ids(self) -> set[str]:
        return {one.name for one in self.place.iterdir()}

    def info(self, copy: str) -> dict[str, str]:
        lines = (self.place / copy / "xtrabackup_info").read_text().splitlines()
        return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}

    def call(self, *words: str) -> None:
        done = subprocess.run(
            ["mariadb-backup", "--no-defaults", *words], env={**os.environ, "TZ": ZONE}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stderr[-2000:])

    def backed_up(self, elm: Any) -> tuple[str, Callable[[], None]]:
        """A copy of now, full and what was done since, and the way back to it with the tool."""
        full = self.back_up()
        self.server.sql("CREATE DATABASE since_the_full_one")
        copy = self.back_up(full)

        def restore() -> None:
            elm.koha.dispose()
            self.server.shut_down()
            # Prepared elsewhere: `--prepare` changes what it works on, and a copy is to stay what it was.
            work = self.place.parent / "restoring"
            for one in (full, copy):
                shutil.copytree(self.place / one, work / one)
            base = f"--target-dir={work / full}"
            self.call("--prepare", base)
            self.call("--prepare", base, f"--incremental-dir={work / copy}")
            shutil.rmtree(self.server.datadir)
            self.call("--move-back", base, f"--datadir={self.server.datadir}")
            self.server._launch()
            assert self.server._answers()

        return copy, restore


def _uuid(at: datetime) -> uuid.UUID:
    """As a server makes it at a time."""
    ticks = (at - _CALENDAR) // timedelta(microseconds=1) * 10
    fields = (ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, (ticks >> 48) & 0x0FFF, 0x80, 0x58, 0x02FC00000001)
    return uuid.UUID(fields=fields, version=1)
