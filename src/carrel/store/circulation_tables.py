"""Tables of loans and readers in counts, and of the chunk that is being counted."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    String,
    Table,
)

from carrel.store.run_tables import metadata

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
    Column("job", String, nullable=False, server_default=""),
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
