"""Every table of the store, as SQLAlchemy Core sees them; `migrations` creates the same ones step by step."""

from __future__ import annotations

from carrel.store.backup_tables import backup_expiry, replay_entry, replay_plan, restore
from carrel.store.case_tables import erasure, keeping, keeping_subject, person_case
from carrel.store.circulation_tables import circulation, circulation_told, loan_counted, loan_in_flight
from carrel.store.consent_tables import (
    consent_event,
    consent_subject,
    consent_text,
    consent_told,
    contact_export,
    erased_address,
    list_course,
    list_member,
    suppression,
)
from carrel.store.disclosure_tables import disclosure_case, disclosure_event, disclosure_office, disclosure_past
from carrel.store.outcome_tables import custody, night, night_count, open_join, owed_leaf, owner_mark, residue, sweep
from carrel.store.portal_tables import portal_attempt, portal_session
from carrel.store.release_tables import account_head, release
from carrel.store.request_tables import request, request_event
from carrel.store.risk_tables import risk_measurement
from carrel.store.run_tables import approval, chunk, clock, job, lease, metadata, plan, run, signal, turn
from carrel.store.staff_tables import staff_account, staff_event, staff_passkey, staff_session

__all__ = [
    "account_head",
    "approval",
    "backup_expiry",
    "chunk",
    "circulation",
    "circulation_told",
    "clock",
    "consent_event",
    "consent_subject",
    "consent_text",
    "consent_told",
    "contact_export",
    "custody",
    "disclosure_case",
    "disclosure_event",
    "disclosure_office",
    "disclosure_past",
    "erased_address",
    "erasure",
    "job",
    "keeping",
    "keeping_subject",
    "lease",
    "list_course",
    "list_member",
    "loan_counted",
    "loan_in_flight",
    "metadata",
    "night",
    "night_count",
    "open_join",
    "owed_leaf",
    "owner_mark",
    "person_case",
    "plan",
    "portal_attempt",
    "portal_session",
    "release",
    "replay_entry",
    "replay_plan",
    "request",
    "request_event",
    "residue",
    "restore",
    "risk_measurement",
    "run",
    "signal",
    "staff_account",
    "staff_event",
    "staff_passkey",
    "staff_session",
    "suppression",
    "sweep",
    "turn",
]
