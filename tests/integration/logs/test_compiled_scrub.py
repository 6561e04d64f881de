"""Logs through machine code and on several cores: the same bytes and counts as the plain way, and who may write the code."""

from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from carrel.cli.main import main
from carrel.deidentification.logs.compiled.block_scrubber import BlockScrubber
from carrel.deidentification.logs.compiled.machine_code import NAMES, MachineCode, name_of_code
from carrel.deidentification.logs.day_key import DayKeys
from carrel.deidentification.logs.log_counts import LogCounts
from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule, ScrubRules
from carrel.systems.logs import code_folder
from carrel.systems.logs.executable_memory import may_run_memory
from carrel.systems.logs.known_formats import known_formats
from carrel.systems.logs.scrub_run import ScrubRun
from carrel.systems.logs.words import vocabulary

pytestmark = pytest.mark.xdist_group("machine code")

DAY = date(2026, 3, 5)
COMMON = '192.0.2.{n} - user{n} [05/Mar/2026:00:{m:02}:21 +0100] "GET http://www.jstor.org:80/stable/{n}?a=b HTTP/1.1" 200 1293'
LINES: tuple[str, ...] = (
    COMMON,
    COMMON + ' "https://www.google.com/search?q={n}" "Mozilla/5.0 (Windows NT 10.0) Firefox/1{m}.0"',
    "2026-03-05 00:{m:02}:21\tLogin.Success\t192.0.2.{n}\tjo{n}\tabc{n}\tnothing",
    "www.jstor.org:443 " + COMMON + ' "-" "curl/8.{m}"',
)


def log_of(dice: random.Random, size: int) -> bytes:
    """A log whose format changes, with lines that fit none, blank ones, NULs, all ends of lines, and no last one."""
    out, written = [], 0
    while written < size:
        line = dice.choice(LINES)
        for n in range(dice.randrange(1, 700)):
            text = line.format(n=dice.randrange(1000), m=dice.randrange(60)).encode()
            match dice.randrange(60):
                case 0:
                    text = text[: dice.randrange(len(text))]
                case 1:
                    text = b"\0" + dice.randbytes(20).replace(b"\n", b"")
                case 2:
                    text += b"\r"
                case 3:
                    text = b""
                case 4 if not n:
                    text = b"x" * dice.choice((70_000, 1_100_000))
                case _:
                    pass
            out.append(text)
            written += len(text)
    return b"\n".join(out)


class Cut(io.BytesIO):
    """A stream that gives as much as it likes, as pipes do."""

    def __init__(self, data: bytes, dice: random.Random) -> None:
        super().__init__(data)
        self._dice = dice

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(self._dice.randrange(1, size or 1))


def run(code: Callable[[], MachineCode | None] | None, cores: int = 1, **more: object) -> ScrubRun:
    rules = ScrubRules(
        vocabulary(), DayKeys(lambda day: b"k" * 16 + day.isoformat().encode()), DAY, random.Random(3).randbytes,
        people=NameRule.TOKEN, address=AddressRule.DETERMINISTIC,
    )  # fmt: skip
    made = ScrubRun(rules, known_formats(), lambda: DAY, code=code, compiled_from=100_000, cores=cores)
    return replace(made, **more)  # type: ignore[arg-type]


def outcome(how: ScrubRun, stream: io.BytesIO) -> tuple[bytes, bytes, dict[str, object]]:
    written, aside = list[bytes](), list[bytes]()
    tally = replace(how, aside=aside.append).scrub(stream, written.append, "log")
    return b"".join(written), b"".join(aside), tally.as_dict()


@pytest.mark.parametrize("seed", range(4))
def test_any_log_comes_out_alike_on_one_core_and_on_three(seed: int, machine_code: MachineCode) -> None:
    dice = random.Random(seed)
    data = log_of(dice, 3_000_000)

    def stream() -> io.BytesIO:
        return Cut(data, random.Random(seed)) if seed % 2 else io.BytesIO(data)

    wanted = outcome(run(None), stream())
    assert wanted[0], "lines do pass"
    assert wanted[1], "lines are set aside"
    assert outcome(run(lambda: machine_code), stream()) == wanted
    assert outcome(run(lambda: machine_code, 3), stream()) == wanted


