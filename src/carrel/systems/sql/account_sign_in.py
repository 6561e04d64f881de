"""Whether somebody knows the password of an account of the library's own system. None is ever kept."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

import bcrypt
from sqlalchemy import BindParameter, Connection, Select, TableClause, bindparam, column, select, union_all

from carrel.inventory.sign_in_map import Password, SignInMap
from carrel.inventory.system_map import People
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.named_table import table

_MOST = 2  # accounts that one word may name: the number of one's card can be the user name of another
_TYPED = 72  # bytes of a password that bcrypt looks at
_COST, _SOME = 10, 50
_NOBODY = -1  # asked for where there is nobody, so that the same questions are asked
_PEOPLE: BindParameter[Any] = bindparam("people", expanding=True)
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # no database has them in a text, and some fail where one asks
_BCRYPT = re.compile(r"\$2[abxy]?\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")


class AccountSignIn:
    """The accounts of one system.

    Args:
        people: where the system keeps people.
        sign_in: where it keeps what they sign in with.
    """

    def __init__(self, people: People, sign_in: SignInMap) -> None:
        self._people, self._map = people, sign_in
        self._stand_in = _stand_in(_COST)
        self.leave_out(None)

    def leave_out(self, number: int | None) -> None:
        """Let nobody in as the product's anonymous patron, who is no person; None where there is none."""
        self._left_out = number
        self._written = {allowed: self._of_hashes(allowed=allowed) for allowed in (False, True)}

    def learn_cost(self, connection: Connection) -> None:
        """Take the work of an attempt for which there is no account from the hashes that the system has."""
        place = self._map.password
        rows = _rows(place.table, place.column, *(one.column for one in place.where))
        query = select(rows.c[place.column]).where(rows.c[place.column].like("$2%"), all_hold(rows.c, place.where))
        found = Counter(cost_of(str(one)) for one in connection.execute(query.limit(_SOME)).scalars())
        if cost := next((one for one, _ in found.most_common() if one), 0):
            self._stand_in = _stand_in(cost)

    def named(self, connection: Connection, name: str) -> tuple[int, ...]:
        """The accounts that a word names, by the database's own comparison: none, one, or two.

        Args:
            connection: reads only.
            name: a user name or a card number, as typed.
        """
        parts, name = [], _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", name)
        for one in self._map.names:
            rows = _rows(one.table, one.column, one.person, *(test.column for test in one.where))
            parts.append(select(rows.c[one.person]).where(rows.c[one.column] == name, all_hold(rows.c, one.where)))
        named = list(dict.fromkeys(int(one) for one in connection.execute(union_all(*parts)).scalars()))
        return self._allowed(connection, named[: _MOST * 2])[:_MOST]

    def person(self, connection: Connection, numbers: Sequence[int], password: str) -> int | None:
        """The number of the person whose password this is; None for whatever reason.

        Args:
            connection: reads only.
            numbers: from `named`.
            password: as typed.

        Guarantees:
            Whether a name is known shows neither in the answer nor in the work: as many hashes are tried for a name
            that nobody has, or of an account without a hash. A word that names two accounts opens the one whose
            password it is; none if both have it.
        """
        hashes = [one for one in self._hashes(connection, numbers) if cost_of(one[1])]
        opened = [number for number, hashed, salt in hashes if fits(self._map.password, password, hashed, salt)]
        for _ in range(_MOST - len(hashes)):
            fits(self._map.password, password, self._stand_in, "")
        return opened[0] if len(opened) == 1 else None

    def may(self, connection: Connection, number: int) -> bool:
        """Whether a person may be signed in at all, now."""
        return bool(self._allowed(connection, [number]))

    def is_spelled(self, connection: Connection, number: int, said: str) -> bool:
        """Whether a person has a name that is this word letter by letter, but for their size.

        A database may take é for e, and the one is another reader of some provider's than the other.

        Args:
            connection: reads only.
            number: of the person, whom `named` found by the word.
            said: the word, as another server told it.
        """
        for one in self._map.names:
            rows = _rows(one.table, one.column, one.person)
            query = select(rows.c[one.column]).where(rows.c[one.person] == number, rows.c[one.column] == said)
            if any(_letters(str(kept)) == _letters(said) for kept in connection.execute(query).scalars()):
                return True
        return False

    def mark(self, connection: Connection, number: int) -> str:
        """What changes with the password of a person who may be signed in, also of one without; empty of anybody else.

        Args:
            connection: reads only.
            number: of the person.

        Returns:
            A digest of the hash that the product keeps. Whoever has it learns nothing that the hash does not tell.
        """
        found = self._hashes(connection, [number], allowed=True)
        if not found and not self.may(connection, number):
            return ""
        return hashlib.sha256(repr(found).encode()).hexdigest()

    def _allowed(self, connection: Connection, numbers: Sequence[int]) -> tuple[int, ...]:
        found = connection.execute(self._may_sign_in(), _people(numbers))
        return tuple(int(one) for one in found.scalars())

    def _may_sign_in(self) -> Select[Any]:
        """Those of some people who may be signed in, in order; with a place for their numbers."""
        tests = (*self._map.where, *self._people.gone)
        rows = _rows(self._people.table, self._people.key, *(test.column for test in tests))
        key = rows.c[self._people.key]
        query = select(key).where(key.in_(_PEOPLE), all_hold(rows.c, self._map.where))
        if self._left_out is not None:
            query = query.where(key != self._left_out)
        if self._people.gone:
            query = query.where(~all_hold(rows.c, self._people.gone))
        return query.order_by(key)

    def _hashes(
        self, connection: Connection, numbers: Sequence[int], *, allowed: bool = False
    ) -> list[tuple[int, str, str]]:
        """Number, hash and salt of some people."""
        found = connection.execute(self._written[allowed], _people(numbers)).all()
        has_salt = bool(self._map.password.salt)
        return [(int(row[0]), str(row[1] or ""), str(row[2] or "") if has_salt else "") for row in found][:_MOST]

    def _of_hashes(self, *, allowed: bool) -> Select[Any]:
        place = self._map.password
        rows = _rows(place.table, place.column, place.person, place.salt, *(test.column for test in place.where))
        columns = [rows.c[place.person], rows.c[place.column], *([rows.c[place.salt]] if place.salt else [])]
        query = select(*columns).where(rows.c[place.person].in_(_PEOPLE), all_hold(rows.c, place.where))
        if allowed:  # asked with every page of whoever is signed in, so in one question
            may = self._may_sign_in().order_by(None).subquery("may")
            query = query.where(rows.c[place.person].in_(select(may.c[self._people.key])))
        return query


def _people(numbers: Sequence[int]) -> dict[str, list[int]]:
    """Values for the place of some numbers: the same question is asked where there is nobody."""
    return {_PEOPLE.key: list(numbers) or [_NOBODY]}


def cost_of(hashed: str) -> int:
    """The work of a hash of bcrypt, as a power of two; 0 of anything else."""
    found = _BCRYPT.fullmatch(hashed)
    return int(found[1]) if found else 0


def _letters(word: str) -> str:
    return unicodedata.normalize("NFC", word.strip()).casefold()


def _rows(name: str, *columns: str) -> TableClause:
    return table(name, *(column(one) for one in dict.fromkeys(columns) if one))


def fits(place: Password, typed: str, hashed: str, salt: str) -> bool:
    """Whether a hash is that of what was typed."""
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
