"""The sites of several tenants on one host: found, and told apart by where their things really are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from carrel.errors import CarrelError, Fault, fault, unseen
from carrel.inventory.site import Site, System
from carrel.inventory.tenant import Held, Tenant
from carrel.systems import faults, site_file
from carrel.systems.real_place import database_at, file_at
from carrel.systems.sql import accounts

_FIX = "let every tenant have a folder of its own with a carrel.yaml in it"


@dataclass(frozen=True)
class FoundSite:
    """One place in which a tenant's site should be.

    Attributes:
        name: of its folder; the whole path where two have one name.
        place: the site file.
        site: as it was read; None where it could not be.
        wrong: why not.
    """

    name: str
    place: Path
    site: Site | None = None
    wrong: tuple[Fault, ...] = ()


def find_sites(places: Iterable[Path]) -> list[FoundSite]:
    """The tenants of a host, each once, in order of name.

    Args:
        places: site files, folders with one, or folders whose folders have one each. A link is told and not followed:
            two names would lead to one site, or a name somewhere else tomorrow.

    Raises:
        CarrelError: TEN-002, there is no tenant at all.
    """
    found: dict[str, FoundSite] = {}
    for one in (found_site for place in places for found_site in _in(place)):
        # A link that was told must not stand for the site that it leads to.
        identity = f"{one.place.resolve()}" if one.site is not None else f"no site: {one.place}"
        if identity in found:
            twice = Fault(
                faults.NO_TENANT, at=str(one.place), wanted="each site once", found="one that is named twice", fix=_FIX
            )
            before = found[identity]
            found[identity] = FoundSite(before.name, before.place, before.site, (*before.wrong, twice))
        else:
            found[identity] = one
    if not found:
        raise fault(faults.NO_TENANT, wanted="folders with a carrel.yaml each", found="none", fix=_FIX)
    return sorted(_named_apart(list(found.values())), key=lambda one: one.name)


def tenant_of(found: FoundSite) -> Tenant:
    """What of a site must be no other tenant's, as far as it can be told without connecting anywhere."""
    site = found.site
    if site is None:
        return Tenant(found.name)
    outside = [copy.folder for copy in site.outside_copies] + [site.archives.folder if site.archives else None]
    return Tenant(
        found.name,
        frozenset(_belongings(site)),
        tuple(_held(one) for one in site.systems),
        str(site.folder.resolve()),
        tuple(str(one.resolve()) for one in outside if one is not None),
    )


def _in(place: Path) -> Iterator[FoundSite]:
    if place.is_symlink():
        yield _not_a_site(place, "a link")
        return
    if not place.is_dir() or (place / site_file.FILE).exists():
        yield _read(place)
        return
    try:
        inside = sorted(one for one in place.iterdir() if not one.name.startswith("."))
    except OSError as wrong:
        yield _not_a_site(place, os.strerror(wrong.errno or 0))
        return
    for one in inside:
        if unseen(one.name):
            yield _not_a_site(one, "a name with a sign that cannot be seen")
        elif one.is_symlink():
            yield _not_a_site(one, "a link")
        elif one.is_dir():
            yield _read(one)


def _read(place: Path) -> FoundSite:
    file = site_file.place_of(place)
    name = place.name if place.is_dir() else place.absolute().parent.name
    try:
        if place.is_dir() and not os.access(place, os.R_OK | os.X_OK):
            return _not_a_site(place, "a folder that may not be read")
        if file.is_symlink():
            return _not_a_site(file, "a link")
        return FoundSite(name, file.absolute(), site_file.load_site(file))
    except CarrelError as wrong:
        return FoundSite(name, file.absolute(), None, wrong.faults)


def _not_a_site(place: Path, found: str) -> FoundSite:
    wrong = Fault(faults.NO_TENANT, at=str(place), wanted="a folder with a carrel.yaml in it", found=found, fix=_FIX)
    name = place.absolute().parent.name if place.name == site_file.FILE else place.name
    return FoundSite(name, place.absolute(), None, (wrong,))


def _named_apart(found: list[FoundSite]) -> Iterator[FoundSite]:
    names = [one.name for one in found]
    for one in found:
        name = one.name if names.count(one.name) == 1 else str(one.place)
        yield FoundSite(name, one.place, one.site, one.wrong)


def _belongings(site: Site) -> Iterator[tuple[str, str]]:
    yield "the folder", file_at(site.folder)
    for store in _store(site):
        yield "the store", store
    if (ledger := site.folder / "ledger").exists():
        yield "the ledger", file_at(ledger)
    try:
        key = (site.folder / "keys" / "ledger.vkey").read_text(encoding="utf-8").strip()
        yield "the ledger's key", key.split("+", 2)[-1]
    except (OSError, UnicodeDecodeError):
        pass
    for copy in site.outside_copies:
        if copy.folder is not None:
            yield "an outside folder", file_at(copy.folder)
    if site.archives is not None:
        yield "the folder for archives", file_at(site.archives.folder)


def _store(site: Site) -> frozenset[str]:
    """Where a store is, as `database_at` tells it; nothing where there is none yet, or nobody can tell."""
    if site.store is None:
        file = site.folder / "carrel.sqlite3"
        return frozenset({file_at(file)} if file.exists() else ())
    try:
        url = make_url(site_file.store_address(site.store, os.environ).reveal())
        return frozenset(f"{one} {site.store.tenant}" for one in database_at(url))
    except (CarrelError, SQLAlchemyError, ValueError):
        return frozenset()  # what is wrong with its address, its own night will tell


def _held(system: System) -> Held:
    return Held(system.name, frozenset(place for url in accounts.addresses(system) for place in database_at(url)))
