"""Consents: texts, events, whom they are about, who is never written to, and the exports that were let through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from carrel.store.moment import Moment

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "consent_text",
        sa.Column("text", sa.String(60), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("language", sa.String(20), primary_key=True),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("asks_again", sa.Boolean, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("says", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("first_used_at", Moment, nullable=False),
    )
    op.create_table(
        "consent_subject",
        sa.Column("tag", sa.String(64), primary_key=True),
        sa.Column("system", sa.String, nullable=False, index=True),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "consent_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("act", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("taker", sa.String, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
    )
    op.create_index("consent_event_of_whom", "consent_event", ["tag", "purpose"])
    op.create_table(
        "consent_told",
        sa.Column("event", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("at", Moment, nullable=False),
    )
    op.create_table(
        "suppression",
        sa.Column("tag", sa.String(64), primary_key=True),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("since", Moment, nullable=False),
    )
    op.create_table(
        "contact_export",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("policy_digest", sa.String(64), nullable=False),
        sa.Column("written", sa.Integer, nullable=False),
        sa.Column("left_out", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """A store is not taken back: who withdrew would be forgotten.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError
