"""The rights by which patrons change on the pages what the site lets them change, beyond those of every night."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection

from carrel.amount import amount
from carrel.inventory.correction_map import CONTACT
from carrel.inventory.notices import NoticeSettings, Wishes
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.systems.check import Check, finding, ok
from carrel.systems.sql import grants
from carrel.systems.sql.grants import SWEEP, Grant
from carrel.systems.sql.required_rights import statements

_NAME = "grants for patrons"


def needed(system_map: SystemMap, may_change: Collection[str], dialect: str = "mariadb") -> tuple[Grant, ...]:
    """What the account that carries out needs, so that the pages can do what they offer.

    Args:
        system_map: of a system by whose accounts patrons sign in.
        may_change: of the site file: ``contact details``, ``notices``, ``password``.
        dialect: of the server; on PostgreSQL the product's own triggers write with the rights of the account.

    Returns:
        Each right once, in the order of the tables' names.
    """
    found = {
        *(_of_details(system_map) if "contact details" in may_change else ()),
        *(_of_notices(system_map, dialect) if "notices" in may_change else ()),
        *(_of_password(system_map) if "password" in may_change else ()),
    }
    if dialect == "postgresql":
        found |= grants.of_triggers(system_map, {one.table for one in found if one.table != "*"})
    return grants.once(sorted(found))


def lacking(
    connection: Connection, system_map: SystemMap, schema: LiveSchema, may_change: Collection[str]
) -> tuple[tuple[Grant, ...], tuple[Grant, ...]]:
    """What is needed for that, and what of it the account of a session does not have; none on SQLite.

    Args:
        connection: a session of the account that carries out.
        system_map: of the system.
        schema: live; rights on tables that the site lacks are not asked for.
        may_change: of the site file.
    """
    if connection.dialect.name == "sqlite":
        return (), ()
    wanted = needed(system_map, may_change, connection.dialect.name)
    missing = grants.compare(wanted, grants.granted(connection), tables=schema.tables).missing
    return wanted, tuple(missing)


def portal_grants_check(
    connection: Connection, system_map: SystemMap, schema: LiveSchema, may_change: Collection[str]
) -> Check:
    """Whether what the pages offer to patrons can be written.

    Args:
        connection: a session of the account that carries out.
        system_map: of the system.
        schema: live; rights on tables that the site lacks are not asked for.
        may_change: of the site file.
    """
    says = ", ".join(sorted(may_change))
    if connection.dialect.name == "sqlite":
        return ok(_NAME, f"{says}: the rights of the file; SQLite has no accounts")
    wanted, missing = lacking(connection, system_map, schema, may_change)
    if not missing:
        return ok(_NAME, f"{amount(len(wanted), 'right')} for {says}, none missing")
    return finding(
        _NAME,
        f"patrons may change {says}, and {amount(len(missing), 'right')} for it {'is' if len(missing) == 1 else 'are'} "
        "missing: the pages answer that it does not work now",
        f"give them to the account that carries out: {statements(connection, missing).replace(chr(10), ' ')}",
    )


def _of_details(system_map: SystemMap) -> Iterator[Grant]:
    rectify = system_map.rectify
    if rectify is None:
        return
    fields = [one for one in rectify.fields.values() if one.category in CONTACT and not one.table]
    own = {column for one in fields for column in one.parts.values()}
    yield SWEEP
    yield Grant("UPDATE", system_map.people.table)
    yield from (Grant("UPDATE", one.table) for one in rectify.copies if own & set(one.columns))


def _of_notices(system_map: SystemMap, dialect: str) -> Iterator[Grant]:
    wishes, settings = system_map.notices.wishes, system_map.notices.settings
    if wishes is not None and wishes.person:
        yield from _of_wishes(wishes)
    elif settings is not None:
        yield from _of_settings(settings, dialect)
    else:
        return
    yield Grant("UPDATE", system_map.people.table)  # the row is locked, so that two at once take turns


def _of_wishes(wishes: Wishes) -> Iterator[Grant]:
    yield Grant("INSERT", wishes.chosen)
    yield Grant("INSERT", wishes.table)
    yield Grant("DELETE", wishes.table)


def _of_settings(settings: NoticeSettings, dialect: str) -> Iterator[Grant]:
    yield Grant("INSERT", settings.table)
    yield Grant("UPDATE", settings.table)
    if dialect == "postgresql":
        yield Grant("USAGE", f"{settings.table}_id_seq")


def _of_password(system_map: SystemMap) -> Iterator[Grant]:
    if system_map.sign_in is not None:
        yield Grant("UPDATE", system_map.sign_in.password.table)
