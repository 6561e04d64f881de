"""What can stand in the way of a production for legal process."""

from __future__ import annotations

from carrel.errors import Exit, define

SCOPE = define("DSC-050", "this is no scope of a production", Exit.USAGE)
WORDING = define("DSC-051", "the order's words are missing, or too long", Exit.USAGE)
NO_DATES = define("DSC-052", "a part of the scope has no dates", Exit.REFUSED)
PERIOD = define("DSC-053", "a part of the scope has no period that can be used", Exit.USAGE)
RECORDS = define("DSC-054", "no system keeps records of this kind", Exit.USAGE)
FIELD = define("DSC-055", "this field cannot be produced", Exit.USAGE)
NOT_ASKED = define("DSC-056", "the order's words do not ask for this", Exit.REFUSED)
SEVERAL_PEOPLE = define("DSC-057", "more than one person could be meant", Exit.REFUSED)
GONE = define("DSC-058", "the record of this person was deleted or merged", Exit.REFUSED)
FISHING = define("DSC-059", "the scope asks for whoever borrowed something", Exit.REFUSED)
NOT_CLEARED = define("DSC-060", "the case does not allow this scope", Exit.REFUSED)
UNREAD = define("DSC-061", "not everything in scope could be read", Exit.REFUSED)
NO_PACKAGE = define("DSC-062", "this is no release package that can be opened", Exit.USAGE)
NOT_SIGNED = define("DSC-063", "the manifest is not signed by this library", Exit.VERIFICATION_FAILED)
CHANGED = define("DSC-064", "the package is not what its manifest says", Exit.VERIFICATION_FAILED)
TELLS_OF_PEOPLE = define("DSC-065", "a public report tells of people", Exit.REFUSED)
