"""The folders of a site from which releases leave, held against what is on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carrel.deidentification.releases.outbox import Outbox
    from carrel.deidentification.releases.release import Release
    from carrel.inventory.site import Site


def outboxes(site: Site, releases: Sequence[Release]) -> tuple[Outbox, ...]:
    """Each folder of ``release_folders:``, looked at now; one that cannot be read is told as such."""
    from carrel.deidentification.releases.outbox import Outbox, held_against
    from carrel.systems.release_folder import files_in

    found = []
    for folder in site.release_folders:
        try:
            found.append(held_against(str(folder), files_in(folder), releases))
        except OSError:
            found.append(Outbox(str(folder), unread=True))
    return tuple(found)
