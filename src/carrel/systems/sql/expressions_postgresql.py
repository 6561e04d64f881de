"""How PostgreSQL spells the expressions of `expressions`, `named_words` and `predicates`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String, Text, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from carrel.systems.sql import expressions, named_words

FOLDING = "und-x-icu"  # letters of every script, whatever locale a database was made with
_DIALECT = "postgresql"


def _parts(element: Any, compiler: SQLCompiler, **kw: Any) -> list[str]:
    return [compiler.process(part, **kw) for part in element.clauses]


def _day(at: str) -> str:
    # DATE_TRUNC would make a time with a zone of a date.
    return f"CAST(CAST({at} AS DATE) AS TIMESTAMP)"


def _text(body: str) -> str:
    return f"CAST({body} AS TEXT)"


def _folded(body: str) -> str:
    # As `str.casefold` does: by way of the large letters, which are one where small ones are two; a Greek sigma at the
    # end of a word is small in a way of its own.
    return f"""translate(lower(upper({body} COLLATE "{FOLDING}")), '\u03c2', '\u03c3')"""


@compiles(expressions.shifted, _DIALECT)
def _shifted(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    time, seconds = _parts(element, compiler, **kw)
    return f"({time} + ({seconds}) * INTERVAL '1 second')"


@compiles(expressions.stretch_of, _DIALECT)
def _stretch(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    time, days = _parts(element, compiler, **kw)
    day = f"CAST({time} AS DATE)"
    return f"(CASE WHEN isfinite({day}) THEN ({day} - DATE '0001-01-01') / {days} END)"


@compiles(expressions.day_of, _DIALECT)
def _day_of(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return _day(compiler.process(element.clauses, **kw))


@compiles(expressions.latest_of, _DIALECT)
def _latest(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    at = compiler.process(element.clauses, **kw)
    day = _day(at)
    return f"(CASE WHEN {at} = {day} THEN {day} + INTERVAL '86399 seconds' ELSE CAST({at} AS TIMESTAMP) END)"


@compiles(expressions.contains, _DIALECT)
def _contains(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    body, needle = _parts(element, compiler, **kw)
    return f"(strpos({_text(body)}, {_text(needle)}) > 0)"


@compiles(expressions.names_number, _DIALECT)
def _number(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    body, number = map(_text, _parts(element, compiler, **kw))
    return f"(strpos({body}, {number}) > 0 AND {body} ~ ('(^|[^0-9])' || {number} || '([^0-9]|$)'))"


@compiles(expressions.has_digits, _DIALECT)
def _digits(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    body, number = map(_text, _parts(element, compiler, **kw))
    return f"(strpos({body}, {number}) > 0)"


@compiles(expressions.earlier_of, _DIALECT)
def _earlier(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"LEAST({compiler.process(element.clauses, **kw)})"


@compiles(expressions.later_of, _DIALECT)
def _later(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"GREATEST({compiler.process(element.clauses, **kw)})"


@compiles(expressions.as_code, _DIALECT)
def _code(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return _text(compiler.process(element.clauses, **kw))


@compiles(expressions.moment, _DIALECT)
def _moment(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"TIMESTAMP {compiler.process(element.clauses, **kw)}"


class folded(GenericFunction[str]):  # noqa: N801  (SQL functions are written in small letters)
    """A text in which large and small letters are one."""

    type = String()
    inherit_cache = True
    name = "carrel_folded"


@compiles(folded, _DIALECT)
def _folded_text(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return _folded(_text(compiler.process(element.clauses, **kw)))


@compiles(named_words.names, _DIALECT)
def _names(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    body, words = map(_text, _parts(element, compiler, **kw))
    alike = f"strpos({_folded(body)}, {_folded(words)}) > 0"
    return f"({words} <> '' AND (strpos({body}, {words}) > 0 OR {alike}))"


@compiles(named_words.without, _DIALECT)
def _without(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    body, words, mark = map(_text, _parts(element, compiler, **kw))
    return f"pg_temp.carrel_without({body}, {words}, {mark})"


@compiles(named_words.beginning, _DIALECT)
def _beginning(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    body, first, length = _parts(element, compiler, **kw)
    return f"substr({_text(body)}, {first}, {length})"


@compiles(named_words.size, _DIALECT)
def _size(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"octet_length({_text(compiler.process(element.clauses, **kw))})"


# The text without the words, as `carrel.retention.trail.without` takes them out: letter by letter, since a folded text
# can be longer than the text. The function lives in the session and ends with it.
WITHOUT = f"""
CREATE OR REPLACE FUNCTION pg_temp.carrel_without(body text, words text, mark text) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $function$
DECLARE
  wanted text := {_folded("words")};
  sign text := mark;
  whole text; letter text; small text; at int; first int; last int; place int;
BEGIN
  IF body IS NULL OR coalesce(words, '') = '' THEN RETURN body; END IF;
  IF strpos({_folded("mark")}, wanted) > 0 THEN sign := ''; END IF;
  LOOP
    whole := ''; first := NULL; last := NULL;
    at := strpos({_folded("body")}, wanted);
    EXIT WHEN at = 0;
    FOR place IN 1 .. length(body) LOOP
      small := {_folded("substr(body, place, 1)")};
      IF first IS NULL AND length(whole) + length(small) >= at THEN first := place; END IF;
      whole := whole || small;
      IF length(whole) >= at + length(wanted) - 1 THEN last := place; EXIT; END IF;
    END LOOP;
    EXIT WHEN first IS NULL OR last IS NULL;
    body := left(body, first - 1) || sign || substr(body, last + 1);
  END LOOP;
  RETURN body;
END $function$"""


def exactly(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """The column holds this very text, whatever its type and its collation take for the same."""
    found: ColumnElement[bool] = cast(column, Text()).collate("C") == value
    return found
