"""Restriction of processing: what a request asks for, and what stood in each row before a switch was written."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self

from carrel.errors import CarrelError, fault
from carrel.policy.yaml_source import YamlSource
from carrel.retention import faults
from carrel.retention.person_request import CASE, Named, read_request

RESTRICT, LIFT, GROUND, KEEP, TOLD = "restrict", "lift", "ground", "keep", "person told on"
INSTEAD = "instead of"
LOST = "key found lost on"
AUTHORITY = "restriction of processing"
_CASE = re.compile(r"case-[a-z]{12}")


class Ground(enum.StrEnum):
    """Why processing is restricted (GDPR Art. 18(1) a to d)."""

    ACCURACY = "accuracy contested"
    UNLAWFUL = "processing unlawful"
    CLAIM = "needed for a claim"
    OBJECTION = "objection pending"


# The person opposes erasure, or needs the data: whatever the request says, nothing of it may be disposed of.
_MUST_KEEP = frozenset({Ground.UNLAWFUL, Ground.CLAIM})


@dataclass(frozen=True, slots=True)
class Terms:
    """What a request to restrict asks for.

    Attributes:
        ground: of Art. 18.
        keep: whether the person's records are spared from every disposal while it lasts.
        instead: a case of the same person whose key is lost, and which this one takes the place of; else empty.
    """

    ground: Ground
    keep: bool
    instead: str = ""

    def as_dict(self) -> dict[str, str]:
        """As a plan tells it."""
        terms = {GROUND: str(self.ground), KEEP: "yes" if self.keep else "no"}
        return {**terms, INSTEAD: self.instead} if self.instead else terms


@dataclass(frozen=True, slots=True)
class RowImage:
    """What stood in one row before a switch was written; nobody sees it but whoever lifts the restriction.

    Attributes:
        switch, table: of the map.
        key: column → value of the primary key.
        old: column → value before; the whole row where it goes.
        new: column → value that switches off; None where the row goes.
    """

    switch: str
    table: str
    key: dict[str, Any] = field(repr=False)
    old: dict[str, Any] = field(repr=False)
    new: dict[str, Any] | None = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """For what is sealed."""
        return asdict(self)

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Self:
        """From what was sealed."""
        return cls(**told)

    @property
    def place(self) -> tuple[str, str, tuple[tuple[str, Any], ...]]:
        """Which row of which switch it is."""
        return self.switch, self.table, tuple(sorted(self.key.items()))


def merged(before: Iterable[RowImage], now: Iterable[RowImage]) -> tuple[RowImage, ...]:
    """What stood there first, after an attempt of which nobody knows whether it was committed.

    Args:
        before: as the earlier attempt saw it; none where this is the first.
        now: as the rows are.

    Guarantees:
        A row that the earlier attempt may have switched off keeps what it had before that attempt. A row that
        differs from what that attempt would have written was not written by it, and is taken as it is now.
    """
    first = {one.place: one for one in before}
    found = []
    for one in now:
        earlier = first.pop(one.place, None)
        written = earlier is not None and one.new is not None and one.old == one.new
        found.append(earlier if written and earlier is not None else one)
    # Rows that are not told any more: the earlier attempt wrote them, or somebody did; lifting looks at each anew.
    return (*found, *first.values())


def read_restriction(text: str, at: str) -> tuple[Named, Terms]:
    """Read a request to restrict.

    Raises:
        CarrelError: REQ-001.
    """
    named, source = read_request(text, at, RESTRICT)
    body = source.data[RESTRICT]
    wanted = f"'{GROUND}:' with one of: {', '.join(Ground)}; '{KEEP}:' yes or no"
    known = {GROUND, KEEP, INSTEAD}
    if not isinstance(body, dict) or not {GROUND} <= set(body) <= known or body[GROUND] not in list(Ground):
        raise _unreadable(source, RESTRICT, wanted)
    ground, keep = Ground(body[GROUND]), body.get(KEEP, "yes")
    keep = {True: "yes", False: "no"}[keep] if isinstance(keep, bool) else keep
    if keep not in {"yes", "no"}:
        raise _unreadable(source, RESTRICT, wanted)
    if keep == "no" and ground in _MUST_KEEP:
        raise _unreadable(
            source, RESTRICT, f"'{KEEP}: yes' with '{ground}'", "on this ground nothing may be disposed of"
        )
    instead = body.get(INSTEAD, "")
    if instead and (not isinstance(instead, str) or not _CASE.fullmatch(instead)):
        raise _unreadable(
            source, RESTRICT, f"'{INSTEAD}:' with the id of a case, as `carrel restriction list` tells it"
        )
    return named, Terms(ground, keep == "yes", instead)


def read_lifting(text: str, at: str, today: date) -> tuple[Named, dict[str, str]]:
    """Read a request to lift a restriction, by the person or by the case.

    Args:
        text: the whole file.
        at: what errors call it.
        today: on the system's own calendar.

    Returns:
        The person, or the case; and the day on which the person was told of it (Art. 18(3)), or, of a case alone, on
        which it was found that its key is lost, so that nobody can be told.

    Raises:
        CarrelError: REQ-001, also without such a day, or with one to come.
    """
    named, source = read_request(text, at, LIFT, also=(CASE,))
    body = source.data[LIFT]
    wanted = f"'{TOLD}:' with the day, such as 2026-12-31"
    because = "the person is told before a restriction is lifted"
    try:
        day = date.fromisoformat(body.get(TOLD) or body[LOST]) if isinstance(body, dict) and len(body) == 1 else None
    except (KeyError, TypeError, ValueError):
        day = None
    if day is None or day > today:
        raise _unreadable(source, LIFT, wanted, because)
    if named.by == CASE and not _CASE.fullmatch(named.said):
        raise _unreadable(source, CASE, "the id of a case, as `carrel restriction list` tells it")
    (key,) = body
    if key == LOST and named.by != CASE:
        raise _unreadable(source, LIFT, wanted, because)
    return named, {key: day.isoformat()}


def _unreadable(source: YamlSource, key: str, wanted: str, because: str = "") -> CarrelError:
    return fault(
        faults.REQUEST,
        at=source.at((key,)),
        wanted=wanted,
        found="something else",
        because=because,
        fix="see `docs/restrict.md`",
    )
