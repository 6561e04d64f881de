"""The answer as one page that stands alone: no script, nothing from elsewhere, to be read or printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.rights.answer import Answer, DatedRow, HeldTable
from carrel.rights.csv_form import cell
from carrel.rights.faults import NOT_LOOKED
from carrel.rights.wording import Words, category_words, label, until_words

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"
# Columns that say yes or no, in products that write both as a number.
_YES_OR_NO = frozenset({
    "anonymized", "autorenew_checkouts", "auto_renew", "gonenoaddress", "has_cardnumber", "item_level_hold", "lost",
    "lowestPriority", "non_priority", "noteseen", "onsite_checkout", "privacy_guarantor_checkouts",
    "privacy_guarantor_fines", "protected", "suspend",
})  # fmt: skip
MOST = 500  # entries of one table on the page; the other files hold all


def pieces(answer: Answer, words: Words) -> Iterator[str]:
    """The page, piece by piece; every value is escaped."""
    return _template().generate(
        answer=answer,
        words=words,
        title=words["title"].format(library=answer.library),
        css=(TEMPLATES / "access.css").read_text(encoding="utf-8"),
        most=MOST,
        not_looked=NOT_LOOKED.code,
        until=lambda records: until_words(records, words),
        goes=lambda day: goes(day, answer.made_at.date(), words),
        categories=lambda table: categories(table, words),
        shown=lambda dated, name: shown(dated, name, words),
        cells=lambda dated, names: [shown(dated, name, words) for name in names],
    )


def filled(rows: Sequence[DatedRow]) -> list[str]:
    """The columns that hold something in one of these rows, or hide it."""
    names: dict[str, None] = {}
    some: set[str] = set()
    for dated in rows:
        row = dated.row
        if not row.values.keys() <= names.keys():
            names |= dict.fromkeys(row.values)
        if row.withheld:
            names |= dict.fromkeys(row.withheld)
            some.update(row.withheld)
        some.update([name for name, value in row.values.items() if value is not None and value != ""])
    return [name for name in names if name in some]


def has(dated: DatedRow, name: str) -> bool:
    """Whether a row holds something in a column, or hides it."""
    return name in dated.row.withheld or dated.row.values.get(name) not in {None, ""}


def shown(dated: DatedRow, name: str, words: Words) -> str:
    """A value for people, or why it is not shown."""
    if (why := dated.row.withheld.get(name)) is not None:
        return f"[{words[why.value]}]"
    value = dated.row.values.get(name)
    if type(value) is str:  # as most are
        return value
    if isinstance(value, bool) or (name in _YES_OR_NO and value in {0, 1}):
        return words["yes" if value else "no"]
    return value if isinstance(value, str) else cell(value)


def categories(table: HeldTable, words: Words) -> list[str]:
    """What the columns of a table hold, in plain words, each once."""
    return list(dict.fromkeys(category_words(one.category, words) for one in table.columns if one.category))


def kinds(table: HeldTable) -> dict[str, str]:
    """What each column of a table says of the person, by category; columns that say nothing are left out."""
    return {one.name: one.category.value for one in table.columns if one.category is not None}


def stayed(rows: Iterable[DatedRow], today: date) -> bool:
    """Whether a row is still there after the day by which the policy lets it go; the reason is not told."""
    return any(one.goes_on is not None and one.goes_on < today for one in rows)


def goes(day: date, today: date, words: Words) -> str:
    """The day by which a row goes; one that is over is no promise any more, and is told as what it is."""
    return words["stayed"].format(day=day.isoformat()) if day < today else day.isoformat()


def capital(said: str) -> str:
    """A sentence begins with a large letter."""
    return said[:1].upper() + said[1:]


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"filled": filled, "has": has, "label": label, "capital": capital}
    return environment.get_template("access.html.j2")
