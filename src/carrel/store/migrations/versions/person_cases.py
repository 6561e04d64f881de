"""Cases that correct or restrict one person's record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "person_case",
        sa.Column("case", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("unknown", sa.Boolean, nullable=False),
        sa.Column("rows", sa.JSON, nullable=False),
        sa.Column("outcome", sa.String),
        sa.Column("started_at", sa.String(27)),
        sa.Column("finished_at", sa.String(27)),
    )


def downgrade() -> None:
    """A store is not taken back: whose record is restricted would be forgotten.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
