"""Measurements of risk, with their figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from carrel.store.moment import Moment

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "risk_measurement",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("name", sa.String, nullable=False, index=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("risk", sa.String, nullable=False),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("joined", sa.JSON, nullable=False),
        sa.Column("figures", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
