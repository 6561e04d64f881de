"""What can go wrong with texts and lists in files; the text itself always stands as it was."""

from __future__ import annotations

from carrel.errors import Exit, define

UNREADABLE = define("TXT-010", "the text cannot be read", Exit.FAILED)
PACKED = define("TXT-011", "the text is compressed in a way that is not taken", Exit.REFUSED)
NO_FIELD = define("TXT-012", "the text has no such column or field", Exit.USAGE)
EXISTS = define("TXT-013", "there is such a file already", Exit.USAGE)
UNWRITABLE = define("TXT-014", "the released text cannot be written", Exit.FAILED)
LIST = define("TXT-015", "a list of people or books cannot be used", Exit.USAGE)
ANOTHER_TEXT = define("TXT-016", "this is not the text that belongs to it", Exit.REFUSED)
RECOGNIZER = define("TXT-017", "a recognizer cannot be used", Exit.USAGE)
QUEUE = define("TXT-018", "this is no list of places to look at", Exit.USAGE)
UNVERIFIED = define("TXT-019", "what was released does not read back", Exit.VERIFICATION_FAILED)
NOTHING_TO_GO_BY = define("TXT-020", "searches need to say who searched", Exit.USAGE)
FOLDER = define("TXT-022", "there is no such folder", Exit.USAGE)
DELIMITER = define("TXT-023", "this is not the sign that stands between the fields", Exit.USAGE)
KEY = define("TXT-021", "a key of an object names somebody", Exit.REFUSED)
