"""Sessions of the pages, and attempts to sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from carrel.store.moment import Moment

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "portal_session",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("began", Moment, nullable=False),
        sa.Column("used", Moment, nullable=False),
        sa.Column("ends", Moment, nullable=False, index=True),
    )
    op.create_table(
        "portal_attempt",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("until", Moment, nullable=False, index=True),
    )


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
