"""The rights of an account on PostgreSQL: asked for one by one, as the server itself decides, and written as grants."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Dialect, text
from sqlalchemy.dialects.postgresql.base import PGDialect

from carrel.systems.sql.grants import ALL, Grant
from carrel.systems.sql.named_table import quoted

_NAME = "CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END"
_OWN = """c.relkind IN ('r', 'p', 'm', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\\_temp\\_%'"""
_EVERYTHING = "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
_TABLES = f"""
SELECT {_NAME}, p.name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
  unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p(name)
WHERE {_OWN} AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, p.name)"""
_COLUMNS = f"""
SELECT {_NAME}, p.name, array_agg(a.attname::text ORDER BY a.attname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped,
  unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS p(name)
WHERE {_OWN} AND has_schema_privilege(n.oid, 'USAGE') AND NOT has_table_privilege(c.oid, p.name)
  AND has_any_column_privilege(c.oid, p.name) AND has_column_privilege(c.oid, a.attnum, p.name)
GROUP BY 1, 2""".replace(":", "\\:")
_UNREAD = f"""
SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {_OWN} AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))"""
_SCHEMAS = """
SELECT n.nspname, p.name FROM pg_catalog.pg_namespace n, unnest(ARRAY['USAGE', 'CREATE']) AS p(name)
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, p.name)"""
_SEQUENCES = f"""
SELECT {_NAME} FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND n.nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(n.oid, 'USAGE')
  AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'USAGE') END""".replace(":", "\\:")
_TEMPORARY = "SELECT has_database_privilege(current_database(), 'TEMPORARY')"
TEMPORARY, USAGE = "TEMPORARY", "USAGE"
_DIALECT: Dialect = PGDialect()  # type: ignore[no-untyped-call]  # only its way of quoting is used


def of_schema(name: str) -> str:
    """How a grant names a whole schema in the place of a table."""
    return f"{name}.*"


def granted(connection: Connection) -> tuple[Grant, ...]:
    """What the session's account may do in the session's database, by itself, by its roles, and as everybody may."""
    if connection.execute(text(_EVERYTHING)).scalar():
        return (Grant(ALL),)
    return tuple(_granted(connection))


def _granted(connection: Connection) -> Iterator[Grant]:
    if connection.execute(text(_TEMPORARY)).scalar():
        yield Grant(TEMPORARY)
    for name, privilege in connection.execute(text(_SCHEMAS)):
        yield Grant(privilege, of_schema(name))
    for (name,) in connection.execute(text(_SEQUENCES)):
        yield Grant(USAGE, name)
    if not connection.execute(text(_UNREAD)).scalar():
        yield Grant("SELECT")
    for name, privilege in connection.execute(text(_TABLES)):
        yield Grant(privilege, name)
    for name, privilege, columns in connection.execute(text(_COLUMNS)):
        yield Grant(privilege, name, tuple(columns))


def sql(right: Grant, database: str, account: str) -> str:
    """The statement that gives a right; names are quoted, the account stands as the caller wrote it."""
    if right.table == "*" and right.privilege == "SELECT":
        return f"GRANT pg_read_all_data TO {account};"
    if right.table == "*":
        return f"GRANT {right.privilege} ON DATABASE {quoted(_DIALECT, database)} TO {account};"
    if right.table.endswith(".*"):
        return f"GRANT {right.privilege} ON SCHEMA {quoted(_DIALECT, right.table[:-2])} TO {account};"
    if right.privilege == USAGE:
        return f"GRANT USAGE ON SEQUENCE {quoted(_DIALECT, right.table)} TO {account};"
    columns = f" ({', '.join(quoted(_DIALECT, name) for name in right.columns)})" if right.columns else ""
    return f"GRANT {right.privilege}{columns} ON {quoted(_DIALECT, right.table)} TO {account};"
