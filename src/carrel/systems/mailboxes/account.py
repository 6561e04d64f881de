"""A mailbox of a site file, opened as its kind is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from carrel.inventory.mailbox import Kind, Mailbox, MailFolder
from carrel.inventory.site import Site
from carrel.systems import secret
from carrel.systems.mailboxes.deidentified import DeidentifiedFolder
from carrel.systems.mailboxes.imap import ImapFolder, signed_in
from carrel.systems.mailboxes.mail_key import MailKey
from carrel.systems.mailboxes.mail_text import MailRules
from carrel.systems.mailboxes.maildir import MaildirFolder
from carrel.systems.mailboxes.mbox import MboxFolder

Kept = ImapFolder | MaildirFolder | MboxFolder
Folder = Kept | DeidentifiedFolder
Rules = Callable[[MailFolder], MailRules]
Opener = Callable[[MailFolder], Folder]


@contextmanager
def opened(mailbox: Mailbox, site: Site, rules: Rules | None = None) -> Iterator[Opener]:
    """A mailbox, as what opens each of its folders.

    Args:
        mailbox: of the site file.
        site: whose it is.
        rules: what the texts of a folder are looked through by; not needed where nothing is written anew.

    Raises:
        CarrelError: of the MBX codes; SIT-004 or SIT-005, its password cannot be read or others can read it.
    """
    match mailbox.kind:
        case Kind.IMAP:
            if mailbox.password_file is None:
                raise ValueError("the site file lets no IMAP account be without a password")
            with signed_in(mailbox, secret.from_file(mailbox.password_file)) as account:
                yield lambda part: _as_ruled(mailbox, part, account.folder(part), site, rules)
        case Kind.MAILDIR:
            yield lambda part: _as_ruled(mailbox, part, MaildirFolder(mailbox, part), site, rules)
        case Kind.MBOX:
            yield lambda part: _as_ruled(mailbox, part, MboxFolder(mailbox, part), site, rules)


def _as_ruled(mailbox: Mailbox, part: MailFolder, folder: Kept, site: Site, rules: Rules | None) -> Folder:
    """A folder, with its threads taken together where they are de-identified."""
    if not part.is_rewritten:
        return folder
    ours = part.kept_addresses | {str(mailbox.user).lower()}
    at = f"mailbox {mailbox.name}, {part.folder}"
    return DeidentifiedFolder(folder, part, ours, MailKey(site.folder), rules, at)
