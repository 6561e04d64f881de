"""Rows of what is held of a person, as HTML: a page has thousands of values, and a template is slow with each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from jinja2 import Environment, pass_environment
from markupsafe import Markup, escape

from carrel.rights.answer import DatedRow
from carrel.rights.wording import Words
from carrel.systems.access_page import has, shown

_BETWEEN = "\0"  # which no page may hold
_DAY = "\N{OBJECT REPLACEMENT CHARACTER}"  # where a day is put into a sentence


@pass_environment
def headings(environment: Environment, names: Sequence[str], of: Mapping[str, str]) -> list[Markup]:
    """What columns are called on the page, as HTML.

    Args:
        environment: of a language.
        names: of the columns.
        of: what each says of a person, by category; a column that says nothing is not among them.
    """
    return [phrase(environment, "label_words", "one_field", name, of.get(name, "")) for name in names]


def openings(heads: Sequence[str]) -> list[str]:
    """The beginning of a cell in each column; on paper and on a telephone it says what the cell is."""
    return [f'<td data-head="{escape(Markup(one).striptags())}">' for one in heads]  # noqa: S704  (made by our template)


def lines(
    rows: Sequence[DatedRow],
    names: Sequence[str],
    heads: Sequence[str],
    words: Words,
    goes: Callable[[DatedRow], str] | None,
) -> Markup:
    """Rows of a table, cell by cell; every value is escaped.

    Args:
        rows: in their order.
        names: of the columns.
        heads: what each column is called, as HTML; in their order.
        words: for what is not shown.
        goes: says when a row goes, as HTML; None where no rule tells.
    """
    cells, opened = iter(_escaped([shown(dated, name, words) for dated in rows for name in names])), openings(heads)
    last = f'<td data-head="{escape(words["goes_on"])}">'
    made = [
        "<tr>"
        + "".join([f"{begin}{next(cells)}</td>" for begin in opened])
        + (f"{last}{goes(dated)}</td></tr>\n" if goes else "</tr>\n")
        for dated in rows
    ]
    return Markup("".join(made))  # noqa: S704  (escaped)


@pass_environment
def going(
    environment: Environment, day: Callable[[date], str], words: Words, today: date
) -> Callable[[DatedRow], Markup]:
    """What says on which day a row goes, as HTML; of one that is over, that it was due.

    Args:
        environment: of a language.
        day: writes one.
        words: for what is in use.
        today: at the library.
    """
    ways = [phrase(environment, "data_words", "goes", _DAY, over) for over in (False, True)]

    def goes(dated: DatedRow) -> Markup:
        if dated.goes_on is None:
            return escape(words["in_use"])
        return Markup(ways[dated.goes_on < today].replace(_DAY, escape(day(dated.goes_on))))  # noqa: S704  (escaped)

    return goes


@pass_environment
@lru_cache(maxsize=8192)
def phrase(environment: Environment, template: str, macro: str, *words: Any) -> Markup:
    """What a macro makes of words of the policy, of a map or of ours; each is made once. Nothing of anybody is in them.

    Args:
        environment: of a language.
        template: that holds the macro.
        macro: its name.
        words: that it is given.
    """
    module: Any = environment.get_template(f"{template}.html.j2").module
    return Markup(getattr(module, macro)(*words))  # noqa: S704  (made by our template)


def entry(dated: DatedRow, names: Sequence[str], heads: Sequence[str], words: Words) -> Markup:
    """One row by itself: what is in it, each with its name; every value is escaped.

    Args:
        dated: the row.
        names: of the columns.
        heads: what each column is called, as HTML; in their order.
        words: for what is not shown.
    """
    there = [(name, head) for name, head in zip(names, heads, strict=True) if has(dated, name)]
    said = _escaped([shown(dated, name, words) for name, _ in there])
    made = [f"<dt>{head}</dt>\n<dd>{one}</dd>\n" for (_, head), one in zip(there, said, strict=True)]
    return Markup("".join(made))  # noqa: S704  (escaped)


def _escaped(values: Sequence[str]) -> list[str]:
    """Each value as HTML, all of them at once."""
    clean = [one.replace(_BETWEEN, "\ufffd") for one in values]
    return str(escape(_BETWEEN.join(clean))).split(_BETWEEN) if clean else []
