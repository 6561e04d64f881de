"""Checks of the accounts of this host that the site file gives its people."""

from __future__ import annotations

from collections.abc import Iterator

from carrel.amount import amount
from carrel.inventory.site import Site
from carrel.systems.check import Check, finding, note, ok

NAME = "accounts of the host"


def account_checks(site: Site) -> Iterator[Check]:
    """What is to be said of `accounts:`; nothing where nobody has any.

    A name that the host does not know is a finding: whoever wrote it meant somebody who can now give no command.
    """
    own = {one.name: one.accounts for one in site.people if one.accounts}
    if not own:
        return
    strange = {name: [one for one in accounts if not _is_there(one)] for name, accounts in own.items()}
    for name, unknown in strange.items():
        for account in unknown:
            alone = len(unknown) == len(own[name])
            then = ": no command is believed under this name here" if alone else ""
            yield finding(NAME, f"{name}: this host has no {account!r}{then}", "mend 'accounts:' in the site file")
    if not any(strange.values()):
        several = set().union(*own.values())
        yield ok(NAME, f"{amount(len(own), 'person', 'people')} at {amount(len(several), 'account')}")
    anywhere = [one.name for one in site.people if one.may and not one.accounts]
    if anywhere:
        yield note(NAME, f"--as is believed at any account for: {', '.join(anywhere)}")


def _is_there(account: str) -> bool:
    """Whether the host has an account of that name; a number stands for one that has none."""
    try:
        import pwd
    except ImportError:
        return True  # nobody can tell
    try:
        pwd.getpwnam(account)
    except (KeyError, ValueError):
        return account.isascii() and account.isdecimal() and account == str(int(account))
    return True
