"""Whose account it is that another server has opened: by the card or the user name that it tells."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, column, select

from carrel.errors import CarrelError
from carrel.inventory.system_map import SystemMap
from carrel.retention.faults import NO_SUBJECT
from carrel.systems.sql import person_search
from carrel.systems.sql.account_sign_in import AccountSignIn
from carrel.systems.sql.named_table import table
from carrel.systems.sql.person_steps import person_map

Holds = Literal["card", "user name"]
_ONE = 1


def holder(
    connection: Connection, system_map: SystemMap, accounts: AccountSignIn, said: str, holds: Holds, *, alone: bool
) -> int | None:
    """The number of the person, if that is one who may sign in; None for whatever reason it is not.

    Args:
        connection: reads only.
        system_map: of the system.
        accounts: of the same system.
        said: the card number or the user name.
        holds: which of the two.
        alone: the word may name nobody else in any way: who told it may have meant its other meaning.
    """
    named = accounts.named(connection, said)
    if not named or (alone and len(named) != _ONE):
        return None
    if holds == "user name":
        found = _by_user_name(connection, system_map, said)
        return found if found in named and accounts.is_spelled(connection, found, said) else None
    try:
        number = person_search.find(connection, system_map, said, by_card=True, at=system_map.system)
    except CarrelError as nobody:
        if nobody.code != NO_SUBJECT.code:
            raise
        return None
    return number if number in named and accounts.is_spelled(connection, number, said) else None


def _by_user_name(connection: Connection, system_map: SystemMap, said: str) -> int | None:
    people, user = system_map.people, person_map(system_map).user
    rows = table(people.table, column(people.key), column(user))
    query = select(rows.c[people.key]).where(rows.c[user] == said).limit(_ONE + 1)
    found = [int(one) for one in connection.execute(query).scalars()]
    return found[0] if len(found) == _ONE else None
