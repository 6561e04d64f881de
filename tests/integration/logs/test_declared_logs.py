"""Logs that a site file declares: scrubbed without a flag, and told where they are raw, changed, stopped or joined."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from carrel.cli.main import main
from carrel.deidentification.logs.line_scrubbing import is_compiler_here
from carrel.retention.legal_hold import Scope
from carrel.store.keepings import Kind, Order
from carrel.store.store import FILE, Store
from carrel.systems import policy_files, site_file
from carrel.systems.logs.end_mark import is_end_line
from carrel.systems.logs.log_looking import look
from carrel.systems.logs.scrub_run import WORTH_COMPILING
from tests.integration.site_folder import TEXT

NOW = datetime.now(UTC)
ENTRY = {
    "name": "proxy", "patterns": ["*.log.*"], "record": "access logs", "purpose": "improve", "zone": "UTC",
    "format": "ezproxy-session", "keys": "log-keys", "counts": "counts.json",
}  # fmt: skip
ROUND = "1 log holds lines that did not come through the pipe"
NEEDLES = ("jane.doe", "192.0.2.17", "pK7sWm")


def line(days: float, session: str = "pK7sWmZqYtBvNcX", user: str = "-", minute: int = 0) -> bytes:
    at = NOW - timedelta(days=days) + timedelta(minutes=minute)
    return f'192.0.2.17 {session} {user} [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET http://www.jstor.org/ HTTP/1.1" 200 12\n'.encode()


def raw(days: float, count: int = 30) -> bytes:
    return b"".join(line(days, session=f"pK7sWm{days}x{n}") for n in range(count))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


def declare(folder: Path, **change: Any) -> None:
    """The site file, with one entry; ``None`` leaves a key out."""
    entry = {
        key: value for key, value in {**ENTRY, "root": str(folder / "logs"), **change}.items() if value is not None
    }
    (folder / "carrel.yaml").write_text(
        f"{TEXT}  - {{name: Ada, role: systems librarian, may: [plan]}}\nlogs:\n  - {json.dumps(entry)}\n"
    )


def carrel(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([*map(str, words), "--json"])
    told = capsys.readouterr()
    assert not any(needle in told.out + told.err for needle in NEEDLES)
    return int(str(left.value.code)), json.loads(told.out)


def checked(folder: Path, capsys: pytest.CaptureFixture[str], code: int = 3) -> tuple[dict[str, Any], list[str]]:
    got, told = carrel(capsys, "scrub", "--site", folder, "--check")
    assert got == code, told
    [one] = told["logs"]
    return one, [finding.removeprefix("log proxy: ") for finding in told["findings"]]


def aged(path: Path, days: float) -> None:
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))


def test_a_hook_needs_no_flag_and_what_it_did_is_told_as_it_should_be(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(tmp_path)
    (root / "e.log.1").write_bytes(raw(1))
    (root / "e.log.2.gz").write_bytes(gzip.compress(raw(2)))
    (root / "e.log").write_bytes(raw(0))  # the server writes it: no pattern names it
    code, told = carrel(capsys, "scrub", "--site", tmp_path)
    [done] = told["logs"]
    assert (code, done["name"], done["logs"], done["passed"]) == (0, "proxy", 2, 60)
    assert done["policy"]["rule"] == "log lines of the library system"
    assert is_end_line((root / "e.log.1").read_bytes().splitlines(keepends=True)[-1])
    assert b"192.0.2.17" in (root / "e.log").read_bytes()
    assert (tmp_path / "log-keys").stat().st_mode & 0o777 == 0o700
    one, findings = checked(tmp_path, capsys, 0)
    assert (one["raw"], one["scrubbed"], one["identifiers"]["seen"], findings) == (0, 2, 60, [])
    code, told = carrel(capsys, "scrub", "--site", tmp_path, "--log", "proxy")
    assert (code, told["logs"][0]["logs"], len(told["logs"][0]["scrubbed_before"])) == (0, 0, 2)


def test_a_large_declared_log_asks_for_machine_code_as_a_named_one_does(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("carrel.cli.scrub_declared.compiled_here", lambda: asked.append("asked"))
    declare(tmp_path, counts=None)
    one = raw(1)
    (root / "e.log.1").write_bytes(one * (WORTH_COMPILING // len(one) + 60))
    (root / "e.log.2").write_bytes(one)
    assert carrel(capsys, "scrub", "--site", tmp_path)[0] == 0
    assert len(asked) == is_compiler_here()


def test_a_raw_log_past_its_time_one_that_was_changed_and_a_hook_that_stopped_are_findings(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(tmp_path)
    for days in (13, 16):
        (root / f"e.log.{days}").write_bytes(raw(days))
    (root / "odd.log.1").write_bytes(b"nobody knows this\n" * 30)
    before = {one: one.read_bytes() for one in root.iterdir()}
    one, findings = checked(tmp_path, capsys)
    assert (one["raw"], one["past_their_time"], one["not_read"], one["stopped"]) == (3, 1, 0, True)
    assert findings[0].startswith("1 raw log holds lines older than the policy allows (rule 'log lines of the library")
    assert f"the oldest of {NOW - timedelta(days=16):%Y-%m-%d}" in findings[0]
    assert findings[1:] == [
        "nothing new was scrubbed for 16 days: no scrubbed log is there",
        "the file of counts is not there",
    ]
    assert before == {one: one.read_bytes() for one in root.iterdir()}, "looking changes nothing"
    (root / "odd.log.1").unlink()
    code, told = carrel(capsys, "scrub", "--site", tmp_path)
    assert (code, told["logs"][0]["past"]) == (3, 30), "that it was late is told"
    checked(tmp_path, capsys, 0)
    for path in root.iterdir():
        aged(path, 5)
    one, findings = checked(tmp_path, capsys)
    assert findings == [f"nothing new was scrubbed for 5 days: the last is of {NOW - timedelta(days=5):%Y-%m-%d}"]
    text = (root / "e.log.13").read_bytes()
    (root / "e.log.13").write_bytes(text.replace(b"200 12", b"200 13", 1))
    one, findings = checked(tmp_path, capsys)
    assert (one["changed_since"], findings[0]) == (
        1,
        "1 log changed after being scrubbed: the last line does not agree",
    )


def test_keys_past_their_day_and_a_folder_that_others_read_are_told_and_destroyed(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(tmp_path, counts=None)
    keys = tmp_path / "log-keys"
    assert carrel(capsys, "scrub", "--site", tmp_path, "--destroy-keys")[0] == 0
    assert not keys.exists(), "only scrubbing makes it"
    (root / "e.log.1").write_bytes(raw(1))
    carrel(capsys, "scrub", "--site", tmp_path)
    today = datetime.now().astimezone().date()
    for days in (2, 3, 9):
        (keys / f"{today - timedelta(days=days)}.key").write_bytes(bytes(32))
    _, findings = checked(tmp_path, capsys)
    assert findings == ["2 day keys are there that should have been destroyed"], (
        "tonight's run takes the one of two days ago"
    )
    code, told = carrel(capsys, "scrub", "--site", tmp_path, "--destroy-keys")
    assert (code, len(told["logs"][0]["keys_destroyed"]), told["logs"][0]["logs"]) == (0, 3, 0)
    assert sorted(one.name for one in keys.iterdir()) == [f"{today - timedelta(days=1)}.key"]
    checked(tmp_path, capsys, 0)
    for days in (1, 2, 160):  # the clock had jumped; tomorrow's key is one that lines of another zone may want
        (keys / f"{today + timedelta(days=days)}.key").write_bytes(bytes(32))
    _, findings = checked(tmp_path, capsys)
    assert findings == ["2 day keys are there that should have been destroyed"]
    code, told = carrel(capsys, "scrub", "--site", tmp_path, "--destroy-keys")
    assert (code, len(told["logs"][0]["keys_destroyed"])) == (0, 2)
    assert max(one.name for one in keys.iterdir()) == f"{today + timedelta(days=1)}.key"
    checked(tmp_path, capsys, 0)
    (keys / f"{today}.key~").write_bytes(bytes(32))
    _, findings = checked(tmp_path, capsys)
    assert findings == ["1 file lies among the day keys that no run destroys"]
    (keys / f"{today}.key~").unlink()
    keys.chmod(0o750)
    _, findings = checked(tmp_path, capsys)
    assert findings == ["LOG-017: the folder of the day keys cannot be used"]


def test_an_identifier_in_two_sessions_or_past_its_end_is_a_finding_of_counts_only(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(tmp_path, keys=None, counts=None, every="30 days")
    lines = [
        line(2, "s1", "jane.doe"), line(2, "s1", "jane.doe", 20),  # one session
        line(2, "s2", "jane.doe", 30),  # her name in another one
        line(2, "s3", "-"), line(2, "s3", "-", 45),  # idle for longer than 30 minutes
        *(line(2, f"pK7sWm{n}") for n in range(20)),
    ]  # fmt: skip
    (root / "e.log.1").write_bytes(b"".join(lines))
    one, findings = checked(tmp_path, capsys)
    assert one["identifiers"] == {"seen": 24, "in_two_sessions": 1, "past_its_end": 1, "all_tested": True}
    assert findings == ["1 identifier stands in two sessions", "1 identifier stands past its session's end"]
    # Scrubbed, an hour is all that is left of a time, and users are gone.
    carrel(capsys, "scrub", "--site", tmp_path)
    one, _ = checked(tmp_path, capsys, 0)
    assert one["identifiers"]["seen"] == 23
    # A token that comes back on another day was made with a key that was not of that day.
    token = (root / "e.log.1").read_bytes().split()[1]
    (root / "e.log.2").write_bytes(line(1, token.decode()) + raw(1))
    (root / "e.log.3").write_bytes(line(3, "pK7sWm3x1"))  # in another log, before the others
    one, findings = checked(tmp_path, capsys)
    assert findings == ["1 identifier stands in two sessions"]


def test_a_log_written_by_a_pipe_is_watched_by_its_age_and_its_addresses(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(tmp_path, pipe=True, counts=None, patterns=["scrubbed.log"])
    words = [sys.executable, "-m", "carrel", "scrub", "--site", str(tmp_path), "--log", "proxy"]
    done = subprocess.run(words, input=raw(0), capture_output=True, check=False)
    assert (done.returncode, done.stdout.count(b"\n"), b"192.0.2.17" in done.stdout) == (0, 30, False), done.stderr
    (root / "scrubbed.log").write_bytes(done.stdout)
    one, _ = checked(tmp_path, capsys, 0)
    assert one["scrubbed"] == 1
    aged(root / "scrubbed.log", 4)
    _, findings = checked(tmp_path, capsys)
    assert findings == [f"nothing new was scrubbed for 4 days: the last is of {NOW - timedelta(days=4):%Y-%m-%d}"]
    (root / "scrubbed.log").write_bytes(raw(0))  # whoever writes it goes round the pipe
    one, findings = checked(tmp_path, capsys)
    assert findings == [ROUND]


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"address": "drop", "sessions": "drop", "time": "day", "query": "shape"},
        {"address": "deterministic", "people": "token", "time": "minute"},
        {"address": "ndx", "time": "second"},
    ],
)
def test_of_a_pipe_no_line_is_called_scrubbed_that_did_not_come_through_it(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], rules: dict[str, str]
) -> None:
    """A user, a session or a path that came some other way is found wherever it stands: by every line, or at the ends."""
    declare(tmp_path, pipe=True, counts=None, patterns=["scrubbed.log*"], **rules)
    words = [sys.executable, "-m", "carrel", "scrub", "--site", str(tmp_path), "--log", "proxy"]
    done = subprocess.run(words, input=raw(0, 600), capture_output=True, check=False)
    clean = done.stdout.splitlines(keepends=True)
    place = root / "scrubbed.log"
    place.write_bytes(done.stdout + clean[0][:20])  # the last line is being written
    assert checked(tmp_path, capsys, 0)[0]["scrubbed"] == 1
    first = clean[0]
    address, session, user, rest = first.split(b" ", 3)
    other = {
        "user": b" ".join([address, session, b"jane.doe@lib.example", rest]),
        "session": b" ".join([address, b"pK7sWmZqYtBvNcX", user, rest]),
        "path": first.replace(b"jstor.org/", b"jstor.org/jane.doe"),
        "address": first.replace(address, b"192.0.2.17", 1),
    }
    for kind, text in other.items():
        assert text != first, kind
        for at, ends in ((0, True), (300, False), (600, True)):
            place.write_bytes(b"".join([*clean[:at], text, *clean[at:]]))
            one, findings = checked(tmp_path, capsys)
            assert (one["raw"], one["not_through_pipe"], findings) == (1, 1, [ROUND]), (kind, at)
            site = site_file.load_site(tmp_path)
            [quick] = look(site, policy_files.load(site.policy), NOW)
            assert quick.unpiped == ends, (kind, at)
    place.unlink()
    (root / "scrubbed.log.1.gz").write_bytes(gzip.compress(b"".join([*clean, other["user"][:-1]])))
    assert checked(tmp_path, capsys)[0]["not_through_pipe"] == 1


def test_what_the_policy_deletes_may_not_stand_scrubbed_either(root: Path, tmp_path: Path) -> None:
    declare(tmp_path, purpose="safety", record="searches", every="90 days", keys=None, counts=None)
    (root / "e.log.1").write_bytes(raw(35))
    site = site_file.load_site(tmp_path)
    [one] = look(site, policy_files.load("mit-libraries"), NOW)
    [wrong] = one.wrong
    assert wrong.startswith("CLR-007: the policy holds such records for other purposes; write the purpose")
    declare(tmp_path, record="searches", every="90 days", keys=None, counts=None)
    [one] = look(site_file.load_site(tmp_path), policy_files.load("mit-libraries"), NOW)
    assert (one.wrong, one.late, one.deletes) == ((), 1, True)


def test_a_hold_on_everything_keeps_logs_as_they_came_and_keys_still_go(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(tmp_path)
    (root / "e.log.1").write_bytes(raw(1))
    with Store.open(tmp_path / FILE) as store:
        order = Order(Kind.LEGAL_HOLD, "koha", Scope(), "claim", "County court", "Ada", sealed=True)
        store.keepings.place(order, lambda: NOW)
    code, told = carrel(capsys, "scrub", "--site", tmp_path)
    assert (code, [one["code"] for one in told["errors"]]) == (4, ["CLR-003"])
    assert "court" not in json.dumps(told).lower()
    assert (root / "e.log.1").read_bytes() == raw(1)
    (tmp_path / "log-keys").mkdir(mode=0o700)
    (tmp_path / "log-keys" / "2026-01-02.key").write_bytes(bytes(32))
    assert carrel(capsys, "scrub", "--site", tmp_path, "--destroy-keys")[0] == 0
    assert not list((tmp_path / "log-keys").iterdir())


def test_an_entry_that_is_not_there_and_flags_beside_one_are_refused(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(tmp_path)
    (root / "e.log.1").write_bytes(raw(1))
    code, told = carrel(capsys, "scrub", "--site", tmp_path, "--log", "other")
    assert (code, [one["code"] for one in told["errors"]]) == (2, ["LOG-021"])
    with pytest.raises(SystemExit) as left:
        main(["scrub", "--site", str(tmp_path), "--people", "token"])
    assert (left.value.code, "go without people" in capsys.readouterr().err) == (2, True)
    assert b"192.0.2.17" in (root / "e.log.1").read_bytes()
    declare(tmp_path, pipe=True, format=None)
    code, told = carrel(capsys, "scrub", "--site", tmp_path)
    assert code == 2
    assert "a pipe gives each line on" in told["errors"][0]["fix"]


def test_a_call_that_finds_no_log_says_so(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declare(tmp_path)
    code, told = carrel(capsys, "scrub", "--site", tmp_path)
    assert (code, told["logs"][0]["no_log_found"], told["logs"][0]["logs"]) == (3, True, 0)
    (root / "e.log.1").write_bytes(raw(1))
    before = (root / "e.log.1").read_bytes()
    code, report = carrel(capsys, "scrub", root, "--in-place", "--name", "*.nomatch")
    assert (code, report["no_log_found"], (root / "e.log.1").read_bytes()) == (3, True, before)
    with pytest.raises(SystemExit) as left:
        main(["scrub", str(root), "--in-place", "--name", "*.nomatch"])
    assert left.value.code == 3
    assert capsys.readouterr().out.startswith("No log was found")
    for _ in ("scrubbed now", "scrubbed before"):
        code, told = carrel(capsys, "scrub", "--site", tmp_path)
        assert (code, told["logs"][0]["no_log_found"]) == (0, False)
    declare(tmp_path, pipe=True)
    assert carrel(capsys, "scrub", "--site", tmp_path) == (3, {"format_version": 1, "logs": []})
