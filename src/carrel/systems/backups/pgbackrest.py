"""A stanza of pgBackRest, in every repository that its configuration names; tried with version 2.45."""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from carrel.errors import CarrelError, Condition, fault
from carrel.inventory.backup import Backup
from carrel.retention.backup_expiry import Listing, Snapshot
from carrel.systems import faults
from carrel.systems.backups.pgbackrest_archive import archives
from carrel.systems.backups.pgbackrest_call import FIX, call, told
from carrel.systems.backups.pgbackrest_contents import Contents, refuse_lacking, unverified
from carrel.systems.backups.pgbackrest_manifest import MANIFEST

_LABEL = re.compile(r"\d{8}-\d{6}F(_\d{8}-\d{6}[DI])?")
_NO_STANZA = (1, 3)  # its folder, or its list, is missing
_OTHER = 99
_UNREADABLE = re.compile(r"\[(Format|Crypto|Checksum|JsonFormat)Error\]")
_EVERY = "9999999"  # the most that the tool takes: its own retention shall delete nothing that was not approved


class _State(enum.Enum):
    WHOLE = enum.auto()
    DAMAGED = enum.auto()  # half-written, or with pages whose checksums do not fit
    LEAVING = enum.auto()  # an expiry was broken off


class _Seen(NamedTuple):
    key: int
    label: str
    state: _State
    snapshot: Snapshot | None


