"""Backups as a site file declares them: by which tool, where, with which password, and whose data are in them."""

from __future__ import annotations

import enum
import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from carrel.inventory.timetable import Part

BACKUP_NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"
_REMOTE = re.compile(r"[a-z0-9]+:|[^/]+@[^/]*:")
_PASSWORD = re.compile(r"//[^/@]*:[^/@]*@")
_STANZA = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class Tool(enum.StrEnum):
    """What made the backups, and is asked for their list."""

    RESTIC = "restic"
    BORG = "borg"
    PGBACKREST = "pgbackrest"
    MARIADB_BACKUP = "mariadb-backup"
    DUMPS = "dump folder"

    @property
    def is_folder(self) -> bool:
        """Whether its copies are files or folders that lie beside each other, so that an empty place proves nothing."""
        return self in {Tool.MARIADB_BACKUP, Tool.DUMPS}


class Backup(Part):
    """One repository of backups, or one folder of copies or dumps that Carrel may expire.

    Attributes:
        name: by which commands and records call it.
        tool: that made them.
        place: repository as the tool takes it, its configuration file (pgBackRest), or the folder.
        password_file: whose first line opens the repository; mode 0600.
        only: of a repository that others share: a tag of restic, a pattern of borg's archive names or of the names of
            folders of mariadb-backup; of pgBackRest the stanza.
        files: patterns of names in a folder of dumps.
        systems: whose data are in every one of them.
    """

    name: str = Field(pattern=BACKUP_NAME)
    tool: Tool
    place: str = Field(min_length=1, max_length=500)
    password_file: Path | None = None
    only: str | None = Field(default=None, min_length=1, max_length=120)
    files: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    systems: tuple[str, ...] = Field(min_length=1)

    @field_validator("place", "only")
    @classmethod
    def _plain(cls, value: str | None) -> str | None:
        if value is not None and value.startswith("-"):
            raise ValueError("write it without a leading '-': the tool would take it for an option")
        if value is not None and _PASSWORD.search(value):
            raise ValueError("write no password here: give it to the tool in its environment")
        return value

    @field_validator("files")
    @classmethod
    def _names(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        if any("/" in one for one in patterns):
            raise ValueError("write patterns of names in the folder itself, such as '*.sql.gz'")
        return patterns

    @model_validator(mode="after")
    def _fitting(self) -> Backup:
        if self.tool is Tool.DUMPS:
            if not self.files:
                raise ValueError("write 'files:' with patterns such as '*.sql.gz': what they name can be deleted")
            if self.password_file is not None or self.only is not None:
                raise ValueError("a dump folder has 'place' and 'files' only")
        elif self.files:
            raise ValueError("'files' goes with 'tool: dump folder'; of a repository, 'only' tells which are meant")
        if self.tool is Tool.RESTIC and self.password_file is None:
            raise ValueError("write 'password_file:' with the file whose first line opens the repository")
        if self.tool is Tool.PGBACKREST:
            self._fitting_pgbackrest()
        if self.tool is Tool.MARIADB_BACKUP:
            self._fitting_mariadb_backup()
        return self

    def _fitting_pgbackrest(self) -> None:
        if self.only is None or not _STANZA.fullmatch(self.only):
            raise ValueError("write 'only:' with the name of the stanza")
        if self.password_file is not None:
            raise ValueError("take 'password_file' out: the passphrase stands in the tool's own configuration file")
        if not self.local:
            raise ValueError("write the configuration file on this machine; it says where the repositories are")

    def _fitting_mariadb_backup(self) -> None:
        if self.password_file is not None:
            raise ValueError("take 'password_file' out: folders of mariadb-backup have none")
        if not self.local:
            raise ValueError("write a folder of this machine")
        if self.only is not None and "/" in self.only:
            raise ValueError("write a pattern of names in the folder itself, such as 'full-*'")

    @property
    def local(self) -> bool:
        """Whether the place is a folder of this machine."""
        return _REMOTE.match(self.place) is None

    def relative_to(self, base: Path) -> Backup:
        """The same with relative folders and files taken from another."""
        return self.model_copy(
            update={
                "place": str(base / self.place) if self.local else self.place,
                "password_file": None if self.password_file is None else base / self.password_file,
            }
        )
