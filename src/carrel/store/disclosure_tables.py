"""Tables of disclosure cases: nothing of a case stands there in the clear, not even when it began."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table

from carrel.store.moment import Moment
from carrel.store.run_tables import metadata

disclosure_case = Table("disclosure_case", metadata, Column("id", String(20), primary_key=True))

disclosure_event = Table(
    "disclosure_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case", String(20), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
)

disclosure_past = Table(
    "disclosure_past",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

disclosure_office = Table(
    "disclosure_office",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("turn", String(20), nullable=False),
    Column("office", String(40), nullable=False),
    Column("holder", String(80), nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", Moment, nullable=False),
    Column("starts", Moment, nullable=False),
    Column("ends", Moment),
    Column("alternate", String(80), nullable=False),
    Column("account", String(255), nullable=False),
    Column("salt", LargeBinary),
)
