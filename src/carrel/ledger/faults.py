"""What can be wrong with a ledger, a key or a receipt."""

from __future__ import annotations

from carrel.errors import Exit, define

LEAF_FORM = define("LED-001", "this may not stand in the ledger")
NOTE_FORM = define("LED-002", "this is not a signed note", Exit.VERIFICATION_FAILED)
NOTE_SIGNATURE = define("LED-003", "no signature of a key you named holds", Exit.VERIFICATION_FAILED)
KEY_FORM = define("LED-004", "this is not a key of the ledger", Exit.USAGE)
CHECKPOINT_FORM = define("LED-005", "this is not a checkpoint", Exit.VERIFICATION_FAILED)
INCONSISTENT = define("LED-006", "two checkpoints of the ledger contradict each other", Exit.VERIFICATION_FAILED)
PROOF_FORM = define("LED-007", "this is not a receipt of the ledger", Exit.VERIFICATION_FAILED)
PROOF_FAILS = define("LED-008", "the proof does not lead to the checkpoint", Exit.VERIFICATION_FAILED)
TILE_FORM = define("LED-009", "this is not a tile of the ledger", Exit.VERIFICATION_FAILED)
MISMATCH = define("LED-010", "the ledger has been changed or is damaged", Exit.VERIFICATION_FAILED)
NO_LEDGER = define("LED-011", "there is no ledger in this folder", Exit.USAGE)
LEDGER_EXISTS = define("LED-012", "there is a ledger in this folder already", Exit.REFUSED)
LOCKED = define("LED-013", "another process is writing to the ledger", Exit.REFUSED)
OTHER_KEY = define("LED-014", "this key does not continue this ledger", Exit.REFUSED)
NO_SUCH_LEAF = define("LED-015", "the ledger has no leaf of that index", Exit.USAGE)
COPY_EXISTS = define("LED-016", "the outside copy holds another checkpoint under that name", Exit.VERIFICATION_FAILED)
KEY_FILE = define("LED-017", "the key file cannot be used", Exit.REFUSED)
KEY_OPEN = define("LED-018", "the private key file can be read by others", Exit.REFUSED)
PASSPHRASE = define("LED-019", "the passphrase does not open this key", Exit.REFUSED)
LEAF_TOO_LONG = define("LED-020", "a leaf is longer than an entry bundle can carry")
FOLDER_UNUSABLE = define("LED-021", "the folder of the ledger cannot be used")
NOT_COSIGNED = define("LED-022", "a witness you named has not cosigned this ledger", Exit.VERIFICATION_FAILED)
