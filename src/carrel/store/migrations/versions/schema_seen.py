"""What changed in the tables of a system while a run was under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Of runs before it nobody knows."""
    op.add_column("run", sa.Column("schema_changes", sa.String, nullable=False, server_default=""))


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
