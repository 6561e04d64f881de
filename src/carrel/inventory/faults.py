"""What can be wrong with a system map, or between a map and the live system."""

from __future__ import annotations

from carrel.errors import Exit, define

MAP = define("MAP-001", "this system map cannot be used", Exit.USAGE)
OVERLAY = define("MAP-002", "the site's own map may only add to the product's", Exit.USAGE)
DRIFT = define("MAP-003", "the live database differs from its map in a way that could do harm", Exit.REFUSED)
CONSUMER = define("MAP-004", "a job of the product would do harm after this plan", Exit.REFUSED)
FACTS = define("MAP-005", "this is not a schema-facts file", Exit.USAGE)
UNPROVED = define("MAP-006", "nothing was carried out by this map yet, so nothing may be", Exit.REFUSED)

UNIT_CYCLE = define("UNT-001", "units stand under each other in a circle", Exit.USAGE)
NO_UNIT = define("UNT-002", "a policy is named for a unit that does not exist", Exit.USAGE)
UNIT_TWICE = define("UNT-003", "a unit is named twice", Exit.USAGE)
NO_UNITS = define("UNT-004", "the map does not tell where the units of this system stand", Exit.USAGE)
DUTIES_DIFFER = define("UNT-005", "policies of one database differ in what they must keep", Exit.USAGE)

NOT_MAPPED = define("TBL-006", "this table cannot be mapped", Exit.USAGE)

NO_ACCOUNT = define("STF-001", "this person has no account for the staff pages", Exit.USAGE)
HAS_ACCOUNT = define("STF-002", "this person has an account already", Exit.REFUSED)
OWN_ACCOUNT = define("STF-003", "nobody resets an account of one's own", Exit.REFUSED)
AUTHORITY = define("STF-005", "the record of who may act is not as it was written", Exit.VERIFICATION_FAILED)
STAFF_KEY = define("STF-004", "the key of the staff's second factors is gone", Exit.REFUSED)
