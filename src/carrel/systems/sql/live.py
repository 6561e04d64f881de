"""What a live database says of itself: its schema, its product's version, settings, and anonymous patron."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, column, func, null, select

from carrel.errors import fault
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import Condition, LifeSign, Lookup, Setting, SystemMap
from carrel.systems import faults
from carrel.systems.sql import catalogue_mariadb, catalogue_postgresql, catalogue_sqlite
from carrel.systems.sql.conditions import all_hold as hold_of
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.failure import told
from carrel.systems.sql.named_table import table

_CATALOGUES: dict[str, Callable[[Connection], LiveSchema]] = {
    "sqlite": catalogue_sqlite.schema,
    "mysql": catalogue_mariadb.schema,
    "mariadb": catalogue_mariadb.schema,
    "postgresql": catalogue_postgresql.schema,
}


def read(connection: Connection, system_map: SystemMap, *, at: str = "database") -> LiveSchema:
    """The schema of the database that a connection stands in, with the version that the product gives itself.

    Args:
        connection: a session; besides the catalogue only the version's own table is read.
        system_map: says where the version stands.
        at: the system's name, for errors.

    Returns:
        All tables and views that the account can see, in order of name.

    Raises:
        CarrelError: SQL-002 to SQL-013, the catalogue cannot be read.
    """
    bare = catalogue(connection, at=at)
    lookup = system_map.versions.at
    if (found := bare.tables.get(lookup.table)) is None or found.column(lookup.column) is None:
        return bare
    with told(at):
        return replace(bare, product_version=look_up(connection, lookup) or "")


def catalogue(connection: Connection, *, at: str = "database") -> LiveSchema:
    """The schema alone, of a database that no map describes.

    Raises:
        CarrelError: SQL-002 to SQL-013, the catalogue cannot be read.
    """
    with told(at):
        return _CATALOGUES[connection.dialect.name](connection)


def look_up(connection: Connection, lookup: Lookup) -> str | None:
    """One value that the product keeps, as text; None where there is no such row, or an empty one."""
    named: ColumnElement[object] = column(lookup.column)
    query = select(named).select_from(table(lookup.table)).where(all_hold(lookup.where)).limit(1)
    value = connection.execute(query).scalar_one_or_none()
    return None if value is None or str(value) == "" else str(value)


def count(connection: Connection, lookup: Lookup) -> int:
    """How many rows a lookup stands for."""
    rows = table(lookup.table)
    query = select(func.count()).select_from(rows).where(all_hold(lookup.where))
    if (belongs := lookup.belongs) is not None:
        names = dict.fromkeys((belongs.key, *(one.column for one in belongs.where)))
        others = table(belongs.table, *(column(name) for name in names)).alias("others")
        named = select(others.c[belongs.key]).where(hold_of(others.c, belongs.where))
        query = query.where(column(belongs.by).in_(named))
    return int(connection.execute(query).scalar_one())


def settings(connection: Connection, system_map: SystemMap, *, at: str = "database") -> Mapping[str, str | None]:
    """What the product is set to, by the name of the setting in the map.

    Returns:
        The value as text, None where the product has no such row; a number of rows for a setting that counts.

    Raises:
        CarrelError: SQL-002 to SQL-013, a table cannot be read.
    """
    with told(at):
        return {setting.name: _setting(connection, setting) for setting in system_map.settings}


def _setting(connection: Connection, setting: Setting) -> str | None:
    return str(count(connection, setting.at)) if setting.counts else look_up(connection, setting.at)


def used(connection: Connection, system_map: SystemMap, *, at: str = "database") -> Mapping[str, bool]:
    """Whether the product's own settings say that a consumer is in use; only consumers whose use can be looked up."""
    with told(at):
        return {
            consumer.name: count(connection, consumer.used) > 0
            for consumer in system_map.consumers
            if consumer.used is not None
        }


def stand_in(connection: Connection, system_map: SystemMap, *, at: str = "database") -> int | None:
    """The product's own anonymous patron, or None where the site has none.

    Raises:
        CarrelError: SQL-014, one is named that is no patron, so that the product's own jobs would stop, and a loan
            given to it would look as if a reader had it.
    """
    with told(at):
        value = look_up(connection, system_map.stand_in)
        if value is None or value == "0":
            return None
        people = system_map.people
        known = value.isdecimal() and count(
            connection,
            Lookup(table=people.table, column=people.key, where=(Condition(column=people.key, equals=int(value)),)),
        )
    if not known:
        raise fault(
            faults.STAND_IN,
            at=at,
            wanted=f"the number of a row of {people.table}",
            found="a value that is none",
            fix="enter the number of the anonymous patron's record, or leave the preference empty",
        )
    return int(value)


def refuse_living(
    connection: Connection, system_map: SystemMap, number: int | None, local: datetime, *, at: str = "database"
) -> None:
    """Refuse a stand-in that somebody uses: loans given to it would name a person, and nobody would count them.

    Args:
        connection: a session.
        system_map: says what tells of life.
        number: of the stand-in; None where the site has none.
        local: the present on the system's own wall clock, naive.
        at: the system's name, for errors.

    Raises:
        CarrelError: SQL-017, with each sign; the number itself is not told.
    """
    if number is None:
        return
    with told(at):
        signs = dict.fromkeys(one.says for one in system_map.life_signs if _lives(connection, one, number, local))
    if signs:
        raise fault(
            faults.LIVING,
            at=at,
            wanted="a patron record that nobody uses: no loan that is out, not seen for a year, no right of staff",
            found=f"it {', and '.join(signs)}",
            because="past loans of every reader would be given to this patron, and be counted as parted",
            fix="end or move what it has; this product has no preference that names another record"
            if system_map.stand_in.table == system_map.people.table
            else "make a patron record for it and enter its number in the preference, or leave the preference empty",
        )


def _lives(connection: Connection, sign: LifeSign, number: int, local: datetime) -> bool:
    rows = [column(sign.person) == number, all_hold(sign.where)]
    seen = column(sign.seen, LocalTime()) if sign.seen else null()
    made: ColumnElement[Any] = column(sign.made) if sign.made else null()
    found = connection.execute(select(seen, made).select_from(table(sign.table)).where(*rows).limit(1)).first()
    if found is None or sign.seen is None:
        return found is not None
    # Some products count the making of a record as its first use.
    return found[0] is not None and found[0] >= local - _YEAR and str(found[1])[:10] != found[0].date().isoformat()


_YEAR = timedelta(days=365)


def all_hold(conditions: tuple[Condition, ...]) -> ColumnElement[bool]:
    """All tests of a lookup, as SQL."""
    return hold_of({one.column: column(one.column) for one in conditions}, conditions)
