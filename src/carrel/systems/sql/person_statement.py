"""The statement that reads a person's rows of one table by one column: written once, asked for each person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, CursorResult, bindparam

from carrel.systems.sql.person_layout import AnswerLayout
from carrel.systems.sql.person_selection import is_text


class PersonStatement:
    """A statement for one database.

    Args:
        layout: of the database.
        table, column: which rows: those that name the person there.
        most: rows that are read.
        connection: whose dialect it is written in.
    """

    def __init__(self, layout: AnswerLayout, table: str, column: str, most: int, connection: Connection) -> None:
        held = layout.schema.tables[table].column(column)
        self._text = held is not None and is_text(held)
        named = layout.selection.rows(table).c[column] == bindparam("person", "" if self._text else 0)
        written = layout.shown(table).where(named).limit(most).compile(dialect=connection.dialect)
        self._statement, self._order = str(written), written.positiontup
        self._values: dict[str, Any] = dict(written.params)

    def rows(self, connection: Connection, number: int) -> CursorResult[Any]:
        """The rows of a person.

        Args:
            connection: reads only.
            number: of the person.
        """
        # A number in a column of texts is compared as a text, or the server would turn every text into a number.
        values = {**self._values, "person": str(number) if self._text else number}
        given: Any = values if self._order is None else tuple(values[name] for name in self._order)
        return connection.exec_driver_sql(self._statement, given)


def statement_of(layout: AnswerLayout, table: str, column: str, most: int, connection: Connection) -> PersonStatement:
    """The statement for a database, written at the first question."""
    name = f"{connection.dialect.name} {table} {column} {most}"
    if name not in layout.prepared:
        layout.prepared[name] = PersonStatement(layout, table, column, most, connection)
    found: PersonStatement = layout.prepared[name]
    return found
