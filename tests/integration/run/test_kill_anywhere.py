"""Killed between any two steps and started again, a run ends in the state of an undisturbed one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
import sqlalchemy as sa

from tests.integration.run import library


def driven(elm, tmp_path, **more):
    """What the crash driver found on an approved plan of this library."""
    elm.approved()
    kept = tmp_path / "kept"
    shutil.copytree(elm.folder, kept)
    told = {"site": str(elm.folder), "kept": str(kept), "stride": 7, "shift": 0, "twice": False, **more}
    if elm.koha.dialect == "sqlite":
        told["file"] = str(sa.make_url(elm.koha.url).database)
        told["kept_file"] = str(tmp_path / "kept.db")
        shutil.copyfile(told["file"], told["kept_file"])
    else:
        server = elm.koha.server
        names = server.sql(
            "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
            f"AND table_schema = '{elm.koha.database}' ORDER BY 1"
        )
        told |= {
            "socket": server.socket_path,
            "database": elm.koha.database,
            "template": elm.koha.database.removesuffix("_copy"),
            "tables": [name for (name,) in names],
        }
    (tmp_path / "told.json").write_text(json.dumps(told))
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.run.crash_driver", str(tmp_path / "told.json")],
        cwd=library.TREE, env=library.environment(), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-4000:])
    elm.assert_no_leak(done.stdout, done.stderr)
    return json.loads(done.stdout)


@pytest.mark.slow
def test_killed_between_any_two_steps(small, tmp_path):
    found = driven(small, tmp_path)
    assert found["wrong"] == []
    assert found["chosen"] > 40
    assert (found["further"], found["unchanged"]) == (0, True)
