"""What can stand in the way of a disclosure case. The codes from DSC-050 on are of what is handed over."""

from __future__ import annotations

from carrel.errors import Exit, define

UNKNOWN = define("DSC-001", "there is no such case", Exit.USAGE)
NOT_NOW = define("DSC-002", "this cannot be done to the case as it stands", Exit.REFUSED)
NOT_YOURS = define("DSC-003", "this step is another office's", Exit.REFUSED)
CLOSED = define("DSC-004", "nothing may be released yet", Exit.REFUSED)
MISSING = define("DSC-005", "something that has to be said with this is missing", Exit.USAGE)
TERM = define("DSC-006", "this cannot stand in the record of a case", Exit.USAGE)
MOMENT = define("DSC-007", "a case cannot be of that moment", Exit.USAGE)
READERS = define("DSC-008", "a list of the readers of a title is not given out", Exit.REFUSED)
TWO_PEOPLE = define("DSC-009", "this takes a second person", Exit.REFUSED)
DELEGATION = define("DSC-010", "this office cannot be handed on like that", Exit.REFUSED)
ABSENCE = define("DSC-011", "this absence cannot be recorded like that", Exit.REFUSED)
NOT_SILENCED = define("DSC-012", "this does not keep the library from telling the person", Exit.REFUSED)
UNCONFIRMED = define("DSC-013", "counsel has not confirmed this statute", Exit.REFUSED)
SILENCE_ENDS = define("DSC-014", "the silence has no end that can be used", Exit.USAGE)
DOCUMENT_SIZE = define("DSC-015", "this document is too large", Exit.USAGE)
DOCUMENT_BROKEN = define("DSC-016", "this document is not as it was put in", Exit.REFUSED)
NO_KEY = define("DSC-017", "the key of a case is gone", Exit.REFUSED)
NO_RULES = define("DSC-018", "no policy in force says anything of legal process", Exit.USAGE)
ANSWERS = define("DSC-019", "these answers to the drill cannot be read", Exit.USAGE)
OWED = define("DSC-020", "a case owes something", Exit.FINDINGS)
PRESERVED = define("DSC-021", "nothing says what is to be kept", Exit.USAGE)
