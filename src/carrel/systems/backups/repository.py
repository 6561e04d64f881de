"""The backups of a site file, each as its own tool tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from carrel.errors import CarrelError, fault
from carrel.inventory.backup import Backup, Tool
from carrel.inventory.site import Site
from carrel.retention.backup_expiry import Listing, Snapshot
from carrel.systems import faults, secret
from carrel.systems.backups.borg import Borg
from carrel.systems.backups.dump_backup import DumpBackup
from carrel.systems.backups.mariadb_backup import MariadbBackup
from carrel.systems.backups.pgbackrest import Pgbackrest
from carrel.systems.backups.restic import Restic


class Repository(Protocol):
    """What is asked of a repository of any tool."""

    def listing(self) -> Listing:
        """What is in it; only reads."""

    def expire(self, gone: Sequence[Snapshot], beat: Callable[[], None], *, again: bool) -> None:
        """Delete these, and free their room."""


def besides(source: Repository, gone: Sequence[Snapshot]) -> tuple[str, ...]:
    """What else would go with copies, in words; only reads.

    Raises:
        CarrelError: BAK-001 to BAK-003.
    """
    return source.besides(gone) if isinstance(source, Pgbackrest) else ()


def examine(
    source: Repository, stays: Sequence[Snapshot], beat: Callable[[], None] = lambda: None, *, read: bool = False
) -> str:
    """See that what is to stay can be read, as far as its tool tells; only reads.

    Args:
        source: of the copies.
        stays: those that are not to go.
        beat: done every few seconds.
        read: all data are read as well, where the tool can do that.

    Returns:
        What was looked at, in words for whoever approves.

    Raises:
        CarrelError: BAK-001 to BAK-004, BAK-013.
    """
    if isinstance(source, Restic | Borg | Pgbackrest | DumpBackup):
        return source.examine(stays, beat, read=read)
    return "whether what stays can be restored was not looked at: that is the tool's own check"


def repository(backup: Backup, folder: Path) -> Repository:
    """A repository, ready to be asked.

    Args:
        backup: of the site file, with absolute paths.
        folder: of the site; what the tools keep between calls lies in it.

    Raises:
        CarrelError: SIT-004 or SIT-005, its password cannot be read or others can read it.
    """
    cache = folder / "cache" / backup.name
    password = None if backup.password_file is None else secret.from_file(backup.password_file)
    match backup.tool:
        case Tool.RESTIC:
            if password is None:
                raise ValueError("the site file lets no repository of restic be without a password")
            return Restic(backup, password, cache)
        case Tool.BORG:
            return Borg(backup, password, cache)
        case Tool.PGBACKREST:
            return Pgbackrest(backup)
        case Tool.MARIADB_BACKUP:
            return MariadbBackup(backup)
        case Tool.DUMPS:
            return DumpBackup(backup)


def listings(backups: Iterable[Backup], folder: Path) -> Iterator[tuple[Backup, Listing | CarrelError]]:
    """Each backup with what its tool lists, or with what kept it from that.

    Args:
        backups: of the site file.
        folder: of the site.
    """
    for one in backups:
        try:
            yield one, repository(one, folder).listing()
        except CarrelError as wrong:
            yield one, wrong


def backup_of(site: Site, name: str | None) -> Backup:
    """The backup of that name; may be left out where the site has one.

    Raises:
        CarrelError: BAK-011.
    """
    names = [one.name for one in site.backups]
    wanted = names[0] if name is None and len(names) == 1 else name
    found = next((one for one in site.backups if one.name == wanted), None)
    if found is None:
        raise fault(
            faults.NO_BACKUP,
            at="backups",
            wanted=" or ".join(names) or "an entry under 'backups:' in the site file",
            found="no name" if name is None else "another name",
            fix="name one of them" if names else "declare the backups in the site file: docs/backups.md",
        )
    return found
