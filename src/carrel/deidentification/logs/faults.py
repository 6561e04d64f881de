"""What can be wrong with a log's format, its lines, or the keys and lists that scrubbing goes by."""

from __future__ import annotations

from carrel.errors import Exit, define

FORMAT_TEXT = define("LOG-001", "this text describes no log format", Exit.USAGE)
UNKNOWN_FORMAT = define("LOG-002", "the format of the log is not known", Exit.REFUSED)
MISFIT = define("LOG-003", "too many lines do not fit the format", Exit.REFUSED)
ADDRESS_KEY = define("LOG-004", "this key cannot encrypt addresses", Exit.USAGE)
LISTED_WORD = define("LOG-005", "a listed word can name a person", Exit.USAGE)
