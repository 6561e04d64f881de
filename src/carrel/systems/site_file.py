"""The site file ``carrel.yaml``: read with the place of every fault, and turned into what the other parts take."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from carrel.errors import CarrelError, Fault, fault
from carrel.inventory.address import StoreAddress
from carrel.inventory.sign_in_way import KINDS
from carrel.inventory.site import Mail, Site, System
from carrel.inventory.site_conflicts import conflicts
from carrel.inventory.system_map import SystemMap
from carrel.policy.record_type import RecordType
from carrel.policy.schedule import LoanSchedule, RecordSchedule
from carrel.policy.yaml_source import YamlSource, read_yaml
from carrel.retention import records
from carrel.systems import faults, map_files, secret
from carrel.systems.secret import Secret
from carrel.systems.site_wishes import Wish, unknown_key, wish_of

FILE = "carrel.yaml"

_Path = tuple[str | int, ...]
_ENTRY = ("portal", "sign_in", 0)


def load_site(path: Path) -> Site:
    """Read a site file.

    Args:
        path: the file, or the folder that holds ``carrel.yaml``.

    Returns:
        A site whose paths are absolute, taken from the folder of the file.

    Raises:
        CarrelError: SIT-001, every fault in the file with its line and column; SIT-002, there is no file; SIT-006, a
            system declares no time zone, or none that exists.
    """
    place = place_of(path)
    try:
        text = place.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise fault(
            faults.NO_SITE,
            at=str(place),
            found="no such file",
            fix="run 'carrel init PRODUCT --dsn-file FILE' (koha, evergreen), or name the file",
        ) from None
    except (OSError, UnicodeDecodeError):
        raise fault(
            faults.SITE,
            at=str(place),
            found="no text file that can be read",
            fix="name a file in UTF-8 that you may read",
        ) from None
    site = parse_site(text, str(place), place.parent)
    site = site.relative_to(place.parent.absolute())
    _require_outside(site, str(place))
    return site


def _require_outside(site: Site, at: str) -> None:
    """A copy of a checkpoint inside the ledger it is a copy of would change the ledger, and prove nothing.

    Raises:
        CarrelError: SIT-001.
    """
    own = site.folder.resolve()
    for copy in site.outside_copies:
        if copy.folder is None:
            continue
        there = copy.folder.resolve()
        if there == own or there.is_relative_to(own / "ledger"):
            raise fault(
                faults.SITE,
                at=f"{at}: outside_copies",
                wanted="a folder outside, on another machine at best",
                found="the site's own folder" if there == own else "the ledger itself",
                because="whoever changes the ledger would change the copy with it",
                fix="name another folder",
            )


def place_of(path: Path) -> Path:
    """The site file that a path names: itself, or ``carrel.yaml`` in the folder that it is."""
    return path / FILE if path.is_dir() else path


def parse_site(text: str, name: str, base: Path = Path()) -> Site:
    """Read the text of a site file; its paths stay as written.

    Args:
        text: content of the file.
        name: what faults call it.
        base: folder that its relative paths are taken from.

    Raises:
        CarrelError: SIT-001 and SIT-006, all that were found.
    """
    try:
        source = read_yaml(text, name)
    except CarrelError as broken:
        raise CarrelError(tuple(_ours(one) for one in broken.faults)) from None
    found = [_ours(one) for one in source.faults]
    site: Site | None = None
    try:
        site = Site.model_validate(source.data if isinstance(source.data, dict) else {})
    except ValidationError as invalid:
        found.extend(_said(source, error) for error in invalid.errors(include_url=False))
    if site is not None:
        found.extend(_fault(source, one.path, Wish(one.wanted, one.found, one.fix)) for one in conflicts(site))
        found.extend(_zones(site, source))
        found.extend(_bounds(site, source, base))
        found.extend(_records(site, source))
    if found or site is None:
        raise CarrelError(tuple(found))
    lines = [
        (source.at(("branches", index, "policy")), source.at(("branches", index, "unit")))
        for index in range(len(site.branches))
    ]
    return site.placed(source.at(("policy",)), lines)


def system_map(system: System) -> SystemMap:
    """The map of a system, with the site's own additions.

    Raises:
        CarrelError: MAP-001 or MAP-002.
    """
    return map_files.load(system.map, local=system.local_map)


def map_in_force(
    system: System, schedules: Mapping[RecordType, RecordSchedule], loans: LoanSchedule | None = None
) -> SystemMap:
    """As `system_map`, with the records of other kinds than loans for which a policy in force has a rule.

    With the schedule of loans, also with what a policy lets stay of their readers.

    Raises:
        CarrelError: as `system_map`; RUN-014, a rule asks for what cannot be done.
    """
    found = records.in_force(system_map(system), schedules)
    return found if loans is None else records.with_descriptions(found, loans)


def mail_password(mail: Mail, environment: Mapping[str, str]) -> Secret | None:
    """The password for the mail server, where one is named.

    Raises:
        CarrelError: SIT-004 or SIT-005, it cannot be read or others can read it.
    """
    if mail.password_file is not None:
        return secret.from_file(mail.password_file)
    return secret.from_environment(mail.password_env, environment) if mail.password_env else None


def store_address(address: StoreAddress, environment: Mapping[str, str]) -> Secret:
    """The address of the database that holds Carrel's own records.

    Raises:
        CarrelError: SIT-004 or SIT-005, it cannot be read or others can read it.
    """
    if address.dsn_file is not None:
        return secret.from_file(address.dsn_file)
    return secret.from_environment(address.dsn_env or "", environment)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a site file, for editors."""
    schema = Site.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Carrel site"}


