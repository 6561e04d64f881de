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

from bench.invented_log import HOSTS, TIMES_AS_LONG, longer, write_log
from bench.row import Row
from carrel.deidentification.logs.address_prefix import pfx
from carrel.deidentification.logs.ip_address import packed, text_of
from carrel.deidentification.logs.line_scrubbing import is_compiler_here

MEGABYTE = 1_000_000
TARGET, COMPILED_TARGET, CORES_TARGET, ADDRESSES_TARGET = 60, 250, 1.7, 250_000
MOST_CPU, MOST_SHARE = 1.15, 0.58  # of two cores: CPU beside that of one, and of any one process in it
MOST_MEMORY = 250 * 1024  # KiB

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

# The largest resident size, of lanes too, and the shares are looked for by the process itself: what a parent is told
# holds the parent's own. What lanes share is counted for each of them.
CARREL = """
import atexit, contextlib, mmap, os, pathlib, sys, threading, time
most, spent, proc = [0], {}, pathlib.Path("/proc")
here = proc / str(os.getpid())
def look():
    while True:
        resident = 0
        with contextlib.suppress(OSError):
            for one in [here.name, *(here / "task" / here.name / "children").read_text().split()]:
                resident += int((proc / one / "statm").read_text().split()[1]) * mmap.PAGESIZE
                spent[one] = int((proc / one / "schedstat").read_text().split()[0])
        most[0] = max(most[0], resident)
        time.sleep(0.1)
threading.Thread(target=look, daemon=True).start()
def tell():
    spent[here.name] = int(time.process_time() * 1e9)
    sys.stderr.write(f"resident {most[0] // 1024}\\nshare {max(spent.values()) / sum(spent.values())}\\n")
atexit.register(tell)
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
    """CPU and wall seconds of a command and its children, its largest resident size in KiB, and what its busiest process took."""

    cpu: float
    wall: float
    memory: int
    share: float = 1.0


def scrub(folder: Path, size: int, *, smoke: bool) -> list[Row]:
    """Each way on the same file, in turns, the better of some; a tenth of the log for the memory."""
    log, tenth = folder / "access.log", folder / "tenth.log"
    lines = write_log(log, size)
    write_log(tenth, size // 10)
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
        rows += _first_row(first, best["compiled"], said)
        machine = _side_by_side(log, 1 if smoke else 3)
        rows += _cores_rows(best, said, megabytes, machine, smoke=smoke)
        long = longer(log, folder / "long.log")
        ways = {
            name: _carrel("compiled", long, *more) for name, more in (("compiled", ()), ("two cores", ("--cores", "2")))
        }
        rows += _cores_rows(
            _best(ways, {}, long, 1 if smoke else 3), f"the same log {TIMES_AS_LONG} times over",
            TIMES_AS_LONG * megabytes, machine, smoke=smoke,
        )  # fmt: skip
        long.unlink()
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


def _first_row(first: Spent, later: Spent, said: str) -> list[Row]:
    return [
        Row("the first run: compiles once", said, f"{first.cpu:.1f} s", f"{later.cpu:.1f} s", "every later run",
            "measured", first.cpu / later.cpu, "", None),
    ]  # fmt: skip


def _cores_rows(best: Mapping[str, Spent], said: str, megabytes: float, machine: float, *, smoke: bool) -> list[Row]:
    """Two cores beside one: by the clock, which other work on the machine lengthens, and by what it is made of."""
    one, two = best["compiled"], best["two cores"]
    busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores: two mawk at once were {machine:.2f} times as fast as one"
    return [
        Row("with the extra, on two cores: wall", said, f"{megabytes / two.wall:,.0f} MB/s",
            f"{megabytes / one.wall:,.0f} MB/s", f"one core; {busy}",
            "measured", one.wall / two.wall, f"{CORES_TARGET} times",
            None if smoke else one.wall / two.wall >= CORES_TARGET),
        Row("the same: CPU of all processes", said, f"{two.cpu:.2f} s", f"{one.cpu:.2f} s", "one core",
            "measured", two.cpu / one.cpu, f"at most {MOST_CPU}", None if smoke else two.cpu / one.cpu <= MOST_CPU),
        Row("the same: CPU of the busiest process", said, f"{two.share:.0%}", "100%", "of all of them",
            "measured", two.share, f"at most {MOST_SHARE:.0%}", None if smoke else two.share <= MOST_SHARE),
        Row("the same: most memory", said, f"{two.memory / 1024:,.0f} MB", f"{one.memory / 1024:,.0f} MB", "one core",
            "measured", two.memory / one.memory, "at most 250 MB", None if smoke else two.memory < MOST_MEMORY),
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
        name: Spent(
            min(one.cpu for one in all_),
            min(one.wall for one in all_),
            max(one.memory for one in all_),
            max(one.share for one in all_),
        )
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
    share = re.search(rb"^share (\S+)$", told, re.MULTILINE)
    wall = time.perf_counter() - began
    return Spent(used.ru_utime + used.ru_stime, wall, int(peak[1]) if peak else 0, float(share[1]) if share else 1.0)
