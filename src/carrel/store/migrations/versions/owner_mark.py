"""Whose store it is, where it lies on a server; and on which server of a system a run began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the place of the mark, and what is noted of a run."""
    op.create_table(
        "owner_mark",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("mark", sa.String(32), nullable=False),
    )
    op.add_column("run", sa.Column("server", sa.String))
    op.add_column("run", sa.Column("moved", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """A store is not taken back: another site could take it for its own.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
