"""Releases put on record: once their files are whole, by digests of what stands on the disk."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import allowed, now, open_site
from carrel.cli.option_values import writing
from carrel.cli.screen import at_site, put_line
from carrel.inventory.site import May

if TYPE_CHECKING:
    from carrel.cli.release_option import Wanted
    from carrel.deidentification.releases.measured import Measured
    from carrel.deidentification.releases.release import Release
    from carrel.inventory.site import Person, Site

_SALT = 32


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who puts a release on record, where, and for what."""

    site: Site
    person: Person
    wanted: Wanted


def recorder(wanted: Wanted | None, *places: Path | None) -> Recorder | None:
    """Whoever may, looked at before anything is made; None where nothing is to be recorded.

    Args:
        wanted: as the options gave it.
        places: of the files that will be written.

    Raises:
        CarrelError: SIT codes; HLD-006, APR-013.
        click.UsageError: nothing is written that could be recorded.
    """
    if wanted is None:
        return None
    if places and not any(places):
        raise click.UsageError("--record wants a file of the release: name one")
    return required(wanted)


def required(wanted: Wanted) -> Recorder:
    """Whoever may, where something is to be recorded for certain.

    Raises:
        CarrelError: SIT codes; HLD-006, APR-013.
    """
    site = open_site(wanted.site_path)
    return Recorder(site, allowed(site, wanted.by, May.PLAN), wanted)


def put_on_record(keeper: Recorder | None, name: str, places: Iterable[Path | None], found: Measured) -> Release | None:
    """Keep a release with its figures, and tell the ledger a digest of it.

    Args:
        keeper: who does it; nothing happens where it is None.
        name: of the release.
        places: of its files, which are whole.
        found: its figures.

    Returns:
        The record; the earlier one where the same stands there already.

    Raises:
        CarrelError: CLI-003, a file cannot be read; of the STO and LED codes.

    Guarantees:
        The digests are of what was read from the disk. A kill before the end leaves files without a record, or a record
        whose leaf the next command delivers.
    """
    return None if keeper is None else put(keeper, name, places, found)


def put(keeper: Recorder, name: str, places: Iterable[Path | None], found: Measured) -> Release:
    """The same where something is to be recorded for certain."""
    from carrel.cli.record import deliver
    from carrel.cli.store_place import open_store
    from carrel.deidentification.releases.release import Occasion, Release, ReleasedFile
    from carrel.ledger.leaf import OpenLeaf

    files = tuple(ReleasedFile(str(place.resolve()), digest_of(place)) for place in places if place is not None)
    told = keeper.wanted
    one = Release(
        name, files, Occasion(told.purpose, told.recipient, told.record_type, told.silo), found, now(),
        keeper.person.name, secrets.token_hex(_SALT),
    )  # fmt: skip
    leaf = OpenLeaf(
        "release",
        one.at,
        {
            "action": "recorded",
            "release": found.kind.value,
            "release_digest": one.digest,
            "risk": "unmeasured" if found.risk is None else found.risk.value,
            "files": len(files),
        },
    )
    with open_store(keeper.site) as store:
        kept = store.releases.record(one, [leaf])
        deliver(keeper.site, store, one.at)
    return kept


def digest_of(place: Path) -> str:
    """SHA-256 of a file as it stands on the disk, hex.

    Raises:
        CarrelError: CLI-003.
    """
    with writing(place), place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(kept: Release | None) -> dict[str, object]:
    """What a command adds to its JSON; nothing where nothing was recorded."""
    return {} if kept is None else {"recorded": kept.as_dict()}


def tell_record(kept: Release | None) -> None:
    """The record in a line or two; nothing where nothing was recorded."""
    if kept is None:
        return
    risk = kept.measured.risk
    put_line(
        f"On record as {kept.digest[:8]}, {'without a class' if risk is None else f'class {risk}'}: "
        f"`carrel release show {kept.digest[:8]}{at_site()}`"
    )
    for why in kept.measured.reasons:
        put_line(f"{why}.", "  - ")
