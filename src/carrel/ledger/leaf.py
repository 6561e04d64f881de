"""The open leaf: one thing Carrel did, as counts, digests, times and short words, and nothing about a person.

A leaf is canonical JSON (RFC 8785 for the values that occur here: sorted ASCII keys, no spaces, no floating point), so
the same fact has the same bytes everywhere. Which field a kind of leaf may carry, and what may stand in it, is a closed
list; free text has no place in it, nor a number that could be somebody's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from carrel.errors import CarrelError, fault
from carrel.ledger import faults
from carrel.ledger.leaf_fields import BAND, FIELDS, SMALL_CELL_BELOW

FORMAT_VERSION = 1

Value = int | str | list[str]


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
        # A copy, so that what was checked is what is encoded.
        own = {name: list(value) if isinstance(value, list) else value for name, value in self.fields.items()}
        object.__setattr__(self, "fields", own)
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
