"""One report of a public computer: counts and ages, signed with the machine's own secret."""

from __future__ import annotations

import enum
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from carrel.accountability import faults
from carrel.errors import CarrelError, fault

HEAD = "carrel station report, version 1"
MOST_BYTES = 16_384
_SIGNED = re.compile(rb"hmac-sha256 ([0-9a-f]{64})\n?")
_MOST = 1_000_000_000
_MACHINE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_HOUR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}Z")


class Moment(enum.StrEnum):
    """When the machine looked at itself."""

    BOOT = "boot"
    SESSION_END = "session end"
    DAILY = "daily"


class Trace(enum.StrEnum):
    """What a user, or the machine on a user's account, can leave on it."""

    HISTORY = "browser history"
    COOKIES = "cookies"
    FORMS = "form entries"
    PASSWORDS = "saved passwords"
    TABS = "open tabs kept"
    CACHE = "browser cache"
    DOWNLOADS = "downloads"
    DOCUMENTS = "documents and desktop"
    RECENT = "recent files"
    WASTEBASKET = "wastebasket"
    TEMPORARY = "temporary files"
    COMMANDS = "command history"
    PRINTS = "print jobs"
    EVENT_LOGS = "event logs from before the last boot"

    @property
    def of_browser(self) -> bool:
        """Session data that goes when the browser closes (MITL-2.9)."""
        return self in {Trace.HISTORY, Trace.COOKIES, Trace.FORMS, Trace.PASSWORDS, Trace.TABS, Trace.CACHE}

    @property
    def of_user(self) -> bool:
        """Data of users, and not of the machine."""
        return self is not Trace.EVENT_LOGS


@dataclass(frozen=True, slots=True)
class Found:
    """One kind of trace on one machine.

    Attributes:
        trace: of which kind.
        count: files or entries; at least so many where ``at_least``.
        oldest: hours since the oldest was written, rounded down; 0 where nothing was found.
    """

    trace: Trace
    count: int
    oldest: int
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class StationReport:
    """What one machine said of itself, once its signature held.

    Attributes:
        machine: its name.
        moment: when it looked.
        at: the hour, aware.
        found: each kind that it looked for and could read, those with nothing included.
        unread: kinds that it looked for and could not read.
    """

    machine: str
    moment: Moment
    at: datetime
    found: tuple[Found, ...]
    unread: tuple[Trace, ...]


def signature(body: bytes, secret: str) -> str:
    """The HMAC-SHA256 of a report's body under a machine's secret, in hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def named_machine(text: bytes) -> str:
    """The machine that a report says it is from, before anything is believed; empty where it says none."""
    try:
        said = json.loads(text[:MOST_BYTES].rsplit(b"hmac-sha256", 1)[0]).get("machine")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return said if isinstance(said, str) and _MACHINE.fullmatch(said) else ""


def read_report(text: bytes, secret: str, at: str) -> StationReport:
    """Check a report's signature, then every word of it.

    Args:
        text: the whole file.
        secret: of the machine that it names.
        at: what faults call it.

    Returns:
        The report: closed words and whole numbers.

    Raises:
        CarrelError: STA-001, it is not signed with this secret; STA-002, it is signed and holds something else than a
            report does. Nothing of its content stands in the error.

    Guarantees:
        A report with any byte changed is refused (property test).

    Source:
        MITL-2.9, MITL-7.2, WPL-5.2.
    """
    body, mark, last = text.rpartition(b"\n" + b"hmac-sha256 ")
    match = _SIGNED.fullmatch(b"hmac-sha256 " + last)
    signed = mark and match is not None and len(text) <= MOST_BYTES
    if not signed or match is None or not hmac.compare_digest(match[1].decode(), signature(body + b"\n", secret)):
        raise fault(
            faults.STATION_UNSIGNED,
            at=at,
            wanted="a report signed with the secret of the machine that it names",
            found="one that is signed otherwise, or not at all",
            because="anybody who can write into the drop could have put it there",
            fix="look at the machine; where its secret was lost, make a new one: carrel station key NAME --out FILE",
        )
    try:
        return _report(json.loads(body))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _odd(at) from None


def _report(said: Any) -> StationReport:
    if set(said) != {"format", "machine", "moment", "at", "found", "unread"} or said["format"] != HEAD:
        raise ValueError("keys")
    if not isinstance(said["machine"], str) or not _MACHINE.fullmatch(said["machine"]):
        raise ValueError("machine")
    if not _HOUR.fullmatch(said["at"]):
        raise ValueError("at")
    found = tuple(_found(said["found"]))
    unread = tuple(Trace(one) for one in said["unread"])
    told = [*(one.trace for one in found), *unread]
    if len(set(told)) != len(told):
        raise ValueError("twice")
    hour = datetime.strptime(said["at"], "%Y-%m-%dT%HZ").replace(tzinfo=UTC)
    return StationReport(said["machine"], Moment(said["moment"]), hour, found, unread)


def _found(said: dict[str, dict[str, Any]]) -> Iterator[Found]:
    for name, one in said.items():
        if set(one) != {"count", "oldest", "at_least"} or type(one["at_least"]) is not bool:
            raise ValueError("found")
        if any(type(one[key]) is not int or not 0 <= one[key] <= _MOST for key in ("count", "oldest")):
            raise ValueError("figures")
        yield Found(Trace(name), one["count"], one["oldest"], one["at_least"])


def _odd(at: str) -> CarrelError:
    return fault(
        faults.STATION_ODD,
        at=at,
        wanted="a report of the probe that this version writes out",
        found="another form, or a word or figure that no report holds",
        fix="put the probe of this version on the machine: carrel station probe --out FILE",
    )
