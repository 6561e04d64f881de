"""The tables of the staff pages: accounts, passkeys, sessions, and what was done with them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text

from carrel.store.moment import Moment
from carrel.store.run_tables import metadata

staff_account = Table(
    "staff_account",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("password", String(255)),
    Column("seed", LargeBinary),
    Column("step", BigInteger, nullable=False),
    Column("code", String(64)),
    Column("code_until", Moment),
    Column("began_at", Moment),
    Column("disabled_at", Moment),
)
staff_passkey = Table(
    "staff_passkey",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(80), nullable=False, index=True),
    Column("credential", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("uses", BigInteger, nullable=False),
    Column("label", String(60), nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("used_at", Moment),
)
staff_session = Table(
    "staff_session",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(80), nullable=False, index=True),
    Column("way", String(20), nullable=False),
    Column("began", Moment, nullable=False),
    Column("used", Moment, nullable=False),
    Column("proved", Moment, nullable=False),
    Column("ends", Moment, nullable=False, index=True),
)
staff_event = Table(
    "staff_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False, index=True),
    Column("act", String(40), nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("account", String(255), nullable=False),
    Column("says", Text, nullable=False),
    Column("salt", LargeBinary),
)
