"""Real repositories of restic and borg, and folders of dumps: copies made at chosen times, and taken out again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PASSWORD = "swallow-Kiln-44"
TOOLS = ("restic", "borg", "dump folder")


def missing(tool: str) -> str:
    """Why there is no such tool here, or nothing."""
    package = {"restic": "restic", "borg": "borgbackup"}.get(tool)
    return f"{tool} missing: apt-get install {package}" if package and shutil.which(tool) is None else ""


@dataclass
class Repo:
    """One repository, or folder, in which copies of one dump lie.

    Args:
        tool: as a site file calls it.
        folder: that holds it and what belongs to it.
    """

    tool: str
    folder: Path

    @property
    def place(self) -> Path:
        return self.folder / "repo"

    @property
    def site_lines(self) -> str:
        more = "files: ['*.sql']" if self.tool == "dump folder" else "password_file: repo.dsn"
        return f"backups:\n  - {{name: nightly, tool: {self.tool}, place: {self.place}, {more}, systems: [koha]}}\n"

    def create(self) -> None:
        if self.tool == "restic":
            self.call("init", "--quiet")
        elif self.tool == "borg":
            self.call("init", "--encryption", "repokey", str(self.place))
        else:
            self.place.mkdir(parents=True)

    def back_up(self, dump: Path, at: datetime, whose: str = "koha") -> str:
        """A copy that says it was made at a time, under a tag or a name that tells whose it is; its id."""
        stamp = at.astimezone(UTC)
        if self.tool == "restic":
            told = self.call(
                "backup", "--json", "--tag", whose, "--time", f"{stamp:%Y-%m-%d %H:%M:%S}", dump.name, cwd=dump.parent
            )
            known = [one["id"] for one in self.restic_list() if one["id"].startswith(_summary(told)["snapshot_id"])]
            return str(known[0])
        name = f"{whose}-{stamp:%Y%m%d%H%M%S}"
        if self.tool == "borg":
            archive = f"{self.place}::{name}"
            self.call("create", "--timestamp", f"{stamp:%Y-%m-%dT%H:%M:%S}", archive, dump.name, cwd=dump.parent)
            return name
        copy = self.place / f"{name}.sql"
        shutil.copyfile(dump, copy)
        os.utime(copy, (stamp.timestamp(), stamp.timestamp()))
        return copy.name

    def take_out(self, copy: str, dump: Path) -> None:
        """Put a copy back where the dump was."""
        dump.unlink(missing_ok=True)
        if self.tool == "restic":
            self.call("restore", copy, "--target", str(dump.parent))
        elif self.tool == "borg":
            self.call("extract", f"{self.place}::{copy}", cwd=dump.parent)
        else:
            shutil.copyfile(self.place / copy, dump)

    def ids(self) -> set[str]:
        if self.tool == "restic":
            return {one["id"] for one in self.restic_list()}
        if self.tool == "borg":
            return {one["name"] for one in json.loads(self.call("list", "--json", str(self.place)))["archives"]}
        return {one.name for one in self.place.iterdir()}

    def restic_list(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.call("snapshots", "--json", "--no-lock"))
        return found

    def bytes_stored(self) -> int:
        return sum(one.stat().st_size for one in (self.place / "data").rglob("*") if one.is_file())

    def command(self, *words: str) -> list[str]:
        repo = ["--repo", str(self.place), "--no-cache"] if self.tool == "restic" else []
        return [self.tool, *repo, *words]

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ, "TZ": "UTC", "RESTIC_PASSWORD": PASSWORD, "BORG_PASSPHRASE": PASSWORD,
            "BORG_BASE_DIR": str(self.folder / "borg"), "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        }  # fmt: skip

    def call(self, *words: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            self.command(*words), cwd=cwd, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout


def _summary(told: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(told.splitlines()[-1])
    return found
