"""One call of a backup tool as a process of its own; what it says is read, and never shown."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from carrel.errors import CarrelError, Condition, fault
from carrel.systems import faults

LISTING = timedelta(minutes=3)
_BEAT_SECONDS = 10
# What could point the tool at another repository than the one of the site file, open it with another secret, say yes
# where it asks before a whole repository goes, or give its exit codes another meaning.
_STRAY = (
    "RESTIC_REPOSITORY", "RESTIC_PASSWORD", "RESTIC_KEY_HINT", "RESTIC_CACHE_DIR", "BORG_REPO", "BORG_PASS",
    "BORG_BASE_DIR", "BORG_CACHE_DIR", "BORG_CONFIG_DIR", "BORG_SECURITY_DIR", "BORG_KEYS_DIR", "PGBACKREST_",
    "BORG_DELETE_I_KNOW", "BORG_EXIT_CODES",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended; what it wrote can hold paths and names of hosts, so it is in no repr."""

    code: int
    out: str
    err: str

    def __repr__(self) -> str:
        return f"Ended({self.code})"


@dataclass(frozen=True, slots=True)
class _Account:
    user: int
    group: int
    groups: list[int]
    home: str


def _as_account(number: int | None) -> _Account | None:
    if number is None or number == os.geteuid():
        return None
    try:
        known = pwd.getpwuid(number)
    except KeyError:  # an account of another machine, such as the owner of files on a share
        return _Account(number, number, [], "/")
    return _Account(number, known.pw_gid, os.getgrouplist(known.pw_name, known.pw_gid), known.pw_dir)


def call(
    words: Sequence[str],
    more: Mapping[str, str],
    at: str,
    *,
    limit: timedelta | None = None,
    beat: Callable[[], None] = lambda: None,
    account: int | None = None,
) -> Ended:
    """Call a tool and wait for its end.

    Args:
        words: the tool, then its arguments; no secret among them.
        more: environment beside this process's own, secrets included.
        at: what errors call the repository.
        limit: after which it is ended; None for work that takes what it takes.
        beat: done every few seconds meanwhile.
        account: number of the account under which it runs, which only root can choose; None for this process's own.

    Raises:
        CarrelError: BAK-001, there is no such tool; BAK-002, it took too long.

    Guarantees:
        It is asked nothing: its input is empty. Times that it prints are in UTC, its words are English.
    """
    found = shutil.which(words[0])
    if found is None:
        raise fault(
            faults.NO_TOOL,
            at=at,
            wanted=f"the program {words[0]}",
            found="none on the path of this account",
            fix=f"install it; on Debian: apt-get install {'borgbackup' if words[0] == 'borg' else words[0]}",
        )
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_STRAY)}
    environment |= {"LC_ALL": "C.UTF-8", "TZ": "UTC", **more}
    other = _as_account(account)
    environment |= {"HOME": other.home} if other else {}
    process = subprocess.Popen(  # noqa: S603  (a list of words, without a shell)
        [found, *words[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        errors="replace",
        # Another account cannot stand where this one may: in a folder of root's.
        cwd="/" if other else None,
        user=other.user if other else None,
        group=other.group if other else None,
        extra_groups=other.groups if other else None,
    )
    waited = 0.0
    try:
        while True:
            try:
                out, err = process.communicate(timeout=_BEAT_SECONDS)
            except subprocess.TimeoutExpired:
                waited += _BEAT_SECONDS
                if limit is not None and waited >= limit.total_seconds():
                    raise _late(at, limit) from None
                beat()
            else:
                return Ended(process.returncode, out, err)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate()


def _late(at: str, limit: timedelta) -> Exception:
    return fault(
        faults.NO_REPOSITORY,
        at=at,
        wanted="an answer of the tool",
        found=f"none within {limit.total_seconds() / 60:.0f} minutes",
        fix="list the backups with the tool itself, and mend what is in its way",
    )


def tool_error(
    tool: str, told: Ended, condition: Condition | None, fixes: Mapping[Condition, str], at: str, *, otherwise: bool
) -> CarrelError:
    """The error of a tool that ended badly.

    Args:
        tool: its name.
        told: how it ended.
        condition: that its code or words tell; None where they tell none that is known.
        fixes: what to do, by condition.
        at: what errors call the repository.
        otherwise: the call was to change something, so that an unknown end can have changed a part.
    """
    condition = condition or (faults.TOOL_FAILED if otherwise else faults.NO_REPOSITORY)
    return fault(
        condition,
        at=at,
        found=f"{tool} ended with {told.code}",
        changed="nothing" if condition is not faults.TOOL_FAILED else "perhaps some: `carrel backup list` shows them",
        fix=fixes[condition],
    )
