"""The first shape of the store.

Times are UTC text of fixed width, see `carrel.store.moment.Moment`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "clock", sa.Column("id", sa.Integer, primary_key=True), sa.Column("newest", sa.String(27), nullable=False)
    )
    op.create_table(
        "plan",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("plan_digest", sa.String(64)),
        sa.Column("policy_digest", sa.String(64), nullable=False),
        sa.Column("map_digest", sa.String(64), nullable=False),
        sa.Column("signed_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("revoked_at", sa.String(27)),
        sa.Column("revoked_by", sa.String),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("acquired_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
    )
    op.create_table(
        "gate",
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("owner", sa.String),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("entered_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("copy_of", sa.String),
        sa.Column("plan_digest", sa.String(64), sa.ForeignKey("plan.digest"), nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("ordinary", sa.Boolean, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("outcome", sa.String),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("finished_at", sa.String(27)),
        sa.Column("position", sa.LargeBinary),
    )
    op.create_table(
        "chunk",
        sa.Column("run", sa.String(32), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("expected", sa.BigInteger, nullable=False),
        sa.Column("intended_at", sa.String(27), nullable=False),
        sa.Column("finished_at", sa.String(27)),
        sa.Column("loans", sa.BigInteger),
        sa.Column("skipped", sa.BigInteger),
        sa.Column("rows", sa.JSON),
        sa.Column("left", sa.JSON),
        sa.Column("seconds", sa.Float),
    )
    op.create_table(
        "keeping",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("branches", sa.JSON, nullable=False),
        sa.Column("opened_from", sa.String),
        sa.Column("opened_until", sa.String),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("authority", sa.Text, nullable=False),
        sa.Column("sealed", sa.Boolean, nullable=False),
        sa.Column("placed_by", sa.String, nullable=False),
        sa.Column("placed_at", sa.String(27), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("until", sa.String(27)),
        sa.Column("in_force_from", sa.String(27)),
        sa.Column("rows_before", sa.BigInteger),
        sa.Column("ended_at", sa.String(27)),
        sa.Column("ended_by", sa.String),
    )
    op.create_table(
        "keeping_subject",
        sa.Column("keeping", sa.String(32), sa.ForeignKey("keeping.id"), primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_table(
        "night_count",
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("night", sa.Date, primary_key=True),
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("ordinary", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sweep",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("run", sa.String(32), sa.ForeignKey("run.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("drawn", sa.BigInteger, nullable=False),
        sa.Column("swept", sa.BigInteger, nullable=False),
        sa.Column("hits", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "residue",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("run", sa.String(32), sa.ForeignKey("run.id"), nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("until", sa.String(27)),
        sa.Column("noted_at", sa.String(27), nullable=False),
        sa.Column("cleared_at", sa.String(27)),
    )
    op.create_table(
        "signal",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("by_whom", sa.String, nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "night",
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("night", sa.Date, primary_key=True),
        sa.Column("finished_at", sa.String(27), nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("loans", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("codes", sa.JSON, nullable=False),
    )
    op.create_index("ix_plan_system", "plan", ["system"])
    op.create_index("ix_approval_system", "approval", ["system"])
    op.create_index("ix_run_system", "run", ["system"])
    op.create_index("ix_run_state", "run", ["state"])
    op.create_index("ix_keeping_system", "keeping", ["system"])
    op.create_index("ix_sweep_run", "sweep", ["run"])
    op.create_index("ix_residue_run", "residue", ["run"])
    op.create_index("ix_residue_system", "residue", ["system"])


def downgrade() -> None:
    """There is nothing older.

    Raises:
        NotImplementedError: always; a store is never taken back to nothing.
    """
    raise NotImplementedError
