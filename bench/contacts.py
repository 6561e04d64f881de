"""The gate of addresses: every patron of a library through it, beside a bare dump of the same columns by hand."""

from __future__ import annotations

import csv
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path

import sqlalchemy as sa

from bench.library import AS_OF
from bench.row import Row
from carrel.consent.event import Act, Channel, ConsentEvent
from carrel.consent.text import ConsentText
from carrel.ledger.leaf import OpenLeaf
from carrel.store import tables
from carrel.store.store import FILE, Store
from carrel.systems import map_files
from carrel.systems.consent.text_folder import read_texts, write_examples
from carrel.systems.sample import SampleSize, build

_PURPOSE, _TO = "library campaign", "the library"
_SITE = """\
format_version: 1
library: Bench Library
policy: ./policy.yaml
consent: {{texts: texts}}
systems:
  - {{name: koha, map: koha, dsn_file: koha.dsn, time_zone: UTC, mode: window}}
consumers:
{consumers}
people:
  - {{name: Dee Example, role: staff, may: [consent, export]}}
"""
_SEED = 20261122
_AGREED = 10  # one in so many
_FIRST = 10_000_000
# Not getrusage: what that tells outlives an exec, and would be the peak of this process.
_PEAK = (
    "import sys\nfrom pathlib import Path\nfrom carrel.cli.main import main\n"
    "try:\n    main(sys.argv[1:])\n"
    "finally:\n    print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0], file=sys.stderr)\n"
)


def works(folder: Path, *, smoke: bool) -> dict[str, Callable[[], list[Row]]]:
    """Rows by name for ``--only``."""
    return {"contacts": lambda: _gate(folder / "contacts", 2_000 if smoke else 1_000_000, judge=not smoke)}


