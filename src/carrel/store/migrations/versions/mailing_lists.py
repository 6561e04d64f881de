"""Mailing lists: who was seen on them, as hashes, and how the last time went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from carrel.store.moment import Moment

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "list_member",
        sa.Column("list", sa.String(40), primary_key=True),
        sa.Column("tag", sa.String(64), primary_key=True),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("seen_at", Moment),
    )
    op.create_table(
        "list_course",
        sa.Column("list", sa.String(40), primary_key=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("verified_at", Moment),
        sa.Column("owed_since", Moment),
        sa.Column("counts", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
