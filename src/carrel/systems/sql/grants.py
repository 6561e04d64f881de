"""The rights that an account needs, has, and has too many of: computed from the map, and asked of the server."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from carrel.inventory import coverage
from carrel.inventory.map_part import Condition
from carrel.inventory.person_map import Act
from carrel.inventory.system_map import SystemMap
from carrel.systems.sql.named_table import parted

ALL = "ALL PRIVILEGES"
_WRITES = frozenset(
    {ALL, "TRUNCATE", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "CREATE", "INDEX", "DELETE HISTORY", "FILE"}
)
# What an account may have besides without being told so: metadata, and what shows logs and replicas.
_HARMLESS = frozenset(
    {
        "USAGE", "REFERENCES", "TRIGGER", "SHOW VIEW", "BINLOG MONITOR", "REPLICA MONITOR", "REPLICATION CLIENT",
        "SLAVE MONITOR", "PROCESS", "CREATE TEMPORARY TABLES", "TEMPORARY",
    }
)  # fmt: skip
_GRANT = re.compile(r"GRANT (?P<what>.+) ON (?P<where>.+?) TO .+?(?P<option> WITH .*GRANT OPTION.*)?", re.DOTALL)
_PRIVILEGE = re.compile(r"([A-Z][A-Z ]*[A-Z])(?:\s*\(([^)]*)\))?")


class Purpose(enum.StrEnum):
    """What an account is for; one of each keeps what reads from ever writing."""

    READ = "read"
    APPLY = "apply"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One right: on a table or, with ``*``, on the database; on some columns or, with none named, on all."""

    privilege: str
    table: str = "*"
    columns: tuple[str, ...] = ()
    database: str = ""

    def sql(self, database: str, account: str, dialect: str = "mariadb") -> str:
        """The statement that gives it; names are quoted, the account stands as the caller wrote it."""
        if dialect == "postgresql":
            from carrel.systems.sql import grants_postgresql

            return grants_postgresql.sql(self, database, account)
        columns = f" ({', '.join(_quoted(name) for name in self.columns)})" if self.columns else ""
        where = "*" if self.table == "*" else _quoted(self.table)
        return f"GRANT {self.privilege}{columns} ON {_quoted(database)}.{where} TO {account};"

    def __str__(self) -> str:
        columns = f" ({', '.join(self.columns)})" if self.columns else ""
        return f"{self.privilege}{columns} on {self.table}"


# The sweep looks for a join that leads back in every table, not only in those that the map covers.
SWEEP = Grant("SELECT")


def needed(system_map: SystemMap, purpose: Purpose, dialect: str = "mariadb") -> tuple[Grant, ...]:
    """The least rights for a map.

    Args:
        system_map: its covered tables are read, its cuts are carried out.
        purpose: reading only, or carrying out as well.
        dialect: of the server. On PostgreSQL everybody may read the catalogue, a schema has a door of its own, and
            whoever locks a row before it goes needs UPDATE on one of its columns.

    Returns:
        On MariaDB REFERENCES and TRIGGER on the database show the names of every table, column and trigger and none of
        their rows: without them a plugin's table, or a trigger that copies what is deleted, could not be seen.
        Temporary tables hold the numbers of loans while a session lasts. What the sweep needs besides is `SWEEP`.
    """
    there = dialect == "postgresql"
    reads = sorted(_read_tables(system_map))
    rights = [Grant("REFERENCES"), Grant("TRIGGER"), Grant("CREATE TEMPORARY TABLES")]
    if there:
        schemas = sorted({parted(name)[0] or "public" for name in reads})
        rights = [Grant("TEMPORARY"), *(Grant("USAGE", f"{name}.*") for name in schemas)]
    rights += [Grant("SELECT", name, _only(system_map, name)) for name in reads]
    if purpose is Purpose.APPLY:
        updates, deletes = _writes(system_map)
        locked = sorted(deletes - updates.keys()) if there else ()
        rights += [Grant("UPDATE", name, tuple(sorted(coverage.used(system_map).get(name, ()))[:1])) for name in locked]
        rights += [Grant("UPDATE", name, tuple(sorted(columns))) for name, columns in sorted(updates.items())]
        rights += [Grant("DELETE", name) for name in sorted(deletes)]
        rights += sorted(_frees(system_map))
        rights += sorted(_moves(system_map) | of_triggers(system_map, {*updates, *deletes})) if there else []
        # Who is erased is looked for in every table, by words that stand in any column of the record.
        rights += [SWEEP] if system_map.lapsing is not None else []
    return once(rights)


