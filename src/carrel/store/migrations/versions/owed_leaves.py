"""Leaves that are owed to the ledger, since a kill between a run's end and its append lost them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "owed_leaf",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        sa.Column("owed_at", sa.String(27), nullable=False),
        sa.Column("place", sa.BigInteger),
    )


def downgrade() -> None:
    """A store is not taken back: a leaf that is owed would be lost.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
