"""What every verb that works at a site begins with: the site file, its store, the person, the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from carrel.cli.option_values import FILE_OR_FOLDER
from carrel.errors import CarrelError, fault

if TYPE_CHECKING:
    from carrel.inventory.site import May, Person, Site

Command = TypeVar("Command", bound=Callable[..., Any])


def site_option(command: Command) -> Command:
    """``--site FILE``, the site file or its folder."""
    return click.option(
        "--site",
        "site_path",
        default="carrel.yaml",
        show_default=True,
        type=FILE_OR_FOLDER,
        help="The site file, or its folder.",
    )(command)


def json_option(command: Command) -> Command:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def as_option(command: Command) -> Command:
    """``--as NAME``, a person of the site file."""
    return click.option("--as", "name", required=True, metavar="NAME", help="You, as the site file names you.")(command)


def open_site(path: Path) -> Site:
    """The site.

    Raises:
        CarrelError: of the SIT codes; HLD-008, the name given by `--as` belongs to another account of this host.
    """
    from carrel.cli.host_account import require_own_name
    from carrel.systems.site_file import load_site

    site = load_site(path)
    require_own_name(site)
    return site


def named(site: Site, name: str) -> Person | None:
    """The person of exactly that name, or None.

    Raises:
        CarrelError: APR-013, it is nearly the name of a person: whoever is meant, what is recorded would mislead.
    """
    from carrel.inventory.likeness import taken_for
    from carrel.retention import faults

    if (meant := taken_for(name, [one.name for one in site.people])) is not None:
        raise fault(
            faults.LOOK_ALIKE,
            wanted=f"a name exactly as the site file writes it, such as {meant}",
            found="one that differs by case, accents, spaces, invisible signs, or letters that look alike",
            because="what is done is recorded under a name, and nobody may act or approve as two people",
            fix="write the name as in the site file",
        )
    return site.person(name)


def allowed(site: Site, name: str, act: May) -> Person:
    """The person of that name who may do something.

    Raises:
        CarrelError: HLD-006, APR-013.
    """
    person = named(site, name)
    if person is None or act not in person.may:
        unknown = "no such person in the site file; --as NAME says who you are"
        raise not_allowed(act, found=unknown if person is None else "a person without it")
    return person


def not_allowed(act: str, found: str) -> CarrelError:
    """The error of whoever may not."""
    from carrel.retention import faults

    return fault(
        faults.NOT_ALLOWED,
        wanted=f"a person of the site with `may: {act}`",
        found=found,
        fix="ask one of them, or add the right to the site file",
    )


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a local day is over, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def now() -> datetime:
    """The one clock of the verbs."""
    return datetime.now(UTC)