def once(rights: Iterable[Grant]) -> tuple[Grant, ...]:
    """Each right on a table once, in the order of the first: on all columns where one is, else on those of any."""
    found: dict[tuple[str, str], Grant] = {}
    for one in rights:
        before = found.setdefault((one.privilege, one.table), one)
        every = () if not (before.columns and one.columns) else tuple(sorted({*before.columns, *one.columns}))
        found[one.privilege, one.table] = Grant(one.privilege, one.table, every)
    return tuple(found.values())


def _read_tables(system_map: SystemMap) -> set[str]:
    looked_up = {setting.at.table for setting in system_map.settings}
    looked_up.update(one.at.belongs.table for one in system_map.settings if one.at.belongs is not None)
    looked_up.update(consumer.used.table for consumer in system_map.consumers if consumer.used is not None)
    looked_up.update(sign.table for sign in system_map.life_signs)
    looked_up.update(system_map.erased_from)
    # Groups of units are asked for by sites that name one only; without the right they are not seen.
    looked_up.update(() if system_map.branches is None else (system_map.branches.table,))
    if system_map.lapsing is not None:
        looked_up.update(one.table for one in system_map.lapsing.signs)
        looked_up.update(one.table for one in system_map.lapsing.keeps)
        looked_up.update(one.through.table for one in system_map.lapsing.keeps if one.through is not None)
    return {*system_map.columns, *coverage.looked_into(system_map), *looked_up}


def _only(system_map: SystemMap, table: str) -> tuple[str, ...]:
    """Of the people's own table only what rules and settings need: no password, no address, no birth date.

    Of a table that is only looked into, what is looked for.
    """
    if table in coverage.looked_into(system_map):
        return tuple(sorted(coverage.used(system_map)[table]))
    if table != system_map.people.table:
        return ()
    lookups = [setting.at for setting in system_map.settings]
    asked = {name for one in lookups if one.table == table for name in (one.column, *_columns(one.where))}
    for one in lookups:
        if (owner := one.belongs) is not None:
            asked.update((owner.key, *_columns(owner.where)) if owner.table == table else ())
            asked.update((owner.by,) if one.table == table else ())
    return tuple(sorted({*coverage.used(system_map)[table], *asked}))


def _columns(where: Iterable[Condition]) -> Iterator[str]:
    return (condition.column for condition in where)


def _writes(system_map: SystemMap) -> tuple[dict[str, set[str]], set[str]]:
    cuts = coverage.cuts(system_map)
    updates = {name: set(cut.methods) for name, cut in cuts.items() if cut.methods}
    deletes = {name for name, cut in cuts.items() if cut.delete}
    if system_map.lapsing is not None and system_map.person is not None:
        for name, told in system_map.person.tables.items():
            acts = {trace.act for trace in told.traces}
            if told.texts or Act.CHANGE in acts:
                updates[name] = set()  # all columns: automatic times are set to themselves
            if told.gone or Act.DELETE in acts:
                deletes.add(name)
    return updates, deletes


def _frees(system_map: SystemMap) -> set[Grant]:
    """What it takes to empty the number of what goes in rows that stay."""
    frees = ((name, column) for _, cut, _ in coverage.all_cuts(system_map) for name, column in cut.frees.items())
    return {Grant("UPDATE", name, (column, *coverage.automatic(system_map, name))) for name, column in frees}


def _moves(system_map: SystemMap) -> set[Grant]:
    """What it takes to move rows: to insert them where they go, and to draw their new numbers."""
    found: set[Grant] = set()
    records = {id(path.cut) for path in system_map.ruled}
    for _, cut, _ in coverage.all_cuts(system_map):
        record = id(cut) in records
        if (aged := cut.aged) is None:
            continue
        found.add(Grant("INSERT", aged.table))
        if record:
            # The product's own trigger moves them, and what it takes along is put right.
            numbers = () if aged.number is None else (aged.number.column,)
            found.add(Grant("UPDATE", aged.table, tuple(sorted({*aged.empty, *aged.if_person, *numbers}))))
        if aged.number is not None:
            table, _, column = aged.number.numbers.rpartition(".")
            found.add(Grant("USAGE", f"{table}_{column}_seq"))
        if (ledger := aged.ledger) is not None:
            found.add(Grant("INSERT", ledger.table))
            found.update(Grant("UPDATE", name, tuple(sorted(told))) for name, told in ledger.spares.items() if told)
    return found


