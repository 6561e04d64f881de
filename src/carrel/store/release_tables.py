"""The tables of releases on record, and of accounts from which their privacy is paid."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table

from carrel.store.moment import Moment
from carrel.store.run_tables import metadata

release = Table(
    "release",
    metadata,
    Column("identity", String(64), primary_key=True),
    Column("name", String, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", JSON, nullable=False),
)

# One row for each spending: how far a file of an account had grown, which nothing in the file itself can tell.
account_head = Table(
    "account_head",
    metadata,
    Column("opening", String(64), primary_key=True),
    Column("spendings", Integer, primary_key=True),
    Column("place", String, nullable=False, index=True),
    Column("head", String(64), nullable=False),
    Column("spent", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("salt", String(64), nullable=False),
)
