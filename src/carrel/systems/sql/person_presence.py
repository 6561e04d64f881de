"""Where a person stands at all: one statement that looks by the indexes alone, before anything is read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, exists, literal_column, select, union_all

from carrel.inventory.person_map import Holds
from carrel.retention.identifiers import Subject
from carrel.systems.sql.person_layout import AnswerLayout, AskedColumn
from carrel.systems.sql.person_selection import is_text
from carrel.systems.sql.person_statement import once


class Presence:
    """The statement for one database: written once, asked for each person with that person's values.

    Args:
        layout: of the database.
        connection: whose dialect it is written in.
    """

    def __init__(self, layout: AnswerLayout, connection: Connection) -> None:
        self._layout = layout
        self.asked = tuple(one for table in layout.tables for one in layout.asked(table) if one.indexed)
        parts: list[Select[Any]] = [
            select(literal_column(str(n)).label("n")).where(
                exists(select(literal_column("1")).where(self._is_there(one)))
            )
            for n, one in enumerate(self.asked)
        ]
        self._statement = union_all(*parts).compile(dialect=connection.dialect)

    def of(self, connection: Connection, subject: Subject) -> frozenset[AskedColumn]:
        """The columns in which the person stands; all of them where one look cannot tell.

        Args:
            connection: reads only.
            subject: with card and user name.
        """
        if subject.also or subject.cards:
            return frozenset(self.asked)
        # An empty word is nobody's: NULL equals nothing.
        values: dict[str, Any] = {"number": subject.number, "text": str(subject.number)}
        values |= {"card": subject.card or None, "user": subject.user or None}
        written = self._statement.construct_expanded_state(values)  # with the lists of words of the map's tests
        given: Any = written.parameters if self._statement.positiontup is None else written.positional_parameters
        found = connection.exec_driver_sql(written.statement, given).scalars()
        return frozenset(self.asked[int(n)] for n in found)

    def _is_there(self, one: AskedColumn) -> Any:
        rows = self._layout.selection.rows(one.table)
        column = self._layout.schema.tables[one.table].column(one.name)
        return and_(rows.c[one.name] == _named(one.holds, text=column is not None and is_text(column)), *one.tests)


def presence_of(layout: AnswerLayout, connection: Connection) -> Presence:
    """The statement for a database, written at the first question."""
    return once(layout.selection, ("presence", connection.dialect.name), lambda: Presence(layout, connection))


def _named(holds: Holds, *, text: bool) -> BindParameter[Any]:
    if holds is Holds.NUMBER:
        return bindparam("text", "") if text else bindparam("number", 0)
    return bindparam("card" if holds is Holds.CARD else "user", "")
