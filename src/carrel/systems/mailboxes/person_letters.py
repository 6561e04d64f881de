"""The messages of a mailbox that somebody of the library exchanged with one person, as rows."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import getaddresses

from carrel.inventory.category import Category
from carrel.inventory.mailbox import Mailbox, MailFolder
from carrel.inventory.site import Site
from carrel.rights.third_persons import HeldColumn, Withheld
from carrel.systems.mailboxes.account import opened
from carrel.systems.mailboxes.deidentified import DeidentifiedFolder

CLOCK = "time"
COLUMNS = (
    HeldColumn(CLOCK, Category.EVENT_TIME),
    HeldColumn("from"),
    HeldColumn("to"),
    HeldColumn("subject", Category.TRANSACTION_CONTENT),
    HeldColumn("text", Category.TRANSACTION_CONTENT),
)
_WRITERS, _READERS = ("from", "sender", "reply-to"), ("to", "cc")
_BROKEN = (MessageError, LookupError, ValueError, TypeError, AttributeError)  # what hostile mail makes a parser raise


@dataclass(frozen=True, slots=True)
class PersonLetter:
    """One message to or from the person.

    Attributes:
        values: by column; None where it cannot be read.
        at: aware time; None where nothing usable tells it.
        left: parts that are no plain text, such as attachments: out of these nobody can take others.
    """

    values: dict[str, str] | None
    at: datetime | None
    left: int


def letters_of(site: Site, mailbox: Mailbox, folder: MailFolder, addresses: Collection[str]) -> Iterator[PersonLetter]:
    """Every message that names one of these addresses in its headers; nothing is marked as read.

    Args:
        site: whose mailbox it is.
        mailbox: of the site file.
        folder: of the mailbox.
        addresses: of the person, in small letters.

    Raises:
        CarrelError: of the MBX codes; SIT-004, SIT-005.

    Guarantees:
        No address but the person's and the mailbox's own stands in a row; the text still holds whoever it speaks of.
    """
    plain = folder.model_copy(update={"then": "delete", "text": None, "keep_addresses": ()})
    ours = {str(mailbox.user).casefold(), *folder.kept_addresses}
    with opened(mailbox, site) as opener:
        shelf = opener(plain)
        if isinstance(shelf, DeidentifiedFolder):
            raise TypeError("opened as it lies, and not to be written anew")
        with shelf.reading() as desk:
            for letter in desk.letters():
                head = email.message_from_bytes(letter.head, policy=email.policy.compat32)
                named = {one for name in (*_WRITERS, *_READERS) for one in _addresses(head.get_all(name, []))}
                if named.isdisjoint(addresses):
                    continue
                raw = desk.whole(letter)  # None: it was moved or deleted since its head was read
                unread = PersonLetter(None, letter.at, 0)
                yield unread if raw is None else _letter(raw, letter.at, frozenset(addresses) | ours)


def _addresses(headers: Collection[object]) -> Iterator[str]:
    for _, one in getaddresses([str(header) for header in headers]):
        yield one.strip().casefold()


def _letter(raw: bytes, at: datetime | None, known: frozenset[str]) -> PersonLetter:
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        if not isinstance(message, EmailMessage):
            return PersonLetter(None, at, 0)
        body = message.get_body(("plain",))
        left = sum(not one.is_multipart() and one is not body for one in message.walk())
        values = {
            CLOCK: "" if at is None else at.isoformat(timespec="seconds"),
            "from": _shown(message.get_all("from", []), known),
            "to": _shown([*message.get_all("to", []), *message.get_all("cc", [])], known),
            "subject": str(message.get("subject", "")),
            "text": "" if body is None else str(body.get_content()),
        }
    except _BROKEN:
        return PersonLetter(None, at, 0)
    return PersonLetter(values, at, left)


def _shown(headers: Collection[object], known: frozenset[str]) -> str:
    return ", ".join(one if one in known else f"[{Withheld.OTHER}]" for one in _addresses(headers) if one)
