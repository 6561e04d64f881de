"""What can be wrong with Carrel's own database."""

from __future__ import annotations

from carrel.errors import Exit, define

UNREADABLE = define("STO-001", "the store cannot be opened")
TOO_NEW = define("STO-002", "the store was written by a newer Carrel", Exit.REFUSED)
BUSY = define("STO-003", "the store is busy")
CLOCK = define("STO-004", "the clock went backwards", Exit.REFUSED)
UNKNOWN_PLAN = define("STO-005", "the store does not know this plan", Exit.REFUSED)
LOST = define("STO-007", "the connection to the store was lost")
NO_WRITES = define("STO-008", "the store takes no writes", Exit.REFUSED)
OF_ANOTHER_SITE = define("STO-009", "this is not the store of this site", Exit.REFUSED)
TWO_CLOCKS = define("STO-010", "the clocks of this machine and of the store's server differ", Exit.REFUSED)
PACKAGE_WRITE = define("ARC-002", "the package for the archives cannot be written", Exit.FAILED)
PACKAGE_DAMAGED = define("ARC-003", "a package for the archives is not whole", Exit.VERIFICATION_FAILED)
UNKNOWN_ENTRY = define("STO-006", "the store has no such entry", Exit.USAGE)
