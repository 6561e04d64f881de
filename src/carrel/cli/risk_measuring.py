"""``carrel risk measure``: the question is put together, measured, told, and kept where that is asked for."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.option_model import name_of, of_options
from carrel.deidentification.risk.assessment import Measurement, assess
from carrel.deidentification.risk.question import RiskQuestion
from carrel.errors import Exit
from carrel.inventory.risk import RiskClass
from carrel.systems.analytics import document, record_source
from carrel.systems.analytics.engine import MEMORY, is_size, opened
from carrel.systems.analytics.risk_measuring import Reading
from carrel.systems.analytics.risk_measuring import measure as run_tests

if TYPE_CHECKING:
    from carrel.cli.progress import Progress

_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for.

    Attributes:
        place: a question, or the file of the records.
        source: how the records are written, or where in a database they are.
        said: of the question.
        memory: of the engine.
        spark: the master of Spark; DuckDB on this machine unless given.
    """

    place: Path | None
    source: Mapping[str, object]
    said: Mapping[str, object]
    memory: str | None
    spark: str | None = None


def measure(asked: Asked, site_path: Path | None, by: str | None, *, as_json: bool) -> int:
    """Measure, tell, and record at the site where there is one.

    Raises:
        CarrelError: of the SRC, RSK, SQL and SIT codes.
    """
    from carrel.cli.risk_record import keep, person_who_may
    from carrel.cli.risk_screen import tell

    question = _question(asked)
    if asked.memory is not None and not is_size(asked.memory):
        raise click.UsageError("--memory: write a number and MB or GB, such as 3GB")
    person = person_who_may(site_path, by) if site_path is not None else None
    with _engine(asked) as read:
        measured = _measured(read, question)
    found = assess(measured)
    kept = keep(person, question, measured, found) if person is not None else None
    tell(measured, found, kept, as_json=as_json)
    return int(Exit.DONE if found.risk is RiskClass.LOW else Exit.FINDINGS)


@contextmanager
def _engine(asked: Asked) -> Iterator[Reading]:
    memory = asked.memory or MEMORY
    if asked.spark is None:
        with opened(memory=memory) as engine:
            yield lambda source, columns, name: record_source.read(engine, source, columns, name=name)
        return
    from carrel.systems.analytics import spark_engine, spark_records

    with spark_engine.started(asked.spark, memory=spark_engine.java_size(memory)) as session:
        yield lambda source, columns, name: spark_records.read(session, source, columns, name=name)


def _measured(read: Reading, question: RiskQuestion) -> Measurement:
    from carrel.cli.progress import Progress, phase

    bars: list[Progress] = []

    def beat(done: int, total: int) -> None:
        if not bars:
            bars.append(Progress("sets of columns", total))
        bars[0].at(done)
        if done == total:
            bars[0].done()

    with phase(f"measuring {question.name}"):
        return run_tests(read, question, secrets.randbits(32), beat)


def _question(asked: Asked) -> RiskQuestion:
    if asked.place is not None and asked.place.suffix.lower() in _YAML:
        if any(value for key, value in asked.said.items() if key != "known") or asked.source["table"]:
            raise click.UsageError("a question in YAML says all of it: leave out the other options, or the question")
        return document.load(asked.place, RiskQuestion).relative_to(asked.place.absolute().parent)
    source = {key: value for key, value in asked.source.items() if value is not None}
    in_database = "dsn_file" in source
    if in_database == (asked.place is not None):
        raise click.UsageError("name a question, a CSV or Parquet file, or --dsn-file with --table or --query-file")
    if in_database:
        source = {key: value for key, value in source.items() if key not in {"delimiter", "encoding"}}
    records = {**source, **({"file": asked.place} if asked.place is not None else {})}
    place = asked.place or Path(str(source.get("table") or source.get("query_file") or "records"))
    said = {"name": name_of(place), **asked.said, "records": records}
    return of_options(RiskQuestion, said).relative_to(Path.cwd())