@dataclass(frozen=True)
class Pgbackrest:
    """One stanza.

    Attributes:
        backup: of the site file; its place is the configuration file, 'only' the stanza.
    """

    backup: Backup

    def listing(self) -> Listing:
        """What each repository lists, and what else lies in it. No lock is taken.

        Raises:
            CarrelError: BAK-001 to BAK-003; one repository that cannot be listed is enough.
        """
        seen = list(self._seen(self._stanza()))
        states = Counter(one.state for one in seen)
        whole = (one.snapshot for one in seen if one.state is _State.WHOLE and one.snapshot is not None)
        spoiled = [_id(one.key, one.label) for one in seen if one.state is _State.DAMAGED]
        return Listing.of(whole, len(spoiled), states[_State.LEAVING], spoiled)

    def besides(self, gone: Sequence[Snapshot]) -> tuple[str, ...]:
        """The archived log that would go with these: what is from before the oldest backup that stays.

        Raises:
            CarrelError: BAK-001 to BAK-003.
        """
        labels = {one.id for one in gone}
        touched = {one.id.partition(":")[0] for one in gone}
        stanza = self._stanza()
        return tuple(
            line
            for one in archives(stanza, lambda key, label: _id(key, label) not in labels)
            if _shelf(one.key) in touched and (line := one.told())
        )

    def examine(self, stays: Sequence[Snapshot], beat: Callable[[], None], *, read: bool) -> str:
        """Compare the list of files of each copy that stays, and the log that it needs, with what lies there.

        Args:
            stays: with everything that they are built on.
            beat: done every few seconds.
            read: the tool reads and checks all data as well.

        Returns:
            What was looked at, in words.

        Raises:
            CarrelError: BAK-001 to BAK-003, BAK-013.
        """
        contents = Contents(
            self._stanza(),
            lambda key, place: told(self.backup, "repo-ls", place, f"--repo={key}", "--recurse", beat=beat),
            lambda key, place: (
                call(self.backup, "repo-get", place, f"--repo={key}", beat=beat, unknown=faults.UNREADABLE).out
            ),
        )
        labels = {(_key(one.shelf), one.id.partition(":")[2]) for one in stays}
        found = contents.lacking(labels)
        for key in {key for key, _ in labels} if read else ():
            verified = call(
                self.backup, "verify", "--output=text", f"--repo={key}", beat=beat, unknown=faults.UNREADABLE
            )
            found += unverified(verified.out, {label for other, label in labels if other == key})
        refuse_lacking(self._at, found, FIX[faults.UNREADABLE])
        there = "each file of what stays, and the archived log that it needs, lies in its repository in full length"
        return f"{there}; `pgbackrest verify` read all data" if read else f"{there}; the data in them were not read"

    def expire(self, gone: Sequence[Snapshot], beat: Callable[[], None], *, again: bool) -> None:
        """Expire these, what an earlier attempt left of others, and the archived log that no backup needs any more.

        Args:
            gone: with everything that is built on them; none where an earlier attempt had expired them all.
            beat: done every few seconds.
            again: an earlier attempt died; the tool finishes what it left whenever it expires something.

        Raises:
            CarrelError: BAK-001 to BAK-004, BAK-012.
        """
        del again
        ids = {one.id for one in gone}
        keys = {_key(one.id.partition(":")[0]) for one in gone}
        for one in gone:  # each call takes along what is built on it, so that only the first of a chain is named
            if not ids.intersection(one.on):
                shelf, _, label = one.id.partition(":")
                self._expire(_key(shelf), label, ids, beat)
        left = {one.key: one.label for one in self._seen(self._stanza()) if one.state is _State.LEAVING}
        for key, label in left.items():  # expired by the name of one, all of it goes, and nothing else
            self._expire(key, label, ids, beat)
        self._refuse_old_log({*keys, *left})

    def _expire(self, key: int, label: str, ids: set[str], beat: Callable[[], None]) -> None:
        beat()
        listing, one = self.listing(), _id(key, label)  # anew: another backup may have been made meanwhile
        if not listing.above(one) <= ids:
            raise self._failed("a newer backup that is built on one of these", "these alone")
        fulls = sum(other.shelf == _shelf(key) and not other.on and other.id != one for other in listing.snapshots)
        call(
            self.backup,
            "expire", f"--repo={key}", f"--set={label}",
            f"--repo{key}-retention-full-type=count", f"--repo{key}-retention-full={_EVERY}",
            f"--repo{key}-retention-archive-type=full", f"--repo{key}-retention-archive={max(1, fulls)}",
            beat=beat, otherwise=True,
        )  # fmt: skip

    def _seen(self, stanza: Mapping[str, Any]) -> Iterator[_Seen]:
        """Every backup that a repository lists, or that lies in it."""
        for key in (one["key"] for one in stanza["repo"]):
            listed = {one["label"]: one for one in stanza["backup"] if one["database"]["repo-key"] == key}
            for label in sorted({*listed, *filter(_LABEL.fullmatch, self._names(key, ""))}):
                there, entry = self._names(key, label), listed.get(label)
                # An expiry takes the manifest and its copy away first, then the entry, then the folder; a backup that
                # was broken off has a copy of the manifest, and no entry. By the copy alone the tool restores as well.
                if there.keys().isdisjoint({MANIFEST, f"{MANIFEST}.copy"}):
                    state = _State.LEAVING
                else:
                    state = _State.DAMAGED if entry is None or entry.get("error") else _State.WHOLE
                yield _Seen(key, label, state, entry and _snapshot(key, entry))

    def _refuse_old_log(self, keys: Iterable[int]) -> None:
        """Refuse to believe that archived log went which is still listed."""
        for one in archives(self._stanza(), lambda _key, _label: True):
            if one.key in keys and one.told():
                raise self._failed(f"older one in repo{one.key}", "archived log only from the oldest backup on")

    def _failed(self, found: str, wanted: str) -> CarrelError:
        return fault(
            faults.TOOL_FAILED,
            at=self._at,
            wanted=wanted,
            found=found,
            changed="perhaps some: `carrel backup list` shows them",
            fix=FIX[faults.TOOL_FAILED],
        )

    def _stanza(self) -> dict[str, Any]:
        listed = told(self.backup, "info")
        stanza: dict[str, Any] = next((one for one in listed if one["name"] == self.backup.only), {"repo": []})
        wrong = [one for one in stanza["repo"] if one["status"]["code"] in (*_NO_STANZA, _OTHER)]
        if wrong or not stanza["repo"]:
            raise fault(
                condition := _condition(wrong),
                at=self._at,
                wanted="a list of every repository",
                found=", ".join(f"none of repo{one['key']}" for one in wrong) or "no such stanza",
                changed="nothing",
                fix=FIX[condition],
            )
        return stanza

    def _names(self, key: int, label: str) -> dict[str, Any]:
        """What lies in a repository's folder of backups, or in one of them, by name."""
        place = "/".join(filter(None, ("backup", self.backup.only, label)))
        found: dict[str, Any] = told(self.backup, "repo-ls", place, f"--repo={key}")
        return found

    @property
    def _at(self) -> str:
        return f"backup {self.backup.name}"


def _condition(wrong: Iterable[Mapping[str, Any]]) -> Condition:
    """What keeps repositories from being listed; an encrypted one that reads as no text has another passphrase."""
    closed = any(one["cipher"] != "none" and _UNREADABLE.search(one["status"]["message"]) for one in wrong)
    return faults.REPOSITORY_PASSWORD if closed else faults.NO_REPOSITORY


def _shelf(key: int) -> str:
    return f"repo{key}"


def _key(shelf: str) -> int:
    return int(shelf.removeprefix("repo"))


def _id(key: int, label: str) -> str:
    return f"{_shelf(key)}:{label}"


def _snapshot(key: int, entry: Mapping[str, Any]) -> Snapshot:
    bases = {*(entry["reference"] or ()), *([entry["prior"]] if entry["prior"] else ())}
    lsn, when = entry.get("lsn") or {}, entry["timestamp"]
    return Snapshot(
        _id(key, entry["label"]),
        datetime.fromtimestamp(when["start"], UTC),
        f"{entry['database']['id']}/{lsn.get('start')}/{lsn.get('stop')}/{when['stop']}",
        tuple(sorted(_id(key, one) for one in bases)),
        _shelf(key),
    )
