"""The rights that both accounts of a table with a clock need, and which of them are missing."""

from __future__ import annotations

from collections.abc import Iterator

from carrel.errors import CarrelError
from carrel.inventory.dated_table import DatedTable
from carrel.systems.check import Check, finding, ok
from carrel.systems.site_check import said
from carrel.systems.sql import database, dated_rows
from carrel.systems.sql.failure import told
from carrel.systems.sql.grants import Grant, compare, granted, may_write
from carrel.systems.sql.named_table import parted

READER, DOER = "the account that reads", "the account that carries out"


def rights_checks(entry: DatedTable) -> Iterator[Check]:
    """What ``carrel doctor`` says of the accounts of a table; nothing of CSV files, nor of a file of SQLite."""
    if entry.table is None:
        return
    name = f"table {entry.name}: grants"
    two = entry.apply_dsn_file is not None or entry.apply_dsn_env is not None
    ways = [(READER, False)] if entry.aggregate else [(READER, False), (DOER, True)]
    for who, apply in ways if two or entry.aggregate else [("the account", True)]:
        try:
            yield from _of(entry, name, who, apply=apply, alone=not two)
        except CarrelError as wrong:
            yield said(wrong, name)


def _of(entry: DatedTable, name: str, who: str, *, apply: bool, alone: bool) -> Iterator[Check]:
    engine = database.connect(dated_rows.access(entry, apply=apply), read_only=True)
    try:
        dialect = {"mysql": "mariadb"}.get(engine.dialect.name, engine.dialect.name)
        if dialect == "sqlite":
            return
        with told(name), engine.connect() as connection:
            has = granted(connection)
        missing = compare(needed(entry, dialect, apply=apply), has).missing
    finally:
        engine.dispose()
    if missing:
        lacks = "; ".join(map(str, missing))
        url = dated_rows.access(entry, apply=apply).url
        lines = "\n".join(one.sql(str(url.database), "ACCOUNT", dialect) for one in missing)
        yield finding(name, f"{who} lacks {lacks}", lines)
    elif not apply and not alone and (writes := may_write(has)):
        yield finding(
            name, f"{who} may also write: {'; '.join(map(str, writes[:3]))}", "take these rights away from it"
        )
    else:
        yield ok(name, f"{who} has what it needs")


def needed(entry: DatedTable, dialect: str, *, apply: bool) -> tuple[Grant, ...]:
    """The least rights for an entry.

    Args:
        entry: with a table.
        dialect: ``mariadb`` or ``postgresql``, where everybody may read the catalogue.
        apply: for carrying out as well.
    """
    name = entry.table or ""
    rights = [Grant("REFERENCES"), Grant("TRIGGER")]  # names of tables, keys and triggers, and none of their rows
    if dialect == "postgresql":
        rights = [Grant("USAGE", f"{parted(name)[0] or 'public'}.*")]
    rights.append(Grant("SELECT", name, () if entry.aggregate else tuple(sorted(entry.named))))
    if apply and entry.blank:
        rights.append(Grant("UPDATE", name, tuple(sorted(entry.blank))))
    elif apply and not entry.aggregate:
        rights.append(Grant("DELETE", name))
    return tuple(rights)
