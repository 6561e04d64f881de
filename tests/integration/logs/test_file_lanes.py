"""A log file in several lanes: the same bytes, counts and errors as in one, whatever happens to a lane."""

from __future__ import annotations

import io
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from carrel.deidentification.logs.compiled.machine_code import MachineCode, name_of_code
from carrel.deidentification.logs.day_key import DayKeys
from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule, ScrubRules
from carrel.errors import CarrelError, fault
from carrel.systems.logs import faults, file_lanes, lane_process
from carrel.systems.logs.known_formats import known_formats
from carrel.systems.logs.log_copy import BESIDE
from carrel.systems.logs.log_file import Replacing, replace_log
from carrel.systems.logs.log_tally import Tally
from carrel.systems.logs.log_tree import folder_handle
from carrel.systems.logs.scrub_run import WORTH_SHARING, ScrubRun
from carrel.systems.logs.words import vocabulary
from tests.integration.logs.test_compiled_scrub import log_of

pytestmark = pytest.mark.xdist_group("machine code")

DAY = date(2026, 3, 5)
LINE = '192.0.2.{n} - user{n} [{day:02}/Mar/2026:00:{m:02}:21 +0100] "GET /opac HTTP/1.1" 200 1293\n'
HEADER = b"Date/Time\tEvent\tIP\tUsername\tSession\tOther\n"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_lanes, "_PART", 1)  # so four readings, 256 KiB, make one


