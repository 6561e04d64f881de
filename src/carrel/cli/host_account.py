"""Whether the account of this host at which a command runs may act under the name that ``--as`` gives."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from carrel.errors import fault
from carrel.retention import faults

if TYPE_CHECKING:
    from carrel.inventory.site import Site

PERSON_VARIABLE = "CARREL_PERSON"


def account() -> str:
    """The account that runs this process, by its real number: the environment can say anything."""
    number = os.getuid()
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):  # a Python without it, or a number that the host does not name
        return str(number)


def person_of_environment() -> str | None:
    """Who is at work by the environment; None where it does not say."""
    return os.environ.get(PERSON_VARIABLE) or None


def said_name(named: str | None) -> str:
    """Who is at work: as named, else from the environment, else the account that runs Carrel, whatever LOGNAME says."""
    return named or person_of_environment() or account()


def account_at_work() -> str:
    """The account at which a command runs that says by `--as` who does it; empty for the pages and for the night."""
    return account() if _as_option() is not None else ""


def require_own_name(site: Site) -> None:
    """Refuse a command that is given under the name of a person with other accounts.

    The pages have their own sign-in and run no command, so they are not asked.

    Args:
        site: whose people may have `accounts:`; whoever has none is believed.

    Raises:
        CarrelError: HLD-008, this account is none of the person's.
    """
    name = _said()
    person = None if name is None else site.person(name)
    if person is None or not person.accounts or account() in person.accounts:
        return
    raise fault(
        faults.OTHER_ACCOUNT,
        at="--as",
        wanted="a name that belongs to the account at which you are logged in",
        found="a person of the site file with other accounts",
        because="what is done is recorded under that name",
        changed="nothing",
        fix="give your own name, or log in as that person; 'accounts:' of the site file says whose is which",
    )


def _said() -> str | None:
    """The name under which the command at work is done; None where it takes none."""
    option, context = _as_option(), click.get_current_context(silent=True)
    if option is None or context is None:
        return None
    return said_name(context.params.get(option.name or ""))


def _as_option() -> click.Parameter | None:
    context = click.get_current_context(silent=True)
    options = () if context is None else context.command.params
    return next((one for one in options if "--as" in one.opts), None)
