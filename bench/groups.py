"""One generalise-and-group expression on four engines: as Carrel writes it for each, beside what somebody writes by hand."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from bench.row import Row
from carrel.deidentification.records.release import ReleasedColumn
from carrel.deidentification.records.representative import Representative, representative
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics import coarse_statement, database_records
from carrel.systems.analytics.engine import opened, quoted

SPARK = Path(".venv-spark/bin/python")  # as `make spark` makes it
_SAID = {
    "zip": {"as": "postcode", "levels": ["3"]},
    "born": {"as": "birth year", "levels": ["10 years"]},
    "borrowed": {"as": "time", "levels": ["month"]},
    "callno": {"as": "call number", "levels": ["ten"]},
    "category": {"as": "patron category", "levels": ["group"],
                 "tree": {"adult": ["AD", "SR", "ST", "TE"], "young": ["JU", "YA"], "other": ["IL", "HO", "IN", "TP"]}},
}  # fmt: skip
_GROUP = "CASE WHEN category IN ('AD','SR','ST','TE') THEN 'AD' WHEN category IN ('JU','YA') THEN 'JU' ELSE 'IL' END"
_TEXTS = (
    f"SELECT substr(zip, 1, 3), substr(born, 1, 3) || '0', substr(borrowed, 1, 7), substr(callno, 1, 2), {_GROUP}, "
    "count(*) FROM loans GROUP BY 1, 2, 3, 4, 5"
)
_POSTGRESQL = (
    "SELECT left(zip, 3), CAST(extract(year FROM born) AS int) / 10 * 10, CAST(date_trunc('month', borrowed) AS date), "
    f"left(callno, 2), {_GROUP}, count(*) FROM loans GROUP BY 1, 2, 3, 4, 5"
)
_MARIADB = (
    "SELECT left(zip, 3), YEAR(born) DIV 10 * 10, DATE_FORMAT(borrowed, '%Y-%m-01'), "
    f"left(callno, 2), {_GROUP}, count(*) FROM loans GROUP BY 1, 2, 3, 4, 5"
)
_TABLE = "CREATE TABLE loans (zip varchar(10), born date, borrowed date, callno varchar(20), category varchar(10))"
Timed = tuple[float, float, str]
Engine = Callable[[Path, int], Timed]
Rows = Iterable[Sequence[object]]


def works(folder: Path, *, smoke: bool) -> dict[str, Callable[[], list[Row]]]:
    """Rows by name for ``--only``."""
    rows = 20_000 if smoke else 1_000_000
    return {
        "groups": lambda: _rows(folder, rows, {"PostgreSQL": _postgresql, "MariaDB": _mariadb}, smoke=smoke),
        **({"groups-spark": lambda: _rows(folder, rows, {"Spark": _spark}, smoke=smoke)} if SPARK.exists() else {}),
    }


def rules() -> dict[str, Representative]:
    """What is enough of each column's values."""
    return {name: representative(ReleasedColumn.model_validate(said).hierarchy()) for name, said in _SAID.items()}


def _rows(folder: Path, rows: int, engines: Mapping[str, Engine], *, smoke: bool) -> list[Row]:
    """DuckDB, and some others, on one file."""
    place, times = folder / "grouped.csv", 1 if smoke else 5
    with opened() as engine:
        engine.execute(
            f"COPY (SELECT '0' || (2000 + hash(i) % 400) AS zip, DATE '1930-01-01' + (hash(i + 1) % 31000)::INT AS born, "
            f"DATE '2021-01-01' + (hash(i + 2) % 365)::INT AS borrowed, lpad((hash(i + 3) % 20 * 50)::VARCHAR, 3, '0') || "
            f"'.5 ABC' AS callno, ['AD','SR','JU','YA','ST','IL','HO','TE','IN','TP'][(hash(i + 4) % 10)::INT + 1] AS category "
            f"FROM range({rows}) r(i)) TO '{place}' (HEADER)"
        )
    found = {name: work(place, times) for name, work in {"DuckDB": _duckdb, **engines}.items()}
    told = {one[2] for one in found.values()}
    assert len(told) == 1, "the same groups and counts on all, and by hand"
    groups = next(iter(told)).split(" ")[0]
    said = f"{rows:,} loans in {int(groups):,} groups, the same on all; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return [
        Row(f"groups on {name}: wall", said, f"{mine:.2f} s", f"{hand:.2f} s", "the statement by hand", "measured",
            mine / hand, "<= 1.1", None if smoke else mine / hand <= 1.1)
        for name, (mine, hand, _) in found.items()
    ]  # fmt: skip


