"""What can be wrong with a policy document."""

from __future__ import annotations

from carrel.errors import Exit, define

DURATION = define("POL-001", "this is not a period", Exit.USAGE)
UNREADABLE = define("POL-002", "this policy file cannot be read", Exit.USAGE)
TOO_LARGE = define("POL-003", "this file is too large for a policy", Exit.USAGE)
SYNTAX = define("POL-004", "this is not well-formed YAML", Exit.USAGE)
YAML_FEATURE = define("POL-005", "a policy does without this feature of YAML", Exit.USAGE)
DUPLICATE_KEY = define("POL-006", "this key stands twice", Exit.USAGE)
UNKNOWN_KEY = define("POL-007", "a policy has no such key", Exit.USAGE)
MISSING_KEY = define("POL-008", "a key is missing", Exit.USAGE)
VALUE = define("POL-009", "this value does not fit", Exit.USAGE)
REFERENCE = define("POL-010", "this name stands nowhere in the policy", Exit.USAGE)
BELOW_FLOOR = define("POL-011", "a dataset is declared below its floor", Exit.USAGE)
ABOVE_CEILING = define("POL-012", "a period is longer than its risk class allows", Exit.USAGE)
LOANS_DIVIDED = define("POL-013", "every loan must fall under exactly one rule", Exit.USAGE)
VERSIONS = define("POL-014", "dates do not follow one another", Exit.USAGE)
METHODS = define("POL-015", "the methods of a rule do not fit the record's fields", Exit.USAGE)
CLAUSE = define("POL-016", "a clause and the rule that carries it do not agree", Exit.USAGE)
LAXER = define("POL-017", "a policy is laxer than one that it adopts", Exit.USAGE)
CYCLE = define("POL-018", "policies adopt each other in a circle", Exit.USAGE)
NO_SUCH_POLICY = define("POL-019", "there is no such policy", Exit.USAGE)
EXCEPTION = define("POL-020", "this exception cannot stand", Exit.USAGE)
NO_LOANS = define("POL-021", "this policy has no rule for loans", Exit.USAGE)
FINANCE = define("POL-023", "a finance schedule for charges that lose the card", Exit.USAGE)
CEILINGS = define("POL-022", "a higher risk class may not be kept longer than a lower one", Exit.USAGE)
PROCESS = define("POL-025", "a rule of legal process does not hold together", Exit.USAGE)
OPTIONAL = define("POL-024", "consent and contacts do not agree", Exit.USAGE)
