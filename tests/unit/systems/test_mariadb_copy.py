"""What a folder of mariadb-backup says of itself, by the tool's own two files."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carrel.inventory.backup import Backup, Tool
from carrel.systems.backups.mariadb_backup import MariadbBackup
from carrel.systems.backups.mariadb_copy import read_copy

ENDED = datetime(2026, 11, 26, 1, 10, tzinfo=UTC)
TICKS = (ENDED - datetime(1582, 10, 15, tzinfo=UTC)) // timedelta(microseconds=1) * 10
GIVEN = uuid.UUID(fields=(TICKS & 0xFFFFFFFF, (TICKS >> 32) & 0xFFFF, TICKS >> 48, 0x80, 0x58, 1), version=1)
INFO = f"""uuid = {GIVEN}
tool_command = --backup --target-dir=/srv/new --incremental-basedir=/srv/copies/full-1
start_time = 2026-11-26 03:00:00
end_time = 2026-11-26 03:10:00
innodb_from_lsn = 0
innodb_to_lsn = 44744
"""


def made(folder: Path, info: str = INFO, kind: str = "full-backuped", old: bool = True) -> Path:
    folder.mkdir(parents=True)
    before = "xtrabackup" if old else "mariadb_backup"
    (folder / f"{before}_info").write_text(info)
    (folder / f"{before}_checkpoints").write_text(f"backup_type = {kind}\nfrom_lsn = 0\n")
    (folder / "backup-my.cnf").write_text("[mysqld]\ninnodb_data_file_path=ibdata1:12M:autoextend\n")
    if kind != "incremental":
        (folder / "ibdata1").touch()
    return folder


@pytest.mark.parametrize("old", [True, False])
def test_its_time_is_that_of_the_instant_at_which_it_began(tmp_path, old):
    copy = read_copy(made(tmp_path / "full", old=old))
    assert copy is not None
    assert copy.made_at == ENDED - timedelta(minutes=10)
    assert (copy.from_lsn, copy.to_lsn, copy.base) == (0, 44744, "full-1")


@pytest.mark.parametrize(
    "info",
    [
        "",
        INFO[:40],
        INFO.replace("uuid", "id"),
        INFO.replace(str(GIVEN), str(uuid.UUID(int=GIVEN.int, version=4))),
        INFO.replace("2026-11-26 03:10:00", "2026-11-27 03:10:00"),  # two clocks that are a day apart
        INFO.replace("03:00:00", "05:00:00"),  # it ended hours before it began
        INFO.replace("44744", "many"),
    ],
    ids=["empty", "cut short", "no id", "an id without a time", "another day", "backwards", "no number"],
)
def test_what_cannot_be_is_no_copy(tmp_path, info):
    assert read_copy(made(tmp_path / "full", info)) is None


def test_the_two_files_alone_are_no_copy_and_a_link_is_not_followed(tmp_path):
    folder = made(tmp_path / "full")
    (folder / "backup-my.cnf").unlink()
    assert read_copy(folder) is None
    (folder / "copy.mbstream.zst").touch()
    assert read_copy(folder) is not None
    made(tmp_path / "increment", kind="incremental")
    assert read_copy(tmp_path / "increment") is None
    (tmp_path / "increment" / "ibdata1.delta").touch()
    assert read_copy(tmp_path / "increment") is not None
    elsewhere = tmp_path / "info"
    (folder / "xtrabackup_info").rename(elsewhere)
    (folder / "xtrabackup_info").symlink_to(elsewhere)
    assert read_copy(folder) is None


def test_a_full_one_without_the_system_tablespace_is_none(tmp_path):
    folder = made(tmp_path / "full")
    (folder / "ibdata1").rename(folder / "ibdata1.qp")  # compressed
    assert read_copy(folder) is not None
    (folder / "ibdata1.qp").unlink()
    assert read_copy(folder) is None
    (folder / "backup-my.cnf").write_text("innodb_data_file_path=system/sys1:1G;sys2:1G:autoextend\n")
    (folder / "sys1").touch()
    assert read_copy(folder) is not None
    (folder / "sys1").unlink()
    (folder / "backup-my.cnf").write_text("[mysqld]\n")
    assert read_copy(folder) is None
    (folder / "ibdata1").touch()
    assert read_copy(folder) is not None


def test_an_increment_stands_on_the_one_that_the_tool_names_or_on_the_last_that_fits(tmp_path):
    backup = MariadbBackup(Backup(name="c", tool=Tool.MARIADB_BACKUP, place=str(tmp_path), systems=("koha",)))
    for name, hour in (("full-1", "00"), ("full-2", "01"), ("full-3", "02")):
        made(tmp_path / name, INFO.replace("03:00:00", f"{hour}:00:00"))
    built = INFO.replace("from_lsn = 0", "from_lsn = 44744").replace("to_lsn = 44744", "to_lsn = 50000")
    (made(tmp_path / "named", built, "incremental") / "ibdata1.delta").touch()
    (made(tmp_path / "moved", built.replace("full-1", "gone"), "incremental") / "ibdata1.delta").touch()
    assert {one.id: one.on for one in backup.listing().snapshots if one.on} == {
        "named": ("full-1",),
        "moved": ("full-3",),
    }


def test_a_folder_that_is_not_there_and_one_that_is_empty_are_two_things(tmp_path):
    backup = Backup(name="c", tool=Tool.MARIADB_BACKUP, place=str(tmp_path), systems=("koha",))
    assert MariadbBackup(backup).listing().snapshots == ()
    tmp_path.rmdir()
    with pytest.raises(Exception, match="BAK-002"):
        MariadbBackup(backup).listing()
