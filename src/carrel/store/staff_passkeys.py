"""Passkeys of the staff: public keys, and what they are called. The private half never leaves the person's device."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from carrel.store.database import Database
from carrel.store.staff_tables import staff_passkey


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey.

    Attributes:
        id: by which it is named on pages.
        name: of the person.
        credential: by which the device names it.
        public_key: in COSE.
        uses: as the device counts them; zero where it does not count.
        label: that the person gave it.
        added_at, used_at: when.
    """

    id: str
    name: str
    credential: bytes
    public_key: bytes
    uses: int
    label: str
    added_at: datetime
    used_at: datetime | None


class StaffPasskeys:
    """The passkeys of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, credential: bytes, public_key: bytes, uses: int, label: str, now: datetime) -> bool:
        """Keep one; whether it was new."""
        with self._database.writing() as connection:
            one = passkey_id(credential)
            if connection.execute(select(staff_passkey.c.id).where(staff_passkey.c.id == one)).first() is not None:
                return False
            connection.execute(
                insert(staff_passkey).values(
                    id=one, name=name, credential=credential, public_key=public_key, uses=uses, label=label,
                    added_at=now,
                )
            )  # fmt: skip
        return True

    def of(self, name: str) -> tuple[Passkey, ...]:
        """Those of one person, the oldest first."""
        query = select(staff_passkey).where(staff_passkey.c.name == name).order_by(staff_passkey.c.added_at)
        with self._database.reading() as connection:
            return tuple(map(_passkey, connection.execute(query)))

    def find(self, credential: bytes) -> Passkey | None:
        """The one that a device names so."""
        query = select(staff_passkey).where(staff_passkey.c.id == passkey_id(credential))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _passkey(row)

    def used(self, one: Passkey, uses: int, now: datetime) -> bool:
        """Note a use, counted by the device.

        Returns:
            Whether it may be one: a device that counts has never counted so far before, and the passkey is still there.
        """
        which = (staff_passkey.c.id == one.id, staff_passkey.c.uses == one.uses)
        with self._database.writing() as connection:
            return bool(connection.execute(update(staff_passkey).where(*which).values(uses=uses, used_at=now)).rowcount)

    def remove(self, name: str, one: str) -> bool:
        """Take away a passkey of that person; whether it was there."""
        which = (staff_passkey.c.id == one, staff_passkey.c.name == name)
        with self._database.writing() as connection:
            return bool(connection.execute(delete(staff_passkey).where(*which)).rowcount)


def passkey_id(credential: bytes) -> str:
    """By which the store and the pages name a passkey."""
    return hashlib.sha256(b"carrel passkey\0" + credential).hexdigest()


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(
        row.id, row.name, row.credential, row.public_key, int(row.uses), row.label, row.added_at, row.used_at
    )
