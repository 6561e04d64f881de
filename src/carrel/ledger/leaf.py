"""The open leaf: one thing Carrel did, as counts, digests, times and short words, and nothing about a person.

A leaf is canonical JSON (RFC 8785 for the values that occur here: sorted ASCII keys, no spaces, no floating point), so
the same fact has the same bytes everywhere. Which field a kind of leaf may carry, and what may stand in it, is a closed
list; free text has no place in it, nor a number that could be somebody's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from carrel.errors import CarrelError, fault
from carrel.ledger import faults

FORMAT_VERSION = 1
SMALL_CELL_BELOW = 10
BAND = "1-9"
LARGEST_INTEGER = (1 << 53) - 1
LONGEST_LIST = 512

Value = int | str | list[str]

# A short word: lower case, at most four digits on end and ten in all, so that no card number, date of birth, e-mail
# address or UUID fits into it.
_SLUG = re.compile(r"(?!.*[0-9]{5})(?!(?:[^0-9]*[0-9]){11})[a-z][a-z0-9._/-]{0,63}")
_ORIGIN = re.compile(r"(?!.*[0-9]{5})[a-z][a-z0-9.-]{0,127}(?:/[a-z0-9][a-z0-9._-]{0,63}){0,4}")
_VERSION = re.compile(r"(?!.*[0-9]{5})(?!(?:[^0-9]*[0-9]){13})[0-9a-z]{1,12}(?:[.-][0-9a-z]{1,12}){0,5}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_CELL = re.compile(r"([a-z][a-z0-9._/-]{0,63}):(0|1-9|[1-9][0-9]{1,15})")


class Leaf(Protocol):
    """Whatever can stand in the ledger: bytes of its own making."""

    def encode(self) -> bytes:
        """The leaf's bytes."""
        ...


def banded(count: int) -> int | str:
    """A number of people or records as the ledger may say it: 1 to 9 become "1-9", all others stay.

    Raises:
        ValueError: below zero.
    """
    if count < 0:
        raise ValueError("a count is not negative")
    return BAND if 0 < count < SMALL_CELL_BELOW else count


def cell(name: str, count: int) -> str:
    """One cell of a breakdown, such as ``issues.delete:1-9``."""
    return f"{name}:{banded(count)}"


def utc_seconds(at: datetime) -> str:
    """A moment as the ledger writes it: UTC, whole seconds.

    Raises:
        ValueError: no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time in the ledger has a time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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

_WHAT_RAN: Mapping[str, Form] = {
    "system": SLUG,
    "product": SLUG,
    "product_version": VERSION,
    "policy": SLUG,
    "policy_digest": DIGEST,
    "map_digest": DIGEST,
    "schema_digest": DIGEST,
    "plan_digest": DIGEST,
    "as_of": TIME,
    "outcome": SLUG,
    "reason": SLUG,
    "reasons": SLUGS,
    "mode": SLUG,
    "tables": NUMBER,
    "cells": CELLS,
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
    "padding": {},
}


@dataclass(frozen=True, slots=True)
class OpenLeaf:
    """One fact anybody may read.

    Args:
        kind: one of the kinds in `FIELDS`.
        at: when it happened, with a time zone; written in UTC and whole seconds.
        fields: what is said about it; each name and value as `FIELDS` allows for the kind.

    Raises:
        CarrelError: LED-001 when a kind, field or value is not on the list. The text names the field and what may
            stand there, never the value.

    Guarantees: no encoded leaf holds a field outside the list, a small count, free text or a number of five digits in
        a word; `decode_leaf(leaf.encode())` equals the leaf with its time cut to seconds.
    """

    kind: str
    at: datetime
    fields: Mapping[str, Value]

    def __post_init__(self) -> None:
        allowed = FIELDS.get(self.kind)
        if allowed is None:
            raise _not_allowed("kind", f"one of {', '.join(sorted(FIELDS))}", "another kind of leaf")
        if self.at.tzinfo is None:
            raise _not_allowed(f"{self.kind}.at", "a time with its zone", "a time without zone")
        for name, value in self.fields.items():
            form = allowed.get(name)
            if form is None:
                wanted = f"a field of {self.kind}: {', '.join(sorted(allowed)) or 'none'}"
                raise _not_allowed(self.kind, wanted, "a field that is not on the list")
            if not form.allows(value):
                raise _not_allowed(f"{self.kind}.{name}", form.said, "another kind of value")

    def encode(self) -> bytes:
        """The leaf's bytes. Source: RFC 8785."""
        return _canonical(
            {
                "at": utc_seconds(self.at),
                "fields": dict(self.fields),
                "format_version": FORMAT_VERSION,
                "kind": self.kind,
            }
        )


def decode_leaf(raw: bytes) -> OpenLeaf:
    """The leaf that these bytes are, if they are one, in its one canonical form.

    Raises:
        CarrelError: LED-001.
    """
    try:
        found = json.loads(raw.decode("ascii"))
        at = datetime.strptime(found["at"], "%Y-%m-%dT%H:%M:%S%z")
        leaf = OpenLeaf(found["kind"], at, found["fields"])
        same = found["format_version"] == FORMAT_VERSION and leaf.encode() == raw
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _not_allowed("leaf", "an open leaf in canonical JSON", "something else") from None
    if not same:
        raise _not_allowed("leaf", "an open leaf in canonical JSON", "another form of it")
    return leaf


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _not_allowed(at: str, wanted: str, found: str) -> CarrelError:
    return fault(
        faults.LEAF_FORM,
        at=at,
        wanted=wanted,
        found=found,
        because="whoever gets the ledger may read every leaf, and no leaf can be taken back",
        fix="record a banded count or a digest of the report instead",
    )
