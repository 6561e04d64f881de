"""Records made coarser: the optimum and local recoding, whole commands on one file, beside what others take for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.row import Row

ARX = "ARX 3.9.2 OPTIMAL, its own data"
# Of 7 columns, k = 10: seconds to anonymise, CPU seconds of the whole process, and how many times faster is wanted.
ARX_SPENT = {1_000_000: (215.9, 278.7, "8 times", "10 times"), 100_000: (5.56, 11.5, "3 times", "")}
ANONYPY_CPU, ANONYPY_ROWS = 37.0, 10_000
PEERS = "CARREL_BENCH_PEERS"  # a Python that has anonypy and pandas
MOST_MEMORY = 4 * 1024 * 1024  # KiB

COLUMNS = """\
columns:
  category: {as: patron category, tree: {adult: [AD, SR, ST, TE], young: [JU, YA], other: [IL, HO, IN, TP]}}
  branch:
    as: branch
    tree:
      north: [BR0, BR1, BR2, BR3, BR4]
      east: [BR5, BR6, BR7, BR8, BR9]
      south: [BR10, BR11, BR12, BR13, BR14]
      west: [BR15, BR16, BR17, BR18, BR19]
      town: [BR20, BR21, BR22, BR23, BR24]
  born: {as: birth year}
  zip: {as: postcode, levels: [5, 3, 2]}
  borrowed: {as: time, levels: [day, month, quarter, year]}
  type: {as: item type, tree: {print: [BK, MAG, MAP], disc: [DVD, CD], other: [EB, KIT, GAME]}}
  callno: {as: call number, levels: [class, hundred]}
"""
# A process tells its own largest resident size: what a parent is told holds the parent's own.
CARREL = """
import resource, sys
from carrel.cli.main import main
try:
    main(sys.argv[1:])
finally:
    sys.stderr.write(f"resident {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\\n")
"""
ANONYPY = """
import sys, time
import pandas, anonypy
frame = pandas.read_csv(sys.argv[1])
names = [one for one in frame.columns if one not in ("patron", "title")]
for name in names:
    if frame[name].dtype == object:
        frame[name] = frame[name].astype("category")
began = time.process_time()
made = anonypy.Preserver(frame, names, "title").anonymize_k_anonymity(k=10)
print(time.process_time() - began, len(made))
"""


def works(folder: Path, *, smoke: bool) -> dict[str, Callable[[], list[Row]]]:
    """Rows by name for ``--only``."""
    return {
        "records": lambda: optimum(folder, 5_000 if smoke else 1_000_000, smoke=smoke),
        **({} if smoke else {"records-small": lambda: optimum(folder, 100_000, smoke=smoke)}),
        "records-local": lambda: local(folder, (5_000,) if smoke else (10_000, 1_000_000, 10_000_000), smoke=smoke),
    }


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a command, its largest resident size in KiB, and what it said."""

    cpu: float
    wall: float
    memory: int
    said: dict[str, Any]


def optimum(folder: Path, rows: int, *, smoke: bool) -> list[Row]:
    """The same optimum counting records and counting persons."""
    _write(folder, rows)
    _carrel(folder, rows, "global", persons=False)  # compiles, where nobody has yet
    plain = _carrel(folder, rows, "global", persons=False)
    whole = _carrel(folder, rows, "global", persons=True)
    arx_wall, arx_cpu, times_wall, times_cpu = ARX_SPENT[100_000 if rows <= 100_000 else 1_000_000]
    said = f"{rows:,} records, 7 columns, {whole.said['nodes']:,} nodes, k = 10, at most 5 % left out; {_load()}"
    return [
        Row("optimal generalisation: wall", said, f"{plain.wall:.1f} s", f"{arx_wall} s", ARX, "quoted",
            arx_wall / plain.wall, times_wall, None),
        Row("the same: CPU of the process", said, f"{plain.cpu:.1f} s", f"{arx_cpu} s", ARX, "quoted",
            arx_cpu / plain.cpu, times_cpu, None),
        Row("the same, counting persons: CPU", f"{said}; {whole.said['persons']:,} persons", f"{whole.cpu:.1f} s",
            f"{plain.cpu:.1f} s", "counting records", "measured", whole.cpu / plain.cpu, "at most 2",
            None if smoke else whole.cpu <= 2 * plain.cpu),
        Row("the same: most memory", said, f"{whole.memory // 1024:,} MB", "", "", "none", None, "", None),
    ]  # fmt: skip


def local(folder: Path, sizes: tuple[int, ...], *, smoke: bool) -> list[Row]:
    """Groups of their own labels, at growing sizes."""
    found = []
    for rows in sizes:
        _write(folder, rows)
        if rows == sizes[0]:
            _carrel(folder, rows, "local", persons=True)  # compiles
        spent = _carrel(folder, rows, "local", persons=True)
        said = f"{rows:,} records, 7 columns, {spent.said['groups']:,} groups, k = 10 persons; {_load()}"
        loss = spent.said["loss"]
        large = rows >= 10_000_000
        found += [
            Row("local recoding: mean loss", said, f"{loss:.3f}", "", "", "none", None, "at most 0.10",
                loss <= 0.10 if rows == 1_000_000 else None),
            Row("the same: wall", said, f"{spent.wall:.1f} s", f"{spent.cpu:.1f} s", "CPU of the process", "measured",
                None, "60 s" if large else "", spent.wall < 60 if large else None),
            Row("the same: most memory", said, f"{spent.memory // 1024:,} MB", "", "", "none", None,
                "4 GiB" if large else "", spent.memory < MOST_MEMORY if large else None),
        ]  # fmt: skip
        if rows == sizes[0]:
            found.append(_beside_anonypy(folder, rows, smoke=smoke))
    return found


