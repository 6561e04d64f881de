"""Logs scrubbed, beside what people use for it today, on one file; and addresses encrypted."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.row import Row
from carrel.deidentification.logs.address_prefix import pfx
from carrel.deidentification.logs.ip_address import packed, text_of
from carrel.deidentification.logs.line_scrubbing import is_compiler_here

MEGABYTE = 1_000_000
TARGET, COMPILED_TARGET, CORES_TARGET, ADDRESSES_TARGET = 60, 250, 1.7, 250_000
MOST_MEMORY = 250 * 1024  # KiB
HOSTS = ("www.sciencedirect.com:443", "pdn.jstor.org", "search.proquest.com", "link.springer.com", "repo.example.edu")

# What is usually done by hand: the address cut, the user taken out, what was asked cut off. Nothing in a path goes.
MAWK = r"""{ n = split($1, a, "."); if (n == 4) $1 = a[1] "." a[2] "." a[3] ".0"; $3 = "-"; sub(/\?.*$/, "", $7); print }"""
SED = (
    r"s/^([0-9]+\.[0-9]+\.[0-9]+)\.[0-9]+ /\1.0 /",
    r"s/^([^ ]+ [^ ]+) [^[]+ \[/\1 - [/",
    r"s/(\"[A-Z]+ [^ ?\"]*)\?[^ \"]*/\1/",
    r"s/\"https?:[^\"]*\" /\"-\" /",
)
PYTHON = r"""
import re, sys
line_of = re.compile(r'^(\S+) (\S+) (\S+) (\[[^]]+\]) "(\S+) ([^ ?]*)\S* ([^"]*)" (\d+) (\S+) "[^"]*" "([^"]*)"')
for line in sys.stdin:
    found = line_of.match(line)
    if found:
        cut = found[1].rpartition('.')[0] + '.0' if '.' in found[1] else found[1][:9] + '::'
        sys.stdout.write('%s - - %s "%s %s %s" %s %s "-" "%s"\n' % (cut, found[4], found[5], found[6], found[7], found[8], found[9], found[10]))
"""

# The largest resident size is looked for by the process itself: what a parent is told holds the parent's own.
CARREL = """
import atexit, mmap, pathlib, sys, threading, time
most, statm = [0], pathlib.Path("/proc/self/statm")
def look():
    while True:
        most[0] = max(most[0], int(statm.read_text().split()[1]) * mmap.PAGESIZE)
        time.sleep(0.1)
threading.Thread(target=look, daemon=True).start()
atexit.register(lambda: sys.stderr.write(f"resident {most[0] // 1024}\\n"))
way, *words = sys.argv[1:]
if way == "plain":
    import carrel.deidentification.logs.line_scrubbing as installed
    installed.is_compiler_here = lambda: False
from carrel.cli.main import main
main(["scrub", "--format", "combined", *words])
"""


def works(folder: Path, *, smoke: bool) -> dict[str, Callable[[], list[Row]]]:
    """Rows by name for ``--only``."""
    return {
        "scrub": lambda: scrub(folder, (6 if smoke else 520) * MEGABYTE, smoke=smoke),
        "addresses": lambda: addresses(2_000 if smoke else 400_000, smoke=smoke),
    }


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU and wall seconds of a command, and its largest resident size in KiB."""

    cpu: float
    wall: float
    memory: int


def scrub(folder: Path, size: int, *, smoke: bool) -> list[Row]:
    """Each way on the same file, in turns, the better of some; a tenth of the log for the memory."""
    log, tenth = folder / "access.log", folder / "tenth.log"
    lines = _write(log, size)
    _write(tenth, size // 10)
    megabytes = log.stat().st_size / MEGABYTE
    said = f"{megabytes:,.0f} MB, {lines:,} lines in combined format, {len(HOSTS)} hosts, each path another"
    ours = {"plain": _carrel("plain", log)}
    first = Spent(0, 0, 0)
    if is_compiler_here():
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        first = _spent(_carrel("compiled", log), None)  # compiles, and keeps what it compiled
        ours |= {"compiled": _carrel("compiled", log), "two cores": _carrel("compiled", log, "--cores", "2")}
    theirs = {
        name: words
        for name, words in (
            ("mawk: three of the fields", ["mawk", MAWK]),
            ("GNU sed: four rules", ["sed", "-E", *(part for rule in SED for part in ("-e", rule))]),
            ("Python: one expression a line", [sys.executable, "-c", PYTHON]),
            ("wc: counts lines, changes nothing", ["wc", "-l"]),
        )
        if shutil.which(words[0])
    }
    best = _best(ours, theirs, log, 1 if smoke else 3)
    rows: list[Row] = []
    for way, work, target in (
        ("plain", "carrel scrub: MB a CPU second", TARGET),
        ("compiled", "with the extra: MB a CPU second", COMPILED_TARGET),
    ):
        if way not in best:
            continue
        rate = megabytes / best[way].cpu
        for n, name in enumerate(theirs):
            rows.append(
                Row("the same" if n else work, said, f"{rate:,.0f} MB/s", f"{megabytes / best[name].cpu:,.0f} MB/s", name,
                    "measured", best[name].cpu / best[way].cpu, "" if n else f"{target} MB/s",
                    None if n or smoke else rate >= target)
            )  # fmt: skip
        small = _spent(_carrel(way, tenth), None)
        rows.append(
            Row("the same: most memory", said, f"{best[way].memory / 1024:,.0f} MB", f"{small.memory / 1024:,.0f} MB",
                "a tenth of the log", "measured", best[way].memory / small.memory, "at most 250 MB",
                None if smoke else best[way].memory < MOST_MEMORY)
        )  # fmt: skip
    if "compiled" in best:
        rows += _extra_rows(best, first, said, megabytes, _side_by_side(log, 1 if smoke else 3), smoke=smoke)
    log.unlink()
    tenth.unlink()
    return rows


def _side_by_side(log: Path, times: int) -> float:
    """What the machine itself gives: how much faster two processes at once are than one after the other."""
    words = ["mawk", MAWK] if shutil.which("mawk") else ["wc", "-w"]
    alone, both = [], []
    for _ in range(times):
        alone.append(_spent(words, log).wall)
        began = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: _spent(words, log), range(2)))
        both.append(time.perf_counter() - began)
    return 2 * min(alone) / min(both)


