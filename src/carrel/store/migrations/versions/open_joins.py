"""Joins that led a sweep back: a finding until a later sweep shows them closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "open_join",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("columns", sa.String, nullable=False),
        sa.Column("hits", sa.BigInteger, nullable=False),
        sa.Column("tried", sa.BigInteger, nullable=False),
        sa.Column("run", sa.String, nullable=False),
        sa.Column("first_seen", sa.String(27), nullable=False),
        sa.Column("last_seen", sa.String(27), nullable=False),
        sa.Column("first_day", sa.Date),
        sa.Column("last_day", sa.Date),
        sa.Column("from_loans", sa.Boolean, nullable=False),
        sa.Column("clean", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.String(27)),
        sa.Column("closed_by", sa.String, nullable=False),
    )
    op.create_index(op.f("ix_open_join_system"), "open_join", ["system"])


def downgrade() -> None:
    """A store is not taken back: a join that stands open would be forgotten.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
