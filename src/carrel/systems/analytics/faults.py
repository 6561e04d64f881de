"""What can go wrong with the records that a risk is measured of, or that are made ready to leave."""

from __future__ import annotations

from carrel.errors import Exit, define

NO_ENGINE = define("SRC-001", "this needs the extra 'analytics'", Exit.FAILED)
UNREADABLE = define("SRC-002", "the records cannot be read", Exit.FAILED)
NOT_THERE = define("SRC-003", "the records have no such table or column", Exit.USAGE)
MEMORY = define("SRC-004", "the records need more memory than is allowed", Exit.FAILED)
CHANGED = define("SRC-005", "the records changed while they were read", Exit.FAILED)
ENGINE = define("SRC-006", "the engine could not do this", Exit.FAILED)
DOCUMENT = define("SRC-007", "this document cannot be used", Exit.USAGE)

NOTHING_KNOWN = define("RSK-001", "nothing that an outsider could know was named", Exit.USAGE)