def test_a_new_day_in_the_middle(machine_code: MachineCode) -> None:
    """Blocks that are under way when the day changes are done by the rules of the day on which they came."""

    def day_by_day() -> Callable[[], date]:
        asked = iter(range(10_000))
        return lambda: DAY + timedelta(days=next(asked) // 9)

    data = log_of(random.Random(9), 4_000_000)
    days: list[list[date]] = [[], [], []]
    made = [
        outcome(run(code, cores, today=day_by_day(), new_day=days[n].append), io.BytesIO(data))
        for n, (code, cores) in enumerate(((None, 1), (lambda: machine_code, 1), (lambda: machine_code, 2)))
    ]
    assert made[0] == made[1] == made[2]
    assert days[0] == days[1] == days[2] != []


def test_what_is_counted_goes_the_plain_way(machine_code: MachineCode) -> None:
    data, asked = log_of(random.Random(2), 400_000), list[int]()

    def code() -> MachineCode:
        asked.append(1)
        return machine_code

    counts = LogCounts(vocabulary(), b"s" * 32), LogCounts(vocabulary(), b"s" * 32)
    made = [outcome(run(how, count=one.take), io.BytesIO(data)) for how, one in zip((None, code), counts, strict=True)]
    assert made[0] == made[1]
    assert not asked
    assert counts[0].sessions == counts[1].sessions != {}


def test_code_with_another_outcome_is_not_used(machine_code: MachineCode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it takes over, one block goes both ways; if the two differ, the plain one stays."""
    real = BlockScrubber.block

    def worse(self: BlockScrubber, data: bytes) -> object:
        block = real(self, data)
        return replace(block, text=block.text.replace(b"*", b"!"))

    data = log_of(random.Random(4), 600_000)
    wanted = outcome(run(None), io.BytesIO(data))
    monkeypatch.setattr(BlockScrubber, "block", worse)
    assert outcome(run(lambda: machine_code), io.BytesIO(data)) == wanted
    assert b"!" not in wanted[0]


def test_code_counts_only_where_nobody_else_can_have_written_it(code_place: Path, tmp_path: Path) -> None:
    kept = code_place / f"scrub-{name_of_code()}.json"
    path = tmp_path / kept.name
    shutil.copy(kept, path)
    path.chmod(0o600)
    objects = code_folder._read(path, NAMES)
    assert objects is not None
    assert kept.stat().st_mode & 0o777 == 0o600
    path.chmod(0o660)
    assert code_folder._read(path, NAMES) is None
    path.chmod(0o600)
    content = path.read_bytes()
    for damaged in (b"", content[:-1], content.replace(b"A", b"B", 1), content[65:]):
        path.write_bytes(damaged)
        assert code_folder._read(path, NAMES) is None
    path.unlink()
    path.symlink_to(kept)
    assert code_folder._read(path, NAMES) is None
    if os.geteuid() == 0:
        path.unlink()
        shutil.copy(kept, path)
        os.chown(path, 65534, 65534)
        assert code_folder._read(path, NAMES) is None
    tmp_path.chmod(0o777)
    assert code_folder.machine_code(tmp_path) is None
    assert code_folder.machine_code(None) is None
    assert code_folder.machine_code(kept / "below a file") is None


MADE_STRICT = """
import ctypes, runpy, sys
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
if ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0):
    sys.exit(77)
runpy.run_module("carrel", run_name="__main__", alter_sys=True)
"""


def test_where_no_memory_may_be_run_the_lines_go_the_plain_way(code_place: Path, tmp_path: Path) -> None:
    """As under Debian's logrotate.service: there the compiler's library does not refuse, it ends the process."""
    kept = code_place / f"scrub-{name_of_code()}.json"
    home = tmp_path / "cache" / "carrel"
    home.mkdir(parents=True, mode=0o700)
    shutil.copy(kept, home)
    log = tmp_path / "access.log"
    log.write_text("".join(LINES[1].format(n=n % 256, m=n % 60) + "\n" for n in range(30_000)))
    done = subprocess.run(
        [sys.executable, "-c", MADE_STRICT, "scrub", "--format", "combined", str(log)],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode == 77:
        pytest.skip("this kernel cannot be told so by a process (Linux 6.3)")
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 30_000), done.stderr
    assert may_run_memory(), "here it may"


def test_the_command_uses_it_and_says_the_same(
    code_place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    """A log of more than what is worth it, through the command, with one core and with two."""
    kept = code_place / f"scrub-{name_of_code()}.json"
    home = tmp_path / "cache" / "carrel"
    home.mkdir(parents=True, mode=0o700)
    shutil.copy(kept, home)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    log = tmp_path / "access.log"
    line = LINES[1]
    log.write_text("".join(line.format(n=n % 256, m=n % 60) + "\n" for n in range(30_000)))
    assert log.stat().st_size > 5_000_000
    used: list[int] = []
    real = BlockScrubber.block
    monkeypatch.setattr(BlockScrubber, "block", lambda self, data: used.append(1) or real(self, data))
    said = []
    for words in (["--counts", str(tmp_path / "counts.json")], [], ["--cores", "2"]):
        with pytest.raises(SystemExit) as ended:
            main(["scrub", "--format", "combined", *words, str(log)])
        assert ended.value.code == 0
        said.append((capsysbinary.readouterr().out, bool(used)))
    assert [one for _, one in said] == [False, True, True]
    assert said[0][0] == said[1][0] == said[2][0]
    assert said[0][0].count(b"\n") == 30_000
