"""Whether this process may run code that it was given as bytes.

systemd's ``MemoryDenyWriteExecute=``, which Debian's ``logrotate.service`` sets, and SELinux forbid it. A compiler's
library that tries all the same is not refused but ends the process, so an empty page is tried first.
"""

from __future__ import annotations

import ctypes
import mmap
from contextlib import suppress

_WRITTEN = mmap.PROT_READ | mmap.PROT_WRITE
_RUN = mmap.PROT_READ | mmap.PROT_EXEC


def may_run_memory() -> bool:
    """Whether memory that was written may be run afterwards; False where that cannot be asked."""
    with suppress(OSError, AttributeError), mmap.mmap(-1, mmap.PAGESIZE, prot=_WRITTEN) as page:
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        place = ctypes.c_char.from_buffer(page)
        at = ctypes.addressof(place)
        allowed: bool = protect(at, mmap.PAGESIZE, _RUN) == 0
        protect(at, mmap.PAGESIZE, _WRITTEN)
        del place  # the page is not given back while something looks at it
        return allowed
    return False
