"""The statements that make a site's two accounts: on the screen, in JSON, or as the lines of a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from carrel.cli.screen import put_json, say

if TYPE_CHECKING:
    from carrel.inventory.system_map import SystemMap

READER, DOER = "carrel_read", "carrel_apply"


def _account(name: str, dialect: str) -> str:
    return name if dialect == "postgresql" else f"'{name}'@'localhost'"


def rights(system_map: SystemMap, database: str, dialect: str) -> dict[str, list[str]]:
    """The statements by what they are for: to read, to apply, and for the sweep besides."""
    from carrel.systems.sql.grants import SWEEP, Purpose, needed

    accounts = ((Purpose.READ, _account(READER, dialect)), (Purpose.APPLY, _account(DOER, dialect)))
    least = {
        purpose.value: [one.sql(database, account, dialect) for one in needed(system_map, purpose, dialect)]
        for purpose, account in accounts
    }
    more = [SWEEP.sql(database, account, dialect) for _, account in accounts]
    return {**least, "sweep": [one for one in more if one not in least[Purpose.APPLY.value]]}


def put_statements(system_map: SystemMap, database: str, dialect: str, policy: str, *, as_json: bool) -> None:
    """Print them."""
    if as_json:
        put_json({"grants": rights(system_map, database, dialect)})
        return
    for line in statements(system_map, database, dialect, policy):
        say(line)


def statements(system_map: SystemMap, database: str, dialect: str, policy: str) -> Iterator[str]:
    """What an administrator of the server runs, as one script."""
    found, there = rights(system_map, database, dialect), dialect == "postgresql"
    yield f"-- Two accounts with the least rights for the policy {policy}: one reads, one carries out."
    yield "-- Write a password in the place of each '...'" + (
        ", and the name of the database for DATABASE." if database == "DATABASE" else "."
    )
    if there:
        yield "-- Run it in the database itself, all or nothing: psql -v ON_ERROR_STOP=1 -1 -f FILE DATABASE"
        yield "-- Names of tables, columns and triggers can be seen by every account."
    else:
        yield "-- Run it as root: mariadb < FILE. It ends at the first statement that fails."
        yield "-- REFERENCES and TRIGGER on the database show the names of tables, columns and"
        yield "-- triggers, and no row: without them a trigger or a plugin's table could not be seen."
    for purpose, name in (("read", READER), ("apply", DOER)):
        account = _account(name, dialect)
        yield ""
        yield f"CREATE USER {account} {'PASSWORD' if there else 'IDENTIFIED BY'} '...';"
        yield from found[purpose]
        for line in (one for one in found["sweep"] if one.endswith(f"{account};")):
            yield "-- For the sweep, which looks for a join that leads back in every table:"
            yield line
