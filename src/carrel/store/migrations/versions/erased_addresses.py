"""Which addresses an erasure silenced, so that an audit sees one that is gone from the list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from carrel.store.moment import Moment

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Create its table; of erasures before it nothing is known but the numbers."""
    op.create_table(
        "erased_address",
        sa.Column("tag", sa.String(64), primary_key=True),
        sa.Column("address", sa.String(64), primary_key=True),
        sa.Column("since", Moment, nullable=False),
    )


def downgrade() -> None:
    """A store is not taken back.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
