"""The table of measurements of risk."""

from __future__ import annotations

from sqlalchemy import JSON, Column, String, Table

from carrel.store.moment import Moment
from carrel.store.run_tables import metadata

risk_measurement = Table(
    "risk_measurement",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("name", String, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
    Column("risk", String, nullable=False),
    Column("columns", JSON, nullable=False),
    Column("joined", JSON, nullable=False),
    Column("figures", JSON, nullable=False),
)
