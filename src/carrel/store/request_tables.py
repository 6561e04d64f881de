"""Tables of patrons' requests: whose they are stands there as a keyed hash, and sealed."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, LargeBinary, String, Table

from carrel.store.moment import Moment
from carrel.store.run_tables import metadata

request = Table(
    "request",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("right", String, nullable=False),
    Column("system", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("language", String(20), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("tag", String(64), nullable=False, index=True),
    Column("mark", String(16), nullable=False),
    Column("subject", LargeBinary),
    Column("words", LargeBinary),
    Column("ended_at", Moment),
)

request_event = Table(
    "request_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request", String(20), nullable=False, index=True),
    Column("act", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("by", String, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("sealed", LargeBinary),
    Column("salt", LargeBinary, nullable=False),
)