@pytest.fixture
def code_at_home(code_place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine code is where the command looks for it."""
    home = tmp_path / "cache" / "carrel"
    home.mkdir(parents=True, mode=0o700)
    shutil.copy(code_place / f"scrub-{name_of_code()}.json", home)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def rules(fetch: Callable[[date], bytes] | None = None, **more: Any) -> ScrubRules:
    keys = DayKeys(fetch or (lambda day: b"k" * 22 + day.isoformat().encode()))
    return ScrubRules(vocabulary(), keys, DAY, random.Random(3).randbytes, people=NameRule.TOKEN, **more)


def run(cores: int, code: MachineCode | None, of: ScrubRules | None = None, **more: Any) -> ScrubRun:
    made = ScrubRun(
        of or rules(address=AddressRule.DETERMINISTIC), known_formats(), lambda: DAY,
        code=None if code is None else lambda: code, compiled_from=100_000, cores=cores, shared_from=1,
    )  # fmt: skip
    return replace(made, **more)


def outcome(how: ScrubRun, path: Path, wanted: type[Exception] | None = None) -> tuple[bytes, bytes, dict[str, object]]:
    """What was written, what was set aside, and the counts; of one that ends with an error too."""
    written, aside, tally = list[bytes](), list[bytes](), Tally()
    with path.open("rb") as stream:
        if wanted is None:
            replace(how, aside=aside.append).scrub(stream, keeping(written), "log", tally)
        else:
            with pytest.raises(wanted):
                replace(how, aside=aside.append).scrub(stream, keeping(written), "log", tally)
    return b"".join(written), b"".join(aside), tally.as_dict()


@pytest.fixture
def in_lanes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The place after each part that came from a lane."""
    seen = list[int]()
    real = file_lanes.FileLanes.go

    def go(self: file_lanes.FileLanes, start: int, take: Callable[..., object], may: Callable[[], bool]) -> int:
        def taken(part: lane_process.DonePart, text: memoryview) -> None:
            seen.append(part.stop)
            take(part, text)

        return real(self, start, taken, may)

    monkeypatch.setattr(file_lanes.FileLanes, "go", go)
    return seen


def keeping(written: list[bytes]) -> Callable[[bytes | memoryview], object]:
    """Keeps what is written; some of it is in memory that is used again."""
    return lambda text: written.append(bytes(text))


def log_in(path: Path, seed: int, size: int = 2_000_000) -> Path:
    """A log whose format changes, with a header in its middle, lines too long for a reading and for a part."""
    dice = random.Random(seed)
    data = log_of(dice, size)
    middle = data.index(b"\n", len(data) // 2) + 1
    path.write_bytes(data[:middle] + HEADER + b"x" * dice.choice((70_000, 300_000, 1_200_000)) + b"\n" + data[middle:])
    return path


def steady(path: Path, count: int = 30_000, days: int = 1) -> Path:
    path.write_text("".join(LINE.format(n=n % 251, m=n % 60, day=5 + n * days // count) for n in range(count)))
    return path


@pytest.mark.parametrize("seed", range(3))
def test_any_log_comes_out_alike(
    seed: int, tmp_path: Path, machine_code: MachineCode, in_lanes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    if seed == 1:  # rooms that machine code writes into
        monkeypatch.setattr(file_lanes, "_READINGS", 12)
    log = log_in(tmp_path / "access.log", seed, 5_000_000 if seed == 1 else 2_000_000)
    wanted = outcome(run(1, None), log)
    assert wanted[0], "lines do pass"
    assert wanted[1], "lines are set aside"
    assert not in_lanes
    assert outcome(run(2, machine_code), log) == wanted
    assert len(in_lanes) > 2, "lanes did most of it"
    if not seed:
        assert outcome(run(3, None), log) == wanted, "lines that go the plain way are shared too"


def test_a_file_from_a_place_in_its_middle(tmp_path: Path, machine_code: MachineCode, in_lanes: list[int]) -> None:
    """As a shell that read the first lines leaves it; and other sizes of a block, as some ciphers want them."""
    log = steady(tmp_path / "access.log", 40_000)
    made = []
    for cores in (1, 2):
        with log.open("rb") as stream:
            stream.readline()
            of = rules(address=AddressRule.PFX)
            written = list[bytes]()
            tally = run(cores, machine_code, of).scrub(stream, keeping(written), "log")
            made.append((b"".join(written), tally.as_dict()))
    assert made[0] == made[1]
    assert made[0][0].count(b"\n") == 39_999
    assert in_lanes


def test_all_lanes_have_the_key_that_the_scrub_drew(
    tmp_path: Path, machine_code: MachineCode, in_lanes: list[int]
) -> None:
    drawn = list[date]()

    def fetch(day: date) -> bytes:
        drawn.append(day)
        return os.urandom(32)

    log = steady(tmp_path / "access.log", 40_000, days=3)
    text, _, _ = outcome(run(2, machine_code, rules(fetch)), log)
    assert drawn == [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    tokens = [line.split()[2] for line in text.splitlines()]
    assert len(set(tokens)) == 3 * 251, "one token for a person on a day"
    assert len(in_lanes) > 10


def test_a_key_that_cannot_be_had_ends_both_alike(
    tmp_path: Path, machine_code: MachineCode, in_lanes: list[int]
) -> None:
    def fetch(day: date) -> bytes:
        if day != DAY:
            raise fault(faults.KEY_FOLDER, at="keys", found="no folder")
        return b"k" * 32

    log = steady(tmp_path / "access.log", days=2)
    made = [outcome(run(cores, machine_code, rules(fetch)), log, CarrelError) for cores in (1, 2)]
    assert made[0] == made[1]
    assert made[0][0].count(b"\n") > 10_000
    assert in_lanes


@pytest.mark.parametrize("ends", [lambda: os._exit(1), lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: 1 // 0])
def test_what_a_lane_leaves_undone_is_done(
    ends: Callable[[], object], tmp_path: Path, machine_code: MachineCode, monkeypatch: pytest.MonkeyPatch,
    in_lanes: list[int],
) -> None:  # fmt: skip
    log = log_in(tmp_path / "access.log", 5)
    wanted = outcome(run(1, machine_code), log)
    real = lane_process.LaneProcess._scrubbed

    def scrubbed(self: lane_process.LaneProcess, start: int, *more: int) -> tuple[Any, ...]:
        if start > 1_000_000:
            ends()
        return real(self, start, *more)

    monkeypatch.setattr(lane_process.LaneProcess, "_scrubbed", scrubbed)
    assert outcome(run(2, machine_code), log) == wanted
    assert in_lanes
    assert max(in_lanes) < 1_600_000


def test_without_processes_it_goes_on_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_lanes: list[int]
) -> None:
    there = set(children())  # servers of other tests of this process
    log = steady(tmp_path / "access.log", 12_000)
    wanted = outcome(run(1, None), log)
    asked = list[int]()
    real = os.fork

    def fork() -> int:
        asked.append(1)
        if len(asked) % 2:
            return real()
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", fork)
    assert outcome(run(2, None), log) == wanted
    assert len(asked) == 2, "it was tried once"
    assert not in_lanes
    assert set(children()) <= there


@pytest.mark.parametrize("grows", [True, False])
def test_a_file_that_changes_meanwhile(
    grows: bool, tmp_path: Path, machine_code: MachineCode, in_lanes: list[int]
) -> None:
    """What one lane would have read is read: to the end that the file has when that place is come to."""
    log = steady(tmp_path / "access.log")
    whole, _, _ = outcome(run(1, machine_code), log)
    written, changed = list[bytes](), list[int]()

    def write(text: bytes | memoryview) -> None:
        if len(in_lanes) == 1 and not changed:
            changed.append(1)
            if grows:
                with log.open("ab") as more:
                    more.write(LINE.format(n=1, m=1, day=5).encode() * 5_000)
            else:
                os.truncate(log, 2_000_000)
        written.append(bytes(text))

    with log.open("rb") as stream:
        tally = run(2, machine_code).scrub(stream, write, "log")
    text = b"".join(written)
    assert text.count(b"\n") == tally.passed
    if grows:
        assert text.startswith(whole)
        assert tally.passed == 35_000
    else:
        assert whole.startswith(text[: text.rindex(b"\n", 0, -1)]), "all but the line that is cut"
        assert tally.passed < 30_000
    assert len(in_lanes) > 1


def test_a_new_day_comes_once(tmp_path: Path, machine_code: MachineCode, in_lanes: list[int]) -> None:
    """Parts that are under way are done by the rules of their day; then all goes on with new keys."""
    log = log_in(tmp_path / "access.log", 9)
    wanted = outcome(run(1, machine_code), log)

    def day_by_day() -> Callable[[], date]:
        asked = iter(range(10_000))
        return lambda: DAY + timedelta(days=next(asked) // 12)

    days = list[date]()
    assert outcome(run(2, machine_code, today=day_by_day(), new_day=days.append), log) == wanted
    assert days == sorted(set(days)) != []
    assert in_lanes


def test_a_disk_that_is_full_ends_all_of_it(tmp_path: Path, machine_code: MachineCode, in_lanes: list[int]) -> None:
    there = set(children())  # servers of other tests of this process
    log = steady(tmp_path / "access.log")
    written = list[bytes]()

    def write(text: bytes | memoryview) -> None:
        if len(in_lanes) > 3:
            raise OSError(28, "full")
        written.append(bytes(text))

    with log.open("rb") as stream, pytest.raises(OSError, match="full"):
        run(2, machine_code).scrub(stream, write, "log")
    assert set(children()) <= there
    assert outcome(run(1, machine_code), log)[0].startswith(b"".join(written))


@pytest.mark.usefixtures("code_at_home")
def test_lanes_end_with_a_scrub_that_is_killed(tmp_path: Path) -> None:
    """Also when its output waits; and they hold neither the output nor a lock."""
    log = steady(tmp_path / "access.log", 230_000)
    words = [sys.executable, "-m", "carrel", "scrub", "--format", "common", "--cores", "2", str(log)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        assert running.stdout.read(1_000_000)  # so much comes from lanes
        lanes = waited_for(lambda: found if len(found := children(running.pid)) == 2 else [])
        assert len(lanes) == 2
        running.kill()
        assert running.stdout.read() is not None, "the pipe ends"
    assert waited_for(lambda: [1] if not any(Path(f"/proc/{one}").exists() for one in lanes) else []) == [1]


@pytest.mark.usefixtures("code_at_home")
def test_the_command_scrubs_in_place_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from carrel.cli.main import main

    content = steady(tmp_path / "access.log", 230_000).read_bytes()
    assert len(content) > WORTH_SHARING + 100_000
    made = []
    for cores in ("1", "2"):
        log = tmp_path / cores / "access.log"
        log.parent.mkdir()
        log.write_bytes(content)
        with pytest.raises(SystemExit) as ended:
            main(["scrub", "--in-place", "--format", "common", "--cores", cores, str(log)])
        assert ended.value.code == 0
        made.append((log.read_bytes(), capsys.readouterr().out, [one.name for one in log.parent.iterdir()]))
    assert made[0] == made[1]
    assert made[0][0].splitlines()[-1].startswith(b"#carrel scrubbed 1 sha256:")


def test_odd_bytes_at_the_border_of_two_lanes(tmp_path: Path, machine_code: MachineCode, in_lanes: list[int]) -> None:
    """NULs, encodings that change, a stretch of wide letters, and a line of a hundred megabytes over many parts."""
    lines = steady(tmp_path / "access.log").read_bytes().splitlines(keepends=True)
    odd = (b"/opac", b"/op\0ac", b"/caf\xe9", "/\u00e9\u65e5".encode(), b"/\xff\xfe\x80")
    data = b"".join(line.replace(b"/opac", odd[at % 5]) for at, line in enumerate(lines))
    log = tmp_path / "odd.log"
    third = data.index(b"\n", len(data) // 3) + 1
    with log.open("wb") as file:
        file.write(data[:third] + b"".join(lines[:3_000]).decode().encode("utf-16-le"))
        file.seek(100_000_000, os.SEEK_CUR)  # NULs without a disk for them
        file.write(b"\n" + data[third:])
    wanted = outcome(run(1, machine_code), log)
    assert wanted[0].count(b"\n") > 20_000
    assert len(wanted[1]) > 300_000, "wide letters fit nothing"
    assert outcome(run(2, machine_code), log) == wanted
    assert min(in_lanes) < third
    assert max(in_lanes) > 100_000_000, "lanes were on both of its sides"


@pytest.mark.parametrize("change", ["grown", "rotated", "gone"])
def test_a_log_that_changes_under_its_lanes_is_left_alone(
    change: str, tmp_path: Path, machine_code: MachineCode, in_lanes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = steady(tmp_path / "access.log")
    content, done = log.read_bytes(), list[str]()
    real = file_lanes.FileLanes.go

    def meanwhile() -> None:
        if done:
            return
        done.append(change)
        if change == "grown":
            with log.open("ab") as file:
                file.write(b"more\n")
            return
        log.rename(tmp_path / "access.log.1")
        if change == "rotated":
            log.write_bytes(b"")

    def go(self: file_lanes.FileLanes, start: int, take: Callable[..., object], may: Callable[[], bool]) -> int:
        def taken(part: lane_process.DonePart, text: memoryview) -> None:
            meanwhile()
            take(part, text)

        return real(self, start, taken, may)

    monkeypatch.setattr(file_lanes.FileLanes, "go", go)
    how = Replacing(run(2, machine_code), 0.01, lambda _: None)
    with folder_handle(tmp_path) as folder, pytest.raises(CarrelError) as told:
        replace_log(folder, "access.log", str(log), how)
    assert told.value.code == "LOG-013"
    assert done
    assert in_lanes, "it changed while lanes read"
    raw = log if change == "grown" else tmp_path / "access.log.1"
    assert raw.read_bytes() == content + (b"more\n" if change == "grown" else b"")
    assert not any(one.name.endswith(BESIDE) for one in tmp_path.iterdir())


@pytest.mark.usefixtures("code_at_home")
def test_without_room_lanes_lose_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    log = steady(tmp_path / "logs" / "access.log", 230_000)
    content = log.read_bytes()
    limit = len(content) // 2
    done = subprocess.run(
        [sys.executable, "-m", "carrel", "scrub", log, "--in-place", "--format", "common", "--cores", "2", "--json"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert b"LOG-015" in done.stdout
    assert log.read_bytes() == content
    assert [one.name for one in log.parent.iterdir()] == ["access.log"]


def children(process: int | None = None) -> list[int]:
    """Processes that were begun by one, this one unless it is given."""
    at = os.getpid() if process is None else process
    try:
        text = Path(f"/proc/{at}/task/{at}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(one) for one in text.split()]


def waited_for(found: Callable[[], list[int]]) -> list[int]:
    """What is found at last."""
    for _ in range(600):
        if there := found():
            return there
        time.sleep(0.05)
    return []


def test_a_pipe_of_many_bytes_is_no_file(machine_code: MachineCode, in_lanes: list[int]) -> None:
    data = "".join(LINE.format(n=n % 251, m=n % 60, day=5) for n in range(20_000)).encode()
    written = list[bytes]()
    assert run(2, machine_code).scrub(io.BytesIO(data), keeping(written), "log").passed == 20_000
    assert not in_lanes
