"""Circulation in counts: what a library can still tell of its loans once no loan names its reader."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the counts, what is in flight, what was counted before it was put back, and what was told."""
    op.create_table(
        "circulation",
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("grain", sa.String, primary_key=True),
        sa.Column("month", sa.String, primary_key=True),
        sa.Column("branch", sa.String, primary_key=True),
        sa.Column("item_type", sa.String, primary_key=True),
        sa.Column("category", sa.String, primary_key=True),
        sa.Column("loans", sa.BigInteger, nullable=False),
        sa.Column("readers", sa.BigInteger, nullable=False),
        sa.Column("least", sa.BigInteger, nullable=False),
        sa.Column("at_most", sa.Boolean, nullable=False),
    )
    op.create_table(
        "loan_in_flight",
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("loan", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("month", sa.String, nullable=False),
        sa.Column("branch", sa.String, nullable=False),
        sa.Column("item_type", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("reader_of_cell", sa.Boolean, nullable=False),
        sa.Column("reader_of_branch", sa.Boolean, nullable=False),
        sa.Column("running", sa.Boolean, nullable=False),
    )
    op.create_table(
        "loan_counted",
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("loan", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_table(
        "circulation_told",
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("month", sa.String, primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """A store is not taken back: counts of loans that were cut cannot be made again.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
