"""What can be wrong with what free text is looked through by."""

from __future__ import annotations

from carrel.errors import Exit, define

FORMAT = define("TXT-001", "this is no form of a number", Exit.USAGE)
