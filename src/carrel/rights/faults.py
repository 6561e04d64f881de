"""What can stand in the way of a request of a patron's, and of the package that answers it."""

from __future__ import annotations

from carrel.errors import Exit, define

NOT_EXTENDED = define("RGT-001", "this request cannot be given more time", Exit.REFUSED)
NO_ZONE = define("RGT-002", "a time in a request has no zone", Exit.USAGE)

NOBODY = define("RGT-003", "no system holds anybody under this number", Exit.USAGE)
IN_THE_CLEAR = define("RGT-004", "the package would lie in the clear", Exit.REFUSED)
NOT_WRITTEN = define("RGT-005", "the package cannot be written there", Exit.FAILED)
PASSPHRASE = define("RGT-006", "this passphrase cannot be used", Exit.USAGE)
NOT_TOLD = define("RGT-007", "the map does not say how what is held of a person is told", Exit.USAGE)
SEVERAL_SYSTEMS = define("RGT-009", "a number of one system was given for several", Exit.USAGE)
TWO_PEOPLE = define("RGT-010", "two systems hold different people under this card", Exit.REFUSED)
NOT_LOOKED = define("RGT-008", "a table was not looked into, because that would read it whole", Exit.FINDINGS)

UNKNOWN = define("RGT-011", "there is no such request", Exit.USAGE)
NOT_NOW = define("RGT-012", "this cannot be done to the request as it stands", Exit.REFUSED)
UNSETTLED = define("RGT-013", "the request cannot be answered yet", Exit.REFUSED)
REASON = define("RGT-014", "something that has to be said with this is missing", Exit.USAGE)
TERM = define("RGT-015", "this cannot stand in the record of a request", Exit.USAGE)
WORDS = define("RGT-016", "these words are too long", Exit.USAGE)
NO_KEY = define("RGT-017", "the key of requests is gone", Exit.REFUSED)
SHUT = define("RGT-018", "what was sealed in the request cannot be read any more", Exit.REFUSED)
MOMENT = define("RGT-019", "a request cannot be of that moment", Exit.USAGE)
OTHER_PERSON = define("RGT-020", "the request is another person's", Exit.REFUSED)
RECEIPT = define("RGT-021", "this is no receipt that can be used", Exit.REFUSED)
WEAK_HASH = define("RGT-022", "the receipt names somebody by a hash that anybody can undo", Exit.REFUSED)
NOT_SIGNED = define("RGT-023", "the receipt is not signed by this vendor", Exit.REFUSED)
OVERDUE = define("RGT-024", "a request is overdue", Exit.FINDINGS)
GONE = define("RGT-027", "the record of somebody with something open is gone", Exit.FINDINGS)
COPY_OWED = define("RGT-028", "somebody who is to be erased waits for a copy", Exit.REFUSED)
NOT_MAILED = define("RGT-026", "no notice about this request can be mailed", Exit.REFUSED)
MANY = define("RGT-025", "somebody has as many open requests as one person can have", Exit.REFUSED)
