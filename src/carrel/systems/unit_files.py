"""The systemd units of a site: hardened, and allowed to write to the site's folder and its outside copies only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time
from importlib.resources import files
from pathlib import Path
from string import Template

from carrel.accountability import faults
from carrel.errors import fault

ENABLE = "enable"  # no unit: the line that enables the instances of a template
NAMES = ("carrel.service", "carrel.timer")
# What systemd would read as a specifier, a quote or the end of a word has no place in a path of a unit.
_PLAIN = re.compile(r"/[A-Za-z0-9._/+@-]*")


def units(
    folder: Path,
    command: Path,
    *,
    site: Path | None = None,
    user: str = "carrel",
    at: time = time(2, 30),
    writable: Iterable[Path] = (),
) -> dict[str, str]:
    """The text of each unit by its name.

    Args:
        folder: of the site's own records, absolute.
        command: the `carrel` to run, absolute.
        site: the site file, absolute; ``carrel.yaml`` in the folder unless given.
        user: the account that runs it.
        at: local time of the machine at which a night begins.
        writable: further folders that a night writes to, such as outside copies.

    Raises:
        CarrelError: ACC-001, a path is not absolute or has a character that systemd would read otherwise.
    """
    places = [folder, *writable]
    told = site or folder
    for path in (*places, command, told):
        _require_plain(path)
    # A folder on another machine may not be mounted; the minus lets the night run and tell it.
    allowed = " ".join([str(folder), *(f"-{path}" for path in places[1:])])
    return {name: _filled(name, str(folder), command, str(told), user, at, allowed) for name in NAMES}


def fleet_units(
    tenants: Mapping[Path, Iterable[Path]], command: Path, *, user: str = "carrel", at: time = time(2, 30)
) -> dict[str, str]:
    """The units of many tenants: one template, an instance for each folder, which may write there and nowhere else.

    Args:
        tenants: the folder of each site file, absolute, with further folders that its night writes to.
        command: the `carrel` to run, absolute.
        user: the account that runs them.
        at: local time of the machine at which the nights begin.

    Returns:
        The template, what an instance may write to beyond its folder, and the line that enables them all.

    Raises:
        CarrelError: ACC-001, as `units`; or the folders of the tenants do not lie in one folder.
    """
    roots = {folder.parent for folder in tenants}
    for path in (*tenants, *roots, command, *(one for more in tenants.values() for one in more)):
        _require_plain(path)
    if len(roots) != 1 or any("@" in folder.name for folder in tenants):
        raise fault(
            faults.UNIT_PATH,
            at=", ".join(sorted(map(str, roots))[:3]),
            wanted="the folders of all tenants in one folder, under plain names",
            found=f"{len(roots)} folders" if len(roots) != 1 else "an @ in a name",
            because="one template unit names each tenant by its folder in it",
            fix="move the sites beside one another, or print the units of each with --site",
        )
    (root,) = roots
    one = f"{root}/%i"
    found = {name.replace(".", "@.", 1): _filled(name, one, command, one, user, at, one) for name in NAMES}
    for folder, more in sorted(tenants.items()):
        if allowed := " ".join(f"-{path}" for path in more):
            found[f"carrel@{folder.name}.service.d/outside.conf"] = f"[Service]\nReadWritePaths={allowed}\n"
    timers = " ".join(f"carrel@{folder.name}.timer" for folder in sorted(tenants))
    return {**found, ENABLE: f"systemctl enable --now {timers}\n"}


def _require_plain(path: Path) -> None:
    if not _PLAIN.fullmatch(str(path)):
        raise fault(
            faults.UNIT_PATH,
            at=str(path),
            wanted="an absolute path of letters, digits and . _ - + @",
            found="another character, or a relative path",
            fix="move the site to such a path",
        )


def _filled(name: str, folder: str, command: Path, site: str, user: str, at: time, writable: str) -> str:
    text = (files("carrel.systems") / "units" / name).read_text(encoding="utf-8")
    return Template(text).substitute(
        folder=folder, command=str(command), site=site, user=user, hour=f"{at:%H:%M}", writable=writable
    )
