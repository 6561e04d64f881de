"""What can go wrong with releases on record."""

from __future__ import annotations

from carrel.errors import Exit, define

NOT_TOLD = define("RLS-001", "this file does not tell what kind of release it is", Exit.USAGE)
NO_RELEASE = define("RLS-002", "no release on record is called so", Exit.USAGE)
