"""A name that is given by --as is believed at the accounts of that person alone, where the site file has any."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from carrel.cli.host_account import account, said_name
from carrel.cli.main import cli
from carrel.errors import CarrelError
from carrel.systems import account_check
from tests.docs import command_reference, sample_site
from tests.integration.test_odd_values import BASE, CUBE, RELEASE

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


def test_the_environment_is_nobody_where_no_name_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "Ann Example")
    monkeypatch.delenv("CARREL_PERSON", raising=False)
    assert said_name(None) == account()
    stopped = run(tmp_path, "", "stop")
    assert stopped.exit_code == 0, stopped.output
    again = CliRunner().invoke(cli, ["stop", "--site", str(tmp_path)])
    assert f"by {account()}" in again.output


def test_a_person_called_like_this_account_with_accounts_of_another_name(tmp_path: Path) -> None:
    site = SITE.format(accounts="somebody-else").replace("Ann Example", account())
    (tmp_path / "carrel.yaml").write_text(site, encoding="utf-8")
    done = CliRunner().invoke(cli, ["stop", "--site", str(tmp_path)])
    assert isinstance(done.exception, CarrelError)
    assert done.exception.code == "HLD-008"


_RELEASE = ("--record", "--for", "a test", "--to", "nobody")
RECORDED = {  # what else these want before they are done under a name
    "deidentify records": (*_RELEASE, "--site", "SITE"),
    "deidentify terms": (*_RELEASE, "--site", "SITE"),
    "deidentify text": (*_RELEASE, "--site", "SITE"),
    "risk measure": ("--record",),
    "stats noise": (*_RELEASE, "--site", "SITE", "--out", "SITE/noisy.json"),
    "stats return": (*_RELEASE, "--out", "SITE/return.json"),
}
_LOANS = "patron,branch,born\n" + "".join(f"p{n},{n % 3},1990\n" for n in range(60))
FILES = {
    **dict.fromkeys(("card.txt", "plan.json", "words.txt", "scope.yaml", "cube.json"), "1\n"),
    "loans.csv": _LOANS,
    "release.yaml": RELEASE,
    "cube.yaml": CUBE,
    "roster.csv": "name,card\nAda Lovelace,21234000012345\n",
    "asked.txt": "whales\n",
    "searches.csv": "searcher,term\n" + "".join(f"p{n},whales\n" for n in range(20)),
}


def with_as() -> list[str]:
    """Every command that takes `--as`."""
    return [
        name
        for context in command_reference.verbs()
        for name in [context.command_path.partition(" ")[2]]
        if any("--as" in option.opts for option in context.command.params)
    ]


@pytest.fixture(scope="module")
def elm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose people have accounts of their own, none of them this one; no test changes it."""
    folder = sample_site.make(tmp_path_factory.mktemp("accounts"))
    place = folder / "carrel.yaml"
    text = place.read_text(encoding="utf-8")
    for person in ("Ada", "Ben"):
        assert f"name: {person}," in text
        text = text.replace(f"name: {person},", f"name: {person}, accounts: [somebody-else],")
    place.write_text(text, encoding="utf-8")
    for file, words in FILES.items():
        (folder / file).write_text(words, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", with_as())
def test_every_command_that_takes_a_name_asks_whose_account_it_is(elm: Path, name: str) -> None:
    """Made from the commands: one that opens the site file some other way would go on, or fail by another code."""
    assert name in BASE, "a command with --as and no entry"
    words = [*BASE[name], *(() if "--as" in BASE[name] else ("--as", "Ada", *RECORDED.get(name, ())))]
    before = sorted(str(one) for one in elm.rglob("*"))
    done = CliRunner().invoke(cli, [*name.split(), *(word.replace("SITE", str(elm)) for word in words), "--json"])
    assert isinstance(done.exception, CarrelError), done.output
    assert done.exception.code == "HLD-008", done.exception
    assert sorted(str(one) for one in elm.rglob("*")) == before


def test_a_run_is_not_entered_under_another_name(elm: Path) -> None:
    """The check that stands where a run begins, by itself: a plan is refused before its system is looked for."""
    done = CliRunner().invoke(cli, ["plan", "--as", "Ben", "--system", "nowhere", "--site", str(elm)])
    assert isinstance(done.exception, CarrelError)
    assert done.exception.code == "HLD-008"


def told_of(folder: Path, accounts: str) -> list[tuple[str, str]]:
    done = run(folder, accounts, "doctor")
    checks = json.loads(done.output)["checks"]
    return [(one["state"], one["detail"]) for one in checks if one["name"] == account_check.NAME]


def test_doctor_tells_an_account_that_this_host_does_not_have(tmp_path: Path) -> None:
    assert told_of(tmp_path, "") == []
    anywhere = ("note", "--as is believed at any account for: Bo Example")
    assert told_of(tmp_path, account()) == [("ok", "1 person at 1 account"), anywhere]
    assert told_of(tmp_path, '"54321"') == [("ok", "1 person at 1 account"), anywhere], "a number without a name"
    mine = f"{account()}, no-such-account-here"
    assert told_of(tmp_path, mine) == [
        ("finding", "Ann Example: this host has no 'no-such-account-here'"), anywhere,
    ]  # fmt: skip
    (state, detail), *_ = told_of(tmp_path, "no-such-account-here")
    assert state == "finding"
    assert detail.endswith("no command is believed under this name here")


@pytest.mark.parametrize("wrong", ['""', '"a b\\n"', f'"{"x" * 300}"', "[a]"])
def test_what_no_account_is_called_is_no_account(tmp_path: Path, wrong: str) -> None:
    done = run(tmp_path, wrong, "doctor")
    assert isinstance(done.exception, CarrelError)
    assert done.exception.code.startswith("SIT-")


def test_a_host_without_names_of_accounts_goes_by_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pwd", None)  # as on a Python that was built without it
    assert account() == str(os.getuid())
