"""The checkpoint: what the ledger is at one size, in three signed lines (C2SP tlog-checkpoint)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.ledger import faults, merkle
from carrel.ledger.note import Signer, Verifier, open_note, sign_note
from carrel.ledger.text_form import strict_base64, strict_decimal, to_base64

LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Whose ledger, how many leaves, and the root over them (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    def signed(self, signer: Signer, *, since: Checkpoint | None, proof: Sequence[bytes] = ()) -> str:
        """The checkpoint as a signed note, if it continues the last one that was signed.

        Args:
            signer: the key of the ledger; its name is the origin.
            since: the last checkpoint signed, or None for the very first.
            proof: the consistency proof from `since` to this one.

        Raises:
            CarrelError: LED-006 when it does not continue `since`; LED-014 when the key is of another name.

        Source: C2SP tlog-checkpoint: a log never signs two checkpoints that contradict each other.
        """
        if signer.name != self.origin:
            raise fault(
                faults.OTHER_KEY,
                wanted=f"the key of {self.origin}",
                found=f"the key of {signer.name}",
                fix="give the key that this ledger was begun with",
            )
        if since is not None:
            must_continue(since, self, proof)
        return sign_note(self.text(), signer)


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint from the text of a note (without signatures), strictly.

    Raises:
        CarrelError: LED-005. Extension lines are refused: this ledger writes none and cannot vouch for any.
    """
    lines = text.split("\n")
    if len(lines) != LINES + 1 or lines[-1]:
        raise _no_checkpoint("three lines: origin, size, root", amount(len(lines) - 1, "line"))
    origin, size, root = lines[:LINES]
    if not origin:
        raise _no_checkpoint("an origin", "an empty line")
    count = strict_decimal(size)
    if count is None:
        raise _no_checkpoint("a decimal size without leading zeros", "another second line")
    raw = strict_base64(root)
    if raw is None or len(raw) != merkle.HASH_BYTES:
        raise _no_checkpoint("a root of 32 bytes in base64", "another third line")
    return Checkpoint(origin, count, raw)


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint of a signed note, if the ledger's key signed it and its origin is that key's name.

    Raises:
        CarrelError: LED-002, LED-003 or LED-005.
    """
    checkpoint = parse_checkpoint(open_note(note, [verifier]))
    if checkpoint.origin != verifier.name:
        raise _no_checkpoint(f"the origin {verifier.name}", "another origin")
    return checkpoint


def must_continue(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Pass if `new` begins with every leaf that `old` vouches for.

    Raises:
        CarrelError: LED-006.
    """
    if old.origin != new.origin:
        raise _contradiction(f"the origin {old.origin}", f"the origin {new.origin}")
    if old.size > new.size:
        raise _contradiction(f"at least {amount(old.size, 'leaf', 'leaves')}", amount(new.size, "leaf", "leaves"))
    if old.size == 0:
        good = old.root == merkle.EMPTY_ROOT and not proof
    else:
        good = merkle.verify_consistency(old.size, new.size, old.root, new.root, proof)
    if not good:
        raise _contradiction(
            f"the first {amount(old.size, 'leaf', 'leaves')} unchanged", "another root over them, or a proof that fails"
        )


def _no_checkpoint(wanted: str, found: str) -> CarrelError:
    return fault(
        faults.CHECKPOINT_FORM, wanted=wanted, found=found, fix="get the checkpoint again from where it was published"
    )


def _contradiction(wanted: str, found: str) -> CarrelError:
    return fault(
        faults.INCONSISTENT,
        wanted=wanted,
        found=found,
        because="leaves that an earlier checkpoint vouches for were changed or taken away",
        fix="keep both checkpoints and the folder as they are, and find out who wrote to it",
    )
