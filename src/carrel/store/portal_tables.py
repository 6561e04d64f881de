"""The tables of the pages: sessions, and how often somebody tried to sign in."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table

from carrel.store.moment import Moment
from carrel.store.run_tables import metadata

portal_session = Table(
    "portal_session",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("began", Moment, nullable=False),
    Column("used", Moment, nullable=False),
    Column("ends", Moment, nullable=False, index=True),
)
portal_attempt = Table(
    "portal_attempt",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("until", Moment, nullable=False, index=True),
)
