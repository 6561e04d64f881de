"""What the entries of a site file say against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from carrel.errors import CarrelError
from carrel.inventory.likeness import alike, taken_for
from carrel.inventory.office import NIGHT
from carrel.inventory.site import Site, System
from carrel.inventory.undo_key import read_key_text

Conflict = tuple[tuple[str | int, ...], str]


def conflicts(site: Site) -> Iterator[Conflict]:
    """What two entries of a site say against each other.

    Yields:
        The path of the later entry, and what is wrong with it. Two people with one key would make a second person out
        of the first, so a key may stand only once.
    """
    from carrel.ledger.key import body_of

    if not site.systems:
        yield ("systems",), "write at least one system, with 'name', 'map', 'dsn_file' and 'time_zone'"
    yield from _twice("systems", [one.name for one in site.systems], "name")
    yield from _twice("people", [one.name for one in site.people], "name")
    yield from _twice("people", [body_of(one.public_key or "") for one in site.people], "public_key")
    yield from _systems(site)
    if any(copy.mail for copy in site.outside_copies) and site.mail is None:
        yield ("outside_copies",), "a copy by mail needs a 'mail:' block"
    for index, person in enumerate(site.people):
        if person.public_key and not _is_key(person.public_key):
            yield ("people", index, "public_key"), "write the text that 'carrel key show' prints"
    yield from _look_alikes([one.name for one in site.people])
    names = {person.name for person in site.people}
    for name, use in site.consumers.items():
        if use.waived is not None and use.waived.by not in names:
            yield ("consumers", name, "waived", "by"), "write the name of one of the people"


def _systems(site: Site) -> Iterator[Conflict]:
    if site.systems and not site.originals:
        yield ("systems",), "write at least one system that is no copy"
    for index, system in enumerate(site.systems):
        if system.copy_of is not None and (wrong := _as_a_copy(system, site.system(system.copy_of))):
            yield ("systems", index, "copy_of"), wrong
        if system.undo is not None and system.undo_key is None:
            yield ("systems", index, "undo"), "add 'undo_key:' with the line that 'carrel undo key' prints"
        if system.undo_key is not None and read_key_text(system.undo_key) is None:
            yield ("systems", index, "undo_key"), "write the whole line that 'carrel undo key' prints"


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
            yield ("people", index, "name"), "a plan of the night bears this name: write the person's own"
        elif taken_for(name, names[:index]):
            yield (
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
            yield (block, index, field), f"another of the {block} has this {field} already"
