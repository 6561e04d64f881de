"""What can be wrong with consents, their texts, and the gate through which addresses leave."""

from __future__ import annotations

from carrel.errors import Exit, define

TEXT_FORM = define("CNS-001", "this consent text cannot be used", Exit.USAGE)
TEXT_CHANGED = define("CNS-002", "a consent text that was used has other words now", Exit.REFUSED)
NO_TEXT = define("CNS-003", "there is no such consent text", Exit.USAGE)
PURPOSE = define("CNS-004", "the policy knows no such purpose", Exit.USAGE)
NEEDS_NONE = define("CNS-005", "this purpose needs no consent", Exit.USAGE)
MOMENT = define("CNS-006", "a consent cannot be of that day", Exit.USAGE)
NO_KEY = define("CNS-007", "the key of consents is gone", Exit.REFUSED)
SILENT = define("CNS-008", "this person asked for silence", Exit.REFUSED)
CHANGES = define("CNS-009", "the changes for mailing tools cannot be written", Exit.FAILED)
NO_CONTACTS = define("CNS-010", "the policy gives no addresses for this purpose", Exit.REFUSED)
BARRED = define("CNS-011", "the policy bars this recipient", Exit.REFUSED)
RECIPIENT = define("CNS-012", "the policy gives no addresses to this recipient", Exit.REFUSED)
FIELD = define("CNS-013", "the policy does not give this field", Exit.REFUSED)
NO_COLUMN = define("CNS-014", "the map does not tell where this field stands", Exit.USAGE)
THERE = define("CNS-015", "a file is already there", Exit.USAGE)
MOVING = define("CNS-016", "consents changed while addresses were read", Exit.FAILED)
LIST_ENTRY = define("CNS-017", "the site file names no such mailing list", Exit.USAGE)
LIST_AWAY = define("CNS-018", "the mailing tool was not reached", Exit.FAILED)
LIST_LOGIN = define("CNS-019", "the mailing tool does not let this account in", Exit.FAILED)
LIST_ANSWER = define("CNS-020", "the mailing tool answers otherwise than its interface", Exit.FAILED)
LIST_STAYS = define("CNS-021", "a mailing list does not hold what consents say", Exit.VERIFICATION_FAILED)
