"""What can be wrong with a policy document."""

from __future__ import annotations

from carrel.errors import Exit, define

DURATION = define("POL-001", "this is not a period", Exit.USAGE)
