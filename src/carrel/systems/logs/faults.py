"""What can go wrong with logs on disk and in pipes; of all of them the log itself stands as it was."""

from __future__ import annotations

from carrel.errors import Exit, define

UNREADABLE = define("LOG-010", "the log cannot be read", Exit.FAILED)
DAMAGED = define("LOG-011", "the compressed log is damaged or cut off", Exit.FAILED)
NESTED = define("LOG-012", "the log is compressed in a way that is not taken", Exit.REFUSED)
CHANGED = define("LOG-013", "the log changed while it was read", Exit.FAILED)
IN_USE = define("LOG-014", "another process has the log open", Exit.REFUSED)
UNWRITABLE = define("LOG-015", "the scrubbed log cannot be written", Exit.FAILED)
NOT_ALONE = define("LOG-016", "this is no log that can be replaced", Exit.REFUSED)
KEY_FOLDER = define("LOG-017", "the folder of the day keys cannot be used", Exit.REFUSED)
WORD_FILE = define("LOG-018", "a list of words cannot be used", Exit.USAGE)
COUNT_FILE = define("LOG-019", "the file of counts cannot be used", Exit.USAGE)
NO_RULE = define("LOG-020", "the policy has no such rule for logs", Exit.USAGE)
NOT_DECLARED = define("LOG-021", "the site declares no such log", Exit.USAGE)
