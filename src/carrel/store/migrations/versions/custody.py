"""Packages that were handed over to archives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "custody",
        sa.Column("package", sa.String, primary_key=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("files", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("given_to", sa.String, nullable=False),
        sa.Column("plan_digest", sa.String(64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
    )


def downgrade() -> None:
    """A store is not taken back: nobody would know who answers for these records.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
