"""What can stand in the way of an approval, a run, a legal hold or an undo."""

from __future__ import annotations

from carrel.errors import Exit, define

PLAN_TAMPERED = define("APR-001", "this plan file is not what was planned", Exit.REFUSED)
SAME_PERSON = define("APR-002", "the person who planned cannot approve", Exit.REFUSED)
NOT_AN_APPROVER = define("APR-003", "this person may not approve", Exit.REFUSED)
BAD_SIGNATURE = define("APR-004", "the signature under the approval does not hold", Exit.REFUSED)
EXPIRED = define("APR-005", "the approval has expired", Exit.REFUSED)
OTHER_SUBJECT = define("APR-006", "the approval speaks of something else", Exit.REFUSED)
STALE = define("APR-007", "the plan is stale", Exit.REFUSED)
PENDING = define("APR-008", "the plan waits for an approval", Exit.APPROVAL_PENDING)
NOT_CONFIRMED = define("APR-009", "nothing was approved", Exit.REFUSED)
APPROVAL_FORM = define("APR-010", "this is not the text of an approval", Exit.REFUSED)
TERM = define("APR-011", "this approval would last too long or not at all", Exit.USAGE)
LOOK_ALIKE = define("APR-013", "this name is nearly that of a person of the site, and not that person's", Exit.REFUSED)
BLOCKED = define("APR-012", "the plan has blockers", Exit.REFUSED)

PLAN_FILE = define("RUN-007", "the plan file cannot be read or written", Exit.USAGE)
RUNNING = define("RUN-001", "another run holds the system", Exit.REFUSED)
LEASE_LOST = define("RUN-002", "the lease on the system was lost", Exit.REFUSED)
STOPPED = define("RUN-003", "somebody asked every worker to stop", Exit.REFUSED)
UNFINISHED = define("RUN-004", "an earlier run has not finished", Exit.REFUSED)
RUN_OVER = define("RUN-005", "this run is over", Exit.REFUSED)
DESK_BUSY = define("RUN-008", "the desk held its locks through every try", Exit.FAILED)
OUTSIDE_COPY = define("RUN-009", "the checkpoint could not be copied outside", Exit.FAILED)
OTHER_SYSTEM = define("RUN-010", "the plan is for another system", Exit.REFUSED)
DEMO_FOLDER = define("RUN-011", "the demo's folder holds something else", Exit.USAGE)
MIXED = define("RUN-012", "some loans would be deleted and some de-identified", Exit.USAGE)
OWN_PLANS = define("RUN-013", "this copy was a system of its own", Exit.REFUSED)
NOT_POSSIBLE = define("RUN-014", "a rule asks for what cannot be done to these records", Exit.USAGE)
GATE_LATE = define("RUN-006", "a chunk outlasted its time", Exit.FAILED)

NO_EXPIRY = define("HLD-001", "an exception needs an end", Exit.USAGE)
NO_REASON = define("HLD-002", "a legal hold or an exception needs a reason and an authority", Exit.USAGE)
HOLD_SCOPE = define("HLD-003", "this scope cannot be read", Exit.USAGE)
NO_SUCH_HOLD = define("HLD-004", "there is no such open legal hold or exception", Exit.USAGE)
NOT_ALLOWED = define("HLD-006", "this person may not do this", Exit.REFUSED)
CHUNK_STILL_RUNS = define("HLD-005", "the legal hold is recorded, but a chunk is still running", Exit.FAILED)

SHARE_FORM = define("UND-001", "this is not a share of the undo key", Exit.USAGE)
CAPSULE_OPEN = define("UND-002", "the capsule does not open", Exit.VERIFICATION_FAILED)
CAPSULE_GONE = define("UND-003", "the capsule is not there or was shredded", Exit.REFUSED)
UNDO_TOO_LONG = define("UND-004", "the undo capsule would outlive the ceiling", Exit.REFUSED)
CAPSULE_WRITE = define("UND-005", "the undo capsule cannot be written", Exit.FAILED)
NOT_READ_BACK = define("UND-006", "what was put back does not read back", Exit.VERIFICATION_FAILED)
SHARE_FILE = define("UND-007", "the file of a share cannot be used", Exit.USAGE)
