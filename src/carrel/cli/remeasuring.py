"""``carrel release record``: what was measured from a file, held against what is on record of the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from carrel.cli.release_record import Recorder
    from carrel.deidentification.releases.measured import Measured
    from carrel.deidentification.releases.release import Release
    from carrel.deidentification.statistics.budget import Spending


def known_totals(keeper: Recorder) -> frozenset[Spending]:
    """What was spent in all of the accounts of budgets that the site knows."""
    from carrel.cli.store_place import open_store

    with open_store(keeper.site) as store:
        return store.account_heads.totals()


def recorded(keeper: Recorder, name: str, place: Path, found: Measured) -> tuple[Release, bool]:
    """Keep it, or the figures that are fuller.

    Args:
        keeper: who does it.
        name: of the release.
        place: of its file.
        found: measured from the file.

    Returns:
        The record, and whether it was there already.

    Raises:
        CarrelError: CLI-003, the file cannot be read; of the STO and LED codes.
    """
    from carrel.cli.at_site import now
    from carrel.cli.record import deliver
    from carrel.cli.release_record import digest_of, put
    from carrel.cli.store_place import open_store
    from carrel.deidentification.releases.release import Occasion
    from carrel.deidentification.releases.remeasured import on_record, stands

    digest, told = digest_of(place), keeper.wanted
    with open_store(keeper.site) as store:
        records = store.releases.all()
        deliver(keeper.site, store, now())  # a killed command can have left a leaf
    measured = stands(found, on_record(digest, records, found.kind))
    same = [
        one
        for one in records
        if one.name == name
        and one.occasion == Occasion(told.purpose, told.recipient, told.record_type, told.silo)
        and one.measured == measured
        and any(file.sha256 == digest for file in one.files)
    ]
    if same:
        return same[-1], True
    return put(keeper, name, [place], measured), False
