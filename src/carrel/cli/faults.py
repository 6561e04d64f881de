"""What can be wrong with the value of an option or an argument, before any verb begins."""

from __future__ import annotations

from carrel.errors import Exit, define

DAY = define("CLI-002", "this is not a day that can be used", Exit.USAGE)
PLACE = define("CLI-003", "this file or folder cannot be used", Exit.USAGE)
WORDS = define("CLI-004", "this text holds signs that cannot be seen", Exit.USAGE)
SPAN = define("CLI-005", "this is no length of time", Exit.USAGE)