def is_zone(name: str) -> bool:
    """Whether a name is one of a place in the IANA database; abbreviations such as EST have no summer time."""
    if name != "UTC" and "/" not in name:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _zones(site: Site, source: YamlSource) -> list[Fault]:
    return [
        Fault(
            faults.ZONE,
            at=source.at(("systems", index, "time_zone")),
            wanted="the name of a place, such as America/New_York or Europe/Helsinki",
            found=repr(system.time_zone[:40]),
            because="periods are counted on the library's clock, and a guess would cut loans too early or too late",
            fix="write the zone in which the library's clocks run",
        )
        for index, system in enumerate(site.systems)
        if not is_zone(system.time_zone)
    ]


def _bounds(site: Site, source: YamlSource, base: Path) -> Iterator[Fault]:
    """A bound for something that no plan has would never hold anybody up."""
    for index, system in enumerate(site.systems):
        if not system.bounds:
            continue
        try:
            found = map_files.load(system.map, local=base / system.local_map if system.local_map else None)
        except CarrelError:
            continue  # a map that cannot be read is told by whoever needs it
        found = records.in_every_way(found)
        paths = [found.loans.closed.table, *(path.name for path in found.paths)]
        known = sorted({*paths, *(path.table for path in found.paths)})
        for name in system.bounds:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                yield Fault(
                    faults.SITE,
                    at=source.at(("systems", index, "bounds", name), key=True),
                    wanted=f"a path or a table of the map {found.system}",
                    found=repr(name[:40]),
                    because="a bound for something else would hold nobody up",
                    fix=f"did you mean '{close[0]}'?" if close else f"'carrel map show {found.system}' lists the paths",
                )


def _records(site: Site, source: YamlSource) -> Iterator[Fault]:
    """A place for a kind of record that no policy can name would be read by nobody."""
    known = [kind.value for kind in RecordType]
    for name in site.records:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            yield Fault(
                faults.SITE,
                at=source.at(("records", name), key=True),
                wanted="a kind of record that a policy can name",
                found=repr(name[:40]),
                fix=f"did you mean '{close[0]}'?" if close else "docs/policy.md lists the kinds",
            )


def _said(source: YamlSource, error: ErrorDetails) -> Fault:
    path = _written(tuple(part for part in error["loc"] if part != "[key]"))
    if error["type"] == "missing" and path[-1:] == ("time_zone",):
        return Fault(
            faults.ZONE,
            at=source.at(path[:-1]),
            wanted="'time_zone:' with the name of a place",
            found="none",
            because="it is declared, never guessed",
            fix="add the zone in which the library's clocks run, such as 'time_zone: America/New_York'",
        )
    if error["type"] == "missing":
        name = _yaml_name(path[-1])
        return _fault(source, path[:-1], Wish(f"'{name}:'", "none", f"add '{name}:' here"))
    if error["type"] == "extra_forbidden":
        return _fault(source, path, unknown_key(path), key=True)
    return _fault(source, path, wish_of(error))


def _written(path: _Path) -> _Path:
    """A path as the file has it: the kind of a way to sign in is a key of the entry and no step below it."""
    if path[:2] == ("portal", "sign_in") and len(path) > len(_ENTRY) and path[len(_ENTRY)] in KINDS:
        return (*path[: len(_ENTRY)], *path[len(_ENTRY) + 1 :])
    return path


def _yaml_name(part: str | int) -> str:
    return {"sender": "from", "tenant": "schema"}.get(str(part), str(part))


def _fault(source: YamlSource, path: _Path, wish: Wish, *, key: bool = False) -> Fault:
    at = source.at(path, key=key)
    return Fault(faults.SITE, at=at, wanted=wish.wanted, found=wish.found, fix=wish.fix)


def _ours(said: Fault) -> Fault:
    """A fault of the YAML itself, told as one of the site file's."""
    return Fault(faults.SITE, said.at, said.wanted, said.found, said.because, said.changed, said.fix)
