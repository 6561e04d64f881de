"""Tables of legal holds and exceptions, and of cases about one person, whom they tell only sealed."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    Text,
)

from carrel.store.moment import Moment
from carrel.store.run_tables import metadata

keeping = Table(
    "keeping",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String, nullable=False),
    Column("system", String, nullable=False, index=True),
    Column("branches", JSON, nullable=False),
    Column("opened_from", String),
    Column("opened_until", String),
    Column("reason", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("sealed", Boolean, nullable=False),
    Column("placed_by", String, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("in_force_from", Moment),
    Column("rows_before", BigInteger),
    Column("ended_at", Moment),
    Column("ended_by", String),
)

keeping_subject = Table(
    "keeping_subject",
    metadata,
    Column("keeping", String(32), ForeignKey("keeping.id"), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
)

erasure = Table(
    "erasure",
    metadata,
    Column("case", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("system", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("body", JSON, nullable=False),
    Column("sealed", LargeBinary),
    Column("state", String, nullable=False),
    Column("in_flight", String, nullable=False, server_default=""),
    Column("unknown", Boolean, nullable=False),
    Column("rows", JSON, nullable=False),
    Column("outcome", String),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("for_night", Moment),
)

person_case = Table(
    "person_case",
    metadata,
    Column("case", String(32), primary_key=True),
    Column("kind", String, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("system", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("body", JSON, nullable=False),
    Column("sealed", LargeBinary),
    Column("state", String, nullable=False),
    Column("unknown", Boolean, nullable=False),
    Column("rows", JSON, nullable=False),
    Column("outcome", String),
    Column("started_at", Moment),
    Column("finished_at", Moment),
)
