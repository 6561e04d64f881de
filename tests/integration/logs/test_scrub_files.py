"""Logs on disk: replaced as a whole or not at all, and every way in which that can go wrong leaves them as they were."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from carrel.cli.main import main
from carrel.deidentification.logs.day_key import DayKeys
from carrel.deidentification.logs.scrub_rules import ScrubRules
from carrel.errors import CarrelError
from carrel.systems.logs.known_formats import format_of, known_formats
from carrel.systems.logs.log_copy import BESIDE
from carrel.systems.logs.log_file import Replacing, replace_log
from carrel.systems.logs.log_stream import blocks, opened
from carrel.systems.logs.log_tree import folder_handle
from carrel.systems.logs.scrub_run import ScrubRun
from carrel.systems.logs.words import vocabulary

DAY = date(2026, 3, 5)
SECRETS = (b"jane.doe@x.org", b"23529000651071", b"egypt", b"192.0.2.17", b"pK7sWmZqYtBvNcX")
COMMON = (
    b'192.0.2.17 pK7sWmZqYtBvNcX jane.doe@x.org [05/Mar/2026:00:07:21 +0100] "GET http://www.jstor.org/stable/'
    b'23529000651071?q=egypt HTTP/1.1" 200 1293\n'
)
COMBINED = COMMON[:-1] + b' "https://x.org/?q=egypt" "Mozilla/5.0 (jane.doe@x.org)"\n'
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
}  # fmt: skip
UNPACKED: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data, ".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress,
}  # fmt: skip


def rules() -> ScrubRules:
    return ScrubRules(vocabulary(), DayKeys(lambda _: b"k" * 32), DAY, os.urandom)


def run(**more: object) -> ScrubRun:
    return ScrubRun(rules(), known_formats(), lambda: DAY, **more)  # type: ignore[arg-type]


def carrel(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict]:
    """Exit code and report of a call that prints its report alone."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["scrub", *map(str, words), "--json"])
    told = capsys.readouterr()
    for secret in SECRETS:
        assert secret.decode() not in told.out + told.err
    return int(str(left.value.code)), json.loads(told.out or told.err)


def codes(report: dict) -> list[str]:
    return [one["code"] for one in report.get("errors", [])]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(one.relative_to(folder)): hashlib.sha256(one.read_bytes()).hexdigest()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


def scrubbed(data: bytes) -> tuple[bytes, object]:
    out: list[bytes] = []
    with opened(io.BytesIO(data), "a.log") as (stream, _):
        tally = run().scrub(stream, out.append, "a.log")
    text = b"".join(out)
    assert not any(secret in text for secret in SECRETS)
    return text, tally


