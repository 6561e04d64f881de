"""Each verb killed after every write to the disk: the same call ends it, and the ledger tells it once."""

from __future__ import annotations

import os
import shutil

import pytest
from click.testing import CliRunner

from carrel.cli.main import cli
from carrel.store import durable_folder
from tests.integration.custody.two_sites import custody_leaves, moved

MOST = 40


def call(words) -> None:
    done = CliRunner().invoke(cli, [*map(str, words)], standalone_mode=False)
    assert done.exception is None, (done.exception, done.output)
    assert not done.return_value, done.output


def killed(words, after: int) -> bool:
    """The call in a process that dies right after so many writes below ``custodian/``; whether it died."""
    pid = os.fork()
    if pid == 0:
        try:
            real, left = durable_folder.sync, [after]

            def sync(path):
                real(path)
                if "custodian" in path.parts:
                    left[0] -= 1
                    if not left[0]:
                        os._exit(9)

            durable_folder.sync = sync
            call(words)
            os._exit(0)
        except BaseException:  # noqa: BLE001  (the parent must learn of it)
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, 9}
    return code == 9


@pytest.mark.parametrize("verb", ["accept", "bundle", "check"])
def test_killed_anywhere_the_same_call_ends_it(exchanged, tmp_path, verb):
    ready = moved(exchanged, tmp_path / "ready")
    site = ready.library.folder if verb == "check" else ready.host.folder
    words = {
        "accept": ("custodian", "accept", ready.mail / "request.note", "--as", "Ada Example", "--yes", "--site", site),
        "bundle": ("custodian", "bundle", "--out", ready.mail / "new.tar", "--site", site),
        "check": ("custodian", "check", ready.mail / "evidence.tar", "--site", site),
    }[verb]
    if verb == "accept":
        shutil.rmtree(site / "custodian")
        shutil.rmtree(site / "ledger")
    told = {"accept": "accepted", "bundle": "bundled", "check": "checked"}[verb]
    start = tmp_path / "start"
    shutil.copytree(site, start)
    before = [action for action, _ in custody_leaves(site)] if (site / "ledger").exists() else []
    for after in range(1, MOST):
        died = killed(words, after)
        call(words)
        found = custody_leaves(site)
        assert len(set(found)) == len(found)  # each once
        new = [action for action, _ in found][len(before) :]
        # A bundle that was given out twice was two bundles; everything else is there once.
        assert new in ([told], [told, told]) if verb == "bundle" else new == [told]
        if not died:
            break
        shutil.rmtree(site)
        shutil.copytree(start, site)
    else:
        raise AssertionError("it never ends")
    assert after > 2  # it was killed at more than one place
