"""What can be wrong with a system map, or between a map and the live system."""

from __future__ import annotations

from carrel.errors import Exit, define

MAP = define("MAP-001", "this system map cannot be used", Exit.USAGE)
OVERLAY = define("MAP-002", "the site's own map may only add to the product's", Exit.USAGE)
DRIFT = define("MAP-003", "the live database differs from its map in a way that could do harm", Exit.REFUSED)
CONSUMER = define("MAP-004", "a job of the product would do harm after this plan", Exit.REFUSED)
FACTS = define("MAP-005", "this is not a schema-facts file", Exit.USAGE)
UNPROVED = define("MAP-006", "nothing was carried out by this map yet, so nothing may be", Exit.REFUSED)
