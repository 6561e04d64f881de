"""Whether somebody holds a lock on a file."""

from __future__ import annotations

import fcntl


def is_locked(descriptor: int) -> bool:
    """Whether somebody holds a lock on an open file that keeps others out."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
