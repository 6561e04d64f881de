"""Records in Spark, parted, as the same relation that DuckDB makes of them on one machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from carrel.deidentification.records.representative import Representative
from carrel.errors import CarrelError, fault
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics import coarse_statement, faults, record_source
from carrel.systems.analytics.csv_header import header_of, unreadable
from carrel.systems.analytics.database_records import BATCH, Batch, batch_of
from carrel.systems.analytics.engine import quoted
from carrel.systems.analytics.record_source import (
    description_view,
    mark_of,
    require_columns,
    require_mark,
    text_of_column,
    text_of_person,
)
from carrel.systems.analytics.relation import CODED, COUNT, DESCRIPTION, PERSON

_UNREADABLE = ("MALFORMED", "FAILED_READ_FILE", "CANNOT_READ", "UNABLE_TO_INFER_SCHEMA")  # Spark's names of conditions


@dataclass(frozen=True, slots=True)
class SparkRecords:
    """A view of a session.

    Attributes:
        session: of Spark.
        name: as it stands in a statement.
        columns: their names, in order.
        source: a CSV or Parquet file.
        mark: of it, as it was at the beginning.
    """

    session: Any
    name: str
    columns: tuple[str, ...]
    source: NamedSource
    mark: tuple[int, ...]

    @property
    def each_row(self) -> str:
        """An expression that differs from row to row."""
        return "monotonically_increasing_id()"

    @property
    def no_value(self) -> str:
        """An empty text is no value, so it can stand for none."""
        return "''"

    def ask(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a statement answers.

        Raises:
            CarrelError: SRC-006; Spark's own words quote values, and are dropped.
        """
        try:
            return [tuple(row) for row in self.session.sql(statement, args=list(values) or None).collect()]
        except Exception as error:  # noqa: BLE001  (whatever Java says; only its kind is passed on)
            raise _told(error, self.source) from None

    def require(self, columns: Iterable[str]) -> None:
        """Whether each of these columns is there; CarrelError SRC-003."""
        require_columns(self.columns, columns, self.source)

    def require_unchanged(self) -> None:
        """Whether the file is as it was; CarrelError SRC-005."""
        require_mark(self.source, self.mark)

    def described(self, columns: Sequence[str]) -> SparkRecords:
        """As `Relation.described`."""
        self.require(columns)
        self.ask(description_view(self.name, columns))
        return replace(self, name="described", columns=(*self.columns, DESCRIPTION))

    def code(self, columns: Sequence[str], person: str | None) -> None:
        """As `Relation.code`; values stay texts, and rows stay where they are."""
        chosen = [f"coalesce({text_of_column(one)}, '') AS c{at}" for at, one in enumerate(columns)]
        chosen.append(f"{text_of_person(person) if person else self.each_row} AS {PERSON}")
        try:
            view = self.session.sql(f"SELECT {', '.join(chosen)} FROM {self.name}").persist()
            view.count()  # read now, once: what can go wrong with the file goes wrong here
            view.createOrReplaceTempView(CODED)
        except Exception as error:  # noqa: BLE001  (whatever Java says)
            raise _told(error, self.source) from None

    def drawn(self, columns: Sequence[str], most: int) -> list[tuple[Any, ...]]:
        """Values of some rows, drawn at random."""
        chosen = ", ".join(map(text_of_column, columns))
        return self.ask(f"SELECT {chosen} FROM {self.name} ORDER BY hash({self.each_row}) LIMIT {most}")


def read(
    session: Any, source: NamedSource, columns: Sequence[str] | None = None, *, name: str = "records"
) -> SparkRecords:
    """Make a file known to Spark.

    Args:
        session: as `carrel.systems.analytics.spark_engine.started` yields it.
        source: CSV or Parquet.
        columns: those that are needed.
        name: of the view.

    Raises:
        CarrelError: SRC-002, SRC-003; SRC-008, it is in a database.
    """
    if source.file is None:
        raise fault(
            faults.SPARK,
            at=source.at,
            wanted="a CSV or Parquet file that every part of Spark can read",
            found="a table or a query of a database",
            fix="write it to Parquet first, or leave out --spark",
        )
    if source.file.is_dir():
        raise unreadable(source, "a folder", "name one file")
    try:
        mark = mark_of(source.file)
        known = header_of(source) if not source.is_parquet else ()
        frame = _frame(session, source)
    except CarrelError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever Java says)
        raise _told(error, source) from None
    frame = frame.repartition(session.sparkContext.defaultParallelism * 2)
    frame.createOrReplaceTempView(name)
    found = SparkRecords(session, quoted(name), known or tuple(frame.columns), source, mark)
    found.require(columns or ())
    return found


def grouped(
    session: Any, engine: Any, source: NamedSource, columns: Sequence[str], enough: Mapping[str, Representative]
) -> record_source.Records:
    """Records that Spark groups by what is wanted of them, in the engine of this machine.

    Args:
        session: as `carrel.systems.analytics.spark_engine.started` yields it.
        engine: of this machine.
        source: CSV or Parquet.
        columns: those that are needed; all others stay there.
        enough: what of a column's values is wanted at all.

    Raises:
        CarrelError: SRC-002 to SRC-006; SRC-008, it is in a database.
    """
    found = read(session, source, columns)
    wanted = [(quoted(one), enough.get(one, Representative())) for one in columns]
    statement = coarse_statement.grouped(coarse_statement.SPARK, found.name, wanted, quoted(COUNT))
    made = record_source.arrived(
        engine, source, (*columns, COUNT), _batches(session, source, statement), columns, "records", found.mark
    )
    made.require_unchanged()
    return made


def _batches(session: Any, source: NamedSource, statement: str) -> Iterator[Batch]:
    try:
        frame = session.sql(statement)
        rows = frame.toLocalIterator(prefetchPartitions=True)
        while some := list(islice(rows, BATCH)):
            yield batch_of(tuple(frame.columns), [tuple(row) for row in some])
    except Exception as error:  # noqa: BLE001  (whatever Java says; only its kind is passed on)
        raise _told(error, source) from None


def _frame(session: Any, source: NamedSource) -> Any:
    if source.is_parquet:
        return session.read.parquet(str(source.file))
    return session.read.csv(
        str(source.file),
        header=True,
        sep=source.delimiter,
        encoding="ISO-8859-1" if source.encoding == "latin-1" else source.encoding,
        quote='"',
        escape='"',
        multiLine=True,
        mode="FAILFAST",
        enforceSchema=False,
        maxCharsPerColumn=1 << 24,
    )


def _told(error: Exception, source: NamedSource) -> CarrelError:
    kind = type(error).__name__
    said = str(error)
    if any(
        word in said for word in ("MALFORMED", "FAILED_READ_FILE", "CANNOT_READ", "Unable to infer", "UNABLE_TO_INFER")
    ):
        return fault(
            faults.UNREADABLE,
            at=source.at,
            wanted="lines with as many fields as the header, in the encoding; or Parquet",
            found="a line, or a file, that is not so",
            fix="run it without --spark, which names the line",
        )
    return fault(
        faults.ENGINE,
        at=source.at,
        found=f"a fault of the kind {kind}",
        because="what the engine says of it can quote a value, and is not shown",
        fix="run it without --spark on a part of the records to find where",
    )