def _beside_anonypy(folder: Path, rows: int, *, smoke: bool) -> Row:
    """Mondrian alone in both: reading and writing left out."""
    ours, groups = _groups_alone(folder, rows)
    python = os.environ.get(PEERS)
    said = f"{rows:,} records, 7 columns, k = 10, reading and writing left out, {groups:,} groups; {_load()}"
    theirs, kind = ANONYPY_CPU * rows / ANONYPY_ROWS, "quoted"
    if python is not None:
        done = subprocess.run([python, "-c", ANONYPY, str(folder / f"{rows}.csv")], capture_output=True, check=True)
        theirs, kind = float(done.stdout.split()[0]), "measured"
    met = None if smoke or kind == "quoted" else theirs / ours >= 500
    return Row("local recoding: CPU", said, f"{ours:.3f} s", f"{theirs:.1f} s", "anonypy 0.2.1 Mondrian",
               "measured" if kind == "measured" else "quoted", theirs / ours, "500 times", met)  # fmt: skip


def _groups_alone(folder: Path, rows: int) -> tuple[float, int]:
    from carrel.deidentification.records.local_recoding import grouped
    from carrel.systems.analytics import record_coding, record_release, record_source
    from carrel.systems.analytics.engine import opened

    release = record_release.read_release(_release(folder, rows, "local", persons=False))
    with opened(memory="2GB") as engine:
        records = record_source.read(engine, release.source, release.needed)
        record_coding.take(records, release, {})
        coded = record_coding.code_records(records, release, record_coding.hierarchies(release, folder))
    grouped(coded.columns, coded.codes, None, release.k)  # compiles, where nobody has yet
    began = time.process_time()
    made = grouped(coded.columns, coded.codes, None, release.k)
    return time.process_time() - began, made.count if made is not None else 0


def _write(folder: Path, rows: int) -> None:
    """Loans of invented people: a reader's category, year, postcode and home branch are the same in each loan."""
    import duckdb
    import numpy as np

    dice = np.random.default_rng(3)
    people = max(20, rows // 12)
    zone = np.minimum((dice.pareto(1.1, people) * 3).astype(int), 199)
    whose = dice.permutation(people)[np.minimum((dice.pareto(1.0, rows) * people / 20).astype(int), people - 1)]
    home = (zone * 25 // 200 + dice.integers(0, 3, people)) % 25
    loans = {  # noqa: F841  (the engine reads it by name)
        "patron": whose,
        "category": dice.choice(10, people, p=[0.4, 0.2, 0.12, 0.08, 0.06, 0.05, 0.04, 0.03, 0.01, 0.01])[whose],
        "born": np.clip(dice.normal(1980, 20, people).astype(int), 1925, 2018)[whose],
        "zone": zone[whose],
        "branch": np.where(dice.random(rows) < 0.8, home[whose], dice.integers(0, 25, rows)),
        "day": dice.integers(0, 1825, rows),
        "type": dice.choice(8, rows, p=[0.5, 0.2, 0.1, 0.08, 0.05, 0.04, 0.02, 0.01]),
        "subject": np.minimum((dice.pareto(1, rows) * 8).astype(int), 99),
        "title": dice.integers(0, 1000, rows),
    }
    made = (
        "SELECT 'P' || patron AS patron, ['AD','SR','JU','YA','ST','IL','HO','TE','IN','TP'][category + 1] AS category, "
        "'BR' || branch AS branch, born, lpad((2000 + zone * 7)::VARCHAR, 5, '0') AS zip, "
        "DATE '2021-01-01' + day::INTEGER AS borrowed, ['BK','DVD','CD','MAG','EB','KIT','MAP','GAME'][type + 1] AS type, "
        "lpad((subject * 10)::VARCHAR, 3, '0') || '.5 ABC' AS callno, title FROM loans"
    )
    duckdb.sql(f"COPY ({made}) TO '{folder}/{rows}.parquet' (FORMAT parquet)")
    if rows <= ANONYPY_ROWS:
        duckdb.sql(f"COPY ({made}) TO '{folder}/{rows}.csv' (HEADER)")


def _release(folder: Path, rows: int, method: str, *, persons: bool) -> Path:
    place = folder / f"{method}.yaml"
    person = "person: patron\n" if persons else ""
    place.write_text(f"from: {rows}.parquet\n{person}{COLUMNS}k: 10\nsuppress at most: 5 %\nmethod: {method}\n")
    return place


def _carrel(folder: Path, rows: int, method: str, *, persons: bool) -> Spent:
    """``carrel deidentify records`` as a whole: start, reading, search, writing, counting back."""
    place = _release(folder, rows, method, persons=persons)
    words = ["deidentify", "records", str(place), "--out", str(folder / "out.parquet"), "--force", "--json"]
    before, began = os.times(), time.perf_counter()
    done = subprocess.run([sys.executable, "-c", CARREL, *words], capture_output=True, check=True)
    wall, after = time.perf_counter() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(cpu, wall, int(done.stderr.split()[-1]), json.loads(done.stdout))


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
