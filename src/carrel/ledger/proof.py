"""The receipt: a proof that one leaf stands in the ledger, as a text file that is checked offline (C2SP tlog-proof).

The leaf itself travels in the receipt's `extra` line. That line is not authenticated by the format; here it is hashed
and must be what the proof proves, so a receipt whose leaf was changed fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carrel.errors import CarrelError, fault
from carrel.ledger import faults, merkle
from carrel.ledger.checkpoint import Checkpoint, open_checkpoint
from carrel.ledger.note import Verifier
from carrel.ledger.text_form import strict_base64, strict_decimal, to_base64

FIRST_LINE = "c2sp.org/tlog-proof@v1"
LONGEST_PATH = 64


@dataclass(frozen=True, slots=True)
class Receipt:
    """One leaf, where it stands, the hashes up to the root, and the signed checkpoint with that root."""

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: str

    def text(self) -> str:
        """The receipt as a file. Source: C2SP tlog-proof v1, "Format"."""
        lines = [FIRST_LINE, f"extra {to_base64(self.entry)}", f"index {self.index}", *map(to_base64, self.path), ""]
        return "\n".join(lines) + "\n" + self.checkpoint


@dataclass(frozen=True, slots=True)
class ProvedLeaf:
    """What a receipt proves."""

    entry: bytes
    index: int
    checkpoint: Checkpoint


def make_receipt(entry: bytes, index: int, size: int, node: merkle.Node, checkpoint: str) -> str:
    """The receipt for the leaf `entry` at `index` in the tree of `size` leaves that `checkpoint` vouches for."""
    return Receipt(entry, index, tuple(merkle.prove_inclusion(index, size, node)), checkpoint).text()


def parse_receipt(text: str) -> Receipt:
    """Take a receipt apart, strictly, without believing it.

    Raises:
        CarrelError: LED-007.

    Guarantees: `parse_receipt(t).text() == t`.
    """
    head, division, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not division or lines[0] != FIRST_LINE:
        raise _no_receipt(f"{FIRST_LINE} in the first line and an empty line before the checkpoint", "another form")
    if len(lines) < 3 or not lines[1].startswith("extra ") or not lines[2].startswith("index "):  # noqa: PLR2004
        raise _no_receipt("a line `extra` with the leaf and a line `index`", "another form")
    entry = strict_base64(lines[1].removeprefix("extra "))
    index = strict_decimal(lines[2].removeprefix("index "))
    if entry is None:
        raise _no_receipt("the leaf in base64", "something else")
    if index is None:
        raise _no_receipt("a decimal index without leading zeros", "something else")
    return Receipt(entry, index, _path(lines[3:]), checkpoint)


def verify_receipt(text: str, verifier: Verifier) -> ProvedLeaf:
    """What the receipt proves, if the ledger's key signed its checkpoint and the path leads from the leaf to the root.

    Raises:
        CarrelError: LED-007 (form), LED-002, LED-003 or LED-005 (checkpoint), LED-008 (the path does not lead there).

    Guarantees: any changed byte of a receipt made by `make_receipt` is refused.
    """
    receipt = parse_receipt(text)
    checkpoint = open_checkpoint(receipt.checkpoint, verifier)
    leaf = merkle.leaf_hash(receipt.entry)
    if not merkle.verify_inclusion(receipt.index, checkpoint.size, leaf, checkpoint.root, receipt.path):
        raise fault(
            faults.PROOF_FAILS,
            at=f"leaf {receipt.index} of {checkpoint.size}",
            wanted="hashes that lead from this leaf to the signed root",
            found="hashes that lead elsewhere",
            because="the leaf, its index or a hash was changed",
            fix="ask for a new receipt: carrel ledger prove INDEX",
        )
    return ProvedLeaf(receipt.entry, receipt.index, checkpoint)


def _path(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > LONGEST_PATH:
        raise _no_receipt(f"at most {LONGEST_PATH} hashes", str(len(lines)))
    hashes = [strict_base64(line) for line in lines]
    found = tuple(step for step in hashes if step is not None and len(step) == merkle.HASH_BYTES)
    if len(found) != len(lines):
        raise _no_receipt("hashes of 32 bytes in base64", "something else")
    return found


def _no_receipt(wanted: str, found: str) -> CarrelError:
    return fault(faults.PROOF_FORM, wanted=wanted, found=found, fix="ask for a new receipt: carrel ledger prove INDEX")
