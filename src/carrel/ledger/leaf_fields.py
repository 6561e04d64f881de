"""What may stand in an open leaf: for each kind, the fields and the form of each; nothing else can be recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

SMALL_CELL_BELOW = 10
BAND = "1-9"
LARGEST_INTEGER = (1 << 53) - 1
LONGEST_LIST = 512

# A short word: lower case, at most four digits on end and ten in all, so that no card number, date of birth, e-mail
# address or UUID fits into it.
_SLUG = re.compile(r"(?!.*[0-9]{5})(?!(?:[^0-9]*[0-9]){11})[a-z][a-z0-9._/-]{0,63}")
_ORIGIN = re.compile(r"(?!.*[0-9]{5})[a-z][a-z0-9.-]{0,127}(?:/[a-z0-9][a-z0-9._-]{0,63}){0,4}")
_VERSION = re.compile(r"(?!.*[0-9]{5})(?!(?:[^0-9]*[0-9]){13})[0-9a-z]{1,12}(?:[.-][0-9a-z]{1,12}){0,5}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_CELL = re.compile(r"([a-z][a-z0-9._/-]{0,63}):(0|1-9|[1-9][0-9]{1,15})")


def _is_count(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return value == 0 or SMALL_CELL_BELOW <= value <= LARGEST_INTEGER
    return value == BAND


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_INTEGER


def _matches(form: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def _list_of(form: re.Pattern[str]) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        return isinstance(value, list) and len(value) <= LONGEST_LIST and all(map(_matches(form), value))

    return check


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Form:
    """What may stand in a field: its name for people, and the test."""

    said: str
    allows: Callable[[object], bool]


COUNT = Form("a count: 0, 1-9 as the word, or a whole number from 10", _is_count)
NUMBER = Form("a whole number of things that are not people or their records", _is_number)
DIGEST = Form("a SHA-256 digest in 64 lower-case hex digits", _matches(_DIGEST))
DIGESTS = Form("a list of SHA-256 digests", _list_of(_DIGEST))
KEY_ID = Form("a key id in 8 lower-case hex digits", _matches(_KEY_ID))
TIME = Form("a time such as 2026-11-22T02:00:00Z", _is_time)
SLUG = Form("a short lower-case word with few digits", _matches(_SLUG))
SLUGS = Form("a list of short lower-case words", _list_of(_SLUG))
CELLS = Form("a list of cells such as issues.delete:1-9", _list_of(_CELL))
ORIGIN = Form("the name of a ledger", _matches(_ORIGIN))
VERSION = Form("a version number", _matches(_VERSION))

_OF_A_PLAN: Mapping[str, Form] = {
    "system": SLUG,
    "product_version": VERSION,
    "policy": SLUG,
    "policy_digest": DIGEST,
    "map_digest": DIGEST,
    "schema_digest": DIGEST,
    "plan_digest": DIGEST,
    "request_digest": DIGEST,  # of the library for which its custodian works
    "policies": NUMBER,
    "units_digest": DIGEST,
}

_WHAT_RAN: Mapping[str, Form] = {
    **_OF_A_PLAN,
    "product": SLUG,
    "as_of": TIME,
    "outcome": SLUG,
    "reason": SLUG,
    "reasons": SLUGS,
    "mode": SLUG,
    "tables": NUMBER,
    "cells": CELLS,
}

# One person: whole numbers of rows only in bands, and no table, since the kind of a row can tell a trait.
_OF_A_CASE: Mapping[str, Form] = {
    "case": SLUG,
    **_OF_A_PLAN,
    "outcome": SLUG,
    "applied": COUNT,
    "started": TIME,
    "finished": TIME,
    "residue_until": TIME,
}

# The allow-list. A field that is missing here cannot be recorded; a new one is a decision about privacy, so it is made
# here and nowhere else.
FIELDS: Mapping[str, Mapping[str, Form]] = {
    "genesis": {"origin": ORIGIN, "carrel_version": VERSION, "batch": NUMBER},
    "key": {"origin": ORIGIN, "key_id": KEY_ID, "key_digest": DIGEST, "role": SLUG, "action": SLUG, "expires": TIME},
    "policy": {
        "policy": SLUG,
        "policy_digest": DIGEST,
        "previous_digest": DIGEST,
        "notice_digest": DIGEST,
        "adopts": SLUGS,
        "version": VERSION,
        "action": SLUG,
        "clauses": NUMBER,
        "carried": NUMBER,
        "not_yet": NUMBER,
        "effective": TIME,
    },
    "plan": {
        **_WHAT_RAN,
        "due": COUNT,
        "kept": COUNT,
        "blockers": NUMBER,
        "consumers": NUMBER,
        "interlocks": SLUGS,
        "report_digest": DIGEST,
    },
    "approval": {
        "plan_digest": DIGEST,
        "policy_digest": DIGEST,
        "map_digest": DIGEST,
        "approval_digest": DIGEST,
        "approval_digests": DIGESTS,
        "approvers": NUMBER,
        "standing": SLUG,
        "action": SLUG,
        "expires": TIME,
        "system": SLUG,
        "outcome": SLUG,
        "reason": SLUG,
    },
    "run": {
        **_WHAT_RAN,
        "applied": COUNT,
        "verified": COUNT,
        "unverified": COUNT,
        "kept": COUNT,
        "failed": COUNT,
        "not_reached": COUNT,
        "still_due": COUNT,
        "chunks": NUMBER,
        "stage": SLUG,
        "started": TIME,
        "finished": TIME,
        "residue_until": TIME,
        "report_digest": DIGEST,
        "approval_digest": DIGEST,
    },
    "sweep": {
        **_WHAT_RAN,
        "sweep": SLUG,
        "pairs": COUNT,
        "joins": NUMBER,
        "hits": COUNT,
        "not_swept": COUNT,
        "finished": TIME,
        "report_digest": DIGEST,
    },
    "night": {
        **_WHAT_RAN,
        "systems": SLUGS,
        "runs": NUMBER,
        "findings": NUMBER,
        "applied": COUNT,
        "verified": COUNT,
        "kept": COUNT,
        "still_due": COUNT,
        "started": TIME,
        "finished": TIME,
        "report_digest": DIGEST,
        "audit_digest": DIGEST,
        "cosigned": NUMBER,
    },
    "erasure": {
        **_OF_A_CASE,
        "reason": SLUG,
        "counts": SLUG,
        "redacted": COUNT,
        "hits": COUNT,
        "kept": COUNT,
        "human": COUNT,
    },
    # Who approved is told where it was the person, on the pages: nobody of the library then saw the plan.
    "rectification": {**_OF_A_CASE, "fields": COUNT, "remains": COUNT, "approval": SLUG},
    "restriction": {**_OF_A_CASE, "action": SLUG, "keep": SLUG, "switches": COUNT, "no_switch": NUMBER},
    # That somebody was answered, and how it was made sure that it was the person: nothing of who, or of what was told.
    "access": {
        "case": SLUG,
        "systems": SLUGS,
        "policy": SLUG,
        "policy_digest": DIGEST,
        "outcome": SLUG,
        "identity": SLUG,
        "package": SLUG,
        "records": COUNT,
        "unread": NUMBER,
        "started": TIME,
        "finished": TIME,
    },
    # Backups are named by the site file; how many copies of a whole database there are says nothing of anybody.
    "expiry": {
        "system": SLUG,
        "policy": SLUG,
        "policy_digest": DIGEST,
        "plan_digest": DIGEST,
        "outcome": SLUG,
        "copies": NUMBER,
        "left": NUMBER,
        "applied": COUNT,  # of messages, which are of people
        "kept": COUNT,
        "started": TIME,
        "finished": TIME,
    },
    # What follows a restore: since when a system is closed, and that it was opened; each case has a leaf of its own.
    "replay": {
        "system": SLUG,
        "action": SLUG,
        "people": COUNT,
        "restrictions": COUNT,
        "tasks": NUMBER,
        "outcome": SLUG,
        "started": TIME,
        "finished": TIME,
    },
    "transfer": {
        **_OF_A_PLAN,
        "package_digest": DIGEST,
        "records": COUNT,
        "files": NUMBER,
        "custodian": SLUG,
        "finished": TIME,
    },
    # What passes between a library and the custodian of its data: requests, bundles of evidence, attestations.
    "custody": {
        "action": SLUG,
        "policy": SLUG,
        "policy_digest": DIGEST,
        "request_digest": DIGEST,
        "bundle_digest": DIGEST,
        "attestation_digest": DIGEST,
        "source_digest": DIGEST,
        "outcome": SLUG,
        "runs": NUMBER,
        "leaves": NUMBER,
        "still_due": COUNT,
        "expires": TIME,
    },
    # What was measured of records without names. What they are called could be telling: a digest stands for it all.
    "risk": {"measurement_digest": DIGEST, "risk": SLUG, "records": COUNT, "joined": NUMBER, "action": SLUG},
    # What left the house: names, recipients and files could be guessed from plain digests, so one salted digest stands
    # for the record of it all.
    "release": {"action": SLUG, "release": SLUG, "release_digest": DIGEST, "risk": SLUG, "files": NUMBER},
    # How far an account of privacy had grown before figures were drawn from it.
    "budget": {"action": SLUG, "budget_digest": DIGEST, "spendings": NUMBER},
    # That somebody agreed or took it back: who, for what and when stands behind the commitment, whose salt stays in the
    # store. The time of such a leaf is its day.
    "consent": {"commitment": DIGEST, "policy": SLUG, "policy_digest": DIGEST},
    # What was done about a patron's request: which right, by whom and how stands behind the commitment.
    "request": {"commitment": DIGEST},
    # What was done in a case of legal process, or nothing: each night has as many of them as any other.
    "disclosure": {"commitment": DIGEST},
    # That who may act was changed: a delegation, an absence, an account, rights; who and how stands behind it.
    "authority": {"commitment": DIGEST},
    # Addresses that left by the gate. A digest of the file would be one of people.
    "contacts": {
        "system": SLUG,
        "purpose": SLUG,
        "recipient": SLUG,
        "policy": SLUG,
        "policy_digest": DIGEST,
        "fields": SLUGS,
        "consent": SLUG,
        "written": COUNT,
        "left_out": CELLS,
    },
    "padding": {},
}
