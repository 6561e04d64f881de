"""One call of pgBackRest over a stanza: what it is given of the environment, and what its bad ends mean."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any

from carrel.errors import Condition
from carrel.inventory.backup import Backup
from carrel.systems import faults
from carrel.systems.backups import tool_process
from carrel.systems.backups.pgbackrest_account import owner
from carrel.systems.backups.tool_process import LISTING, Ended, tool_error

_CODES = {50: faults.REPOSITORY_LOCKED, 62: faults.REPOSITORY_LOCKED, 95: faults.REPOSITORY_PASSWORD}
# What the tool may be given in its environment: how a repository is opened, and nothing that says which one.
_SECRET = re.compile(r"PGBACKREST_REPO\d+_(CIPHER_PASS|S3_KEY|S3_KEY_SECRET|S3_TOKEN|AZURE_KEY|GCS_KEY|SFTP_.*PASS.*)")
FIX = {
    faults.NO_REPOSITORY: "compare 'place' and 'only' in the site file with the tool's configuration; list the backups "
    "with the tool itself: `pgbackrest info`",
    faults.REPOSITORY_LOCKED: "let the backup that runs come to its end; what `pgbackrest stop` stopped goes on with "
    "`pgbackrest start`",
    faults.REPOSITORY_PASSWORD: "write the repository's passphrase into the tool's configuration: repoN-cipher-pass",
    faults.UNREADABLE: "look with the tool itself: `pgbackrest verify --output=text`; make a new full backup, then "
    "plan again",
    faults.TOOL_FAILED: "look with the tool itself: `pgbackrest info`; then apply the same plan again",
}


def call(
    backup: Backup, *words: str, beat: Callable[[], None] | None = None, otherwise: bool = False,
    unknown: Condition | None = None,
) -> Ended:  # fmt: skip
    """Call the tool and wait for its end.

    Args:
        backup: of the site file; its place is the configuration file, 'only' the stanza.
        words: the command and what it takes besides.
        beat: done every few seconds; without it the call ends after a while.
        otherwise: it is to change something.
        unknown: what a bad end means that tells nothing known.

    Raises:
        CarrelError: BAK-001 to BAK-004, BAK-012, or the unknown one.
    """
    at = f"backup {backup.name}"
    options = (f"--config={backup.place}", f"--stanza={backup.only}")
    quiet = ("--log-level-console=off", "--log-level-stderr=error")
    told = tool_process.call(
        ["pgbackrest", words[0], *words[1:], *options, *quiet, *(() if otherwise else ("--log-level-file=off",))],
        {name: value for name, value in os.environ.items() if _SECRET.fullmatch(name)},
        at,
        limit=LISTING if beat is None else None,
        beat=beat or (lambda: None),
        # Files that root wrote into it, the account that makes the backups could not read.
        account=owner(backup) if os.geteuid() == 0 else None,
    )
    if told.code:
        said = faults.REPOSITORY_PASSWORD if "cipher-pass" in told.err else _CODES.get(told.code)
        raise tool_error("pgbackrest", told, said or unknown, FIX, at, otherwise=otherwise)
    return told


def told(backup: Backup, *words: str, beat: Callable[[], None] | None = None) -> Any:
    """The answer of a call that only reads, which the tool gives as JSON.

    Raises:
        CarrelError: BAK-001 to BAK-003.
    """
    ended = call(backup, *words, "--output=json", beat=beat)
    try:
        return json.loads(ended.out, strict=False)  # it quotes bytes of what it could not read as they stand
    except ValueError:
        raise tool_error(
            "pgbackrest", ended, faults.NO_REPOSITORY, FIX, f"backup {backup.name}", otherwise=False
        ) from None
