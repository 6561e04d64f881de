"""What becomes of the product's own triggers while loans move: bypassed where the account may, followed elsewhere."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from carrel.inventory.system_map import SystemMap
from carrel.systems.sql.named_table import quoted


class TriggerWay(enum.StrEnum):
    """How the rows of a chunk move."""

    BYPASSED = "bypassed"  # the session plays a replica while rows move, and Carrel sees to the keys itself
    PRODUCT = "product"  # the product's own trigger moves what is deleted, and Carrel takes out what it keeps
    FOLLOWED = "followed"  # there is no such trigger; Carrel moves the rows, and every other trigger runs


SAID = {
    TriggerWay.BYPASSED: "the product's triggers are bypassed while loans move; Carrel sees to keys and sums itself",
    TriggerWay.PRODUCT: "the product's own trigger moves each loan, and Carrel takes out what it keeps; this is slower",
    TriggerWay.FOLLOWED: "Carrel moves the loans while the product's triggers run; this is slower",
}

FIRED = "fired"
SAID_BESIDE = "the product's own run with every other record and with every person who goes; none is bypassed there"

# Since version 15 the right can be given to any account; before, only a superuser has it.
_MAY = """
SELECT rolsuper OR CASE WHEN current_setting('server_version_num')::int >= 150000
  THEN has_parameter_privilege(current_user, 'session_replication_role', 'SET') ELSE false END
FROM pg_catalog.pg_roles WHERE rolname = current_user""".replace(":", "\\:")
_ON_REPLICAS = """
SELECT count(*) FROM pg_catalog.pg_trigger
WHERE tgenabled IN ('R', 'A') AND NOT tgisinternal AND tgrelid = ANY(CAST(:tables AS regclass[]))"""
_OF_THE_PRODUCT = """
SELECT count(*) FROM pg_catalog.pg_trigger
WHERE tgname = :name AND tgenabled IN ('O', 'A') AND NOT tgisinternal AND tgrelid = CAST(:table AS regclass)"""


def way_of(connection: Connection, system_map: SystemMap) -> TriggerWay | None:
    """The way that an account has; None where loans do not move.

    Args:
        connection: a session of the account.
        system_map: of the product.

    Guarantees:
        A trigger that runs on replicas is never run by a bypass.
    """
    closed = system_map.loans.closed
    aged = closed.cut.aged
    if aged is None or connection.dialect.name != "postgresql":
        return None if aged is None else TriggerWay.FOLLOWED
    ledger = () if aged.ledger is None else (aged.ledger.table,)
    quiet = (path.table for path in system_map.loans.paths if path.name in quiet_paths(system_map))
    touched = (closed.table, aged.table, *ledger, *closed.cut.children, *closed.cut.frees, *quiet)
    names = [quoted(connection.dialect, one) for one in dict.fromkeys(touched)]
    wakes = connection.execute(text(_ON_REPLICAS), {"tables": names}).scalar()
    if connection.execute(text(_MAY)).scalar() and not wakes:
        return TriggerWay.BYPASSED
    asked = {"name": aged.trigger, "table": names[0]}
    has = aged.trigger is not None and connection.execute(text(_OF_THE_PRODUCT), asked).scalar()
    return TriggerWay.PRODUCT if has else TriggerWay.FOLLOWED


def beside_loans(system_map: SystemMap) -> str | None:
    """What becomes of the product's own triggers with records of other kinds and with people: they run.

    Returns:
        `FIRED`; None where the map knows of no trigger of the product's.
    """
    return FIRED if system_map.triggers else None


def quiet_paths(system_map: SystemMap) -> frozenset[str]:
    """Paths by a loan's key that name nobody, and whose cut changes columns only: no other row hangs on them."""
    paths = (path for path in system_map.loans.paths if path.link.by == "key" and not path.cut.delete)
    return frozenset(path.name for path in paths if path.person is None and not path.cut.children)


@contextmanager
def bypassed(connection: Connection) -> Iterator[None]:
    """No trigger and no key is followed within; an error ends the transaction, and the setting with it."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    yield
    connection.execute(text("SET LOCAL session_replication_role = origin"))
