"""A run's work as a list of jobs, several chunks inside the gate, and counts in flight of several workers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the list; a chunk that is inside the gate stays inside."""
    op.create_table(
        "job",
        sa.Column("run", sa.String(32), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("work", sa.String, nullable=False),
        sa.Column("paths", sa.JSON, nullable=False),
        sa.Column("begin", sa.BigInteger),
        sa.Column("end", sa.BigInteger),
        sa.Column("alone", sa.Boolean, nullable=False),
        sa.Column("terms", sa.String(64), nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.String(27)),
        sa.Column("done_at", sa.String(27)),
        sa.Column("position", sa.LargeBinary),
    )
    op.create_table(
        "turn",
        sa.Column("token", sa.String(32), primary_key=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("run", sa.String(32)),
        sa.Column("job", sa.Integer),
        sa.Column("entered_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
    )
    op.create_index("ix_turn_system", "turn", ["system"])
    op.execute(
        "INSERT INTO turn (token, system, owner, entered_at, expires_at) "
        "SELECT 'before ' || substr(system, 1, 20), system, owner, entered_at, expires_at "
        "FROM gate WHERE owner IS NOT NULL"
    )
    op.drop_table("gate")
    op.add_column("chunk", sa.Column("job", sa.Integer))
    op.add_column("loan_in_flight", sa.Column("job", sa.String, nullable=False, server_default=""))


def downgrade() -> None:
    """A store is not taken back: which jobs of a run are done would be forgotten.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
