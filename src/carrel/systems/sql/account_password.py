"""A new password of an account, hashed as the product does and read back. It is kept nowhere but in the product."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import bcrypt
from sqlalchemy import ColumnElement, Connection, TableClause, column, func, select, update

from carrel.errors import fault
from carrel.inventory.schema import LiveSchema
from carrel.inventory.sign_in_map import PasswordEnd, SignInMap
from carrel.systems import faults
from carrel.systems.sql.account_sign_in import fits
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.named_table import table

LONGEST = 72  # bytes of a password that bcrypt looks at
SHORTEST = 8  # letters; NIST SP 800-63B-4 3.1.1.2 asks for no more of one that others guard as well


def write_password(
    connection: Connection, schema: LiveSchema, sign_in: SignInMap, number: int, new: str, *, today: date, at: str
) -> None:
    """Write a new password; the caller commits.

    Args:
        connection: in a transaction of the account that carries out.
        schema: live.
        sign_in: of the map.
        number: of the person.
        new: as typed, of at most `LONGEST` bytes.
        today: on the system's own calendar, from which a product counts the days that a password is good for.
        at: the system's name, for errors.

    Raises:
        CarrelError: SQL-023, there is no one account of this person, or what is read back does not open with the new
            password; the caller undoes the transaction.
    """
    place = sign_in.password
    ends = place.ends if place.ends and schema.tables[place.table].column(place.ends.column) is not None else None
    named = (place.person, place.column, place.salt, place.changed, *place.resets, *(one.column for one in place.where),
             *((ends.column, ends.equals) if ends else ()))  # fmt: skip
    rows = table(place.table, *(column(one) for one in dict.fromkeys(named) if one))
    salt = bcrypt.gensalt(place.cost, prefix=b"2a")  # the only letter that Koha's library takes
    secret = new.encode()
    if place.scheme != "bcrypt":
        inner = hashlib.md5(secret, usedforsecurity=False).hexdigest()
        secret = hashlib.md5((salt.decode() + inner).encode(), usedforsecurity=False).hexdigest().encode()
    values: dict[str, object] = {place.column: bcrypt.hashpw(secret, salt).decode(), **place.resets}
    if place.salt:
        values[place.salt] = salt.decode()
    if place.changed:
        values[place.changed] = func.now()
    mine = (rows.c[place.person] == number, all_hold(rows.c, place.where))
    if ends is not None:
        values[ends.column] = _end(connection, ends, rows, mine[0], today)
    written = connection.execute(update(rows).where(*mine).values(values)).rowcount
    wanted = [rows.c[place.column], *([rows.c[place.salt]] if place.salt else [])]
    found = connection.execute(select(*wanted).where(*mine)).all()
    salted = str(found[0][1]) if len(found) == 1 and place.salt else ""
    if written != 1 or len(found) != 1 or not fits(place, new, str(found[0][0]), salted):
        raise fault(
            faults.NOT_READ_BACK,
            at=at,
            wanted="one account, which opens with the new password",
            found="another number of accounts" if written != 1 else "one that does not",
            changed="nothing: it was rolled back",
            fix="look at the account in the product, and at the triggers of its table",
        )


def _end(
    connection: Connection, ends: PasswordEnd, rows: TableClause, mine: ColumnElement[bool], today: date
) -> date | None:
    """The day after which the product wants another one; None for never."""
    rule = table(ends.table, column(ends.key), column(ends.days))
    query = select(rule.c[ends.days]).join_from(rule, rows, rule.c[ends.key] == rows.c[ends.equals]).where(mine)
    days = connection.execute(query).scalars().first()
    return today + timedelta(days=int(days)) if days else None
