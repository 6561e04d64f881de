"""What can stand in the way of a request of a patron's, and of the package that answers it."""

from __future__ import annotations

from carrel.errors import Exit, define

NOT_EXTENDED = define("RGT-001", "this request cannot be given more time", Exit.REFUSED)
NO_ZONE = define("RGT-002", "a time in a request has no zone", Exit.USAGE)

NOBODY = define("ACC-001", "no system holds anybody under this number", Exit.USAGE)
IN_THE_CLEAR = define("ACC-002", "the package would lie in the clear", Exit.REFUSED)
NOT_WRITTEN = define("ACC-003", "the package cannot be written there", Exit.FAILED)
PASSPHRASE = define("ACC-004", "this passphrase cannot be used", Exit.USAGE)
NOT_TOLD = define("ACC-005", "the map does not say how what is held of a person is told", Exit.USAGE)
UNREAD = define("ACC-006", "some of what is held could not be read", Exit.FINDINGS)
NOT_LOOKED = define("ACC-007", "a table was not looked into, because that would read it whole", Exit.FINDINGS)