def _gate(folder: Path, people: int, *, judge: bool) -> list[Row]:
    folder.mkdir()
    database = folder / "koha.db"
    _library(database, people)
    found = []
    for name, asks, silent in (("worcester", False, 0), ("owwl", True, 0), ("worcester", False, people // 100)):
        site = folder / f"{name}-{silent}"
        _site(site, database, name)
        agreed = people // _AGREED
        _consents(site, agreed)
        _silences(site, silent)
        fields = ("email",) if name == "worcester" else ("firstname", "surname", "email")
        bare = _bare(database, fields, site / "bare.csv")
        seconds, peak, told = _export(site, site / "contacts.csv")
        ratio = seconds / bare
        said = f"{agreed:,} said something" + (f", {silent:,} addresses asked for silence" if silent else "")
        says = f"{people:,} patrons on SQLite, {said}; {told['written']:,} go; peak {peak} MB"
        work = "contact gate, opt-in, CPU" if asks else "contact gate, no opt-in, CPU"
        work = work.replace("no opt-in", "list of silence") if silent else work
        found.append(
            Row(work, says, f"{seconds:.1f} s", f"{bare:.1f} s", "SELECT of the same columns into a CSV file, by hand",
                "measured", ratio, "at most 10 s, 250 MB", seconds <= 10 and peak <= 250 if judge else None)
        )  # fmt: skip
    return found


def _library(database: Path, people: int) -> None:
    """A small sample whose patrons are multiplied; every card is in use, and everybody has an address."""
    engine = sa.create_engine(f"sqlite:///{database}")
    build(engine, SampleSize("small", 40, 160), _SEED, AS_OF)
    engine.dispose()
    with sqlite3.connect(database) as library:
        names = [row[1] for row in library.execute("PRAGMA table_info(borrowers)")]
        new = {
            "borrowernumber": f"{_FIRST} + n", "cardnumber": "'C' || n", "userid": "'u' || n",
            "email": "'reader' || n || '@oak.example'", "dateexpiry": "'2999-01-01'", "surname": "'Surname' || n",
        }  # fmt: skip
        columns = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(new.get(name, f'b."{name}"') for name in names)
        library.execute(
            f"INSERT INTO borrowers ({columns}) WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more "
            f"WHERE n < {people}) SELECT {values} FROM more, (SELECT * FROM borrowers WHERE surname <> '' LIMIT 1) b"
        )


def _site(site: Path, database: Path, policy: str) -> None:
    site.mkdir(mode=0o700)
    shipped = resources.files("carrel.policy") / "shipped" / f"{policy}.yaml"
    (site / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))
    (site / "koha.dsn").write_text(f"sqlite:///{database}\n")
    (site / "koha.dsn").chmod(0o600)
    jobs = "\n".join(f"  {one.name!r}: not used" for one in map_files.load("koha").consumers if one.destructive)
    (site / "carrel.yaml").write_text(_SITE.format(consumers=jobs))
    write_examples(site / "texts")


def _consents(site: Path, agreed: int) -> None:
    """One patron in ten agreed, and of these one in ten took it back."""
    [text] = [one for one in read_texts(site / "texts") if (one.purpose, one.language) == (_PURPOSE, "en")]
    with Store.open(site) as store:
        first = ConsentEvent(Act.GIVEN, _PURPOSE, Channel.DESK, "Dee", AS_OF, AS_OF, *text.key, text.digest)
        store.consents.add("koha", _FIRST + 1, (first,), text, _nothing)
        more = list(_events(store, text, agreed))
    engine = sa.create_engine(f"sqlite:///{site / FILE}")
    with engine.begin() as connection:
        connection.execute(sa.insert(tables.consent_event), more)
    engine.dispose()


def _silences(site: Path, many: int) -> None:
    """Addresses that are never written to, of patrons spread over the whole library."""
    with Store.open(site) as store:
        tags = store.consents.own_tags("koha")
        rows = [
            {
                "tag": tags.address(f"reader{n * 100 + 7}@oak.example"),
                "mark": tags.mark,
                "reason": "asked",
                "since": AS_OF,
            }
            for n in range(many)
        ]
    if rows:
        engine = sa.create_engine(f"sqlite:///{site / FILE}")
        with engine.begin() as connection:
            connection.execute(sa.insert(tables.suppression), rows)
        engine.dispose()


def _nothing(*_: object) -> list[OpenLeaf]:
    return []


def _events(store: Store, text: ConsentText, agreed: int) -> Iterator[dict[str, object]]:
    tags = store.consents.own_tags("koha")
    for n in range(2, agreed + 1):
        for act in (Act.GIVEN, *([Act.WITHDRAWN] if n % _AGREED == 0 else [])):
            given = act is Act.GIVEN
            at = AS_OF if given else AS_OF + timedelta(days=1)
            yield {
                "tag": tags.number(_FIRST + n * _AGREED), "mark": tags.mark, "system": "koha", "act": str(act),
                "purpose": _PURPOSE, "channel": "desk", "taker": "Dee", "at": at, "recorded_at": at,
                "text": text.text if given else "", "version": text.version if given else 0,
                "language": text.language if given else "", "digest": text.digest if given else "",
                "salt": secrets.token_bytes(32),
            }  # fmt: skip


def _export(site: Path, out: Path) -> tuple[float, int, dict[str, int]]:
    """CPU seconds of the command in a process of its own, its peak of memory in MB, and what it told."""
    words = ["export", "contacts", "--purpose", _PURPOSE, "--recipient", _TO, "--out", str(out)]
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, *words, "--as", "Dee Example", "--json", "--site", str(site)],
        check=True, capture_output=True, text=True, env={**os.environ},
    )  # fmt: skip
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, int(done.stderr.split()[-1]) // 1024, json.loads(done.stdout)["export"]


def _bare(database: Path, fields: tuple[str, ...], out: Path) -> float:
    began = time.process_time()
    with sqlite3.connect(database) as library, out.open("w", newline="") as stream:
        csv.writer(stream).writerows(library.execute(f"SELECT {', '.join(fields)} FROM borrowers"))
    return time.process_time() - began
