"""What can be wrong with the evidence, and with telling people about a night."""

from __future__ import annotations

from carrel.errors import Exit, define

UNIT_PATH = define("ACC-001", "a path cannot stand in a systemd unit", Exit.USAGE)
MAIL = define("ACC-002", "a message could not be sent", Exit.FAILED)
MAIL_NOT_ENCRYPTED = define("ACC-003", "the mail server offers no encryption", Exit.REFUSED)
MAIL_SETTINGS = define("ACC-004", "the mail settings cannot be used", Exit.USAGE)
