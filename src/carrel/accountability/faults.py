"""What can be wrong with the evidence, and with telling people about a night."""

from __future__ import annotations

from carrel.errors import Exit, define

UNIT_PATH = define("ACC-001", "a path cannot stand in a systemd unit", Exit.USAGE)
MAIL = define("ACC-002", "a message could not be sent", Exit.FAILED)
MAIL_NOT_ENCRYPTED = define("ACC-003", "the mail server offers no encryption", Exit.REFUSED)
MAIL_SETTINGS = define("ACC-004", "the mail settings cannot be used", Exit.USAGE)

REQUEST_FORM = define("CUS-001", "this is not a plan request", Exit.USAGE)
REQUEST_SIGNATURE = define("CUS-002", "the request is not signed by the library that is registered", Exit.REFUSED)
OTHER_PARTY = define("CUS-003", "the request is between other parties", Exit.REFUSED)
REQUEST_TIME = define("CUS-004", "the request is not in force", Exit.REFUSED)
REPLAYED = define("CUS-005", "the request was superseded, or is older than the one in force", Exit.REFUSED)
ASKS_LESS = define("CUS-006", "the request asks for less than the custodian's own policy", Exit.REFUSED)
OTHER_POLICY = define("CUS-007", "the policy is not the one that was asked for", Exit.REFUSED)
BEYOND = define("CUS-008", "this is not in the request", Exit.REFUSED)
NO_CUSTODIAN = define("CUS-009", "the site file does not say this of a custodian", Exit.USAGE)
BUNDLE_FORM = define("CUS-010", "this is not a bundle of evidence", Exit.VERIFICATION_FAILED)
BUNDLE_FALSE = define("CUS-011", "the bundle of evidence does not hold", Exit.VERIFICATION_FAILED)
BUNDLE_PLACE = define("CUS-012", "the bundle does not follow the last one", Exit.VERIFICATION_FAILED)
REPORT_FORM = define("CUS-013", "this report cannot be used", Exit.USAGE)
REPORT_OF_PERSONS = define("CUS-014", "this report could speak of persons", Exit.REFUSED)
ATTESTATION = define("CUS-015", "this attestation does not hold", Exit.REFUSED)
CUSTODY_FILE = define("CUS-016", "a file between library and custodian cannot be read or written", Exit.USAGE)
NOT_KEPT_UP = define("CUS-018", "the custodian's evidence is overdue, or not as it was asked for", Exit.FINDINGS)
NO_REQUEST = define("CUS-017", "no request of the library is in force", Exit.REFUSED)

STATION_UNSIGNED = define("STA-001", "the report is not signed with the machine's secret", Exit.VERIFICATION_FAILED)
STATION_ODD = define("STA-002", "this is no report of a public computer", Exit.VERIFICATION_FAILED)
STATION_DROP = define("STA-003", "the folder for reports of public computers cannot be read", Exit.FAILED)
STATION_UNKNOWN = define("STA-004", "the site file names no such public computer", Exit.USAGE)
STATION_KEY = define("STA-005", "a public computer has a secret already", Exit.REFUSED)
