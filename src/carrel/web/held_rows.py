"""Rows of what is held of a person, as HTML: a page has thousands of values, and a template is slow with each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import Environment, pass_environment
from markupsafe import Markup, escape

from carrel.rights.answer import DatedRow
from carrel.rights.wording import Words
from carrel.systems.access_page import has, shown

_BETWEEN = "\0"  # which no page may hold


@pass_environment
def headings(environment: Environment, names: Sequence[str], of: Mapping[str, str]) -> list[Markup]:
    """What columns are called on the page, as HTML.

    Args:
        environment: of a language.
        names: of the columns.
        of: what each says of a person, by category; a column that says nothing is not among them.
    """
    return [_heading(environment, name, of.get(name, "")) for name in names]


@lru_cache(maxsize=8192)
def _heading(environment: Environment, name: str, category: str) -> Markup:
    field: Any = environment.get_template("label_words.html.j2").module
    return Markup(field.field(name, {name: category} if category else {}))  # noqa: S704  (made by our template)


def openings(heads: Sequence[str]) -> list[str]:
    """The beginning of a cell in each column; on paper and on a telephone it says what the cell is."""
    return [f'<td data-head="{escape(Markup(one).striptags())}">' for one in heads]  # noqa: S704  (made by our template)


def cells(dated: DatedRow, names: Sequence[str], opened: Sequence[str], words: Words) -> Markup:
    """One row of a table, cell by cell; every value is escaped.

    Args:
        dated: the row.
        names: of the columns.
        opened: of each column, from `openings`.
        words: for what is not shown.
    """
    said = _escaped([shown(dated, name, words) for name in names])
    made = [f"{begin}{one}</td>" for begin, one in zip(opened, said, strict=True)]
    return Markup("".join(made))  # noqa: S704  (escaped)


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
