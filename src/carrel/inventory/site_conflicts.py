"""What the entries of a site file say against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from carrel.errors import CarrelError
from carrel.inventory.likeness import alike, taken_for
from carrel.inventory.office import NIGHT, May
from carrel.inventory.site import Site, System, is_file
from carrel.inventory.undo_key import read_key_text


class Conflict(NamedTuple):
    """One entry that another speaks against.

    Attributes:
        path: of the later entry.
        fix: what to do.
        wanted, found: what should stand there, and what does; empty where the fix says it.
    """

    path: tuple[str | int, ...]
    fix: str
    wanted: str = ""
    found: str = ""


def conflicts(site: Site) -> Iterator[Conflict]:
    """What two entries of a site say against each other.

    Yields:
        The path of the later entry, and what is wrong with it. Two people with one key would make a second person out
        of the first, so a key may stand only once.
    """
    from carrel.ledger.key import body_of

    if not site.systems and not (site.custodian and site.custodian.is_library):
        yield Conflict(("systems",), "write at least one system, with 'name', 'map', 'dsn_file' and 'time_zone'")
    yield from _twice("systems", [one.name for one in site.systems], "name")
    yield from _twice("people", [one.name for one in site.people], "name")
    yield from _twice("people", [body_of(one.public_key or "") for one in site.people], "public_key")
    yield from _systems(site)
    yield from _branches(site)
    yield from _backups(site)
    yield from _twice("mailboxes", [one.name for one in site.mailboxes], "name")
    yield from _twice("folders", [one.name for one in site.folders], "name")
    yield from _twice("tables", [one.name for one in site.tables], "name")
    yield from _twice("logs", [one.name for one in site.logs], "name")
    yield from _log_services(site)
    yield from _mailing_lists(site)
    yield from _portal(site)
    if any(copy.mail for copy in site.outside_copies) and site.mail is None:
        yield Conflict(("outside_copies",), "a copy by mail needs a 'mail:' block")
    for index, person in enumerate(site.people):
        if person.public_key and not _is_key(person.public_key):
            yield Conflict(("people", index, "public_key"), "write the text that 'carrel key show' prints")
    yield from _look_alikes([one.name for one in site.people])
    if site.custodian is not None:
        yield from _custodian(site)
    names = {person.name for person in site.people}
    for name, use in site.consumers.items():
        if use.waived is not None and use.waived.by not in names:
            yield Conflict(("consumers", name, "waived", "by"), "write the name of one of the people")


def _custodian(site: Site) -> Iterator[Conflict]:
    from carrel.ledger.key import body_of

    said = site.custodian
    if said is None:
        return
    for name, key in (("library_key", said.library_key), ("host_key", said.host_key)):
        if not _is_key(key):
            yield Conflict(("custodian", name), "write the text that 'carrel key show' prints")
    if body_of(said.library_key) == body_of(said.host_key):
        yield Conflict(
            ("custodian", "host_key"), "library and host have keys of their own: nobody asks and answers alone"
        )
    if said.at_least is not None and said.is_library:
        yield Conflict(("custodian", "at_least"), "the host's own policy stands in the host's site file")
    if said.branches and not said.is_library:
        yield Conflict(("custodian", "branches"), "a request names the branches here: take this out")
    if not said.is_library and not any(map(is_file, (site.policy, *(one.policy for one in site.branches)))):
        file = "the file that 'carrel custodian accept' writes: custodian/policy.yaml"
        yield Conflict(("policy",), f"let it, or lines under 'branches:', name {file}")


def _backups(site: Site) -> Iterator[Conflict]:
    yield from _twice("backups", [one.name for one in site.backups], "name")
    whole = [one.place for one in site.backups if one.only is None and not one.files]
    for index, one in enumerate(site.backups):
        if one.place in whole and sum(other.place == one.place for other in site.backups) > 1:
            yield Conflict(("backups", index, "place"), "two entries speak of one repository: write 'only:' in each")
        for at, name in enumerate(one.systems):
            if site.system(name) is None:
                yield Conflict(("backups", index, "systems", at), "write the name of one of the systems")


def _mailing_lists(site: Site) -> Iterator[Conflict]:
    yield from _twice("mailing_lists", [one.name for one in site.mailing_lists], "name")
    yield from _twice("mailing_lists", [f"{one.url.rstrip('/')} {one.list_id}" for one in site.mailing_lists], "list")
    names = [one.name for one in site.originals]
    for index, one in enumerate(site.mailing_lists):
        if one.system is None and len(names) != 1:
            yield Conflict(("mailing_lists", index), f"write 'system:' with one of: {', '.join(names) or 'none'}")
        elif one.system is not None and one.system not in names:
            yield Conflict(("mailing_lists", index, "system"), f"write one of: {', '.join(names) or 'none'}")


def _log_services(site: Site) -> Iterator[Conflict]:
    yield from _twice("log_services", [one.name for one in site.log_services], "name")
    signing = {one.name for one in site.people if one.public_key and May.AUDIT in one.may}
    for index, service in enumerate(site.log_services):
        if service.attested_by is not None and service.attested_by not in signing:
            wanted = "the name of one of the people, who has a 'public_key' and 'may: [audit]'"
            yield Conflict(("log_services", index, "attested_by"), f"write {wanted}", wanted)


def _branches(site: Site) -> Iterator[Conflict]:
    names = [one.name for one in site.originals]
    seen: set[tuple[str | None, str]] = set()
    for index, one in enumerate(site.branches):
        here, those = ("branches", index), " or ".join(names)
        if one.system is None and len(names) > 1:
            fix = f"write 'system:' with the one in which it is a unit: {those}"
            yield Conflict(here, fix, "the system of the unit, where a site has several", "none")
        elif one.system is not None and one.system not in names:
            fix = f"write the name of a system that is no copy: {those}" if names else "take this line out"
            wanted = f"the name of a system: {those}" if names else "no system, because the site has none"
            yield Conflict((*here, "system"), fix, wanted, f"{one.system!r}")
        if (one.system, one.unit) in seen:
            yield Conflict(
                (*here, "unit"), "keep one of the two lines", "each unit once", f"{one.unit[:40]!r}, named twice"
            )
        seen.add((one.system, one.unit))


def _systems(site: Site) -> Iterator[Conflict]:
    if site.systems and not site.originals:
        yield Conflict(("systems",), "write at least one system that is no copy")
    for index, system in enumerate(site.systems):
        if system.copy_of is not None and (wrong := _as_a_copy(system, site.system(system.copy_of))):
            yield Conflict(("systems", index, "copy_of"), wrong)
        if system.copy_of is not None and system.replica is not None:
            yield Conflict(
                ("systems", index, "replica"), "take this out", "no replica of a copy: a copy is read itself", "one"
            )
        if system.undo is not None and system.undo_key is None:
            yield Conflict(("systems", index, "undo"), "add 'undo_key:' with the line that 'carrel undo key' prints")
        if system.undo_key is not None and read_key_text(system.undo_key) is None:
            yield Conflict(("systems", index, "undo_key"), "write the whole line that 'carrel undo key' prints")


def _as_a_copy(copy: System, original: System | None) -> str:
    """What keeps a system from being a copy of another: a rehearsal must be of the plan that will run."""
    if original is None:
        return "write the name of one of the systems"
    if original.name == copy.name:
        return "a system is no copy of itself: write the name of the one that it was copied from"
    if original.copy_of is not None:
        return "that one is a copy too: write the name of the system that both were copied from"
    if (copy.map, copy.local_map) != (original.map, original.local_map):
        return f"a copy has the 'map' and the 'local_map' of {original.name}: write the same ones"
    if copy.time_zone != original.time_zone:
        return f"the times in a copy are those of {original.name}: write 'time_zone: {original.time_zone}'"
    return ""


def _look_alikes(names: list[str]) -> Iterator[Conflict]:
    for index, name in enumerate(names):
        if alike(name, NIGHT):
            yield Conflict(("people", index, "name"), "a plan of the night bears this name: write the person's own")
        elif taken_for(name, names[:index]):
            yield Conflict(
                ("people", index, "name"),
                "another of the people has a name that looks like this one: write both so that they differ",
            )


def _is_key(public_key: str) -> bool:
    from carrel.ledger.key import Verifier

    try:
        Verifier.parse(public_key)
    except CarrelError:
        return False
    return True


def _twice(block: str, values: list[str], field: str) -> Iterator[Conflict]:
    seen: Counter[str] = Counter()
    for index, value in enumerate(values):
        seen[value] += 1
        if value and seen[value] > 1:
            yield Conflict((block, index, field), f"another of the {block} has this {field} already")


def _portal(site: Site) -> Iterator[Conflict]:
    if site.consent.confirm is not None and (site.mail is None or site.portal is None):
        missing = "mail" if site.mail is None else "portal"
        yield Conflict(("consent", "confirm"), f"write '{missing}:' too, or leave this out: the link goes by mail")
    names = [one.name for one in site.originals]
    for index, way in enumerate(site.portal.sign_in if site.portal is not None else ()):
        if way.system not in names:
            yield Conflict(("portal", "sign_in", index), f"name one of the site's systems: {', '.join(names)}")
