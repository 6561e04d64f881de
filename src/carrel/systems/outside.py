"""What a site keeps outside its systems with a clock of its own, opened alike: mail, files, log services, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Protocol

from carrel.errors import fault
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.file_folder import FileFolder
from carrel.inventory.held_part import HeldPart
from carrel.inventory.log_service import LogService
from carrel.inventory.mailbox import Mailbox
from carrel.inventory.site import Site
from carrel.retention.approval import Kind
from carrel.retention.clearing import Piece
from carrel.retention.clearing_plan import NOUNS
from carrel.systems import faults
from carrel.systems.folders.file_folder import FilesInFolder
from carrel.systems.log_services.account import LogAccount, signed_in
from carrel.systems.mailboxes.account import Rules
from carrel.systems.mailboxes.account import opened as opened_mailbox

Holder = Mailbox | FileFolder | LogService | DatedTable
BLOCKS = {Kind.MAIL: "mailboxes", Kind.FILES: "folders", Kind.LOGS: "log_services", Kind.ROWS: "tables"}
PAGES = {
    Kind.MAIL: "mailboxes.md",
    Kind.FILES: "folders.md",
    Kind.LOGS: "log-services.md",
    Kind.ROWS: "tables.md",
}
_KINDS: dict[type[Holder], Kind] = {
    Mailbox: Kind.MAIL,
    FileFolder: Kind.FILES,
    LogService: Kind.LOGS,
    DatedTable: Kind.ROWS,
}


class Content(Protocol):
    """What is asked of a mail folder, of the files of an entry, of its rows, or of an index of a log service."""

    def mark(self) -> str:
        """What tells it from another one that comes to bear its name; only reads."""

    def pieces(self, enough: datetime | None = None) -> Iterator[Piece]:
        """Every message, file or row, one by one; only reads."""

    def clear(self, goes: Callable[[Piece], bool], beat: Callable[[], None]) -> None:
        """Delete those of which it holds, or take out of them what their part says."""


def opened(
    holder: Holder, now: datetime, site: Site, mail_rules: Rules | None = None
) -> AbstractContextManager[Callable[[Any], Content]]:
    """A mailbox, a folder, a table or a log service, as what opens each of its parts.

    Args:
        holder: of the site file.
        now: aware time.
        site: whose it is.
        mail_rules: what the texts of a mail folder are looked through by, where messages are written anew.

    Raises:
        CarrelError: of the MBX, HLS, SQL and TBL codes; SIT-004 or SIT-005, a password cannot be read or others can
            read it.
    """
    if isinstance(holder, Mailbox):
        return opened_mailbox(holder, site, mail_rules)
    if isinstance(holder, LogService):
        return signed_in(holder, now)
    if isinstance(holder, DatedTable):
        return _rows(holder)
    return nullcontext(lambda part: FilesInFolder(part, now))


def kind_of(holder: Holder) -> Kind:
    """As what a plan over it is approved."""
    return _KINDS[type(holder)]


def called(holder: Holder, part: str = "") -> str:
    """What errors, findings and evidence call it, or a part of it; a holder's only part bears its name."""
    name = f"{NOUNS[kind_of(holder)][0]} {holder.name}"
    return name if part in {"", holder.name} else f"{name}, {part}"


def _rows(entry: DatedTable) -> AbstractContextManager[Callable[[Any], Content]]:
    from carrel.systems.sql import dated_rows  # a site without tables loads nothing of them
    from carrel.systems.tables import csv_rows, totals_rows

    if entry.aggregate:
        return totals_rows.opened(entry)
    if entry.table is not None:
        return dated_rows.opened(entry)
    return csv_rows.opened(entry)


def parts_of(holder: Holder, opener: Callable[[Any], Content]) -> Sequence[Any]:
    """The parts of something that is open: those of the site file, or the indices that a service has of them.

    Raises:
        CarrelError: of the HLS codes.
    """
    found: Sequence[HeldPart] = opener.parts() if isinstance(opener, LogAccount) else holder.parts
    return found


def holders(site: Site, kind: Kind | None = None) -> Sequence[Holder]:
    """All that the site file declares, of one kind or of all."""
    found: tuple[Holder, ...] = (*site.mailboxes, *site.folders, *site.log_services, *site.tables)
    return [one for one in found if kind in {None, kind_of(one)}]


def holder_of(site: Site, kind: Kind, name: str | None) -> Holder:
    """The mailbox, folder, table or log service of that name; may be left out where the site has one.

    Raises:
        CarrelError: CLR-006.
    """
    known = holders(site, kind)
    block = BLOCKS[kind]
    names = [one.name for one in known]
    wanted = names[0] if name is None and len(names) == 1 else name
    found = next((one for one in known if one.name == wanted), None)
    if found is None:
        raise fault(
            faults.NO_HOLDER,
            at=block,
            wanted=" or ".join(names) or f"an entry under '{block}:' in the site file",
            found="no name" if name is None else "another name",
            fix="name one of them" if names else f"declare them in the site file: docs/{PAGES[kind]}",
        )
    return found
