"""What can be wrong with the evidence, and with telling people about a night."""

from __future__ import annotations

from carrel.errors import Exit, define

FINDINGS = define("ACC-001", "the audit has findings", Exit.FINDINGS)
MAIL = define("ACC-002", "a message could not be sent", Exit.FAILED)
MAIL_NOT_ENCRYPTED = define("ACC-003", "the mail server offers no encryption", Exit.REFUSED)
MAIL_SETTINGS = define("ACC-004", "the mail settings cannot be used", Exit.USAGE)
LEDGER_COPY = define("ACC-005", "the outside copy of the ledger could not be made", Exit.FAILED)
CLOSED_HOURS = define("ACC-006", "a night may not run at this time", Exit.REFUSED)
