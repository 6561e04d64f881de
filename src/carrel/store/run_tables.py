"""Tables of what is planned, approved and run, and of who holds a system meanwhile."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

from carrel.store.moment import Moment

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

turn = Table(
    "turn",
    metadata,
    Column("token", String(32), primary_key=True),
    Column("system", String, nullable=False, index=True),
    Column("owner", String, nullable=False),
    Column("run", String(32)),
    Column("job", Integer),
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
    Column("server", String),
    Column("moved", Boolean, nullable=False, server_default=false()),
    Column("schema_changes", String, nullable=False, server_default=""),
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
    Column("job", Integer),
)

job = Table(
    "job",
    metadata,
    Column("run", String(32), ForeignKey("run.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("step", Integer, nullable=False),
    Column("work", String, nullable=False),
    Column("paths", JSON, nullable=False),
    Column("begin", BigInteger),
    Column("end", BigInteger),
    Column("alone", Boolean, nullable=False),
    Column("terms", String(64), nullable=False),
    Column("owner", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("expires_at", Moment),
    Column("done_at", Moment),
    Column("position", LargeBinary),
)

signal = Table(
    "signal",
    metadata,
    Column("name", String, primary_key=True),
    Column("by_whom", String, nullable=False),
    Column("since", Moment, nullable=False),
    Column("reason", Text, nullable=False),
)