def _extra_rows(
    best: Mapping[str, Spent], first: Spent, said: str, megabytes: float, machine: float, *, smoke: bool
) -> list[Row]:
    one, two = best["compiled"], best["two cores"]
    busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores: two mawk at once were {machine:.2f} times as fast as one"
    return [
        Row("with the extra, on two cores: wall", said, f"{megabytes / two.wall:,.0f} MB/s",
            f"{megabytes / one.wall:,.0f} MB/s", f"one core; {busy}",
            "measured", one.wall / two.wall, f"{CORES_TARGET} times",
            None if smoke else one.wall / two.wall >= CORES_TARGET),
        Row("the first run: compiles once", said, f"{first.cpu:.1f} s", f"{one.cpu:.1f} s", "every later run",
            "measured", first.cpu / one.cpu, "", None),
    ]  # fmt: skip


def addresses(count: int, *, smoke: bool) -> list[Row]:
    """ipcrypt's pfx of many addresses in one call, against one by one; and from text to text."""
    dice, key = random.Random(3), os.urandom(32)
    texts = [b"%d.%d.%d.%d" % tuple(dice.randbytes(4)) for _ in range(count)]
    parsed = [one for one in map(packed, texts) if one is not None]
    began = time.process_time()
    made = pfx(key, parsed)
    together = count / (time.process_time() - began)
    few = parsed[: max(count // 100, 100)]
    began = time.process_time()
    assert [pfx(key, [one])[0] for one in few] == made[: len(few)]
    alone = len(few) / (time.process_time() - began)
    began = time.process_time()
    list(map(text_of, pfx(key, [one for one in map(packed, texts) if one is not None])))
    whole = count / (time.process_time() - began)
    size = f"{count:,} different addresses of four bytes"
    return [
        Row("ipcrypt pfx: addresses a CPU second", size, f"{together:,.0f} /s", f"{alone:,.0f} /s", "one call for each",
            "measured", together / alone, "250,000 /s", together >= ADDRESSES_TARGET if not smoke else None),
        Row("the same, from text to text", size, f"{whole:,.0f} /s", f"{alone:,.0f} /s", "one call for each",
            "measured", whole / alone, "", None),
    ]  # fmt: skip


def _carrel(way: str, *words: object) -> list[str]:
    return [sys.executable, "-c", CARREL, way, *map(str, words)]


def _best(ours: Mapping[str, list[str]], theirs: Mapping[str, list[str]], log: Path, times: int) -> dict[str, Spent]:
    """The least of each way; they take turns, so that a busy minute falls on all of them."""
    found: dict[str, list[Spent]] = {}
    for _ in range(times):
        for name, words in ours.items():
            found.setdefault(name, []).append(_spent(words, None))
        for name, words in theirs.items():
            found.setdefault(name, []).append(_spent(words, log))
    return {
        name: Spent(min(one.cpu for one in all_), min(one.wall for one in all_), max(one.memory for one in all_))
        for name, all_ in found.items()
    }


def _spent(words: list[str], given: Path | None) -> Spent:
    nowhere = Path(os.devnull)
    began = time.perf_counter()
    with nowhere.open("wb") as sink, (given or nowhere).open("rb") as source:
        running = subprocess.Popen(words, stdin=source, stdout=sink, stderr=subprocess.PIPE)
        assert running.stderr is not None
        told = running.stderr.read()
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode in {0, 3}, (words[0], told)
    peak = re.search(rb"^resident (\d+)$", told, re.MULTILINE)
    wall = time.perf_counter() - began
    return Spent(used.ru_utime + used.ru_stime, wall, int(peak[1]) if peak else 0)


def _write(path: Path, size: int) -> int:
    """A log as a proxy writes it: 20 lines a second, 20,000 addresses of which some are frequent, 660 kinds of software."""
    dice = random.Random(7)
    places = [
        ".".join(map(str, dice.randbytes(4))) if n % 5 else f"2001:db8:{dice.randrange(65536):x}::{n:x}"
        for n in range(20_000)
    ]
    software = [
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{n // 20 + 100}.0.{n % 20}.4 Safari/537.36"
        for n in range(660)
    ]
    lines = written = 0
    with path.open("wb") as file:
        while written < size:
            at = time.gmtime(1_772_323_200 + lines // 20)
            host = dice.choice(HOSTS)
            user = "-" if lines % 2 else f"user{dice.randrange(20_000)}@library.example"
            line = (
                f"{places[int(20_000 * dice.random() ** 2)]} - {user} [{time.strftime('%d/%b/%Y:%H:%M:%S', at)} +0100] "
                f'"GET https://{host}/science/article/pii/S{dice.randrange(10**15):016d}?query=term{dice.randrange(9999)}'
                f'&sid={dice.randrange(10**9)} HTTP/1.1" 200 {dice.randrange(200_000)} '
                f'"https://{host.partition(":")[0]}/search?q=term{dice.randrange(99_999)}" "{dice.choice(software)}"\n'
            ).encode()
            written += file.write(line)
            lines += 1
    return lines
