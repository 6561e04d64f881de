"""What a site keeps outside its databases, as it was looked at a moment ago."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from carrel.accountability.kept_logs import KeptLog
from carrel.accountability.log_services import LogFacts


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A folder of mail, a folder of files, or an index of a log service.

    Attributes:
        place: what findings call it.
        mail: whether it is mail.
        record: what it holds, as the policy calls it.
        rule: of the policy; empty where it has none.
        total: messages, files or events.
        late: of these, past their time by more than a day.
        undated: without a usable date; these never go.
        unread: that cannot be read, and so are left as they are.
        wrong: code of what kept it from being judged; empty where nothing did.
        service: whether it is at a log service.
    """

    place: str
    mail: bool
    record: str
    rule: str = ""
    total: int = 0
    late: int = 0
    undated: int = 0
    unread: int = 0
    wrong: str = ""
    service: bool = False


@dataclass(frozen=True, slots=True)
class KeptBackup:
    """A repository of backups, as its tool lists it.

    Attributes:
        place: what findings call it.
        copies: that are there.
        late: past their time by more than a day.
        damaged: half-written, or not to be read.
        wrong: code of what kept it from being listed; empty where nothing did.
    """

    place: str
    copies: int = 0
    late: int = 0
    damaged: int = 0
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class KeptOutside:
    """All of it.

    Attributes:
        parts: of mailboxes, folders and log services.
        backups: declared ones.
        backup_rule: the policy's rule for them; empty where it has none.
        logs: declared ones.
        services: log services, as they were looked into or signed for; None where the site has none.
        closed: systems that were restored, and are closed until what came back is gone again.
        lines: what is past its time in them, and what could not be looked at, backups left out.
        backup_lines: the same of backups.
    """

    parts: tuple[KeptPart, ...] = ()
    backups: tuple[KeptBackup, ...] = ()
    backup_rule: str = ""
    logs: tuple[KeptLog, ...] = ()
    services: LogFacts | None = None
    closed: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    backup_lines: tuple[str, ...] = ()

    @property
    def late(self) -> dict[str, int]:
        """Place → what is past its time there; of places that could not be judged nothing."""
        found: dict[str, int] = {}
        for place, count, wrong in self._late():
            if not wrong:
                found[place] = found.get(place, 0) + count
        return found

    @property
    def unseen(self) -> tuple[str, ...]:
        """Places that could not be looked at or judged."""
        return tuple(dict.fromkeys(place for place, _, wrong in self._late() if wrong))

    @property
    def open(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.lines or self.backup_lines)

    def besides(self, records: frozenset[str]) -> KeptOutside:
        """Mailboxes, folders, tables and logs that hold one of these kinds of record, and nothing else."""
        parts = tuple(one for one in self.parts if one.record in records and not one.service)
        return KeptOutside(parts=parts, logs=tuple(one for one in self.logs if one.record in records))

    def of(self, *records: str) -> tuple[KeptPart | KeptLog, ...]:
        """Everything that holds one of these kinds of record."""
        both: tuple[KeptPart | KeptLog, ...] = (*self.parts, *self.logs)
        return tuple(one for one in both if one.record in records)

    def _late(self) -> Iterator[tuple[str, int, bool]]:
        yield from ((one.place, one.late, bool(one.wrong)) for one in self.parts)
        yield from ((one.place, one.late, bool(one.wrong)) for one in self.backups)
        yield from ((one.place, one.late, bool(one.wrong or one.unread)) for one in self.logs)
