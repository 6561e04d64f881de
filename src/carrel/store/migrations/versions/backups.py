"""Plans that expire backups, replay entries, and restores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "backup_expiry",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("backup", sa.String, nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("gone", sa.Integer, nullable=False),
        sa.Column("started_at", sa.String(27)),
        sa.Column("finished_at", sa.String(27)),
    )
    op.create_index(op.f("ix_backup_expiry_backup"), "backup_expiry", ["backup"])
    op.create_table(
        "replay_entry",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("card_tag", sa.String(64), nullable=False),
        sa.Column("case", sa.String(32), nullable=False),
        sa.Column("done_at", sa.String(27), nullable=False),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.UniqueConstraint("case", "tag"),
    )
    op.create_index(op.f("ix_replay_entry_system"), "replay_entry", ["system"])
    op.create_table(
        "restore",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("begun_at", sa.String(27), nullable=False),
        sa.Column("begun_by", sa.String, nullable=False),
        sa.Column("made_at", sa.String(27)),
        sa.Column("settled", sa.JSON, nullable=False),
        sa.Column("opened_at", sa.String(27)),
    )
    op.create_index(op.f("ix_restore_system"), "restore", ["system"])
    op.create_table(
        "replay_plan",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("restore", sa.String(32), nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("started_at", sa.String(27)),
    )
    op.create_index(op.f("ix_replay_plan_restore"), "replay_plan", ["restore"])


def downgrade() -> None:
    """A store is not taken back: who was erased would come back with a restore.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
