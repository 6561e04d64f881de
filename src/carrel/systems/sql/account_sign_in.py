"""Whether somebody knows the password of an account of the library's own system. None is ever kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

import bcrypt
from sqlalchemy import Connection, TableClause, column, select, union_all

from carrel.inventory.sign_in_map import Password, SignInMap
from carrel.inventory.system_map import People
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.named_table import table

_MOST = 2  # accounts that one word may name: the number of one's card can be the user name of another
_TYPED = 72  # bytes of a password that bcrypt looks at
_COST = 10


class AccountSignIn:
    """The accounts of one system.

    Args:
        people: where the system keeps people.
        sign_in: where it keeps what they sign in with.
    """

    def __init__(self, people: People, sign_in: SignInMap) -> None:
        self._people, self._map = people, sign_in
        self._stand_in = _stand_in(_COST)

    def learn_cost(self, connection: Connection) -> None:
        """Take the work of an attempt for which there is no account from the hashes that the system has."""
        place = self._map.password
        rows = _rows(place.table, place.column, *(one.column for one in place.where))
        query = select(rows.c[place.column]).where(rows.c[place.column].is_not(None), all_hold(rows.c, place.where))
        found = str(connection.execute(query.limit(1)).scalar() or "")
        if (cost := found.split("$")[2:3]) and cost[0].isdigit():
            self._stand_in = _stand_in(int(cost[0]))

    def person(self, connection: Connection, name: str, password: str) -> int | None:
        """The number of the person whose account this is; None for whatever reason.

        Args:
            connection: reads only.
            name: a user name or a card number, as typed.
            password: as typed.

        Guarantees:
            Whether a name is known shows neither in the answer nor in the work: as many hashes are tried for a name
            that nobody has. A word that names two accounts opens the one whose password it is; none if both have it.
        """
        hashes = self._hashes(connection, self._numbers(connection, name)) if name.strip() and password else []
        opened = [number for number, hashed, salt in hashes if _fits(self._map.password, password, hashed, salt)]
        for _ in range(_MOST - len(hashes)):
            _fits(self._map.password, password or "-", self._stand_in, "")
        return opened[0] if len(opened) == 1 else None

    def _numbers(self, connection: Connection, name: str) -> list[int]:
        parts = []
        for one in self._map.names:
            rows = _rows(one.table, one.column, one.person, *(test.column for test in one.where))
            parts.append(select(rows.c[one.person]).where(rows.c[one.column] == name, all_hold(rows.c, one.where)))
        named = list(dict.fromkeys(int(one) for one in connection.execute(union_all(*parts)).scalars()))
        if not named:
            return []
        tests = (*self._map.where, *self._people.gone)
        rows = _rows(self._people.table, self._people.key, *(test.column for test in tests))
        query = select(rows.c[self._people.key]).where(
            rows.c[self._people.key].in_(named[: _MOST * 2]), all_hold(rows.c, self._map.where)
        )
        gone = all_hold(rows.c, self._people.gone) if self._people.gone else None
        return [int(one) for one in connection.execute(query if gone is None else query.where(~gone)).scalars()][:_MOST]

    def _hashes(self, connection: Connection, numbers: Sequence[int]) -> list[tuple[int, str, str]]:
        if not numbers:
            return []
        place = self._map.password
        rows = _rows(place.table, place.column, place.person, place.salt, *(test.column for test in place.where))
        columns = [rows.c[place.person], rows.c[place.column], *([rows.c[place.salt]] if place.salt else [])]
        query = select(*columns).where(rows.c[place.person].in_(numbers), all_hold(rows.c, place.where))
        found = connection.execute(query).all()
        return [(int(row[0]), str(row[1] or ""), str(row[2] or "") if place.salt else "") for row in found][:_MOST]


def _rows(name: str, *columns: str) -> TableClause:
    return table(name, *(column(one) for one in dict.fromkeys(columns) if one))


def _fits(place: Password, typed: str, hashed: str, salt: str) -> bool:
    secret = typed.encode(errors="surrogatepass")
    if place.scheme != "bcrypt":
        inner = hashlib.md5(secret, usedforsecurity=False).hexdigest()
        secret = hashlib.md5((salt + inner).encode(), usedforsecurity=False).hexdigest().encode()
    if b"\0" in secret:
        return False
    try:
        return bcrypt.checkpw(secret[:_TYPED], hashed.encode())
    except ValueError:  # no hash of this kind: an account that signs in elsewhere, or an old one
        return False


def _stand_in(cost: int) -> str:
    return bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(min(max(cost, 4), 14))).decode()
