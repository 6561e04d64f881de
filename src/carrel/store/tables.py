"""The tables of the store, as SQLAlchemy Core sees them; `migrations` creates the same ones step by step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    true,
)
from sqlalchemy.types import TypeDecorator

FORM = "%Y-%m-%dT%H:%M:%S.%fZ"


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as UTC text of fixed width: it sorts as time does and reads alike on every database."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002  (SQLAlchemy's signature)
        """UTC text of an aware time.

        Raises:
            ValueError: the time is naive.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time in the store is aware")
        return str(value.astimezone(UTC).strftime(FORM))

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (as above)
        """The aware time, in UTC."""
        return None if value is None else datetime.strptime(value, FORM).replace(tzinfo=UTC)


metadata = MetaData()

clock = Table("clock", metadata, Column("id", Integer, primary_key=True), Column("newest", Moment, nullable=False))

plan = Table(
    "plan",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("system", String, nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("made_by", String, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("body", JSON, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String, nullable=False),
    Column("system", String, nullable=False, index=True),
    Column("person", String, nullable=False),
    Column("plan_digest", String(64)),
    Column("policy_digest", String(64), nullable=False),
    Column("map_digest", String(64), nullable=False),
    Column("signed_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("note", Text, nullable=False),
    Column("revoked_at", Moment),
    Column("revoked_by", String),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("acquired_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("generation", Integer, nullable=False),
)

gate = Table(
    "gate",
    metadata,
    Column("system", String, primary_key=True),
    Column("owner", String),
    Column("generation", Integer, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("system", String, nullable=False, index=True),
    Column("copy_of", String),
    Column("plan_digest", String(64), ForeignKey("plan.digest"), nullable=False),
    Column("stage", String, nullable=False),
    Column("ordinary", Boolean, nullable=False),
    Column("owner", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("outcome", String),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("position", LargeBinary),
)

chunk = Table(
    "chunk",
    metadata,
    Column("run", String(32), ForeignKey("run.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("path", String, nullable=False),
    Column("expected", BigInteger, nullable=False),
    Column("intended_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("loans", BigInteger),
    Column("skipped", BigInteger),
    Column("rows", JSON),
    Column("left", JSON),
    Column("seconds", Float),
)

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

night_count = Table(
    "night_count",
    metadata,
    Column("system", String, primary_key=True),
    Column("night", Date, primary_key=True),
    Column("path", String, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("ordinary", Boolean, nullable=False),
)

sweep = Table(
    "sweep",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("run", String(32), ForeignKey("run.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("drawn", BigInteger, nullable=False),
    Column("swept", BigInteger, nullable=False),
    Column("hits", BigInteger, nullable=False),
)

residue = Table(
    "residue",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("run", String(32), ForeignKey("run.id"), nullable=False, index=True),
    Column("system", String, nullable=False, index=True),
    Column("place", String, nullable=False),
    Column("until", Moment),
    Column("noted_at", Moment, nullable=False),
    Column("cleared_at", Moment),
    Column("lasting", Boolean, nullable=False, server_default=true()),
)

open_join = Table(
    "open_join",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("system", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("place", String, nullable=False),
    Column("columns", String, nullable=False),
    Column("hits", BigInteger, nullable=False),
    Column("tried", BigInteger, nullable=False),
    Column("run", String, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("first_day", Date),
    Column("last_day", Date),
    Column("from_loans", Boolean, nullable=False),
    Column("clean", BigInteger, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", String, nullable=False),
)

owed_leaf = Table(
    "owed_leaf",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry", LargeBinary, nullable=False),
    Column("owed_at", Moment, nullable=False),
    Column("place", BigInteger),
)

circulation = Table(
    "circulation",
    metadata,
    Column("system", String, primary_key=True),
    Column("grain", String, primary_key=True),
    Column("month", String, primary_key=True),
    Column("branch", String, primary_key=True),
    Column("item_type", String, primary_key=True),
    Column("category", String, primary_key=True),
    Column("loans", BigInteger, nullable=False),
    Column("readers", BigInteger, nullable=False),
    Column("least", BigInteger, nullable=False),
    Column("at_most", Boolean, nullable=False),
)

loan_in_flight = Table(
    "loan_in_flight",
    metadata,
    Column("system", String, primary_key=True),
    Column("loan", BigInteger, primary_key=True, autoincrement=False),
    Column("month", String, nullable=False),
    Column("branch", String, nullable=False),
    Column("item_type", String, nullable=False),
    Column("category", String, nullable=False),
    Column("reader_of_cell", Boolean, nullable=False),
    Column("reader_of_branch", Boolean, nullable=False),
    Column("running", Boolean, nullable=False),
)

loan_counted = Table(
    "loan_counted",
    metadata,
    Column("system", String, primary_key=True),
    Column("loan", BigInteger, primary_key=True, autoincrement=False),
)

circulation_told = Table(
    "circulation_told",
    metadata,
    Column("system", String, primary_key=True),
    Column("month", String, primary_key=True),
    Column("body", JSON, nullable=False),
)

signal = Table(
    "signal",
    metadata,
    Column("name", String, primary_key=True),
    Column("by_whom", String, nullable=False),
    Column("since", Moment, nullable=False),
    Column("reason", Text, nullable=False),
)

night = Table(
    "night",
    metadata,
    Column("system", String, primary_key=True),
    Column("night", Date, primary_key=True),
    Column("finished_at", Moment, nullable=False),
    Column("outcome", String, nullable=False),
    Column("loans", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("codes", JSON, nullable=False),
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
)

custody = Table(
    "custody",
    metadata,
    Column("package", String, primary_key=True),
    Column("system", String, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("files", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("given_to", String, nullable=False),
    Column("plan_digest", String(64), nullable=False),
    Column("at", Moment, nullable=False),
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
