"""Accounts of the staff: who of the site file can sign in, with which password and which second factor.

Passwords are there as hashes. The seed of the codes on a telephone is sealed under a key in the site's folder, so that
a copy of the store is not enough to reckon one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from carrel.accountability.authority import OF_ACCOUNTS, RIGHTS
from carrel.errors import fault
from carrel.inventory import faults
from carrel.store.authority_record import enter_account
from carrel.store.database import Database
from carrel.store.sealing_key import SealingKey
from carrel.store.staff_tables import staff_account, staff_event, staff_passkey, staff_session

CODE_LASTS = timedelta(hours=24)
EVENTS_LAST = timedelta(days=180)
_OWN = ("signed in", "refused")  # acts that tell of somebody's working day
_CODE = 15  # bytes: 24 letters and digits
_GROUP = 4


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """One account, without its secrets.

    Attributes:
        name: as the site file has it.
        password: hash; None until one was chosen.
        step: of the code on the telephone that was used last.
        has_seed: whether it has one of these codes.
        waits_until: until when its one-time code can be used; None where there is none.
        began_at: when it was set up; None until then, and after a reset.
        disabled_at: since when nobody gets in with it.
    """

    name: str
    password: str | None
    step: int
    has_seed: bool
    waits_until: datetime | None
    began_at: datetime | None
    disabled_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether somebody can sign in with it."""
        return self.began_at is not None and self.disabled_at is None


@dataclass(frozen=True, slots=True)
class StaffEvent:
    """What was done with an account, when, and by whom."""

    name: str
    act: str
    by: str
    at: datetime


