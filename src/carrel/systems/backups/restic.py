"""A repository of restic."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from carrel.errors import Condition
from carrel.inventory.backup import Backup
from carrel.retention.backup_expiry import Listing, Snapshot
from carrel.systems import faults
from carrel.systems.backups.tool_process import LISTING, Ended, call, tool_error
from carrel.systems.secret import Secret

_ID = re.compile(r"[0-9a-f]{64}")
# What the tool remembers of a repository would hide that something in it is broken by now.
_READS = ("--json", "--no-lock", "--no-cache")
_CODES = {10: faults.NO_REPOSITORY, 11: faults.REPOSITORY_LOCKED, 12: faults.REPOSITORY_PASSWORD}  # since restic 0.17
_SAID = (
    ("wrong password", faults.REPOSITORY_PASSWORD),
    ("already locked", faults.REPOSITORY_LOCKED),
    ("Is there a repository", faults.NO_REPOSITORY),
    ("unable to open config file", faults.NO_REPOSITORY),
)
_FIX = {
    faults.NO_REPOSITORY: "compare 'place' in the site file with the repository; mount it, or make the host reachable",
    faults.REPOSITORY_LOCKED: "let the backup that runs come to its end; a lock that nobody holds goes with "
    "`restic unlock`",
    faults.REPOSITORY_PASSWORD: "write the repository's password into the file that 'password_file' names",
    faults.UNREADABLE: "look with the tool itself: `restic check`; mend the repository, then plan again",
    faults.TOOL_FAILED: "look with the tool itself: `restic check`; then apply the same plan again",
}


@dataclass(frozen=True)
class Restic:
    """One repository.

    Attributes:
        backup: of the site file.
        password: opens it.
        cache: folder of Carrel's own, for what the tool keeps between calls.
    """

    backup: Backup
    password: Secret
    cache: Path

    def listing(self) -> Listing:
        """What the repository lists; no lock is taken and nothing is written.

        Raises:
            CarrelError: BAK-001 to BAK-003.
        """
        told = self._call("snapshots", *_READS, *self._only)
        found = [Snapshot(one["id"], datetime.fromisoformat(one["time"]), one["tree"]) for one in json.loads(told.out)]
        # A snapshot that does not load is left out of the list with a warning only.
        every = found if not self._only else self._all()
        return Listing.of(found, max(0, self._files() - len(every)))

    def examine(self, stays: Sequence[Snapshot], beat: Callable[[], None], *, read: bool) -> str:
        """Have the tool see that its index, every pack and every folder of files is there; only reads, without a lock.

        Args:
            stays: the whole repository is looked at, whatever stays.
            beat: done every few seconds.
            read: all data are read as well.

        Returns:
            What was looked at, in words.

        Raises:
            CarrelError: BAK-001 to BAK-003, BAK-013.
        """
        del stays
        words = ("--read-data",) if read else ()
        self._call("check", "--no-lock", "--no-cache", *words, beat=beat, unknown=faults.UNREADABLE)
        if read:
            return "`restic check --read-data` found index, packs, lists of files and all data whole"
        return "`restic check` found index, packs and lists of files whole; the data in them were not read"

    def expire(self, gone: Sequence[Snapshot], beat: Callable[[], None], *, again: bool) -> None:
        """Forget these, and free what nothing else holds.

        Args:
            gone: by their whole ids; none where an earlier attempt had forgotten them all.
            beat: done every few seconds.
            again: an earlier attempt died: locks that it left, of a process that is no more, go first.

        Raises:
            CarrelError: BAK-001 to BAK-004, BAK-012.
        """
        if again:
            self._call("unlock", beat=beat)
        words = ("forget", *(one.id for one in gone), "--prune") if gone else ("prune",)
        self._call(*words, beat=beat, otherwise=True)

    @property
    def _only(self) -> tuple[str, ...]:
        return ("--tag", self.backup.only) if self.backup.only else ()

    def _all(self) -> list[object]:
        found: list[object] = json.loads(self._call("snapshots", *_READS).out)
        return found

    def _files(self) -> int:
        """How many snapshots there are, whether they load or not."""
        here = Path(self.backup.place) / "snapshots"
        if self.backup.local and here.is_dir():
            return sum(_ID.fullmatch(one.name) is not None for one in here.iterdir())
        return sum(_ID.fullmatch(one) is not None for one in self._call("list", "snapshots", *_READS).out.split())

    def _call(
        self, *words: str, beat: Callable[[], None] | None = None, otherwise: bool = False,
        unknown: Condition | None = None,
    ) -> Ended:  # fmt: skip
        at = f"backup {self.backup.name}"
        self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = call(
            ["restic", "--repo", self.backup.place, "--cache-dir", str(self.cache), *words],
            {"RESTIC_PASSWORD": self.password.reveal()},
            at,
            limit=LISTING if beat is None else None,
            beat=beat or (lambda: None),
        )
        if told.code:
            said = _CODES.get(told.code) or next((one for word, one in _SAID if word in told.err), None)
            raise tool_error("restic", told, said or unknown, _FIX, at, otherwise=otherwise)
        return told
