"""A name that is given by --as is believed at the accounts of that person alone, where the site file has any."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from carrel.cli.host_account import account
from carrel.cli.main import cli
from carrel.errors import CarrelError

SITE = """\
format_version: 1
library: Example Library
policy: manhattan
people:
  - {{name: Ann Example, role: director, may: [staff, authorised officer], accounts: [{accounts}]}}
  - {{name: Bo Example, role: staff, may: [staff]}}
systems:
  - {{name: koha, map: koha, dsn_env: KOHA_DSN, time_zone: America/Chicago}}
"""


def run(folder: Path, accounts: str, *words: str):
    (folder / "carrel.yaml").write_text(SITE.format(accounts=accounts), encoding="utf-8")
    return CliRunner().invoke(cli, [*words, "--site", str(folder), "--json"])


def test_another_account_is_refused_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Neither variable is who runs it.
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("USER", "somebody-else")
    for words in (
        ("staff", "invite", "Bo Example", "--as", "Ann Example"),
        ("disclose", "list", "--as", "Ann Example"),
    ):
        done = run(tmp_path, "somebody-else", *words)
        assert isinstance(done.exception, CarrelError)
        assert [one.condition.code for one in done.exception.faults] == ["HLD-008"]
        assert sorted(one.name for one in tmp_path.iterdir()) == ["carrel.yaml"]


@pytest.mark.parametrize("accounts", ["", account(), f"other, {account()}"])
def test_one_of_the_persons_own_or_none_named_is_believed(tmp_path: Path, accounts: str) -> None:
    done = run(tmp_path, accounts, "staff", "invite", "Bo Example", "--as", "Ann Example")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["name"] == "Bo Example"


def test_a_person_without_accounts_is_believed_beside_one_with(tmp_path: Path) -> None:
    assert run(tmp_path, "somebody-else", "staff", "invite", "Bo Example", "--as", "Bo Example").exit_code == 0
