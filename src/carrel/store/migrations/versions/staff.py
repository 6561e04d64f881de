"""Accounts of the staff pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from carrel.store.moment import Moment

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "staff_account",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("password", sa.String(255)),
        sa.Column("seed", sa.LargeBinary),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("code_until", Moment),
        sa.Column("began_at", Moment),
        sa.Column("disabled_at", Moment),
    )
    op.create_table(
        "staff_passkey",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False, index=True),
        sa.Column("credential", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("uses", sa.BigInteger, nullable=False),
        sa.Column("label", sa.String(60), nullable=False),
        sa.Column("added_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
    )
    op.create_table(
        "staff_session",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False, index=True),
        sa.Column("way", sa.String(20), nullable=False),
        sa.Column("began", Moment, nullable=False),
        sa.Column("used", Moment, nullable=False),
        sa.Column("proved", Moment, nullable=False),
        sa.Column("ends", Moment, nullable=False, index=True),
    )
    op.create_table(
        "staff_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False, index=True),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", Moment, nullable=False, index=True),
    )


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
