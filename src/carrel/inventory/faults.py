"""What can be wrong with a system map, or between a map and the live system."""

from __future__ import annotations

from carrel.errors import Exit, define

MAP = define("MAP-001", "this system map cannot be used", Exit.USAGE)
