"""``carrel policy`` as people run it, and policies as they lie on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.systems.policy_files import load, shipped_names

ROOT = Path(__file__).parents[2]
MINIMAL = (ROOT / "tests" / "unit" / "policy" / "minimal.yaml").read_text(encoding="utf-8")


def carrel(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "carrel", "policy", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd or ROOT,
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "100"},
        timeout=60,
    )


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def adopting(name: str, base: str, *changes: tuple[str, str]) -> str:
    text = MINIMAL.replace("policy: minimal", f"policy: {name}").replace("contact:", f"adopts: [{base}]\ncontact:")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_show_prints_a_policy_within_100_columns() -> None:
    done = carrel("show", "worcester")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(len(line) for line in done.stdout.splitlines()) <= 100
    assert "Where clauses pull apart" in done.stdout
    assert "in force from 2007-05-08" in done.stdout


def test_show_as_json_has_the_resolved_policy() -> None:
    done = carrel("show", "mit-libraries", "--json")
    told = json.loads(done.stdout)
    assert told["format_version"] == 1
    assert told["digest"] == load("mit-libraries").digest
    assert [adopted["policy"] for adopted in told["adopts"]] == ["mit-11.2"]
    assert told["loans"] == {"closed loans": [{"keep": "7 days", "since": "2026-01-01", "reaches_back": True}]}
    assert told["classes"]["loans"] == "high"


def test_lint_ends_with_0_for_a_policy_with_nothing_open(tmp_path: Path) -> None:
    done = carrel("lint", "policy.yaml", "--on", "2026-11-22", cwd=put(tmp_path, "policy.yaml", MINIMAL).parent)
    assert (done.returncode, done.stdout) == (0, "minimal: sound, 0 open points\n")


def test_lint_ends_with_3_for_open_points_and_says_where() -> None:
    done = carrel("lint", "manhattan", "--on", "2027-06-01")
    assert done.returncode == 3
    assert "manhattan.yaml:9:12: the review was due by 2027-01-01" in done.stdout
    assert "'keep' is the library's choice" in done.stdout
    told = json.loads(carrel("lint", "manhattan", "--on", "2027-06-01", "--json").stdout)
    assert "review date passed" in {row["kind"] for row in told["findings"]}


def test_a_faulty_policy_ends_with_2_and_every_fault(tmp_path: Path) -> None:
    text = MINIMAL.replace("keep: 7 days", "keep: thirty days").replace("refund window", "refund windw")
    put(tmp_path, "policy.yaml", text)
    done = carrel("lint", "policy.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "policy.yaml:36:15" in done.stderr
    assert "write a number and a unit, such as '30 days'" in done.stderr
    assert "Did you mean 'refund window'?" in done.stderr
    assert str(tmp_path) not in done.stderr
    errors = json.loads(carrel("lint", "policy.yaml", "--json", cwd=tmp_path).stdout)["errors"]
    assert {error["code"] for error in errors} == {"POL-001", "POL-007", "POL-008"}


def test_diff_says_what_becomes_shorter(tmp_path: Path) -> None:
    put(tmp_path, "old.yaml", MINIMAL)
    put(tmp_path, "new.yaml", MINIMAL.replace("keep: 7 days", "keep: 2 days"))
    done = carrel("diff", "old.yaml", "new.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "shorter  loans, kept after use: 2 days instead of 7 days [T-3]\n")
    assert carrel("diff", "old.yaml", "old.yaml", cwd=tmp_path).stdout == "minimal and minimal say the same\n"
    (row,) = json.loads(carrel("diff", "old.yaml", "new.yaml", "--json", cwd=tmp_path).stdout)["differences"]
    assert (row["change"], row["clauses"]) == ("shorter", ["T-3"])


def test_coverage_lists_every_clause_of_every_shipped_policy_once() -> None:
    told = json.loads(carrel("coverage", "--json").stdout)
    assert set(told) == {"format_version", "policies"}
    assert told["format_version"] == 1
    assert list(told["policies"]) == list(shipped_names())
    for name, row in told["policies"].items():
        assert set(row) == {"carried", "not_yet", "measured_in_part", "not_measured"}
        assert set(row["not_measured"]) <= set(row["measured_in_part"])
        assert set(row["measured_in_part"]) <= set(row["not_yet"])
        assert sorted(row["carried"] + row["not_yet"]) == sorted(load(name).clauses)
    assert {"MITL-6.1", "MITL-6.4"} <= set(told["policies"]["mit-libraries"]["carried"])
    assert {"WPL-3.3", "WPL-3.4"} <= set(told["policies"]["worcester"]["carried"])
    assert {"WPL-4.2", "WPL-5.2", "WPL-8.7"} <= set(told["policies"]["worcester"]["measured_in_part"])
    assert "WPL-4.1" not in told["policies"]["worcester"]["measured_in_part"], "that tags hold no more, nobody measures"
    assert told["policies"]["mit-libraries"]["not_measured"]["MITL-9.11"].startswith("that the letter was read")
    spoken = carrel("coverage", "worcester").stdout
    assert "WPL-2.4, not measured: whether grants" in spoken
    assert spoken.index("promised in words") < spoken.index("what only some sites have") < spoken.rindex("WPL-5.2")


def test_coverage_of_a_site_is_that_of_the_policies_that_it_goes_by(tmp_path: Path) -> None:
    """No database is opened: what the site file names, each policy once."""
    system = "  - {name: NAME, map: koha, dsn_env: KOHA_DSN, time_zone: America/New_York}\n"
    put(tmp_path, "own.yaml", MINIMAL)
    text = "format_version: 1\nlibrary: Example Library\npolicy: own.yaml\nsystems:\n" + system.replace("NAME", "koha")
    put(tmp_path, "carrel.yaml", text + system.replace("NAME", "other"))
    told = json.loads(carrel("coverage", "--site", str(tmp_path), "--json").stdout)["policies"]
    assert set(told) == {"minimal"}
    assert told == json.loads(carrel("coverage", str(tmp_path / "own.yaml"), "--json").stdout)["policies"]
    assert carrel("coverage", "owwl", "--site", str(tmp_path)).returncode == 2
    assert "Name policies, or a site" in carrel("coverage", "owwl", "--site", str(tmp_path)).stderr


def test_nothing_carried_is_only_a_promise() -> None:
    for name, row in json.loads(carrel("coverage", "--json").stdout)["policies"].items():
        assert all(load(name).clauses[clause].carried_by for clause in row["carried"])


def test_schema_prints_the_committed_schema() -> None:
    assert carrel("schema").stdout == (ROOT / "schema" / "policy.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command", [["show", "mit"], ["lint", "nowhere.yaml"], ["diff", "owwl", "mit"], ["coverage", "x"]]
)
def test_an_unknown_policy_ends_with_2_and_says_what_to_name(command: list[str]) -> None:
    done = carrel(*command)
    assert done.returncode == 2
    assert "error[POL-019]" in done.stderr or "error[POL-002]" in done.stderr
    assert "fix:" in done.stderr


@pytest.mark.parametrize("command", [[], ["show"], ["lint"], ["diff"], ["coverage"], ["schema"]])
def test_every_help_ends_with_an_example(command: list[str]) -> None:
    done = carrel(*command, "--help")
    assert done.returncode == 0
    assert "Example: carrel policy" in done.stdout


# Files on disk.


def test_a_file_adopts_a_shipped_policy_by_name(tmp_path: Path) -> None:
    changes = ("  lending:\n", "  lending:\n    part of: circulation\n"), ("{at most: 10 days}", "none")
    path = put(tmp_path, "branch.yaml", adopting("branch", "owwl", *changes))
    assert [adopted.name for adopted in load(path).adopted] == ["owwl"]


def test_a_path_under_adopts_is_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "city/base.yaml", MINIMAL)
    path = put(
        tmp_path, "branches/north.yaml", adopting("north", "../city/base.yaml", ("keep: 7 days", "keep: 6 days"))
    )
    monkeypatch.chdir("/")
    assert str(load(path).loan_schedule().rules[0].periods[-1].keep) == "6 days"


def test_a_laxer_file_names_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "base.yaml", MINIMAL)
    put(tmp_path, "branch.yaml", adopting("branch", "base.yaml", ("keep: 7 days", "keep: 8 days")))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CarrelError) as refused:
        load("branch.yaml")
    (fault,) = refused.value.faults
    assert (fault.condition.code, fault.at) == ("POL-017", "branch.yaml:37:15")
    assert fault.wanted == "at most 7 days (base.yaml:36)"


def test_a_circle_of_adoptions_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml", adopting("a", "b.yaml"))
    put(tmp_path, "b.yaml", adopting("b", "a.yaml"))
    with pytest.raises(CarrelError) as refused:
        load(tmp_path / "a.yaml")
    assert refused.value.code == "POL-018"
    assert refused.value.faults[0].found == "a.yaml adopts b.yaml adopts a.yaml"
    with pytest.raises(CarrelError) as refused:
        load(put(tmp_path, "c.yaml", adopting("c", "./c.yaml")))
    assert refused.value.code == "POL-018"


def test_two_ways_to_one_policy_are_no_circle(tmp_path: Path) -> None:
    put(tmp_path, "root.yaml", MINIMAL)
    put(tmp_path, "left.yaml", adopting("left", "root.yaml"))
    put(tmp_path, "right.yaml", adopting("right", "root.yaml"))
    both = put(tmp_path, "both.yaml", adopting("both", "left.yaml, right.yaml"))
    assert [adopted.name for adopted in load(both).adopted] == ["left", "right"]


@pytest.mark.parametrize("base", ["nowhere", "nowhere.yaml"])
def test_an_adopted_policy_that_is_missing_is_told_where_it_is_named(tmp_path: Path, base: str) -> None:
    path = put(tmp_path, "branch.yaml", adopting("branch", base))
    with pytest.raises(CarrelError) as refused:
        load(path)
    assert refused.value.code == ("POL-019" if base == "nowhere" else "POL-002")
    assert refused.value.faults[0].at == f"{path}:7:10"


def test_a_file_that_is_not_utf_8_is_refused_at_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"policy: a\ntitle: caf\xe9\n")
    with pytest.raises(CarrelError) as refused:
        load(path)
    assert (refused.value.code, refused.value.faults[0].at) == ("POL-002", f"{path}:2:11")


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    assert load(path).digest == load(put(tmp_path, "unix.yaml", MINIMAL)).digest


def test_a_folder_a_missing_file_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    put(tmp_path, "huge.yaml", "#" * ((1 << 20) + 1))
    for name, code in (("folder.yaml", "POL-002"), ("missing.yaml", "POL-002"), ("huge.yaml", "POL-003")):
        with pytest.raises(CarrelError) as refused:
            load(tmp_path / name)
        assert refused.value.code == code


def test_loading_shows_no_place_of_installation_for_shipped_policies() -> None:
    for name in shipped_names():
        assert load(name).document.source == f"{name}.yaml"


def test_notices_are_printed_form_by_form(tmp_path: Path) -> None:
    told = carrel("notice", "mit-libraries")
    assert told.returncode == 0
    assert "* institutional id (required)" in told.stdout
    assert "If you leave it out: We cannot register you." in told.stdout
    put(tmp_path, "koha.dsn", "sqlite:///koha.db\n")
    put(tmp_path, "carrel.yaml", "library: Elm\npolicy: mit-libraries\nsystems:\n"
        "  - {name: koha, map: koha, dsn_file: koha.dsn, time_zone: UTC}\n")  # fmt: skip
    assert carrel("notice", cwd=tmp_path).stdout == told.stdout  # the site's own
    one = json.loads(carrel("notice", "mit-11.2", "--form", "registration", "--json").stdout)
    assert [field["field"] for field in one["notices"][0]["fields"]] == ["name", "institutional id", "email"]
    for words in (("manhattan",), ("mit-11.2", "--form", "register")):
        answer = carrel("notice", *words)
        assert (answer.returncode, "POL-010" in answer.stderr) == (2, True)
