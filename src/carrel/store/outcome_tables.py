"""Tables of what came of runs: nights, sweeps, open joins, residues, packages, owed leaves; and whose store it is."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    true,
)

from carrel.store.moment import Moment
from carrel.store.run_tables import metadata

night_count = Table(
    "night_count",
    metadata,
    Column("system", String, primary_key=True),
    Column("night", Date, primary_key=True),
    Column("path", String, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("ordinary", Boolean, nullable=False),
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

owner_mark = Table(
    "owner_mark",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("mark", String(32), nullable=False),
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
