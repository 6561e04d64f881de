"""What Spark counts in several partitions is what DuckDB counts on one machine: the same statements, the same figures."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from carrel.deidentification.risk.assessment import Measurement
from carrel.deidentification.risk.question import RiskQuestion
from carrel.errors import CarrelError
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics import (
    coarse_statement,
    record_release,
    record_source,
    release_writing,
    spark_engine,
    spark_records,
)
from carrel.systems.analytics.engine import opened, quoted
from carrel.systems.analytics.risk_measuring import measure
from tests.integration.deidentification import loan_records, odd_records

pytestmark = pytest.mark.spark

_PLANTED = "Amundsen"


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    with spark_engine.started("local[2]", memory="1g", partitions=4) as made:
        yield made


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> RiskQuestion:
    """Loans with gaps, quotes, commas, ends of lines and other letters; a roster; a door's log."""
    folder, drawn = tmp_path_factory.mktemp("loans"), random.Random(11)
    people = {n: (drawn.choice(["01001", "01002", "", "é"]), str(1950 + drawn.randrange(40))) for n in range(300)}
    loans, door = [], []
    for n in range(4000):
        person = drawn.choice([*people, None]) if n % 50 == 0 else drawn.randrange(300)
        place, born = people.get(person, ("", "1900")) if person is not None else ("", "")
        time = f"2026-03-{drawn.randrange(1, 29):02} {drawn.randrange(9, 20):02}:{drawn.randrange(60):02}:00"
        title = drawn.choice(['The "Fram"', "Ice, and more", "two\nlines", "ó", "x"])
        blanks = " " if n % 7 == 0 and person is not None else ""
        loans.append(
            [
                f"{blanks}{'' if person is None else person}{blanks}",
                f"r{(person or 0) * 7919 % 1009}" if person else "",
                place,
                born,
                time,
                title,
            ]
        )
        if person is not None and n % 3 == 0:
            door.append([person, time])
    _write(folder / "loans.csv", ["patron", "reader", "place", "born", "time", "title"], loans)
    _write(folder / "door.csv", ["card", "entered"], door)
    _write(folder / "roster.csv", ["id", "postcode", "born"], [[n, *said] for n, said in people.items()])
    said = {
        "name": "loans",
        "records": "loans.csv",
        "person": "patron",
        "pseudonym": "reader",
        "columns": ["place", "born", "time"],
        "sensitive": ["title"],
        "against": [
            {"name": "roster", "records": "roster.csv", "person": "id", "match": {"place": "postcode", "born": "born"}},
            {
                "name": "door",
                "records": "door.csv",
                "person": "card",
                "match": {"time": {"column": "entered", "within": "1 minute"}},
            },
            {"name": "nobody", "records": "door.csv", "match": {"time": "entered"}},
        ],
    }
    return RiskQuestion.model_validate(said).relative_to(folder)


def _write(place: Path, header: list[str], rows: list[list[object]]) -> None:
    with place.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def _by_duckdb(question: RiskQuestion) -> Measurement:
    with opened() as engine:
        return measure(lambda one, columns, name: record_source.read(engine, one, columns, name=name), question, 5)


def _by_spark(session: Any, question: RiskQuestion) -> Measurement:
    return measure(lambda one, columns, name: spark_records.read(session, one, columns, name=name), question, 5)


def test_every_figure_is_the_same(session: Any, question: RiskQuestion) -> None:
    here, there = _by_duckdb(question), _by_spark(session, question)
    told = {name: replace(one, entropy=0.0, closeness=0.0) for name, one in here.sensitive.items()}
    assert {name: replace(one, entropy=0.0, closeness=0.0) for name, one in there.sensitive.items()} == told
    assert there.sensitive["title"].entropy == pytest.approx(here.sensitive["title"].entropy)
    assert there.sensitive["title"].closeness == pytest.approx(here.sensitive["title"].closeness)
    assert [one.tried for one in there.traces] == [one.tried for one in here.traces]  # each draws its own records
    same = {"sensitive": {}, "traces": (), "direct": {}}
    assert replace(there, **same) == replace(here, **same)
    assert here.linkages[0].named > 0
    assert here.linkages[1].right
    assert session.sparkContext.defaultParallelism == 2


