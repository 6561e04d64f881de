"""Disclosure cases: each with its events, sealed; and who stands in for whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from carrel.store.moment import Moment

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Create their tables."""
    op.create_table("disclosure_case", sa.Column("id", sa.String(20), primary_key=True))
    op.create_table(
        "disclosure_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case", sa.String(20), nullable=False, index=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "disclosure_office",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("turn", sa.String(20), nullable=False),
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("holder", sa.String(80), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("starts", Moment, nullable=False),
        sa.Column("ends", Moment),
        sa.Column("alternate", sa.String(80), nullable=False),
    )


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
