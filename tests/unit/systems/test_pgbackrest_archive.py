"""Which archived log no backup needs any more, and whose a repository is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from carrel.inventory.backup import Backup, Tool
from carrel.systems.backups.pgbackrest_account import owner
from carrel.systems.backups.pgbackrest_archive import archives


def backup(label: str, start: str | None, cluster: int = 1, key: int = 1, prior: str | None = None) -> dict[str, Any]:
    archive = {"start": start, "stop": start}
    return {"label": label, "archive": archive, "database": {"id": cluster, "repo-key": key}, "prior": prior}


def stanza(*backups: dict[str, Any], oldest: str = "0A", clusters: int = 1) -> dict[str, Any]:
    return {
        "db": [{"id": one, "repo-key": 1} for one in range(1, clusters + 1)],
        "archive": [
            {"database": {"id": one, "repo-key": 1}, "id": f"15-{one}", "min": oldest, "max": "FF"}
            for one in range(1, clusters + 1)
        ],
        "backup": list(backups),
    }


def told(listed: dict[str, Any], *gone: str) -> list[str]:
    return [line for one in archives(listed, lambda _, label: label not in gone) if (line := one.told())]


def test_what_is_older_than_the_oldest_full_backup_goes():
    listed = stanza(backup("1F", "0A"), backup("1F_2I", "0B", prior="1F"), backup("3F", "0D"))
    assert told(listed, "1F", "1F_2I") == ["archived log 15-1 of repo1 from before 0D goes too"]
    assert told(listed, "1F_2I") == []
    assert told(stanza(backup("3F", "0A"))) == []


def test_of_the_cluster_that_runs_everything_stays_where_no_backup_tells_from_where():
    assert told(stanza()) == []
    assert told(stanza(backup("1F", None))) == []


def test_of_a_cluster_before_an_upgrade_all_goes_with_its_last_backup():
    listed = stanza(backup("1F", "0A"), backup("2F", "0A", cluster=2), clusters=2)
    assert told(listed) == []
    assert told(listed, "1F") == ["archived log 15-1 of repo1 of which no backup is left goes too"]


def test_the_tool_runs_as_whoever_owns_the_list_of_backups(tmp_path: Path):
    config = tmp_path / "pgbackrest.conf"
    entry = Backup(name="p", tool=Tool.PGBACKREST, place=str(config), only="main", systems=("koha",))
    assert owner(entry) is None
    config.write_text(f"[global]\n# a comment\nrepo1-path={tmp_path}/repo\nstart-fast\n\n[main]\npg1-path=/srv/pg\n")
    info = tmp_path / "repo/backup/main/backup.info"
    assert owner(entry) == os.geteuid()
    info.parent.mkdir(parents=True)
    info.touch()
    if os.geteuid() == 0:
        os.chown(info, 12345, 12345)
        assert owner(entry) == 12345
