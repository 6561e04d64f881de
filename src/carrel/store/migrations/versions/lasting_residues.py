"""Residues that a server reuses by itself: told like the others, and not what keeps a disposition open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Every residue that was noted so far was one that lasts."""
    op.add_column("residue", sa.Column("lasting", sa.Boolean, nullable=False, server_default=sa.true()))


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