@pytest.mark.parametrize("ending", sorted(PACKED))
def test_a_log_is_replaced_once_and_keeps_its_mode_its_age_and_its_packing(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / f"access.log.1{ending}"
    log.write_bytes(PACKED[ending](COMBINED * 50))
    log.chmod(0o640)
    os.utime(log, (1_700_000_000, 1_700_000_000))
    code, report = carrel(capsys, log, "--in-place")
    assert (code, report["passed"], report["formats"]) == (0, 50, ["combined"])
    text = UNPACKED[ending](log.read_bytes())
    assert not any(secret in text for secret in SECRETS)
    *lines, last = text.splitlines()
    assert len(lines) == 50
    assert last.startswith(b"#carrel scrubbed 1 sha256:")
    assert (log.stat().st_mode & 0o777, log.stat().st_mtime) == (0o640, 1_700_000_000)
    assert [one.name for one in tmp_path.iterdir()] == [log.name]
    before = digests(tmp_path)
    code, report = carrel(capsys, log, "--in-place")
    assert (code, report["logs"], report["scrubbed_before"]) == (0, 0, [str(log)])
    assert digests(tmp_path) == before


def test_a_scrubbed_log_to_which_lines_were_added_is_scrubbed_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(COMMON * 30)
    carrel(capsys, log, "--in-place")
    with log.open("ab") as file:
        file.write(COMMON * 30)
    code, report = carrel(capsys, log, "--in-place")
    assert (code, report["passed"], report["set_aside"]["unknown"]) == (3, 60, 1)  # the line that ended it before
    assert not any(secret in log.read_bytes() for secret in SECRETS)


def test_a_folder_and_its_folders_and_nothing_outside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, outside = tmp_path / "logs", tmp_path / "outside"
    for folder in (root / "deep" / "er", outside):
        folder.mkdir(parents=True)
        (folder / "a.log").write_bytes(COMMON * 30)
    (root / "other.txt").write_bytes(COMMON)
    (root / "link.log").symlink_to(outside / "a.log")
    (root / "linked").symlink_to(outside)
    kept = digests(outside)
    code, report = carrel(capsys, root, "--in-place", "--name", "*.log")
    assert (code, codes(report), report["logs"]) == (4, ["LOG-016"], 1)
    assert digests(outside) == kept
    assert (root / "other.txt").read_bytes() == COMMON
    assert b"jane" not in (root / "deep" / "er" / "a.log").read_bytes()
    code, report = carrel(capsys, root / "linked", "--in-place")
    assert (code, codes(report)) == (4, ["LOG-016"])
    assert digests(outside) == kept


def test_what_this_account_may_not_touch_is_told_and_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that nobody may look into, a log that may not be read, a folder that may not be written."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for folder in ("open", "shut", "fixed"):
            (root / folder).mkdir()
            (root / folder / "a.log").write_bytes(COMMON * 30)
        (root / "open" / "b.log").write_bytes(COMMON * 30)
        root.chmod(0o755)
        (root / "open").chmod(0o777)
        (root / "open" / "b.log").chmod(0)
        (root / "shut").chmod(0)
        (root / "fixed").chmod(0o555)
        carrel(capsys, root / "open" / "a.log", "--out", tmp_path / "out")  # everything is imported by now
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)
        try:
            code, report = carrel(capsys, root, "--in-place")
        finally:
            os.seteuid(was)
        (root / "shut").chmod(0o755)
        assert (code, sorted(codes(report)), report["logs"]) == (1, ["LOG-010", "LOG-010", "LOG-015"], 1)
        assert b"jane" not in (root / "open" / "a.log").read_bytes()
        for kept in ("open/b.log", "shut/a.log", "fixed/a.log"):
            (root / kept).chmod(0o644)
            assert (root / kept).read_bytes() == COMMON * 30, kept


def test_an_empty_log_stays_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.log").touch()
    assert carrel(capsys, tmp_path, "--in-place")[0] == 0
    assert (tmp_path / "a.log").read_bytes() == b""


