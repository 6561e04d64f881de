"""Tables by the name that a map and a live schema give them: bare, or with the schema that they stand in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, TableClause
from sqlalchemy import table as clause
from sqlalchemy.sql.expression import ColumnClause


def table(name: str, *columns: ColumnClause[Any], **more: Any) -> TableClause:
    """A table for statements.

    Args:
        name: as maps write it: ``borrowers``, or ``actor.usr`` for a table that a bare name does not reach.
        columns: those that the statement speaks of.
        more: as SQLAlchemy's own function takes it.

    Returns:
        One that every database quotes by its own rules, the schema and the table each by itself.
    """
    schema, bare = parted(name)
    return clause(bare, *columns, **({"schema": schema} if schema else {}), **more)


def full_name(named: TableClause) -> str:
    """The name as maps write it."""
    return f"{named.schema}.{named.name}" if named.schema else str(named.name)


def parted(name: str) -> tuple[str, str]:
    """The schema, empty where none is named, and the bare name."""
    schema, dot, bare = name.partition(".")
    return (schema, bare) if dot else ("", name)


def quoted(dialect: Dialect, name: str) -> str:
    """The name as it stands in a statement that is written out."""
    quote = dialect.identifier_preparer.quote_identifier
    return ".".join(quote(one) for one in parted(name) if one)
