"""``python -m bench --size smoke|full [--loans N] [--only WORD]``: every figure, as a ratio inside one run."""

from __future__ import annotations

import argparse
import compileall
import json
import sys
import tempfile
from importlib import resources
from pathlib import Path

from bench import contacts, cubes, evergreen, groups, heavy, light, log_service, logs, records, risk, text
from bench.row import Row, table

RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", choices=("smoke", "full"), default="full", help="smoke proves that every row runs")
    parser.add_argument("--loans", type=int, help="loans of the library (full: 1,000,000)")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--folder", type=Path, help="where libraries are made (some 3 GB per million loans and copy)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of the results")
    chosen = parser.parse_args()
    if chosen.folder is not None and not chosen.folder.is_dir():
        parser.error(f"--folder {chosen.folder}: no such folder; make it, on a disk with room enough")
    if not chosen.results.resolve().parent.is_dir():
        parser.error(f"--results {chosen.results}: no folder to write it into")
    smoke = chosen.size == "smoke"
    loans = chosen.loans or (1_500 if smoke else 1_000_000)
    rows: list[Row] = []
    # As an installed Carrel is: some environments forbid Python to keep what it compiled, and each process does it anew.
    compileall.compile_dir(str(resources.files("carrel")), quiet=2)

    def done(new: list[Row]) -> None:
        rows.extend(new)
        for row in new:
            print(f"  {row.work}: {row.ours}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="carrel-bench-", dir=chosen.folder) as folder:
        works = {
            "start": lambda: [light.start(3 if smoke else 21)],
            "ledger": lambda: light.ledger(20_000 if smoke else 1_000_000),
            **logs.works(Path(folder), smoke=smoke),
            **log_service.works(Path(folder), smoke=smoke),
            **records.works(Path(folder), smoke=smoke),
            **groups.works(Path(folder), smoke=smoke),
            **risk.works(Path(folder), smoke=smoke),
            **text.works(Path(folder), smoke=smoke),
            **cubes.works(Path(folder), smoke=smoke),
            **contacts.works(Path(folder), smoke=smoke),
            **heavy.works(Path(folder), loans, smoke=smoke),
            **evergreen.works(loans, smoke=smoke),
        }
        for name, work in works.items():
            if chosen.only in name:
                done(work())
        heavy.forget()
        evergreen.forget()
    print(table(rows))
    chosen.results.write_text(json.dumps([row.as_dict() for row in rows], indent=1) + "\n")
    if smoke:
        print("\nsmoke: every row ran; a size this small judges nothing")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
