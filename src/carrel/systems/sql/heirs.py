"""Tables that inherit another one (PostgreSQL): whoever asks the one sees their rows as well."""

from __future__ import annotations

from sqlalchemy import Connection, text

from carrel.systems.sql.named_table import quoted

_HEIRS = """
WITH RECURSIVE own(oid) AS (
  SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = CAST(to_regclass(:t) AS oid)
  UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN own ON i.inhparent = own.oid)
SELECT n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid) FROM own
JOIN pg_catalog.pg_class c ON c.oid = own.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"""


def heirs_of(connection: Connection, name: str) -> frozenset[str]:
    """The tables whose rows are a table's rows too, by the names that maps can give them; none on other databases.

    Args:
        connection: of the session.
        name: of the table, as maps write it.
    """
    if connection.dialect.name != "postgresql":
        return frozenset()
    found = connection.execute(text(_HEIRS), {"t": quoted(connection.dialect, name)}).all()
    full = {f"{schema}.{bare}" for schema, bare, _ in found}
    return frozenset(full | {bare for _, bare, seen in found if seen})
