"""Patrons' requests: each with its events, and whose it is, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from carrel.store.moment import Moment

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "request",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("right", sa.String, nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("tag", sa.String(64), nullable=False, index=True),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("subject", sa.LargeBinary),
        sa.Column("words", sa.LargeBinary),
        sa.Column("ended_at", Moment),
    )
    op.create_table(
        "request_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request", sa.String(20), nullable=False, index=True),
        sa.Column("act", sa.String, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("salt", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
