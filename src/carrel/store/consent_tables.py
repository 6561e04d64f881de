"""Tables of consents: whom they are about stands there as a keyed hash, and sealed."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from carrel.store.moment import Moment
from carrel.store.run_tables import metadata

consent_text = Table(
    "consent_text",
    metadata,
    Column("text", String(60), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("language", String(20), primary_key=True),
    Column("purpose", String, nullable=False),
    Column("asks_again", Boolean, nullable=False),
    Column("title", Text, nullable=False),
    Column("says", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("first_used_at", Moment, nullable=False),
)

consent_subject = Table(
    "consent_subject",
    metadata,
    Column("tag", String(64), primary_key=True),
    Column("system", String, nullable=False, index=True),
    Column("mark", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

consent_event = Table(
    "consent_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tag", String(64), nullable=False),
    Column("mark", String(16), nullable=False),
    Column("system", String, nullable=False),
    Column("act", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("taker", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("text", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("language", String, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Index("consent_event_of_whom", "tag", "purpose"),
)

consent_told = Table(
    "consent_told",
    metadata,
    Column("event", Integer, primary_key=True, autoincrement=False),
    Column("file", String, nullable=False),
    Column("at", Moment, nullable=False),
)

suppression = Table(
    "suppression",
    metadata,
    Column("tag", String(64), primary_key=True),
    Column("mark", String(16), nullable=False),
    Column("reason", String, nullable=False),
    Column("since", Moment, nullable=False),
)

# Which addresses an erasure silenced, so that one that is gone from the list is missed: nobody can hash it again.
erased_address = Table(
    "erased_address",
    metadata,
    Column("tag", String(64), primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("since", Moment, nullable=False),
)

contact_export = Table(
    "contact_export",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("system", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("policy_digest", String(64), nullable=False),
    Column("written", Integer, nullable=False),
    Column("left_out", JSON, nullable=False),
)

# Addresses of the library's people that Carrel put on a mailing list, or saw there: whoever stands on no record any
# more is known by that.
list_member = Table(
    "list_member",
    metadata,
    Column("list", String(40), primary_key=True),
    Column("tag", String(64), primary_key=True),
    Column("mark", String(16), nullable=False),
    Column("seen_at", Moment),
)

list_course = Table(
    "list_course",
    metadata,
    Column("list", String(40), primary_key=True),
    Column("system", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("code", String(12), nullable=False),
    Column("verified_at", Moment),
    Column("owed_since", Moment),
    Column("counts", JSON, nullable=False),
)
