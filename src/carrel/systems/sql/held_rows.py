"""Rows that a transaction holds aside while triggers run, and gives back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, delete, text
from sqlalchemy import column as named

from carrel.systems.sql.named_table import quoted, table


class HeldRows:
    """Rows set aside in a temporary table, until they are given back in the same transaction.

    Args:
        connection: in the transaction.
        number: tells several of them apart.
    """

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection, self._name = connection, f"carrel_held_{number}"

    def take(self, query: Select[Any]) -> None:
        """Set aside what a query answers."""
        made = query.compile(self._connection, compile_kwargs={"literal_binds": True})
        self._connection.exec_driver_sql(f"DROP TABLE IF EXISTS pg_temp.{self._name}")
        self._connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {self._name} AS {made}".replace("%", "%%"))

    def whole(self, name: str, column: str, numbers: Select[Any]) -> None:
        """Set aside whole rows of a table.

        Args:
            name: of the table.
            column: of the table that holds one of the numbers.
            numbers: query for them.
        """
        known = numbers.compile(self._connection, compile_kwargs={"literal_binds": True})
        whole = quoted(self._connection.dialect, name)
        one = quoted(self._connection.dialect, column)
        self._connection.exec_driver_sql(f"DROP TABLE IF EXISTS pg_temp.{self._name}")
        self._connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE {self._name} AS SELECT * FROM {whole} WHERE {one} IN ({known})".replace("%", "%%")
        )

    def give(self, name: str, columns: tuple[str, ...] = ()) -> None:
        """Insert them into a table, all columns or those named, in their order."""
        dialect = self._connection.dialect
        listed = f" ({', '.join(quoted(dialect, one) for one in columns)})" if columns else ""
        self._connection.execute(
            text(f"INSERT INTO {quoted(dialect, name)}{listed} SELECT * FROM pg_temp.{self._name}")
        )
        self._connection.execute(text(f"DROP TABLE pg_temp.{self._name}"))

    def replace(self, name: str, column: str, numbers: Select[Any]) -> None:
        """Insert whole rows in the place of those that triggers have made meanwhile."""
        rows = table(name, named(column))
        self._connection.execute(delete(rows).where(rows.c[column].in_(numbers)))
        self.give(name)
