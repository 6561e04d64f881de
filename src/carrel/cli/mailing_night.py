"""Mailing lists after a night: each is brought to hold what consents say, and what stayed in the way is a finding."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.screen import figure
from carrel.ledger.leaf import banded
from carrel.retention.outcome import Outcome

if TYPE_CHECKING:
    from carrel.cli.mailing_course import Report
    from carrel.inventory.site import Site, System

NIGHT = "carrel run-due"


def follow(site_path: Path, site: Site, systems: Iterable[System]) -> list[Report]:
    """Bring the lists of some systems on, as a night does.

    A list that the site file names no more is forgotten with everybody who was seen on it. Whoever may not be written
    to goes off. Where the purpose needs consent, whoever agreed comes on; where it needs none, that is for a person to
    say: `carrel mailing-list apply`.

    Args:
        site_path: the site file, or its folder.
        site: of the library.
        systems: of the night.

    Returns:
        How each went; what went wrong costs the consents nothing.
    """
    from carrel.cli.store_place import open_store

    with open_store(site) as store:
        store.mailing_lists.keep_lists([one.name for one in site.mailing_lists])
    names = {one.name for one in systems}
    mine = [one for one in site.mailing_lists if (one.system or site.originals[0].name) in names]
    if not mine:
        return []
    from carrel.cli.mailing_course import carried_out
    from carrel.cli.mailing_screen import each

    return each(site_path, site, mine, lambda here, one: carried_out(here, one, NIGHT, everybody=False))


def codes(reports: Iterable[Report]) -> tuple[str, ...]:
    """What went wrong with them, for the health files."""
    found = (fault.condition.code for one in reports if one.wrong is not None for fault in one.wrong.faults)
    return tuple(dict.fromkeys(found))


def lines(reports: Iterable[Report]) -> list[str]:
    """A line for each, as the night shows it."""
    told = []
    for one in reports:
        done = f"{amount(banded(one.off), 'member')} taken off, {figure(banded(one.on))} put on"
        waits = f"; {figure(banded(one.waits))} wait for carrel mailing-list apply" if one.waits else ""
        told.append(f"Mailing list {one.name}: {(one.outcome or Outcome.FAILED).value}; {done}{waits}")
    return told
