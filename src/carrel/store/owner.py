"""The name of one running process, and whether it still runs."""

from __future__ import annotations

import os
import secrets
import socket

_PARTS = 4


def new_owner() -> str:
    """A name for this process that no other process has had: host, process namespace, process id, random part."""
    return "/".join((socket.gethostname().replace("/", "-"), _namespace(), str(os.getpid()), secrets.token_hex(4)))


def gone(owner: str) -> bool:
    """Whether the process certainly runs no more.

    It was of this host and of this process namespace, and its id is free, or it has ended. Of any other process nobody
    here can tell, and the answer is no: its lease must expire. A store on a server is worked on by several hosts, which
    may bear one name: the start of the system tells them apart, and where the system does not tell it, no process
    counts as gone.
    """
    parts = owner.split("/")
    if len(parts) != _PARTS or parts[:2] != new_owner().split("/")[:2] or not parts[2].isdigit():
        return False
    try:
        os.kill(int(parts[2]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return _is_over(parts[2])


def _is_over(process: str) -> bool:
    """Whether a process has ended, and only waits for its parent to ask how: a killed worker of a busy leader does."""
    try:
        with open(f"/proc/{process}/stat") as text:  # noqa: PTH123  (a kernel's file)
            return text.read().rpartition(")")[2].split()[0] in {"Z", "X"}
    except (OSError, IndexError):
        return False


def _namespace() -> str:
    """The start of this system and the space of its process ids; of its own where the system does not tell both."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as text:  # noqa: PTH123  (a kernel's file)
            boot = text.read().strip()
        space = os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116  (a kernel's file)
    except OSError:
        return f"unknown-{secrets.token_hex(8)}"
    return f"{boot}-{space}"