def of_triggers(system_map: SystemMap, tables: Iterable[str]) -> set[Grant]:
    """What the product's own triggers do with the rights of whoever changes or deletes a row of these tables."""
    rights = (right for name in tables for right in system_map.trigger_rights.get(name, ()))
    return {Grant(privilege, where) for privilege, _, where in (right.partition(" ") for right in rights)}


def granted(connection: Connection) -> tuple[Grant, ...]:
    """What the session's account may do in the session's database, by its own grants and its active roles."""
    if connection.dialect.name == "postgresql":
        from carrel.systems.sql import grants_postgresql

        return grants_postgresql.granted(connection)
    database = connection.execute(text("SELECT DATABASE()")).scalar_one()
    lines = connection.execute(text("SHOW GRANTS")).scalars()
    return tuple(grant for line in lines for grant in parse(line) if _covers_database(grant.database, database))


def parse(line: str) -> Iterator[Grant]:
    """The rights in one line of SHOW GRANTS; a line that gives a role gives none by itself.

    The line itself may end in the hash of a password: nothing of it is kept but names of rights, tables and columns.
    """
    if not (match := _GRANT.fullmatch(line)):
        return
    database, _, table = match["where"].partition(".")
    if match["option"]:
        yield Grant("GRANT OPTION", _bare(table), (), _bare(database))
    for privilege, columns in _PRIVILEGE.findall(match["what"]):
        named = tuple(sorted(_bare(name.strip()) for name in columns.split(","))) if columns else ()
        yield Grant(privilege.strip(), _bare(table), named, _bare(database))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rights that are missing, and rights beyond the need that can change or give away data."""

    missing: tuple[Grant, ...]
    beyond: tuple[Grant, ...]


def compare(wanted: Iterable[Grant], has: Iterable[Grant], *, tables: Iterable[str] | None = None) -> Comparison:
    """Compare what an account needs with what it has.

    Args:
        wanted: from `needed`.
        has: from `granted`.
        tables: tables that the site has; rights on others are not asked for. None asks for all.
    """
    here = None if tables is None else set(tables)
    needs = [right for right in wanted if here is None or right.table in here or _elsewhere(right)]
    held = list(has)
    missing = [left for right in needs if (left := _lacking(right, held)) is not None]
    beyond = [right for right in held if right.privilege not in _HARMLESS and not _asked(right, needs)]
    return Comparison(tuple(sorted(missing)), tuple(sorted(beyond)))


def _elsewhere(right: Grant) -> bool:
    """The right is on no table: on a whole database or schema, or on a sequence."""
    return right.table.endswith("*") or right.privilege == "USAGE"


def _lacking(right: Grant, held: list[Grant]) -> Grant | None:
    open_columns = set(right.columns)
    for other in held:
        if other.table not in {"*", right.table} or other.privilege not in {ALL, right.privilege}:
            continue
        if not other.columns:
            return None
        open_columns -= set(other.columns)
        if right.columns and not open_columns:
            return None
    return Grant(right.privilege, right.table, tuple(sorted(open_columns)))


def _asked(right: Grant, needs: list[Grant]) -> bool:
    """Whether a right that is held goes no further than one that is needed."""
    if right.privilege in {SWEEP.privilege, "USAGE"}:
        return True
    if right.privilege not in {"INSERT", "UPDATE", "DELETE"}:
        return False
    same = [one for one in needs if one.privilege == right.privilege and one.table == right.table != "*"]
    if not all(one.columns for one in same):
        return True
    return bool(right.columns) and set(right.columns) <= {name for one in same for name in one.columns}


def may_write(has: Iterable[Grant]) -> tuple[Grant, ...]:
    """The rights by which an account that is meant to read could change data."""
    return tuple(sorted(right for right in has if right.privilege in _WRITES))


def may_sweep(has: Iterable[Grant]) -> bool:
    """Whether the account can look into every table."""
    return _lacking(SWEEP, list(has)) is None


def triggers_seen(connection: Connection) -> bool:
    """Whether the account would be shown the database's triggers."""
    return any(right.privilege in {ALL, "TRIGGER"} and right.table == "*" for right in granted(connection))


def _covers_database(pattern: str, database: str) -> bool:
    if pattern == "*":
        return True
    # In a grant on a whole database, _ and % stand for any character unless a backslash precedes them.
    parts = re.split(r"(\\_|\\%|_|%)", pattern)
    wild = {"_": ".", "%": ".*", "\\_": "_", "\\%": "%"}
    return re.fullmatch("".join(wild.get(part, re.escape(part)) for part in parts), database) is not None


def _bare(name: str) -> str:
    return name[1:-1].replace("``", "`") if name[:1] == "`" == name[-1:] else name


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
