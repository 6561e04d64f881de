"""What stands for a value, in the words of each engine: one set of rules, and the same groups from all of them.

Source: `carrel.deidentification.records.representative`, which says the same in Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from carrel.deidentification.records.representative import Cut, Representative
from carrel.systems.analytics.engine import text_literal

_END: Final = "(?![^a]|a)"  # where a pattern's $ would stand before a last end of line as well


@dataclass(frozen=True, slots=True)
class Words:
    """How an engine says what is needed here.

    Attributes:
        text: a column as a text that is alike only where every sign is.
        matches: whether the whole of a text has a form.
        joined: a text and what follows it.
        units: a date or time with nothing below a unit, where columns hold such.
    """

    text: str
    matches: str
    joined: str = "({0} || {1})"
    units: tuple[tuple[str, str], ...] = ()


def _truncated(unit: str) -> str:
    return f"date_trunc('{unit}', CAST({{0}} AS timestamp))"


def _formatted(form: str) -> str:
    # A date can have no month or day there; cut off, it would become one that exists.
    return (
        f"CASE WHEN MONTH({{0}}) > 0 AND DAYOFMONTH({{0}}) > 0 THEN DATE_FORMAT({{0}}, '{form}') "
        "ELSE CAST({0} AS CHAR) END"
    )


DUCKDB: Final = Words("CAST({0} AS VARCHAR)", "regexp_matches({0}, '^(?:{1})$')")
SPARK: Final = Words("CAST({0} AS STRING)", f"{{0}} RLIKE '^(?:{{1}}){_END}'")
_PG_DECADE: Final = (
    "CASE WHEN extract(year FROM {0}) BETWEEN 1850 AND 2099 "
    "THEN make_date(CAST(extract(year FROM {0}) AS integer) / 10 * 10, 1, 1) "
    "ELSE CAST(date_trunc('year', CAST({0} AS timestamp)) AS date) END"
)
_MARIADB_DECADE: Final = (
    "CASE WHEN MONTH({0}) > 0 AND DAYOFMONTH({0}) > 0 THEN concat(CASE WHEN YEAR({0}) BETWEEN 1850 AND 2099 "
    "THEN YEAR({0}) DIV 10 * 10 ELSE DATE_FORMAT({0}, '%Y') END, '-01-01') ELSE CAST({0} AS CHAR) END"
)
POSTGRESQL: Final = Words(
    '(CAST({0} AS text) COLLATE "C")',
    "{0} ~ '^(?:{1})$'",
    units=(
        ("decade", _PG_DECADE),
        ("year", f"CAST({_truncated('year')} AS date)"),
        ("month", f"CAST({_truncated('month')} AS date)"),
        ("day", "CAST({0} AS date)"),
        ("hour", _truncated("hour")),
        ("minute", _truncated("minute")),
    ),
)
MARIADB: Final = Words(
    "(CONVERT({0} USING utf8mb4) COLLATE utf8mb4_nopad_bin)",
    f"{{0}} REGEXP '^(?:{{1}}){_END}'",
    "concat({0}, {1})",
    units=(
        ("decade", _MARIADB_DECADE),
        ("year", _formatted("%Y-01-01")),
        ("month", _formatted("%Y-%m-01")),
        ("day", _formatted("%Y-%m-%d")),
        ("hour", _formatted("%Y-%m-%d %H:00")),
        ("minute", _formatted("%Y-%m-%d %H:%i")),
    ),
)
OF_DATABASES: Final = {"postgresql": POSTGRESQL, "mariadb": MARIADB}


def of_text(words: Words, column: str, rule: Representative) -> str:
    """The expression of what stands for the value of a column, as a text.

    Args:
        words: of the engine.
        column: as it stands in a statement.
        rule: what is enough of a value.
    """
    text = words.text.format(column)
    told = [
        f"WHEN {text} = {text_literal(value)} THEN {text_literal(stands)}" for value, stands in rule.exchanged.items()
    ]
    told += [f"WHEN {words.matches.format(text, cut.form)} THEN {_cut(words, text, cut)}" for cut in rule.cuts]
    return f"CASE {' '.join(told)} ELSE {text} END" if told else text


def of_time(words: Words, column: str, rule: Representative) -> str | None:
    """The same of a column that holds dates or times; None where it stays whole."""
    form = dict(words.units).get(rule.unit)
    return None if form is None else form.format(column)


def _cut(words: Words, text: str, cut: Cut) -> str:
    start = f"substr({text}, 1, {cut.kept})"
    return words.joined.format(start, text_literal(cut.tail)) if cut.tail else start


def grouped(words: Words, relation: str, columns: Sequence[tuple[str, Representative]], count: str) -> str:
    """A statement that groups records of which every value is wanted as a text.

    Args:
        words: of the engine.
        relation: as it stands in a statement.
        columns: each as it stands in a statement, with what is enough of it; a result has them in this order.
        count: what the column is called that tells how many records a row stands for, as it stands in a statement.
    """
    said = ", ".join(f"{of_text(words, column, rule)} AS {column}" for column, rule in columns)
    places = ", ".join(str(at + 1) for at in range(len(columns)))
    return f"SELECT {said}, count(*) AS {count} FROM {relation} GROUP BY {places}"
