"""Cosignatures: somebody else's dated statement that the ledger only ever grew (C2SP tlog-cosignature, Ed25519).

A witness keeps the newest checkpoint it has seen, checks that the next one continues it, and signs that with the time.
Who trusts the witness need not keep checkpoints themselves. The signature is bound to its purpose by a header line and
by a key type of its own, so a person's approval key or the ledger's key cannot be mistaken for a witness's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.ledger import faults
from carrel.ledger.key import KEY_BYTES, Signer, Verifier, check_name, key_id
from carrel.ledger.note import Note, Signature, parse_note
from carrel.ledger.text_form import strict_base64, to_base64

COSIGNATURE = b"\x04"
HEADER = "cosignature/v1"
TIME_BYTES = 8
LATEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Witness:
    """The public half of a witness's key."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != KEY_BYTES:
            raise _no_witness("an Ed25519 public key of 32 bytes", amount(len(self.public), "byte"))

    @classmethod
    def parse(cls, vkey: str) -> Witness:
        """The witness from its text form, whose key type is 0x04.

        Raises:
            CarrelError: LED-004.
        """
        name, _, rest = vkey.strip().partition("+")
        identity, _, body = rest.partition("+")
        raw = strict_base64(body)
        if raw is None or raw[:1] != COSIGNATURE:
            raise _no_witness("name+id+key with the key type 0x04 of a witness", "another form or type")
        witness = cls(name, raw[1:])
        if witness.id.hex() != identity:
            raise _no_witness("the key id that belongs to this name and key", "another key id")
        return witness

    @property
    def id(self) -> bytes:
        """The key id, 4 bytes."""
        return key_id(self.name, self.public, COSIGNATURE)

    @property
    def vkey(self) -> str:
        """The text form that those who trust the witness are given."""
        return f"{self.name}+{self.id.hex()}+{to_base64(COSIGNATURE + self.public)}"


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What a witness said: it had seen this checkpoint, and nothing that contradicts it, at this time."""

    witness: str
    at: datetime


def witness_of(signer: Signer) -> Witness:
    """The public half of a key that is used as a witness's."""
    return Witness(signer.name, signer.verifier.public)


def cosign(note: str, signer: Signer, at: datetime) -> str:
    """The note of a checkpoint with the cosignature of a witness below it.

    The caller has checked that the checkpoint continues the newest one that this witness has cosigned.

    Args:
        note: the signed checkpoint.
        signer: the witness's key, used for nothing else.
        at: now, with a time zone.

    Raises:
        CarrelError: LED-002.

    Source: C2SP tlog-cosignature, "Ed25519 signed message".
    """
    parsed = parse_note(note)
    seconds = int(at.timestamp())
    body = seconds.to_bytes(TIME_BYTES, "big") + signer.sign(_message(parsed, seconds))
    return str(Note(parsed.text, (*parsed.signatures, Signature(signer.name, witness_of(signer).id, body))))


def cosigners_of(note: str, witnesses: Iterable[Witness]) -> tuple[Cosigned, ...]:
    """What known witnesses said under a checkpoint; signatures of others are ignored.

    Raises:
        CarrelError: LED-002 when it is no note; LED-003 when the cosignature of a known witness fails.
    """
    parsed = parse_note(note)
    known = {(witness.name, witness.id): witness for witness in witnesses}
    said: list[Cosigned] = []
    for signature in parsed.signatures:
        witness = known.get((signature.name, signature.id))
        if witness is None:
            continue
        seconds = int.from_bytes(signature.body[:TIME_BYTES], "big")
        verifier = Verifier(witness.name, witness.public)
        good = seconds <= LATEST and verifier.holds(_message(parsed, seconds), signature.body[TIME_BYTES:])
        try:
            at = datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            good, at = False, datetime.fromtimestamp(0, UTC)
        if not good:
            raise fault(
                faults.NOTE_SIGNATURE,
                at=f"cosignature of {witness.name}",
                wanted="a dated signature over exactly this checkpoint",
                found="one that does not hold",
                because="the checkpoint, the time or the signature was changed after signing",
                fix="get the checkpoint again from the witness",
            )
        said.append(Cosigned(witness.name, at))
    return tuple(said)


def _message(note: Note, seconds: int) -> str:
    return f"{HEADER}\ntime {seconds}\n{note.text}"


def _no_witness(wanted: str, found: str) -> CarrelError:
    return fault(
        faults.KEY_FORM,
        wanted=wanted,
        found=found,
        fix="copy the whole line that `carrel key show --witness` prints at the witness",
    )
