"""Rows of what is held of a person, as HTML: a page has thousands of values, and a template is slow with each."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from carrel.rights.answer import DatedRow
from carrel.rights.wording import Words
from carrel.systems.access_page import has, shown


def openings(heads: Sequence[str]) -> list[Markup]:
    """The beginning of a cell in each column; on paper and on a telephone it says what the cell is."""
    return [Markup('<td data-head="{}">').format(Markup(one).striptags()) for one in heads]  # noqa: S704  (made by our template)


def cells(dated: DatedRow, names: Sequence[str], opened: Sequence[Markup], words: Words) -> Markup:
    """One row of a table, cell by cell; every value is escaped.

    Args:
        dated: the row.
        names: of the columns.
        opened: of each column, from `openings`.
        words: for what is not shown.
    """
    made = [f"{begin}{escape(shown(dated, name, words))}</td>" for name, begin in zip(names, opened, strict=True)]
    return Markup("".join(made))  # noqa: S704  (escaped one by one)


def entry(dated: DatedRow, names: Sequence[str], heads: Sequence[str], words: Words) -> Markup:
    """One row by itself: what is in it, each with its name; every value is escaped.

    Args:
        dated: the row.
        names: of the columns.
        heads: what each column is called, as HTML; in their order.
        words: for what is not shown.
    """
    made = [
        f"<dt>{head}</dt>\n<dd>{escape(shown(dated, name, words))}</dd>\n"
        for name, head in zip(names, heads, strict=True)
        if has(dated, name)
    ]
    return Markup("".join(made))  # noqa: S704  (escaped one by one)
