"""Whose a stanza of pgBackRest is: what root wrote into its repository, its own account could not read any more."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from carrel.inventory.backup import Backup

_PATH = re.compile(r"repo\d*-path")
_DEFAULT = "/var/lib/pgbackrest"


def owner(backup: Backup) -> int | None:
    """The number of the account that makes the backups.

    Args:
        backup: of the site file; its place is the configuration file, 'only' the stanza.

    Returns:
        Of the list of backups where a repository is a folder of this machine, else of the configuration file; None
        where that cannot be read: the tool will tell.
    """
    lines = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",), allow_no_value=True)
    lines.optionxform = str  # type: ignore[assignment]  # names of options are taken as they stand
    config = Path(backup.place)
    try:
        lines.read_string(config.read_text(encoding="utf-8", errors="replace"))
        whose = config.stat().st_uid
    except (OSError, configparser.Error):
        return None
    sections = [lines[one] for one in ("global", str(backup.only)) if lines.has_section(one)]
    paths = [str(value) for one in sections for name, value in one.items() if _PATH.fullmatch(name)]
    for place in (*paths, _DEFAULT):
        found = Path(place) / "backup" / str(backup.only) / "backup.info"
        if found.is_file():
            return found.stat().st_uid
    return whose
