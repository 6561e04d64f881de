"""Evergreen's tables as DDL for PostgreSQL: names, types, keys, inheritance and rules as the product has them.

Three steps, so that a bulk load runs before keys and triggers exist: `create_tables`, `create_keys`, `create_habits`.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Any

from carrel.systems.sample.evergreen.facts import Facts, ForeignKey, Table, Trigger, evergreen
from carrel.systems.sample.evergreen.rebuilt import ARGUMENTS, NOT_REBUILT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

SEARCH_PATH = "evergreen, public, pg_catalog"
# The product's own enumerated types; a type stands in its own schema.
_TYPES = {
    "actor.org_unit_custom_tree_purpose": ("opac",),
    "config.usr_activity_group": ("authen", "authz", "circ", "hold", "search", "mfa"),
    "container.usr_flag_type": ("favorite",),
}
_SEQUENCE = re.compile(r"^nextval\('([\w.]+)'::regclass\)$")
_BEFORE = ("foundation.sql",)  # what indexes, checks and defaults call
_AFTER = (
    "support.sql",
    "circulation.sql",
    "holds.sql",
    "money.sql",
    "people.sql",
    "audit.sql",
    "purges.sql",
    "views.sql",
)


def create_tables(connection: Connection) -> None:
    """Make schemas, types, functions that indexes need, and the tables with their primary keys, and commit.

    The database's search path becomes Evergreen's, for this session and for later ones.
    """
    name = connection.exec_driver_sql("SELECT quote_ident(current_database())").scalar_one()
    _run(connection, iter((f"ALTER DATABASE {name} SET search_path = {SEARCH_PATH}",)))
    _run(connection, _table_statements(evergreen()))


def create_keys(connection: Connection) -> None:
    """Add unique keys, indexes, foreign keys and the rules that turn a delete into a mark, and commit."""
    _run(connection, _key_statements(evergreen()))


def create_habits(connection: Connection) -> None:
    """Add functions, views and triggers, those that ship switched off included, and commit."""
    _run(connection, _habit_statements(evergreen()))


def create_schema(connection: Connection) -> None:
    """Make an empty Evergreen database: tables, keys, habits."""
    for step in (create_tables, create_keys, create_habits):
        step(connection)


def _run(connection: Connection, statements: Iterator[str]) -> None:
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor
    ):  # the driver itself: bodies of functions hold signs that mean something to a dialect
        cursor.execute(f"SET search_path = {SEARCH_PATH}")
        for statement in statements:
            cursor.execute(statement)
    driver.commit()


def _read(name: str) -> str:
    return (resources.files(__package__) / "behaviour" / name).read_text(encoding="utf-8")


def _table_statements(facts: Facts) -> Iterator[str]:
    for schema in sorted({"evergreen", *(table.schema for table in facts.tables.values())}):
        yield f"CREATE SCHEMA {schema}"
    for name, values in _TYPES.items():
        quoted = ", ".join(f"'{value}'" for value in values)
        yield f"CREATE TYPE {name} AS ENUM ({quoted})"
    yield from (_read(name) for name in _BEFORE)
    yield from (f"CREATE SEQUENCE {name}" for name in sequences(facts))
    yield from (f"CREATE SEQUENCE {name}" for name in _audit_sequences(facts))
    yield from (_table(table) for table in _parents_first(facts))
    yield from (f"ALTER SEQUENCE {name} OWNED BY {column}" for name, column in sequences(facts).items())


def sequences(facts: Facts) -> dict[str, str]:
    """Each sequence that a default draws from, and whose it is: the column's of its own name, or the first's."""
    found: dict[str, str] = {}
    for table in facts.tables.values():
        for column in table.columns:
            match = _SEQUENCE.match(column.default or "")
            if match:
                own = f"{table.name}_{column.name}_seq" == match[1]
                found[match[1]] = (
                    f"{table.name}.{column.name}" if own else found.get(match[1], f"{table.name}.{column.name}")
                )
    return found


def _audit_sequences(facts: Facts) -> list[str]:
    """The numbers of audit rows, which the product draws in its trigger and not by a default."""
    return [name.removesuffix("_history") + "_pkey_seq" for name in facts.tables if name.startswith("auditor.")]


def _parents_first(facts: Facts) -> list[Table]:
    done: dict[str, Table] = {}

    def visit(table: Table) -> None:
        for parent in table.parents:
            visit(facts.tables[parent])
        done.setdefault(table.name, table)

    for table in facts.tables.values():
        visit(table)
    return list(done.values())


def _table(table: Table) -> str:
    lines = []
    for column in table.columns:
        words = [f'"{column.name}" {column.type}', "" if column.nullable else "NOT NULL"]
        if column.default is not None:
            words.append(f"DEFAULT {column.default}")
        if not column.inherited:
            lines.append(" ".join(filter(None, words)))
    if table.primary_key:
        lines.append(f"PRIMARY KEY ({_names(table.primary_key)})")
    lines += [f'CONSTRAINT "{name}" {rule}' for name, rule in table.checks]
    heir = f" INHERITS ({', '.join(table.parents)})" if table.parents else ""
    return f"CREATE TABLE {table.name} (\n  " + ",\n  ".join(lines) + f"\n){heir}"


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _key_statements(facts: Facts) -> Iterator[str]:
    for table in facts.tables.values():
        for name, columns in table.unique:
            yield f'ALTER TABLE {table.name} ADD CONSTRAINT "{name}" UNIQUE ({_names(columns)})'
        for index in table.indexes:
            kind = "UNIQUE INDEX" if index.unique else "INDEX"
            yield f'CREATE {kind} "{index.name}" ON {table.name} USING {index.body}'
    for table in facts.tables.values():
        parts = [f"ADD {_foreign_key(key)}" for key in table.foreign_keys]
        if parts:
            yield f"ALTER TABLE {table.name} " + ", ".join(parts)


def _foreign_key(key: ForeignKey) -> str:
    rules = "".join(
        f" ON {event} {rule}"
        for event, rule in (("DELETE", key.on_delete), ("UPDATE", key.on_update))
        if rule != "NO ACTION"
    )
    later = " DEFERRABLE INITIALLY DEFERRED" if key.deferred else ""
    return (
        f'CONSTRAINT "{key.name}" FOREIGN KEY ({_names(key.columns)}) '
        f"REFERENCES {key.table} ({_names(key.references)}){rules}{later}"
    )


def _habit_statements(facts: Facts) -> Iterator[str]:
    yield from (_read(name) for name in _AFTER)
    for table in facts.tables.values():
        for rule in table.rules:
            mark = f"UPDATE {table.name} SET deleted = true WHERE OLD.id = {table.name}.id"
            yield f"CREATE RULE {rule} AS ON DELETE TO {table.name} DO INSTEAD {mark}"
        for trigger in table.triggers:
            if trigger.function in NOT_REBUILT:
                continue
            yield _trigger(table, trigger)
            if not trigger.enabled:
                yield f"ALTER TABLE {table.name} DISABLE TRIGGER {trigger.name}"


def _trigger(table: Table, trigger: Trigger) -> str:
    argument = ARGUMENTS.get((table.name, trigger.function), "")
    given = f"'{argument}'" if argument else ""
    return (
        f"CREATE TRIGGER {trigger.name} {trigger.timing} {' OR '.join(trigger.events)} ON {table.name} "
        f"FOR EACH ROW EXECUTE FUNCTION {trigger.function}({given})"
    )
