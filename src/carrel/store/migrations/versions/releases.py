"""Releases on record, and how far the accounts of their privacy have grown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from carrel.store.moment import Moment

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "release",
        sa.Column("identity", sa.String(64), primary_key=True),
        sa.Column("name", sa.String, nullable=False, index=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_table(
        "account_head",
        sa.Column("opening", sa.String(64), primary_key=True),
        sa.Column("spendings", sa.Integer, primary_key=True),
        sa.Column("place", sa.String, nullable=False, index=True),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("spent", sa.String, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
