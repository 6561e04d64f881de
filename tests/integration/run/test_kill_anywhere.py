"""Killed between any two steps and started again, a run ends in the state of an undisturbed one."""

from __future__ import annotations

import json
import shutil

import pytest
import sqlalchemy as sa

from tests.breadth import CRASH_ROUNDS
from tests.integration.run import library
from tests.integration.run.warm_start import called

# Every gap of the some thousand is tried by a night run with CRASH_ROUNDS=100000.
ROUNDS = CRASH_ROUNDS
SECONDS = 600 + 30 * ROUNDS  # a hang is noticed in the end; a slow machine is no hang


def driven(elm, tmp_path, prepare=None, **more):
    """What the crash driver found on an approved plan of this library."""
    (prepare or elm.approved)()
    kept = tmp_path / "kept"
    shutil.copytree(elm.folder, kept)
    told = {"site": str(elm.folder), "kept": str(kept), "rounds": ROUNDS, "twice": False, **more}
    if elm.koha.dialect == "sqlite":
        told["file"] = str(sa.make_url(elm.koha.url).database)
        told["kept_file"] = str(tmp_path / "kept.db")
        shutil.copyfile(told["file"], told["kept_file"])
    elif elm.koha.dialect == "postgresql":
        database = elm.koha.database
        told |= {"postgresql": elm.koha.server.address(), "database": database, "template": f"{database}_kept"}
        elm.koha.dispose()
        elm.koha.server.sql(
            f"DROP DATABASE IF EXISTS {told['template']}", f"CREATE DATABASE {told['template']} TEMPLATE {database}"
        )
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
            **more,
        }
    (tmp_path / "told.json").write_text(json.dumps(told))
    program = "tests.integration.run.crash_driver:begin"
    code, out, err = called([str(tmp_path / "told.json")], tmp_path, library.environment(), SECONDS, program)
    assert code == 0, (out[-2000:], err[-4000:])
    elm.assert_no_leak(out, err)
    return json.loads(out)


@pytest.mark.slow
@pytest.mark.everywhere
def test_killed_between_any_two_steps(small, tmp_path):
    """Statements and commits on both databases (the library's and Carrel's), and every file of the site that is opened, renamed or removed."""
    small.edit("    mode: window\n", "    mode: window\n    sweep_sample: 20\n")
    rounds = max(4, ROUNDS // 4) if small.koha.dialect == "postgresql" else ROUNDS
    found = driven(small, tmp_path, rounds=rounds)
    assert len(found["steps"]) > 300
    assert found["wrong"] == [], json.dumps(found["wrong"], indent=1)
    assert len(found["chosen"]) > rounds // 2
    assert (found["further"], found["verified"], found["unchanged"]) == (0, 0, True)


@pytest.mark.slow
@pytest.mark.deep
def test_whoever_leads_other_workers_is_killed(small_server, tmp_path):
    """The others halt after their chunk, or go on under the next one; its jobs and theirs are done once."""
    small_server.edit("    mode: window\n", "    mode: window\n    sweep_sample: 20\n")
    rounds = max(2, ROUNDS // 5)
    found = driven(small_server, tmp_path, rounds=rounds, workers=3)
    assert found["wrong"] == [], json.dumps(found["wrong"], indent=1)
    assert (found["further"], found["verified"], found["unchanged"]) == (0, 0, True)


@pytest.mark.slow
@pytest.mark.one_database
@pytest.mark.deep
def test_killed_again_while_it_resumes(small, tmp_path):
    small.edit("    mode: window\n", "    mode: desk\n    sweep_sample: 20\n")
    found = driven(small, tmp_path, rounds=max(4, ROUNDS // 4), twice=True)
    assert found["wrong"] == [], json.dumps(found["wrong"], indent=1)
    assert (found["further"], found["verified"], found["unchanged"]) == (0, 0, True)
