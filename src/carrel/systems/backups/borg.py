"""A repository of borg, from version 1.2 on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from carrel.errors import CarrelError, Condition, fault
from carrel.inventory.backup import Backup
from carrel.retention.backup_expiry import Listing, Snapshot
from carrel.systems import faults
from carrel.systems.backups.borg_segments import is_written, keeps_all, lacking
from carrel.systems.backups.tool_process import LISTING, Ended, call, tool_error
from carrel.systems.secret import Secret

_WARNING = 1
_CHECKPOINT = ".checkpoint"
_WAIT_SECONDS = "5"
_SAID = {
    "PassphraseWrong": faults.REPOSITORY_PASSWORD,
    "PasscommandFailure": faults.REPOSITORY_PASSWORD,
    "LockTimeout": faults.REPOSITORY_LOCKED,
    "LockFailed": faults.REPOSITORY_LOCKED,
    "LockError": faults.REPOSITORY_LOCKED,
    "Cache.RepositoryReplay": faults.REPOSITORY_OLDER,
    "Repository.DoesNotExist": faults.NO_REPOSITORY,
    "Repository.InvalidRepository": faults.NO_REPOSITORY,
}
_FIX = {
    faults.NO_REPOSITORY: "compare 'place' in the site file with the repository; mount it, or make the host reachable",
    faults.REPOSITORY_OLDER: "if it was put back from a copy of its own, empty the folder of this backup under "
    "'cache' in the site's folder, and plan again; if nobody did that, look who wrote to it",
    faults.REPOSITORY_LOCKED: "let the backup that runs come to its end; a lock that nobody holds goes with "
    "`borg break-lock`",
    faults.REPOSITORY_PASSWORD: "write the repository's passphrase into the file that 'password_file' names",
    faults.UNREADABLE: "look with the tool itself: `borg check`; mend the repository, then plan again",
    faults.TOOL_FAILED: "look with the tool itself: `borg check`; then apply the same plan again",
    faults.KEEPS_ALL: "expire where the repository may be cut: `borg config REPOSITORY append_only 0` there, when "
    "you know that nobody has deleted in it what should stay; then plan again",
}
_BECAUSE = {
    faults.UNREADABLE: "without them copies that stay cannot be restored",
    faults.KEEPS_ALL: "borg would take copies off its list, end well, and keep all that is in them",
}


@dataclass(frozen=True)
class Borg:
    """One repository.

    Attributes:
        backup: of the site file.
        password: opens it; None where it is not encrypted.
        cache: folder of Carrel's own, for what the tool keeps between calls.
    """

    backup: Backup
    password: Secret | None
    cache: Path

    def listing(self) -> Listing:
        """What the repository lists; no lock is taken in it.

        Raises:
            CarrelError: BAK-001 to BAK-003.
        """
        told = self._call("list", "--json", "--bypass-lock", "--consider-checkpoints", *self._only, self.backup.place)
        archives = json.loads(told.out)["archives"]
        whole = [one for one in archives if _CHECKPOINT not in one["name"]]
        found = [Snapshot(one["name"], _moment(one["start"]), one["id"]) for one in whole]
        return Listing.of(found, len(archives) - len(whole))

    def examine(self, stays: Sequence[Snapshot], beat: Callable[[], None], *, read: bool) -> str:
        """Have the tool list the files of each archive that stays, and see that its segments are there; only reads.

        Args:
            stays: by their names.
            beat: done every few seconds.
            read: every segment is read as well, by the tool on the repository's host, which locks the repository.

        Returns:
            What was looked at, in words.

        Raises:
            CarrelError: BAK-001 to BAK-004, BAK-013, BAK-015.
        """
        place = Path(self.backup.place)
        if self.backup.local and keeps_all(place):
            raise self._refused(faults.KEEPS_ALL, "append_only = 1 in its configuration", "one that frees what goes")
        for one in stays:
            archive = f"{self.backup.place}::{one.id}"
            self._call("list", "--short", "--bypass-lock", archive, beat=beat, unknown=faults.UNREADABLE)
        if read:
            self._call("check", "--repository-only", self.backup.place, beat=beat, unknown=faults.UNREADABLE, most=0)
            return "`borg list` read the lists of files of what stays, `borg check` every segment; all was whole"
        told = "`borg list` read the lists of files of what stays; the data were not read"
        if not self.backup.local:
            return f"{told}; lost segments, and whether its host frees what goes (--append-only), were not looked at"
        busy, found = is_written(place), lacking(place)
        if found is None:
            return f"{told}, and whether segments of data are lost was not looked at: `--read-data` looks"
        if any(found):
            if busy or is_written(place):  # a `borg compact` takes segments away before it writes its index
                raise self._refused(faults.REPOSITORY_LOCKED, "a lock, and segments that are being moved or lost", "")
            raise self._refused(
                faults.UNREADABLE,
                f"gone: {found[0]:,}; cut short: {found[1]:,}",
                "every segment of which the repository's index speaks",
            )
        return f"{told}, but every segment is there in its length"

    def expire(self, gone: Sequence[Snapshot], beat: Callable[[], None], *, again: bool) -> None:
        """Delete these archives, and free their room.

        Args:
            gone: none where an earlier attempt had deleted them all.
            beat: done every few seconds.
            again: an earlier attempt died; borg itself removes the lock of a process that is no more.

        Raises:
            CarrelError: BAK-001 to BAK-004, BAK-012.
        """
        del again
        if gone:  # without a name borg would delete the whole repository
            # Whoever makes archives names them: one can be called --force, and is no option behind "--".
            self._call("delete", "--", self.backup.place, *(one.id for one in gone), beat=beat, otherwise=True)
        self._call("compact", self.backup.place, beat=beat, otherwise=True)

    def _refused(self, condition: Condition, found: str, wanted: str) -> CarrelError:
        return fault(
            condition,
            at=f"backup {self.backup.name}",
            wanted=wanted,
            found=found,
            because=_BECAUSE.get(condition, ""),
            fix=_FIX[condition],
        )

    @property
    def _only(self) -> tuple[str, ...]:
        return ("--glob-archives", self.backup.only) if self.backup.only else ()

    def _call(
        self, *words: str, beat: Callable[[], None] | None = None, otherwise: bool = False,
        unknown: Condition | None = None, most: int = _WARNING,
    ) -> Ended:  # fmt: skip
        at = f"backup {self.backup.name}"
        self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret = {} if self.password is None else {"BORG_PASSPHRASE": self.password.reveal()}
        told = call(
            ["borg", "--log-json", "--lock-wait", _WAIT_SECONDS, *words],
            {
                **secret,
                "BORG_BASE_DIR": str(self.cache),
                "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
                "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
            },
            at,
            limit=LISTING if beat is None else None,
            beat=beat or (lambda: None),
        )
        if told.code > most or told.code < 0:
            said = next((_SAID[one] for one in _ids(told.err) if one in _SAID), None)
            raise tool_error("borg", told, said or unknown, _FIX, at, otherwise=otherwise)
        return told


def _ids(text: str) -> Iterator[str]:
    """The ids of what borg says line by line."""
    for line in text.splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and isinstance(told.get("msgid"), str):
            yield told["msgid"]


def _moment(text: str) -> datetime:
    """A time as borg prints it, which runs in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
