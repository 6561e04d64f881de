"""What can go wrong on the way to a system: the site file, secrets, connections, grants, servers."""

from __future__ import annotations

from carrel.errors import Exit, define

SITE = define("SIT-001", "the site file cannot be used", Exit.USAGE)
NO_SITE = define("SIT-002", "there is no site file", Exit.USAGE)
EXISTS = define("SIT-003", "a file is already there", Exit.USAGE)
SECRET = define("SIT-004", "a secret cannot be read", Exit.USAGE)
SECRET_MODE = define("SIT-005", "a secret can be read by others", Exit.REFUSED)
ZONE = define("SIT-006", "the time zone is not declared", Exit.USAGE)
NO_SYSTEM = define("SIT-007", "the site file names no such system", Exit.USAGE)
UNWRITABLE = define("SIT-009", "the site's folder cannot be written", Exit.FAILED)
COPY = define("SIT-010", "this system is a copy", Exit.REFUSED)
NO_COPY = define("SIT-011", "this system is no copy of the plan's", Exit.REFUSED)

DSN = define("SQL-001", "this is not the address of a database that Carrel can use", Exit.USAGE)
CREDENTIALS = define("SQL-002", "the database refuses the account or its password", Exit.FAILED)
UNREACHABLE = define("SQL-003", "the database server cannot be reached", Exit.FAILED)
NO_DATABASE = define("SQL-004", "there is no such database", Exit.FAILED)
GRANTS = define("SQL-005", "the account lacks a right that this step needs", Exit.REFUSED)
READ_ONLY_SERVER = define("SQL-006", "the server takes no writes", Exit.REFUSED)
READ_ONLY_SESSION = define("SQL-007", "a step that only reads tried to write", Exit.REFUSED)
LOST = define("SQL-008", "the connection was lost", Exit.FAILED)
LOCKED = define("SQL-009", "another transaction held the rows for too long", Exit.FAILED)
CHARSET = define("SQL-010", "the character set would hide text", Exit.REFUSED)
ZONE_MISMATCH = define("SQL-011", "the server's clock is not in the declared time zone", Exit.REFUSED)
SHAPE = define("SQL-012", "a table or column that the step needs is not there", Exit.REFUSED)
STATEMENT = define("SQL-013", "the database refused a statement", Exit.FAILED)
STAND_IN = define("SQL-014", "the anonymous patron is not a patron", Exit.REFUSED)
LIVING = define("SQL-017", "the anonymous patron looks like a living one", Exit.REFUSED)
FULL = define("SQL-015", "the server has no room left", Exit.FAILED)
CONSTRAINT = define("SQL-016", "a rule of the database forbids this change", Exit.FAILED)
SAME_DATABASE = define("SQL-018", "the copy is a system of the site itself", Exit.REFUSED)
NOT_AS_WRITTEN = define("SQL-020", "a package and the database do not hold the same rows", Exit.FAILED)
NOT_COMPARED = define("SQL-019", "nobody can tell the copy from the site's systems", Exit.REFUSED)
