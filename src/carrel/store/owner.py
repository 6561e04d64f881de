"""The name of one running process, and whether it still runs."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress

_PARTS = 4


def new_owner() -> str:
    """A name for this process that no other process has had: host, process namespace, process id, random part."""
    return "/".join((socket.gethostname().replace("/", "-"), _namespace(), str(os.getpid()), secrets.token_hex(4)))


def gone(owner: str) -> bool:
    """Whether the process certainly runs no more: of this host, of this process namespace, and its id is free.

    Of any other process nobody here can tell, and the answer is no: its lease must expire.
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
    return False


def _namespace() -> str:
    boot = "0"
    with suppress(OSError), open("/proc/sys/kernel/random/boot_id") as text:  # noqa: PTH123  (a kernel's file)
        boot = text.read().strip()[:8]
    try:
        return f"{boot}-{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116  (a kernel's file)
    except OSError:
        return f"{boot}-0"