def _in_turns(ours: Callable[[], Rows], by_hand: Callable[[], Rows], times: int) -> Timed:
    """Median seconds of each, and what both found."""
    spent: tuple[list[float], list[float]] = ([], [])
    told = set()
    for _ in range(times):
        for side, work in zip(spent, (ours, by_hand), strict=True):
            began = time.perf_counter()
            rows = list(work())
            side.append(time.perf_counter() - began)
            told.add(_digest(rows))
    assert len(told) == 1, "the same groups and counts, however written"
    return statistics.median(spent[0]), statistics.median(spent[1]), told.pop()


def _digest(rows: Rows) -> str:
    groups = Counter[tuple[str, ...]]()
    for zip_, born, borrowed, callno, category, count in rows:
        groups[str(zip_)[:3], str(born)[:4], str(borrowed)[:7], str(callno)[:2], str(category)] += int(str(count))
    body = json.dumps(sorted((*group, count) for group, count in groups.items()))
    return f"{len(groups)} {hashlib.sha256(body.encode()).hexdigest()}"


def _statement(words: coarse_statement.Words) -> str:
    return coarse_statement.grouped(words, "loans", [(quoted(name), rule) for name, rule in rules().items()], "n")


def _duckdb(place: Path, times: int) -> Timed:
    with opened() as engine:
        engine.execute(f"CREATE TEMP TABLE loans AS FROM read_csv('{place}', all_varchar = true)")
        return _in_turns(
            lambda: engine.execute(_statement(coarse_statement.DUCKDB)).fetchall(),
            lambda: engine.execute(_TEXTS).fetchall(),
            times,
        )


def _postgresql(place: Path, times: int) -> Timed:
    from tests.integration.servers import postgresql

    with postgresql.running() as server:
        with server.connected() as cursor:
            cursor.execute(_TABLE)
            with cursor.copy("COPY loans FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write(place.read_bytes())
            cursor.execute("ANALYZE loans")
        return _database(server.url("postgres"), place, _POSTGRESQL, times)


def _mariadb(place: Path, times: int) -> Timed:
    from tests.integration.servers import mariadb

    mariadb.initialise(place.parent / "grouped")
    with mariadb.running(place.parent / "grouped") as server:
        server.sql("CREATE DATABASE grouped CHARACTER SET utf8mb4")
        with server.connected("grouped") as cursor, place.open(newline="") as file:
            cursor.execute(_TABLE)
            cursor.executemany("INSERT INTO loans VALUES (%s, %s, %s, %s, %s)", list(csv.reader(file))[1:])
            cursor.connection.commit()
        return _database(server.url("grouped"), place, _MARIADB, times)


def _database(url: str, place: Path, by_hand: str, times: int) -> Timed:
    """Connecting counts on both sides; on Carrel's so do its look at the catalogue, and values as texts."""
    address = place.with_name("dsn")
    address.write_text(url)
    address.chmod(0o600)
    source = NamedSource(dsn_file=address, table="loans")

    def ours() -> Rows:
        with database_records.reading(source, tuple(_SAID), rules()) as (_, batches):
            return [row for batch in batches for row in zip(*batch.values(), strict=True)]

    def theirs() -> Rows:
        engine = sa.create_engine(url)
        said = by_hand.replace("%", "%%") if engine.dialect.name != "postgresql" else by_hand  # as its driver reads it
        with engine.connect() as connection:
            rows = [tuple(row) for row in connection.exec_driver_sql(said)]
        engine.dispose()
        return rows

    return _in_turns(ours, theirs, times)


def _spark(place: Path, times: int) -> Timed:
    """In the environment that has it."""
    done = subprocess.run([SPARK, "-m", "bench.groups", str(place), str(times)], capture_output=True, check=True)
    mine, hand, told = json.loads(done.stdout.splitlines()[-1])
    return mine, hand, told


def _inside_spark(place: Path, times: int) -> Timed:
    from carrel.systems.analytics import spark_engine

    with spark_engine.started("local[2]", memory="2g") as session:
        session.read.csv(str(place), header=True).repartition(4).persist().createOrReplaceTempView("loans")
        session.sql("SELECT count(*) FROM loans").collect()
        return _in_turns(
            lambda: [tuple(row) for row in session.sql(_statement(coarse_statement.SPARK)).collect()],
            lambda: [tuple(row) for row in session.sql(_TEXTS).collect()],
            times,
        )


if __name__ == "__main__":
    print(json.dumps(_inside_spark(Path(sys.argv[1]), int(sys.argv[2]))))
