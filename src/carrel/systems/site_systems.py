"""Which system of a site a command speaks of: one of its own, or a copy to rehearse on."""

from __future__ import annotations

from carrel.errors import CarrelError, fault
from carrel.inventory import site_lines
from carrel.inventory.site import Site, System
from carrel.systems import faults


def system_of(site: Site, name: str | None) -> System:
    """The system that a command speaks of; the only one where it names none. Copies do not count.

    Raises:
        CarrelError: SIT-007, there is none of that name, or there are several and none was named; SIT-010, it is a
            copy.
    """
    if not site.originals:
        raise fault(
            faults.NO_SYSTEM,
            wanted="a system in the site file",
            found="none: the data of this library lie with its custodian",
            fix="`carrel custodian request` asks the custodian; `carrel audit` tells what came back",
        )
    if name is None and len(site.originals) == 1:
        return site.originals[0]
    found = None if name is None else site.system(name)
    if found is None:
        raise _unknown(site, name)
    if found.copy_of is not None:
        raise fault(
            faults.COPY,
            at=f"system {found.name}",
            wanted=f"one of: {_names(site.originals)}",
            found=f"a copy of {found.copy_of}",
            because="a copy is there to rehearse on; what is true of it is not true of the system",
            fix=f"give --system {found.copy_of}; to rehearse: carrel apply PLAN --rehearse-on {found.name}",
        )
    return found


def system_or_copy(site: Site, name: str | None) -> System:
    """As `system_of`; a copy may be named too. For what only looks, and for what a rehearsal leaves behind.

    Raises:
        CarrelError: SIT-007.
    """
    found = None if name is None else site.system(name)
    return found or system_of(site, name)


def copy_for(site: Site, name: str, planned: str) -> System:
    """The copy on which a plan is to be rehearsed.

    Args:
        site: with the copy in it.
        name: of the copy.
        planned: the system of the plan.

    Raises:
        CarrelError: SIT-007, there is no such system; SIT-010, the plan's own system has become a copy; SIT-011, it is
            no copy, or one of another system.
    """
    original = system_of(site, planned)
    copies = [one.name for one in site.systems if one.copy_of == original.name]
    found = site.system(name)
    if found is not None and found.copy_of == original.name:
        return found
    lines = site_lines.copy_of(original, name if found is None else _free_name(site))
    beside = f"have in carrel.yaml beside the others, with the address of a copied database:\n{lines}"
    if found is None:
        named = f"a copy of {original.name}" + (f": {', '.join(copies)}" if copies else "")
        raise fault(faults.NO_SYSTEM, wanted=named, found=name[:40], fix=beside)
    raise fault(
        faults.NO_COPY,
        at=f"system {found.name}",
        wanted=f"a system with 'copy_of: {original.name}'",
        found=f"a copy of {found.copy_of}" if found.copy_of else "a system of its own",
        because="what is rehearsed is cut there for good, and without any approval",
        fix=f"give --rehearse-on {copies[0]}" if copies else beside,
    )


def _free_name(site: Site) -> str:
    tried = ("copy", *(f"copy-{number}" for number in range(2, len(site.systems) + 3)))
    return next(name for name in tried if site.system(name) is None)


def _unknown(site: Site, name: str | None) -> CarrelError:
    fix = "give " + " or ".join(f"--system {one.name}" for one in site.originals)
    if name is not None:
        lines = site_lines.second_system(site.originals[0], name)
        fix = f"name one of those; or, for one more, have in carrel.yaml beside them:\n{lines}"
    return fault(
        faults.NO_SYSTEM,
        wanted=f"one of: {_names(site.originals)}",
        found=(name or "none named")[:40],
        fix=fix,
    )


def _names(systems: tuple[System, ...]) -> str:
    return ", ".join(one.name for one in systems)