def test_parquet_says_the_same(session: Any, question: RiskQuestion, tmp_path: Path) -> None:
    with opened() as engine:
        found = record_source.read(engine, question.records)
        found.ask(f"COPY (SELECT * FROM {found.name}) TO '{tmp_path / 'loans.parquet'}' (FORMAT parquet)")
    plain = RiskQuestion.model_validate(
        {"name": "loans", "records": tmp_path / "loans.parquet", "person": "patron", "columns": ["place", "born"]}
    )
    assert _by_spark(session, plain) == _by_duckdb(plain)


@pytest.mark.parametrize("written", [f"a,b\n1,2\n{_PLANTED},2,3\n", f'a,b\n1,"{_PLANTED}\n'])
def test_what_cannot_be_read_is_refused_without_a_value(
    session: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str], written: str
) -> None:
    place = tmp_path / "a.csv"
    place.write_text(written)
    with pytest.raises(CarrelError) as refused:
        spark_records.read(session, NamedSource(file=place)).code(["a", "b"], None)
    assert refused.value.code == "SRC-002"
    assert _PLANTED not in "\n".join(refused.value.faults[0].lines()) + "".join(capfd.readouterr())


def test_a_database_is_none_of_its_sources(session: Any, tmp_path: Path) -> None:
    with pytest.raises(CarrelError) as refused:
        spark_records.read(session, NamedSource(dsn_file=tmp_path / "dsn", table="loans"))
    assert refused.value.code == "SRC-008"


def test_what_it_says_of_an_error_is_not_passed_on(session: Any, question: RiskQuestion, capfd: Any) -> None:
    with pytest.raises(CarrelError) as refused:
        spark_records.read(session, question.records).ask(f"SELECT CAST('{_PLANTED}' AS INT)")
    assert refused.value.code == "SRC-006"
    assert _PLANTED not in "\n".join(refused.value.faults[0].lines()) + "".join(capfd.readouterr())


def test_it_groups_odd_values_as_the_rules_say(session: Any, tmp_path: Path) -> None:
    columns = [(quoted(name), rule) for name, rule in odd_records.rules().items()]
    with opened() as engine:
        engine.execute(f"CREATE TABLE odd ({', '.join(f'{one} VARCHAR' for one in odd_records.COLUMNS)})")
        engine.executemany("INSERT INTO odd VALUES (?, ?, ?, ?, ?, ?)", odd_records.rows())
        engine.execute(f"COPY odd TO '{tmp_path}/odd.parquet' (FORMAT parquet)")
    session.read.parquet(f"{tmp_path}/odd.parquet").repartition(5).createOrReplaceTempView("odd")
    found = session.sql(coarse_statement.grouped(coarse_statement.SPARK, "odd", columns, "n")).collect()
    assert len(found) == len(odd_records.expected())
    assert {tuple(row[:-1]): row[-1] for row in found} == odd_records.expected()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_release_by_spark_is_that_of_one_machine(session: Any, tmp_path: Path, ending: str) -> None:
    loan_records.write(tmp_path / "loans.csv", 900)
    with opened() as engine:
        engine.execute(f"COPY (FROM '{tmp_path}/loans.csv') TO '{tmp_path}/loans.parquet' (FORMAT parquet)")
    (tmp_path / "release.yaml").write_text(loan_records.RELEASE.replace("loans.csv", f"loans.{ending}"))
    release = record_release.read_release(tmp_path / "release.yaml")

    def by_spark(engine: Any, *said: Any) -> record_source.Records:
        return spark_records.grouped(session, engine, *said)

    told = []
    for at, read in enumerate((None, by_spark)):
        place = tmp_path / f"{at}.csv"
        with opened() as engine:
            made = record_release.make(engine, release, tmp_path, date(2026, 7, 1), lambda _: nullcontext(), read=read)
            with release_writing.written(made.records, made.release, place) as confirmed:
                pass
        assert made.optimum is not None
        told.append((made.optimum.node, made.left_out, made.usefulness, confirmed, place.read_bytes()))
    assert told[0] == told[1]