class StaffAccounts:
    """The accounts of a store.

    Args:
        database: of the store.
        folder: of the site; the key of the seeds lies in it.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self.key_file = database, folder / "staff" / "key"
        self._key = SealingKey(self.key_file, "staff")

    def get(self, name: str) -> StaffAccount | None:
        """The account of exactly that name."""
        with self._database.reading() as connection:
            row = _row(connection, name)
        return None if row is None else _account(row)

    def all(self) -> tuple[StaffAccount, ...]:
        """Every account, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(staff_account).order_by(staff_account.c.name)).all()
        return tuple(map(_account, rows))

    # -- by others --------------------------------------------------------------------------------------------------

    def invite(self, name: str, by: str, now: datetime, *, account: str = "") -> str:
        """A one-time code with which somebody sets up an account.

        Args:
            name: of a person of the site.
            by: who gives it.
            now: an aware time; the code lasts 24 hours.
            account: of the host at which the command ran.

        Returns:
            The code. Only its digest is kept.

        Raises:
            CarrelError: STF-002, the account is set up; who lost the way in needs a reset.
        """
        with self._database.writing() as connection:
            row = _row(connection, name)
            if row is not None and row.began_at is not None:
                raise fault(
                    faults.HAS_ACCOUNT,
                    at=name,
                    wanted="a person without an account",
                    found="one that is set up",
                    fix="carrel staff reset NAME takes away the password and the second factor, and gives a new code",
                )
            # Whoever set out with an earlier code goes no further: it may be why a new one is given.
            connection.execute(delete(staff_session).where(staff_session.c.name == name))
            _set(connection, name, password=None, seed=None)
            return self._code_in(connection, name, "invited", by, now, account)

    def reset(self, name: str, by: str, now: datetime, *, account: str = "") -> str:
        """Take away password, second factor, passkeys and sessions, and give a one-time code.

        Args:
            name: whose account.
            by: another person.
            now: an aware time.
            account: of the host at which the command ran.

        Raises:
            CarrelError: STF-001, there is no account; STF-003, it is one's own.
        """
        if name == by:
            raise fault(
                faults.OWN_ACCOUNT,
                at=name,
                wanted="another person of the site",
                found="the same",
                because="a second factor that one can take away alone is none",
                fix="ask a second person with `may: staff`",
            )
        with self._database.writing() as connection:
            self._require_in(connection, name)
            connection.execute(delete(staff_passkey).where(staff_passkey.c.name == name))
            connection.execute(delete(staff_session).where(staff_session.c.name == name))
            _set(connection, name, password=None, seed=None, began_at=None)
            return self._code_in(connection, name, "reset", by, now, account)

    def disable(self, name: str, by: str, now: datetime, *, account: str = "") -> None:
        """Nobody gets in with an account any more; its sessions end.

        Raises:
            CarrelError: STF-001.
        """
        with self._database.writing() as connection:
            self._require_in(connection, name)
            connection.execute(delete(staff_session).where(staff_session.c.name == name))
            _set(connection, name, disabled_at=now, code=None, code_until=None)
            enter_account(connection, name, "disabled", by, now, account=account)

    def enable(self, name: str, by: str, now: datetime, *, account: str = "") -> None:
        """Let somebody in again who was kept out.

        Raises:
            CarrelError: STF-001.
        """
        with self._database.writing() as connection:
            self._require_in(connection, name)
            _set(connection, name, disabled_at=None)
            enter_account(connection, name, "enabled", by, now, account=account)

    # -- by oneself -------------------------------------------------------------------------------------------------

    def is_code(self, name: str, said: str, now: datetime) -> bool:
        """Whether somebody said the one-time code of an account that waits for it."""
        digest = _digest(said)
        with self._database.reading() as connection:
            row = _row(connection, name)
        known = "" if row is None or row.code is None else row.code
        right = hmac.compare_digest(known, digest)
        return right and row is not None and row.disabled_at is None and now < row.code_until

    def choose(self, name: str, password: str, seed: bytes, now: datetime) -> None:
        """Keep the password, and the seed that the telephone still has to prove; the one-time code goes on to count.

        Args:
            name: whose account, whose one-time code was said.
            password: a hash.
            seed: of the codes.
            now: an aware time.
        """
        self._key.ensure()
        with self._database.writing() as connection:
            _set(connection, name, password=password, seed=self._sealed(seed), step=0)
            _note(connection, name, "password chosen", name, now)

    def seed(self, name: str) -> bytes | None:
        """The seed of an account's codes; None where it has none.

        Raises:
            CarrelError: STF-004, the key is gone.
        """
        with self._database.reading() as connection:
            row = _row(connection, name)
        if row is None or row.seed is None:
            return None
        text = self._key.open_text(row.seed)
        if text is None:
            raise fault(
                faults.STAFF_KEY,
                at=str(self.key_file),
                wanted="the key under which seeds were sealed",
                found="none, or another one",
                because="without it no code on a telephone can be checked",
                fix="put the file back from a copy of the site's folder; else carrel staff reset for each of them",
            )
        return bytes.fromhex(text)

    def finish(self, name: str, step: int, now: datetime) -> bool:
        """The telephone has shown the right code: the account is set up, and the one-time code is spent.

        Returns:
            Whether it was so; False where another browser was faster or the code has run out.
        """
        with self._database.writing() as connection:
            done = connection.execute(
                update(staff_account)
                .where(
                    staff_account.c.name == name, staff_account.c.code.is_not(None), staff_account.c.code_until > now,
                    staff_account.c.seed.is_not(None), staff_account.c.disabled_at.is_(None),
                )
                .values(began_at=now, step=step, code=None, code_until=None)
            ).rowcount  # fmt: skip
            if done:
                enter_account(connection, name, "set up", name, now)
        return bool(done)

    def spend(self, name: str, step: int) -> bool:
        """Use up a step of the codes.

        Returns:
            Whether it was still unused; of any number that ask at once, one is told so.
        """
        with self._database.writing() as connection:
            which = (staff_account.c.name == name, staff_account.c.step < step)
            return bool(connection.execute(update(staff_account).where(*which).values(step=step)).rowcount)

    def change_password(self, name: str, password: str, now: datetime, *, keep: str = "") -> None:
        """Keep another hash; every session but one ends.

        Args:
            name: whose account.
            password: a hash.
            now: an aware time.
            keep: id of the session in which it was changed.
        """
        with self._database.writing() as connection:
            _set(connection, name, password=password)
            others = (staff_session.c.name == name, staff_session.c.id != keep)
            connection.execute(delete(staff_session).where(*others))
            _note(connection, name, "password changed", name, now)

    def hash_anew(self, name: str, old: str, new: str) -> None:
        """Keep the same password by another hash, unless it was changed meanwhile. No session ends by it."""
        which = (staff_account.c.name == name, staff_account.c.password == old)
        with self._database.writing() as connection:
            connection.execute(update(staff_account).where(*which).values(password=new))

    def note(self, name: str, act: str, by: str, now: datetime, *, account: str = "") -> None:
        """Write down what was done with an account; what is older than 180 days goes, but what changed who may act."""
        with self._database.writing() as connection:
            _note(connection, name, act, by, now, account)

    def events(self, name: str, most: int) -> tuple[StaffEvent, ...]:
        """What was done with an account, the newest first."""
        table = staff_event
        mine = (table.c.name == name, table.c.act != RIGHTS)
        query = select(table).where(*mine).order_by(table.c.id.desc()).limit(most)
        with self._database.reading() as connection:
            return tuple(StaffEvent(row.name, row.act, row.by, row.at) for row in connection.execute(query))

    def changes(self, name: str | None, now: datetime) -> tuple[StaffEvent, ...]:
        """What was done to accounts in the last 180 days, the newest first.

        Who signed in when, and was refused, is each one's own to see; what the site file gives is no account's.

        Args:
            name: whose account; None for all of them.
            now: aware time.
        """
        table = staff_event
        wanted = (table.c.act.not_in((*_OWN, RIGHTS)), table.c.name != "", table.c.at > now - EVENTS_LAST)
        query = select(table).where(*wanted).order_by(table.c.id.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query if name is None else query.where(table.c.name == name)).all()
        return tuple(StaffEvent(row.name, row.act, row.by, row.at) for row in rows)

    def _sealed(self, seed: bytes) -> bytes:
        return self._key.seal_text(seed.hex())

    def _require_in(self, connection: Connection, name: str) -> None:
        if _row(connection, name) is None:
            raise fault(
                faults.NO_ACCOUNT,
                at=name,
                wanted="a person who was invited",
                found="no account",
                fix="carrel staff list tells who has one; carrel staff invite makes one",
            )

    @staticmethod
    def _code_in(connection: Connection, name: str, act: str, by: str, now: datetime, account: str) -> str:
        text = base64.b32encode(secrets.token_bytes(_CODE)).decode()
        new = {"code": _digest(text), "code_until": now + CODE_LASTS}
        if _row(connection, name) is None:
            connection.execute(insert(staff_account).values(name=name, step=0, **new))
        else:
            _set(connection, name, **new)
        enter_account(connection, name, act, by, now, account=account)
        return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _digest(said: str) -> str:
    """Of a one-time code, however it is grouped. It is random and long, so that a plain digest tells nothing of it."""
    plain = "".join(sign for sign in said.upper() if sign.isalnum())
    return hashlib.sha256(b"carrel staff code\0" + plain.encode(errors="replace")).hexdigest()


def _row(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(staff_account).where(staff_account.c.name == name)).one_or_none()


def _set(connection: Connection, name: str, **values: Any) -> None:
    connection.execute(update(staff_account).where(staff_account.c.name == name).values(**values))


def _note(connection: Connection, name: str, act: str, by: str, now: datetime, account: str = "") -> None:
    old = or_(staff_event.c.at <= now - EVENTS_LAST, staff_event.c.at > now + EVENTS_LAST)
    connection.execute(
        delete(staff_event).where(old, staff_event.c.salt.is_(None), staff_event.c.act.not_in(OF_ACCOUNTS))
    )
    connection.execute(insert(staff_event).values(name=name, act=act, by=by, at=now, account=account, says=""))


def _account(row: Row[Any]) -> StaffAccount:
    waits = row.code_until if row.code is not None else None
    return StaffAccount(
        row.name, row.password, int(row.step), row.seed is not None, waits, row.began_at, row.disabled_at
    )
