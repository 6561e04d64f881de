"""Erasures that are left to a night, whose chunks their rows go with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add since when a case waits for a night."""
    op.add_column("erasure", sa.Column("for_night", sa.String(27)))


def downgrade() -> None:
    """A store is not taken back: an erasure that somebody was promised would be lost.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
