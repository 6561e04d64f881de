"""What can be wrong with a release, its hierarchies, or the records that it is made of."""

from __future__ import annotations

from carrel.errors import Exit, define

UNCOVERED = define("REC-001", "a hierarchy does not cover all values of its column", Exit.REFUSED)
HIERARCHY_FILE = define("REC-002", "this file describes no hierarchy", Exit.USAGE)
EMPTY = define("REC-003", "there is nothing to release", Exit.REFUSED)
NOTHING_IN_COLUMN = define("REC-004", "a column holds nothing", Exit.REFUSED)
UNREACHABLE = define("REC-005", "no generalisation reaches what is asked for", Exit.REFUSED)
TOO_MANY = define("REC-006", "there are more generalisations than can be searched", Exit.REFUSED)
NOT_CONFIRMED = define("REC-007", "what was written does not hold what was reckoned", Exit.VERIFICATION_FAILED)
OUTPUT = define("REC-008", "the release cannot be written there", Exit.USAGE)
STATE = define("REC-009", "what is known of earlier releases cannot be used", Exit.REFUSED)
PERIOD_KEY = define("REC-010", "the keys of the pseudonyms cannot be used", Exit.REFUSED)
