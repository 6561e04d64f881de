"""What can be wrong with a release, its hierarchies, or the records that it is made of."""

from __future__ import annotations

from carrel.errors import Exit, define

RELEASE_FILE = define("REC-001", "the release file cannot be used", Exit.USAGE)
NO_COMPILER = define("REC-002", "the extra for large tables is not installed", Exit.USAGE)
UNCOVERED = define("REC-003", "a hierarchy does not cover all values of its column", Exit.REFUSED)
NO_COLUMN = define("REC-004", "the records have no such column", Exit.USAGE)
EMPTY = define("REC-005", "there is nothing to release", Exit.REFUSED)
NOTHING_IN_COLUMN = define("REC-006", "a column holds nothing", Exit.REFUSED)
UNREACHABLE = define("REC-007", "no generalisation reaches what is asked for", Exit.REFUSED)
TOO_FINE = define("REC-008", "there are more generalisations than can be searched", Exit.REFUSED)
NOT_CONFIRMED = define("REC-009", "what was written does not hold what was reckoned", Exit.VERIFICATION_FAILED)
TAKEN = define("REC-010", "a file is already there", Exit.USAGE)
STATE = define("REC-011", "what is known of earlier releases cannot be used", Exit.REFUSED)
PERIOD_KEY = define("REC-012", "the keys of the pseudonyms cannot be used", Exit.REFUSED)
OUTPUT = define("REC-013", "the release cannot be written", Exit.FAILED)
HIERARCHY_FILE = define("REC-014", "this file describes no hierarchy", Exit.USAGE)
