"""Tables of backups: plans that expire them, and what a restore out of them has to be followed by."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table, UniqueConstraint

from carrel.store.moment import Moment
from carrel.store.run_tables import metadata

backup_expiry = Table(
    "backup_expiry",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("backup", String, nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("body", JSON, nullable=False),
    Column("state", String, nullable=False),
    Column("gone", Integer, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
)

replay_entry = Table(
    "replay_entry",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("system", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("tag", String(64), nullable=False),
    Column("card_tag", String(64), nullable=False),
    Column("case", String(32), nullable=False),
    Column("done_at", Moment, nullable=False),
    Column("mark", String(16), nullable=False),
    UniqueConstraint("case", "tag"),
)

restore = Table(
    "restore",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("system", String, nullable=False, index=True),
    Column("begun_at", Moment, nullable=False),
    Column("begun_by", String, nullable=False),
    Column("made_at", Moment),
    Column("settled", JSON, nullable=False),
    Column("opened_at", Moment),
)

replay_plan = Table(
    "replay_plan",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("restore", String(32), nullable=False, index=True),
    Column("system", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("body", JSON, nullable=False),
    Column("started_at", Moment),
)
