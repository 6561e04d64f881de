"""The installed ``carrel`` at a real terminal: what it asks, what a yes and a no do, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from carrel.errors import Exit
from tests.integration.site_folder import Place, make

MAIN = [sys.executable, "-c", "from carrel.cli.main import main; main()"]


@pytest.fixture
def site(tmp_path: Path) -> Place:
    return make(tmp_path)


def words(site: Place, who: str, *more: str) -> list[str]:
    name, key = f"{who.title()} Example", str(site.key(who))
    return ["approve", str(site.folder / "plan.json"), "--as", name, "--key", key, "--site", str(site.folder), *more]


def at_terminal(arguments: list[str], answer: str) -> tuple[int, str]:
    """The exit code and all that the terminal showed."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([*MAIN, *arguments], stdin=follower, stdout=follower, stderr=follower, close_fds=True)
    os.close(follower)
    shown = b""
    answered = False
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
        if not answered and b"[y/N]" in shown:
            os.write(leader, answer.encode() + b"\n")
            answered = True
    os.close(leader)
    assert answered, shown
    return process.wait(30), shown.decode()


def given(site: Place) -> int:
    with site.store as store:
        return len(store.approvals.of_system("koha"))


def test_a_no_at_the_terminal_approves_nothing(site: Place) -> None:
    site.plan_file()
    code, shown = at_terminal(words(site, "ada"), "n")
    assert code == Exit.REFUSED
    assert shown.index("1,234 loans are due") < shown.index("Approve and sign?") < shown.index("APR-009")
    assert given(site) == 0


def test_a_yes_at_the_terminal_signs(site: Place) -> None:
    site.plan_file()
    code, shown = at_terminal(words(site, "ada"), "y")
    assert code == Exit.DONE
    assert "signed: plan on koha" in shown
    assert given(site) == 1


@pytest.mark.parametrize(
    ("planner", "who", "more", "code", "exit_code"),
    [
        ("Ben Example", "ben", ["--yes"], "APR-002", 4),
        ("Ben Example", "cal", ["--yes"], "APR-003", 4),
        ("Ben Example", "ada", [], "APR-009", 4),
        ("Ben Example", "ada", ["--yes", "--until", "2020-01-01"], "APR-011", 2),
    ],
)
def test_a_refusal_ends_with_its_exit_code_and_as_json(
    site: Place, planner: str, who: str, more: list[str], code: str, exit_code: int
) -> None:
    site.plan_file(made_by=planner)
    ended = subprocess.run(
        [*MAIN, *words(site, who, *more, "--json")],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert ended.returncode == exit_code
    told = json.loads(ended.stdout)
    assert told["format_version"] == 1
    assert [one["code"] for one in told["errors"]] == [code]
    assert given(site) == 0
