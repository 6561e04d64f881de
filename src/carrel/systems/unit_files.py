"""The systemd units of a site: hardened, and allowed to write to the site's folder and its outside copies only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import time
from importlib.resources import files
from pathlib import Path
from string import Template

from carrel.accountability import faults
from carrel.errors import fault

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
        if not _PLAIN.fullmatch(str(path)):
            raise fault(
                faults.UNIT_PATH,
                at=str(path),
                wanted="an absolute path of letters, digits and . _ - + @",
                found="another character, or a relative path",
                fix="move the site to such a path",
            )
    values = {
        "folder": str(folder),
        "command": str(command),
        "site": str(told),
        "user": user,
        "hour": f"{at:%H:%M}",
        # A folder on another machine may not be mounted; the minus lets the night run and tell it.
        "writable": " ".join([str(folder), *(f"-{path}" for path in places[1:])]),
    }
    root = files("carrel.systems") / "units"
    return {name: Template((root / name).read_text(encoding="utf-8")).substitute(values) for name in NAMES}
