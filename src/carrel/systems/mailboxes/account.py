"""A mailbox of a site file, opened as its kind is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from carrel.inventory.mailbox import Kind, Mailbox, MailFolder
from carrel.systems import secret
from carrel.systems.mailboxes.imap import ImapFolder, signed_in
from carrel.systems.mailboxes.maildir import MaildirFolder
from carrel.systems.mailboxes.mbox import MboxFolder

Folder = ImapFolder | MaildirFolder | MboxFolder
Opener = Callable[[MailFolder], Folder]


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[Opener]:
    """A mailbox, as what opens each of its folders.

    Raises:
        CarrelError: of the MBX codes; SIT-004 or SIT-005, its password cannot be read or others can read it.
    """
    match mailbox.kind:
        case Kind.IMAP:
            if mailbox.password_file is None:
                raise ValueError("the site file lets no IMAP account be without a password")
            with signed_in(mailbox, secret.from_file(mailbox.password_file)) as account:
                yield account.folder
        case Kind.MAILDIR:
            yield lambda part: MaildirFolder(mailbox, part)
        case Kind.MBOX:
            yield lambda part: MboxFolder(mailbox, part)
