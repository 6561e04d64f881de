"""The few expressions that databases spell differently, and the type of a local time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Integer, String, TypeDecorator, and_, case, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Boolean, TypeEngine

# What some databases keep for "no date"; everything before it is no event.
NO_DATE = datetime(1000, 1, 1)  # noqa: DTZ001  (naive local time, as the systems write it)


class LocalTime(TypeDecorator[datetime]):
    """A naive local time as the system writes it; on SQLite a text that sorts like the time."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite has no type of its own for times."""
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Seconds as the systems write them; a fraction only where a cut-off has one."""
        return value.isoformat(" ") if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """A zero date, which drivers hand over as text, is no time."""
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return None
        return value if isinstance(value, datetime) and value >= NO_DATE else None


class shifted(GenericFunction[datetime]):  # noqa: N801  (SQL functions are written in small letters)
    """A local time some whole seconds later; the number is written out, never bound."""

    type = LocalTime()
    inherit_cache = True
    name = "carrel_shifted"


@compiles(shifted, "sqlite")
def _shifted_sqlite(element: shifted, compiler: SQLCompiler, **kw: Any) -> str:
    time, seconds = list(element.clauses)
    return f"datetime({compiler.process(time, **kw)}, {compiler.process(seconds, **kw)} || ' seconds')"


@compiles(shifted, "mysql", "mariadb")
def _shifted_mariadb(element: shifted, compiler: SQLCompiler, **kw: Any) -> str:
    time, seconds = list(element.clauses)
    return f"({compiler.process(time, **kw)} + INTERVAL {compiler.process(seconds, **kw)} SECOND)"


def near(at: ColumnElement[Any], event: ColumnElement[Any], seconds: int) -> ColumnElement[bool]:
    """A time lies at most so many seconds from another."""
    return and_(at >= shifted(event, text(str(-seconds))), at <= shifted(event, text(str(seconds))))


class stretch_of(GenericFunction[int]):  # noqa: N801
    """The number of the stretch of so many days in which a local time lies; the days are written out, never bound."""

    type = Integer()
    inherit_cache = True
    name = "carrel_stretch_of"


@compiles(stretch_of, "sqlite")
def _stretch_sqlite(element: stretch_of, compiler: SQLCompiler, **kw: Any) -> str:
    time, days = (compiler.process(part, **kw) for part in element.clauses)
    return f"CAST(julianday({time}) / {days} AS INTEGER)"


@compiles(stretch_of, "mysql", "mariadb")
def _stretch_mariadb(element: stretch_of, compiler: SQLCompiler, **kw: Any) -> str:
    time, days = (compiler.process(part, **kw) for part in element.clauses)
    return f"FLOOR(TO_DAYS({time}) / {days})"


def its_day(at: ColumnElement[Any]) -> ColumnElement[Any]:
    """A time with its day only; what is no time stays as it is."""
    return case((is_time(at), day_of(at)), else_=at)


class day_of(GenericFunction[datetime]):  # noqa: N801
    """A local time generalised to its day."""

    type = LocalTime()
    inherit_cache = True
    name = "carrel_day_of"


@compiles(day_of, "sqlite")
def _day_sqlite(element: day_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(substr({compiler.process(element.clauses, **kw)}, 1, 10) || ' 00:00:00')"


@compiles(day_of, "mysql", "mariadb")
def _day_mariadb(element: day_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(CAST({compiler.process(element.clauses, **kw)} AS DATE) AS DATETIME)"


class latest_of(GenericFunction[datetime]):  # noqa: N801
    """The latest that a time or a date can mean: where only its day is told, the day's end."""

    type = LocalTime()
    inherit_cache = True
    name = "carrel_latest_of"


@compiles(latest_of, "sqlite")
def _latest_sqlite(element: latest_of, compiler: SQLCompiler, **kw: Any) -> str:
    at = compiler.process(element.clauses, **kw)
    whole_day = f"substr({at} || ' 00:00:00', 12, 8) = '00:00:00'"
    return f"CASE WHEN {whole_day} THEN substr({at}, 1, 10) || ' 23:59:59' ELSE {at} END"


@compiles(latest_of, "mysql", "mariadb")
def _latest_mariadb(element: latest_of, compiler: SQLCompiler, **kw: Any) -> str:
    at = compiler.process(element.clauses, **kw)
    day = f"CAST(CAST({at} AS DATE) AS DATETIME)"
    return f"IF({at} = {day}, {day} + INTERVAL 86399 SECOND, {at})"


