"""What can go wrong with the pages as a whole."""

from __future__ import annotations

from carrel.errors import Exit, define

NO_PORTAL = define("WEB-001", "this site has no pages", Exit.USAGE)
NO_ACCOUNTS = define("WEB-002", "a system has no accounts to sign in by", Exit.USAGE)
NO_PROXY = define("WEB-004", "this is no address of a proxy", Exit.USAGE)
NOT_FREE = define("WEB-003", "the pages cannot be served there")
