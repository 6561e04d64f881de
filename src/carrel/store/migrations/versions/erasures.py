"""Cases of erasure."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "erasure",
        sa.Column("case", sa.String(32), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("in_flight", sa.String, nullable=False, server_default=""),
        sa.Column("unknown", sa.Boolean, nullable=False),
        sa.Column("rows", sa.JSON, nullable=False),
        sa.Column("outcome", sa.String),
        sa.Column("started_at", sa.String(27)),
        sa.Column("finished_at", sa.String(27)),
    )


def downgrade() -> None:
    """A store is not taken back: who is being erased would be forgotten half way.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