class contains(GenericFunction[bool]):  # noqa: N801
    """Whether a text contains another one, taken literally."""

    type = Boolean()
    inherit_cache = True
    name = "carrel_contains"


@compiles(contains, "sqlite")
@compiles(contains, "mysql", "mariadb")
def _contains(element: contains, compiler: SQLCompiler, **kw: Any) -> str:
    body, needle = list(element.clauses)
    return f"(INSTR({compiler.process(body, **kw)}, {compiler.process(needle, **kw)}) > 0)"


class names_number(GenericFunction[bool]):  # noqa: N801
    """Whether a text contains a number that stands alone, not inside a longer one."""

    type = Boolean()
    inherit_cache = True
    name = "carrel_names_number"


@compiles(names_number, "sqlite")
def _number_sqlite(element: names_number, compiler: SQLCompiler, **kw: Any) -> str:
    body, number = (compiler.process(part, **kw) for part in element.clauses)
    # A pattern of its own for every row: GLOB reads it as it goes, where REGEXP would compile each one in Python.
    alone = f"('.' || {body} || '.') GLOB ('*[^0-9]' || {number} || '[^0-9]*')"
    return f"(INSTR({body}, {number}) > 0 AND {alone})"


@compiles(names_number, "mysql", "mariadb")
def _number_mariadb(element: names_number, compiler: SQLCompiler, **kw: Any) -> str:
    body, number = (compiler.process(part, **kw) for part in element.clauses)
    return f"(INSTR({body}, {number}) > 0 AND {body} REGEXP CONCAT('(^|[^0-9])', {number}, '([^0-9]|$)'))"


class has_digits(GenericFunction[bool]):  # noqa: N801
    """Whether a text contains a number, alone or inside a longer one: byte by byte, before a pattern is compiled."""

    type = Boolean()
    inherit_cache = True
    name = "carrel_has_digits"


@compiles(has_digits)
def _digits(element: has_digits, compiler: SQLCompiler, **kw: Any) -> str:
    body, number = (compiler.process(part, **kw) for part in element.clauses)
    return f"(INSTR({body}, {number}) > 0)"


@compiles(has_digits, "mysql", "mariadb")
def _digits_mariadb(element: has_digits, compiler: SQLCompiler, **kw: Any) -> str:
    body, number = (compiler.process(part, **kw) for part in element.clauses)
    return f"(INSTR(CAST({body} AS BINARY), {number}) > 0)"


class earlier_of(GenericFunction[datetime]):  # noqa: N801
    """The earlier of two times."""

    type = LocalTime()
    inherit_cache = True
    name = "carrel_earlier_of"


class later_of(GenericFunction[datetime]):  # noqa: N801
    """The later of two times."""

    type = LocalTime()
    inherit_cache = True
    name = "carrel_later_of"


@compiles(earlier_of, "sqlite")
def _earlier_sqlite(element: earlier_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"min({compiler.process(element.clauses, **kw)})"


@compiles(earlier_of, "mysql", "mariadb")
def _earlier_mariadb(element: earlier_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"LEAST({compiler.process(element.clauses, **kw)})"


@compiles(later_of, "sqlite")
def _later_sqlite(element: later_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"max({compiler.process(element.clauses, **kw)})"


@compiles(later_of, "mysql", "mariadb")
def _later_mariadb(element: later_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"GREATEST({compiler.process(element.clauses, **kw)})"


class as_code(GenericFunction[str]):  # noqa: N801
    """A code as policies write it, which is a text: some products give a branch a number."""

    type = String()
    inherit_cache = True
    name = "carrel_as_code"


@compiles(as_code)
def _as_code(element: as_code, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


class moment(GenericFunction[datetime]):  # noqa: N801
    """A local time written out, so that it is a time and no text even where nothing else tells its type."""

    type = LocalTime()
    inherit_cache = True
    name = "carrel_moment"


@compiles(moment, "sqlite")
def _moment_sqlite(element: moment, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(moment, "mysql", "mariadb")
def _moment_mariadb(element: moment, compiler: SQLCompiler, **kw: Any) -> str:
    return f"TIMESTAMP{compiler.process(element.clauses, **kw)}"


EVER = moment(text("'1000-01-01 00:00:00'"))
NEVER = moment(text("'9999-12-31 23:59:59'"))


def is_time(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """The record tells this time: neither absent nor a zero date."""
    return column.is_not(None) & (column >= NO_DATE)