def test_into_another_folder_the_logs_themselves_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(COMMON * 30)
    code, report = carrel(capsys, log, "--out", tmp_path / "out")
    assert (code, report["passed"]) == (0, 30)
    assert log.read_bytes() == COMMON * 30
    assert b"jane" not in (tmp_path / "out" / "a.log").read_bytes()
    assert ((tmp_path / "out").stat().st_mode & 0o777) == 0o700


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (gzip.compress(COMMON * 5000, mtime=0)[:-20], "LOG-011"),
        (gzip.compress(COMMON * 5000, mtime=0)[:40] + b"x" * 60, "LOG-011"),
        (bz2.compress(COMMON * 500)[:-9], "LOG-011"),
        (lzma.compress(COMMON * 500)[:-9], "LOG-011"),
        (gzip.compress(gzip.compress(COMMON * 50, mtime=0), mtime=0), "LOG-012"),
        (b"\x28\xb5\x2f\xfd" + b"x" * 50, "LOG-012"),
        (b"PK\x03\x04" + COMMON, "LOG-012"),
        (b"jane.doe@x.org read of egypt\n" * 50, "LOG-002"),
        (COMMON * 50 + b"jane.doe@x.org read of egypt\n" * 5, "LOG-003"),
    ],
    ids=["cut off", "changed", "cut off bzip2", "cut off xz", "twice", "zstd", "zip", "no format", "many misfits"],
)
def test_what_cannot_be_scrubbed_stays_as_it_is(
    content: bytes, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.log").write_bytes(content)
    (tmp_path / "b.log").write_bytes(COMMON * 30)
    ended, report = carrel(capsys, tmp_path / "a.log", tmp_path / "b.log", "--in-place")
    assert ended in {1, 4}
    assert codes(report) == [code]
    assert report["errors"][0]["fix"]
    assert (tmp_path / "a.log").read_bytes() == content
    assert b"jane" not in (tmp_path / "b.log").read_bytes(), "what is wrong with one log does not stop the next"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.log", "b.log"]


def test_lines_that_fit_nothing_can_be_kept_by_the_owner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = b"jane.doe@x.org read of egypt\n"
    (tmp_path / "a.log").write_bytes(COMMON * 50 + odd * 5)
    code, report = carrel(capsys, tmp_path / "a.log", "--in-place", "--aside", tmp_path / "kept")
    assert (code, report["set_aside"]["unknown"]) == (3, 5)
    assert (tmp_path / "kept").read_bytes() == odd * 5
    assert ((tmp_path / "kept").stat().st_mode & 0o777) == 0o600
    assert b"egypt" not in (tmp_path / "a.log").read_bytes()


def test_of_two_logs_with_one_name_neither_takes_the_others_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for n, folder in enumerate(("north", "south"), 1):
        (tmp_path / folder / "proxy").mkdir(parents=True)
        (tmp_path / folder / "proxy" / "a.log").write_bytes(COMMON * 30 * n)
    code, report = carrel(capsys, tmp_path / "north", tmp_path / "south", "--out", tmp_path / "out")
    assert (code, codes(report), report["logs"], report["passed"]) == (1, ["LOG-015"], 1, 30)
    assert (tmp_path / "out" / "a.log").read_bytes().count(b"\n") == 31
    assert carrel(capsys, tmp_path / "south", "--out", tmp_path / "out")[0] == 0, "the next call may"


def test_a_folder_to_write_into_that_is_the_logs_own_spares_no_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(COMMON * 30)
    os.link(log, tmp_path / "b.txt")
    assert codes(carrel(capsys, log, "--out", tmp_path)[1]) == ["LOG-016"]
    assert log.read_bytes() == COMMON * 30
    (tmp_path / "b.txt").unlink()
    assert carrel(capsys, log, "--out", tmp_path)[0] == 0
    assert b"jane" not in log.read_bytes()


def test_what_a_call_writes_is_no_log_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else lines that are set aside would be read, and set aside again, without end; or go with the log itself."""
    log, odd = tmp_path / "a.log", b"jane.doe@x.org read of egypt\n"
    log.write_bytes(COMMON * 50 + odd)
    log.chmod(0o600)
    for more in ([], ["--in-place"]):
        code, report = carrel(capsys, log, "--aside", log, *more)
        assert (code, codes(report), log.read_bytes()) == (4, ["LOG-016"], COMMON * 50 + odd)
    words = [sys.executable, "-m", "carrel", "scrub", "--json"]
    for at_end in ([str(log)], []):
        with log.open("rb") as source, log.open("ab") as out:
            done = subprocess.run(
                [*words, *at_end], stdin=source, stdout=out, stderr=subprocess.PIPE, timeout=60, check=False
            )
        assert (done.returncode, codes(json.loads(done.stderr))) == (4, ["LOG-016"])
    assert log.read_bytes() == COMMON * 50 + odd


def test_lines_as_they_came_go_into_no_file_that_others_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.log").write_bytes(COMMON * 50 + b"jane.doe@x.org read of egypt\n")
    kept = tmp_path / "kept"
    kept.touch(mode=0o644)
    kept.chmod(0o644)
    with pytest.raises(SystemExit) as left:
        main(["scrub", str(tmp_path / "a.log"), "--in-place", "--aside", str(kept)])
    assert left.value.code == 1
    assert "LOG-015" in capsys.readouterr().err
    assert kept.read_bytes() == b""
    assert b"egypt" in (tmp_path / "a.log").read_bytes()
    kept.chmod(0o600)
    assert carrel(capsys, tmp_path / "a.log", "--in-place", "--aside", kept)[0] == 3
    assert kept.read_bytes()


def test_closed_ends_and_a_pipe_in_the_place_of_the_copy_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(COMMON * 30)
    os.mkfifo(tmp_path / f".a.log{BESIDE}")
    assert codes(carrel(capsys, log, "--in-place")[1]) == ["LOG-015"]
    assert log.read_bytes() == COMMON * 30
    words = f"{sys.executable} -m carrel scrub --json"
    for closed, code in (("<&-", "LOG-010"), (f"< {log} >&-", "LOG-015")):
        done = subprocess.run(["sh", "-c", f"{words} {closed}"], capture_output=True, check=False)
        assert (done.returncode, codes(json.loads(done.stderr))) == (1, [code])


def test_a_log_with_two_names_or_a_writer_or_another_run_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import fcntl

    log = tmp_path / "a.log"
    log.write_bytes(COMMON * 30)
    os.link(log, tmp_path / "b.log")
    assert codes(carrel(capsys, log, "--in-place")[1]) == ["LOG-016"]
    (tmp_path / "b.log").unlink()
    writer = subprocess.Popen([sys.executable, "-c", "import sys; f = open(sys.argv[1], 'ab'); print(1, flush=True); input()", log],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert writer.stdout is not None
    writer.stdout.readline()
    try:
        assert codes(carrel(capsys, log, "--in-place")[1]) == ["LOG-014"]
        assert carrel(capsys, log, "--out", tmp_path / "out")[0] == 0, "a copy takes nothing from the writer"
    finally:
        writer.communicate(b"\n")
    with (tmp_path / f".a.log{BESIDE}").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert codes(carrel(capsys, log, "--in-place")[1]) == ["LOG-014"]
    assert log.read_bytes() == COMMON * 30
    assert carrel(capsys, log, "--in-place")[0] == 0, "what a dead run left beside it is no hindrance"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.log", "out"]


@pytest.mark.parametrize("when", ["read", "counted"])
@pytest.mark.parametrize("change", ["grown", "rotated", "gone"])
def test_a_log_that_changes_while_it_is_read_is_left_alone(change: str, when: str, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(COMMON * 30)
    done: list[str] = []

    def meanwhile(_: object) -> None:
        if done:
            return
        done.append(change)
        if change == "grown":
            with log.open("ab") as file:
                file.write(COMMON)
        else:
            log.rename(tmp_path / "a.log.1")
            if change == "rotated":
                log.write_bytes(b"")

    with folder_handle(tmp_path) as folder, pytest.raises(CarrelError) as told:
        how = Replacing(run(count=meanwhile), 0.01, lambda _: None)
        replace_log(folder, "a.log", str(log), how if when == "read" else Replacing(run(), 0.01, meanwhile))
    assert told.value.code == "LOG-013"
    raw = log if change == "grown" else tmp_path / "a.log.1"
    assert raw.read_bytes() == COMMON * (31 if change == "grown" else 30)
    assert not any(one.name.endswith(BESIDE) for one in tmp_path.iterdir())


def test_without_room_nothing_is_lost(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(COMMON * 4000)
    limit = 100_000
    done = subprocess.run(
        [sys.executable, "-m", "carrel", "scrub", log, "--in-place", "--json"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, codes(json.loads(done.stdout))) == (1, ["LOG-015"])
    assert log.read_bytes() == COMMON * 4000
    assert [one.name for one in tmp_path.iterdir()] == ["a.log"]


def test_a_killed_run_leaves_the_log_and_the_next_one_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(COMMON * 60_000)
    words = [sys.executable, "-m", "carrel", "scrub", str(log), "--in-place"]
    for wait in (0.05, 0.3):
        before = log.read_bytes()
        dying = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        beside = tmp_path / f".a.log{BESIDE}"
        until = time.monotonic() + 20
        while not beside.exists() and dying.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(wait)
        dying.send_signal(signal.SIGKILL)
        dying.wait()
        assert log.read_bytes() == before or b"jane" not in log.read_bytes()
    subprocess.run(words, check=True, capture_output=True)
    assert log.read_bytes().count(b"\n") == 60_001
    assert b"jane" not in log.read_bytes()
    assert [one.name for one in tmp_path.iterdir()] == ["a.log"]


class Endless(io.RawIOBase):
    """A hundred megabytes without an end of line, between two lines; it counts what it holds by itself."""

    def __init__(self, size: int) -> None:
        self.left = [COMMON * 30, *([b"x" * 65_536] * (size // 65_536)), b"\n" + COMMON * 3]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if not self.left:
            return 0
        piece = self.left.pop(0)
        size = min(len(piece), len(buffer))
        buffer[:size] = piece[:size]
        if piece[size:]:
            self.left.insert(0, piece[size:])
        return size


def test_a_line_of_a_hundred_megabytes_takes_no_memory() -> None:
    source = io.BufferedReader(Endless(100 << 20))  # type: ignore[type-var]
    out: list[bytes] = []
    tracemalloc.start()
    try:
        tally = run().scrub(source, out.append, "a.log")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tally.passed, tally.too_long, tally.unknown) == (33, 1, 0)
    assert peak < 8 << 20


def test_odd_bytes_odd_encodings_and_odd_ends() -> None:
    nul = COMMON.replace(b"egypt", b"eg\0ypt")
    latin = COMMON.replace(b"egypt", "égypt".encode("latin-1"))
    text, tally = scrubbed(
        COMMON * 30 + nul + latin + b"\0\0\0\n" + b"\n\r\n" + COMMON.replace(b"\n", b"\r\n") + COMMON[:-1]
    )
    assert (tally.passed, tally.unknown) == (34, 2)  # type: ignore[attr-defined]  # the NULs, and a lonely return
    assert text.count(b"\n") == 34
    for encoding in ("utf-16", "utf-8-sig"):
        text, tally = scrubbed((COMMON * 30).decode().encode(encoding))
        assert text.count(b"\n") == 30
    assert scrubbed(b"")[0] == b""
    assert scrubbed(b"\n\n")[0] == b""


def test_what_is_set_aside_is_the_line_as_it_came() -> None:
    odd = [COMMON.replace(b"05/Mar", b"31/Feb"), b"jane.doe@x.org read of egypt\n"]
    kept: list[bytes] = []
    tally = run(aside=kept.append).scrub(io.BytesIO(COMMON * 40 + b"".join(odd) + COMMON), [].append, "a.log")
    assert (tally.passed, tally.unknown) == (41, 2)
    assert sorted(b"".join(kept).splitlines(keepends=True)) == sorted(odd)


def test_a_format_that_changes_is_found_again_unless_it_was_declared() -> None:
    audit = b"2026-03-05 00:07:21\tLogin.Success\t192.0.2.17\tjane.doe@x.org\tpK7sWmZqYtBvNcX\tegypt\n"
    _text, tally = scrubbed(COMMON * 3000 + audit * 3000 + COMMON * 10)
    assert (tally.formats, tally.passed, tally.unknown) == (["common", "ezproxy-audit"], 6010, 0)  # type: ignore[attr-defined]
    out: list[bytes] = []
    tally = run(declared=format_of("common")).scrub(io.BytesIO(COMMON * 3000 + audit * 3000), out.append, "a.log")
    assert (tally.passed, tally.unknown) == (3000, 3000)
    assert next(iter(blocks(io.BytesIO(b"a\nb")))).data == b"a\n"
