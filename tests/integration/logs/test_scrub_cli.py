"""``carrel scrub`` as it is called: in a pipe, with a policy, with counts, with keys that are destroyed on schedule."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from carrel.cli.main import main
from carrel.deidentification.logs.day_key import DayKeys, is_due
from carrel.errors import CarrelError
from carrel.systems.logs.day_key_folder import DayKeyFolder

TODAY = datetime.now().astimezone().date()


def line(n: int = 0, day: date = TODAY, session: str = "pK7sWmZqYtBvNcX", host: str = "www.jstor.org") -> bytes:
    return (
        f"192.0.{n % 200}.17 {session} jane.doe@x.org [{day:%d/%b/%Y}:00:{n // 60 % 60:02}:{n % 60:02} +0000] "
        f'"GET http://{host}/stable/{n} HTTP/1.1" 200 1293\n'
    ).encode()


def piped(data: bytes, *words: object) -> tuple[int, bytes, dict]:
    done = subprocess.run(
        [sys.executable, "-m", "carrel", "scrub", *map(str, words), "--json"],
        input=data,
        capture_output=True,
        check=False,
    )
    assert b"jane" not in done.stdout + done.stderr
    return done.returncode, done.stdout, json.loads(done.stderr or done.stdout)


def carrel(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["scrub", *map(str, words), "--json"])
    told = capsys.readouterr()
    return int(str(left.value.code)), json.loads(told.out or told.err)


def test_in_a_pipe_the_lines_go_to_stdout_and_the_report_to_stderr() -> None:
    code, out, report = piped(b"".join(line(n) for n in range(30)) + b"jane read a book\n")
    assert (code, report["passed"], report["set_aside"]["unknown"]) == (3, 30, 1)
    assert out.count(b"\n") == 30
    held = {(one["field"], one["identifier"]) for one in report["held"]}
    assert ("person", "e-mail address") in held
    assert ("session", "session") in held
    code, out, report = piped(b"jane read a book\n" * 30)
    assert (code, out, report["errors"][0]["code"]) == (4, b"", "LOG-002")
    code, out, report = piped(line(), "--format", '%h %l %u %t "%r" %s %b', "--address", "drop", "--sessions", "drop")
    assert (code, out[:6]) == (0, b"- - - ")


def test_a_pipe_gives_each_line_on_while_it_stays_open() -> None:
    words = [sys.executable, "-m", "carrel", "scrub", "--format", "common"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for n in range(3):
            running.stdin.write(line(n))
            running.stdin.flush()
            assert b"www.jstor.org" in running.stdout.readline()
        running.stdin.write(line(3))
        running.stdin.close()
        assert len(running.stdout.read().splitlines()) == 1
        assert running.wait() == 0


def test_the_first_lines_are_looked_at_however_few_come_at_once() -> None:
    data = b"".join(line(n) for n in range(500))
    assert [piped(data, *words)[2]["looked_at"] for words in ((), ("--format", "common"))] == [200, 200]


def test_an_output_that_nobody_reads_on_or_that_is_full_ends_the_run(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(line(n) for n in range(20_000)))
    words = [sys.executable, "-m", "carrel", "scrub", str(log)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 1
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error[LOG-015]")


def test_what_the_policy_says_of_logs_is_carried_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "a.log"
    old = [line(n, TODAY - timedelta(days=20)) for n in range(30)]
    log.write_bytes(b"".join([*old, *(line(n) for n in range(30))]))
    code, report = carrel(capsys, log, "--out", tmp_path / "one", "--policy", "mit-libraries")
    assert (code, report["past"], report["dropped"], report["passed"]) == (3, 30, 0, 60)
    assert report["policy"] == {
        "policy": "mit-libraries", "rule": "log lines of the library system", "keep": "14 days", "then": "de-identify",
    }  # fmt: skip
    own = tmp_path / "policy.yaml"
    from carrel.systems import policy_files

    text = policy_files.whole_text("mit-libraries")
    head, mark, rest = text.partition("- id: log lines of the library system")
    rule, _, tail = rest.partition("then: de-identify\n")
    own.write_text(
        head
        + mark
        + rule
        + "then: delete\n"
        + tail[tail.index("chosen:") - 8 :].replace("chosen: [then, afterwards]", "chosen: [then]", 1)
    )
    code, report = carrel(capsys, log, "--in-place", "--policy", own)
    assert (code, report["past"], report["dropped"], report["passed"]) == (3, 30, 30, 30)
    assert len(log.read_bytes().splitlines()) == 31


def test_a_policy_that_only_promises_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(line())
    code, report = carrel(capsys, log, "--in-place", "--policy", "mit-11.2")
    assert (code, report["errors"][0]["code"]) == (2, "LOG-020")
    assert log.read_bytes() == line()


def test_counts_are_added_once_for_each_log_and_small_ones_are_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, counts = tmp_path / "a.log", tmp_path / "counts.json"
    made = [line(n, session=f"s{n}") for n in range(40)]
    made += [line(n, session=f"s{n}", host="search.proquest.com") for n in range(3)]
    log.write_bytes(b"".join(made))
    code, report = carrel(capsys, log, "--out", tmp_path / "out", "--counts", counts)
    month = f"{TODAY:%Y-%m}"
    told = [{"month": month, "host": "(other)", "requests": 43, "sessions": 43}]
    assert (code, report["counts"]) == (0, told), "three sessions alone could be subtracted from any sum"
    assert (counts.stat().st_mode & 0o777) == 0o600
    assert b"s1" not in counts.read_bytes()
    code, report = carrel(capsys, log, "--out", tmp_path / "out2", "--counts", counts)
    assert report["counts"] == told, "one log counts once"
    log.write_bytes(b"".join(line(n, session=f"t{n}") for n in range(40)))
    code, report = carrel(capsys, log, "--in-place", "--counts", counts)
    assert report["counts"][0]["sessions"] == 83
    counts.write_text("{}")
    code, report = carrel(capsys, log, "--counts", counts)
    assert (code, report["errors"][0]["code"]) == (2, "LOG-019")


def test_keys_are_one_for_a_day_kept_for_a_day_and_destroyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, log = tmp_path / "keys", tmp_path / "a.log"
    log.write_bytes(b"".join(line(n, TODAY - timedelta(days=n)) for n in (0, 1, 5, 400, -1, -90)) * 5)
    tokens = []
    for out in ("one", "two"):
        code, report = carrel(capsys, log, "--out", tmp_path / out, "--keys", keys, "--address", "deterministic")
        assert (code, report["keys_destroyed"]) == (0, [])
        tokens.append([row.split()[:2] for row in (tmp_path / out / "a.log").read_bytes().splitlines()[:6]])
    alike = [one == other for one, other in zip(*tokens, strict=True)]
    assert alike == [True, True, False, False, True, False], "keys of other days than these live as long as a run"
    assert len({row[1] for row in tokens[0]}) == 6
    near = [TODAY + timedelta(days=n) for n in (-1, 0, 1)]
    assert DayKeyFolder(keys).days() == near
    assert {one.stat().st_mode & 0o777 for one in keys.iterdir()} == {0o600}
    gone = TODAY - timedelta(days=2)
    (keys / f"{gone}.key").write_bytes(os.urandom(32))
    code, report = carrel(capsys, "--destroy-keys", "--keys", keys)
    assert (code, report["keys_destroyed"]) == (0, [gone.isoformat()])
    assert DayKeyFolder(keys).days() == near
    assert is_due(gone, TODAY)
    assert not is_due(near[0], TODAY)


def test_what_is_in_the_way_of_one_key_keeps_no_other_and_nothing_else_is_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, theirs = tmp_path / "keys", tmp_path / "theirs"
    keys.mkdir(mode=0o700)
    theirs.write_bytes(b"nobody's key")
    days = [(TODAY - timedelta(days=n)).isoformat() for n in range(2, 8)]
    (keys / f"{days[5]}.key").symlink_to(theirs)  # sorted first
    (keys / f"{days[4]}.key").mkdir()
    os.mkfifo(keys / f"{days[3]}.key")
    for day in (days[2], days[0]):
        (keys / f"{day}.key").write_bytes(bytes(32))
    left = keys / f".{days[1]}.key.{'0' * 16}"  # of a run that was killed while it drew one
    left.write_bytes(bytes(32))
    (keys / f"{days[1]}.key.bak").write_bytes(bytes(32))
    (keys / "2026-02-30.key").write_bytes(bytes(32))
    code, report = carrel(capsys, "--destroy-keys", "--keys", keys)
    [error] = report["errors"]
    assert (code, error["code"], error["found"]) == (
        4,
        "LOG-017",
        "3 keys that cannot be destroyed: a link, or no file",
    )
    assert error["changed"] == "2 day keys were destroyed"
    there = {one.name for one in keys.iterdir()}
    assert there == {*(f"{day}.key" for day in days[3:]), f"{days[1]}.key.bak", "2026-02-30.key"}
    assert theirs.read_bytes() == b"nobody's key"
    assert DayKeyFolder(keys).strangers() == 2
    (keys / f"{days[5]}.key").rename(keys / f"{TODAY}.key")  # a link is no key that tokens are made with, either
    with pytest.raises(CarrelError, match="LOG-017"):
        DayKeyFolder(keys).secret(TODAY, TODAY)
    assert theirs.read_bytes() == b"nobody's key"


def test_keys_in_a_folder_that_others_can_look_into_are_destroyed_and_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    due, near = (keys / f"{TODAY - timedelta(days=n)}.key" for n in (2, 1))
    for mode, gone in ((0o770, False), (0o755, True)):  # where others can write, nobody knows what bears such a name
        keys.chmod(0o700)
        for one in (due, near):
            one.write_bytes(bytes(32))
        keys.chmod(mode)
        code, report = carrel(capsys, "--destroy-keys", "--keys", keys)
        [error] = report["errors"]
        assert (code, error["code"], error["found"]) == (4, "LOG-017", f"mode {mode:04o}")
        assert (due.exists(), near.exists()) == (not gone, True)
        assert error["changed"] == ("1 day key was destroyed" if gone else "nothing")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_keys_that_an_account_may_not_delete_are_overwritten_and_told(tmp_path: Path) -> None:
    """Of a folder of its own that it may not write in; and of one that it may not read."""
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    due = keys / f"{TODAY - timedelta(days=2)}.key"
    due.write_bytes(bytes(32))
    due.chmod(0o600)
    for one in (keys, due):
        os.chown(one, 65534, 65534)
    for place in (tmp_path, *tmp_path.parents):  # each process of a run has a folder of its own, one level further down
        if not place.stat().st_mode & 0o001:
            place.chmod(place.stat().st_mode | 0o011)
    for mode, found in ((0o500, "1 key that cannot be destroyed: Permission denied"), (0o300, "Permission denied")):
        keys.chmod(mode)
        child = os.fork()
        if not child:
            os.setgid(65534)
            os.setuid(65534)
            try:
                DayKeyFolder(keys, destroys=True).destroy_due(TODAY)
            except CarrelError as wrong:
                os._exit(0 if (wrong.code, wrong.faults[0].found) == ("LOG-017", found) else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, found
    keys.chmod(0o700)
    assert due.read_bytes() != bytes(32), "what tokens were made with is gone"


def test_keys_of_a_folder_that_is_not_there_are_not_called_destroyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = carrel(capsys, "--destroy-keys", "--keys", tmp_path / "log-kyes")
    assert (code, report["errors"][0]["code"]) == (4, "LOG-017")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_lasts_lets_its_keys_go() -> None:
    keys = DayKeys(lambda day: day.isoformat().encode() * 4)
    for n in range(4):
        keys.of(TODAY - timedelta(days=n))
    assert keys.forget(TODAY) == (TODAY - timedelta(days=2), TODAY - timedelta(days=3))
    assert keys.days == (TODAY - timedelta(days=1), TODAY)
    far = TODAY + timedelta(days=160)  # a clock that jumped
    keys.of(far)
    assert keys.forget(TODAY) == (far,)
    assert "4" not in repr(keys.of(TODAY)).replace(str(TODAY), "")


def test_a_folder_of_keys_that_others_can_read_or_a_broken_key_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, log = tmp_path / "keys", tmp_path / "a.log"
    keys.mkdir(mode=0o755)
    keys.chmod(0o755)
    log.write_bytes(line() * 30)
    code, report = carrel(capsys, log, "--in-place", "--keys", keys)
    assert (code, report["errors"][0]["code"]) == (4, "LOG-017")
    keys.chmod(0o700)
    (keys / f"{TODAY}.key").write_bytes(b"short")
    code, report = carrel(capsys, log, "--in-place", "--keys", keys)
    assert (code, report["errors"][0]["code"]) == (4, "LOG-017")
    assert log.read_bytes() == line() * 30
    with pytest.raises(CarrelError):
        DayKeyFolder(log)


def test_lists_of_words_and_hosts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, words, hosts = tmp_path / "a.log", tmp_path / "words", tmp_path / "config.txt"
    log.write_bytes(line(host="db.library.example").replace(b"/stable/", b"/treasures/") * 30)
    words.write_text("# ours\ntreasures\n")
    hosts.write_text("Title Ours\nURL https://db.library.example/start\nHJ other.example\nUser jane:secret\n")
    code, _ = carrel(capsys, log, "--out", tmp_path / "out", "--words", words, "--hosts", hosts)
    assert code == 0
    assert b"http://db.library.example/treasures/*" in (tmp_path / "out" / "a.log").read_bytes()
    words.write_text("treasures\n23529000651071\n")
    code, report = carrel(capsys, log, "--words", words)
    assert (code, report["errors"][0]["code"], report["errors"][0]["at"]) == (2, "LOG-005", f"{words}:2")
    words.write_bytes(b"\xff\xfe")
    assert carrel(capsys, log, "--words", words)[1]["errors"][0]["code"] == "LOG-018"


def test_calls_that_make_no_sense_are_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.log").write_bytes(line())
    for words in (("--in-place",), (tmp_path / "a.log", "--in-place", "--out", tmp_path / "o"), ("--destroy-keys",)):
        with pytest.raises(SystemExit) as left:
            main(["scrub", *map(str, words)])
        assert left.value.code == 2
    assert carrel(capsys, tmp_path / "a.log", "--format", "nonsense")[1]["errors"][0]["code"] == "LOG-001"
    [told] = carrel(capsys, tmp_path / "a.log", "--format", "{address} {word branches}")[1]["errors"]
    assert (told["code"], "events, groups" in told["wanted"]) == ("LOG-001", True)
    assert carrel(capsys, tmp_path / "none.log")[1]["errors"][0]["code"] == "LOG-010"
    assert carrel(capsys, tmp_path)[1]["errors"][0]["code"] == "LOG-016"
    assert carrel(capsys, tmp_path / "a.log", "--zone", "Mars")[1]["errors"][0]["code"] == "SIT-006"
    code, report = carrel(capsys, "--formats")
    assert code == 0
    assert {"common", "combined", "ezproxy-audit", "sip2"} <= {one["name"] for one in report["formats"]}
    assert (tmp_path / "a.log").read_bytes() == line()


def test_several_cores_want_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without it one core does all the work, and nobody is told otherwise; nothing is read or written."""
    monkeypatch.setattr("carrel.deidentification.logs.line_scrubbing.is_compiler_here", lambda: False)
    with pytest.raises(SystemExit) as ended:
        main(["scrub", "--cores", "2"])
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert "carrel[analytics]" in " ".join(told.err.split())
    assert not told.out


def test_what_was_written_before_the_damage_is_told(tmp_path: Path) -> None:
    log = tmp_path / "a.log.gz"
    whole = gzip.compress(b"".join(line(n) for n in range(50_000)))
    log.write_bytes(whole[: len(whole) // 2])
    words = [sys.executable, "-m", "carrel", "scrub", str(log), "--json"]
    done = subprocess.run(words, capture_output=True, check=False)
    [told] = json.loads(done.stderr)["errors"]
    lines = done.stdout.count(b"\n")
    assert (done.returncode, told["code"], lines > 0) == (1, "LOG-011", True)
    assert told["changed"] == f"{lines:,} scrubbed lines were written"
