"""Signed notes: a text a person can read, with Ed25519 signatures below it (C2SP signed-note).

The ledger signs its checkpoints this way, and a named person signs an approval this way. Cosignatures of other types
are carried along as unknown signatures and neither trusted nor refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from carrel.errors import CarrelError, fault
from carrel.ledger import faults
from carrel.ledger.key import KEY_ID_BYTES, Signer, Verifier
from carrel.ledger.text_form import strict_base64, to_base64

__all__ = ["Note", "Signature", "Signer", "Verifier", "open_note", "parse_note", "sign_note", "signers_of"]

DASH = "\u2014 "
MOST_SIGNATURES = 64
LONGEST_NOTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who claims to have signed, and the bytes."""

    name: str
    id: bytes
    body: bytes

    def line(self) -> str:
        """The line as it stands in the note, without its end."""
        return f"{DASH}{self.name} {to_base64(self.id + self.body)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart but not yet believed: the text, ending in a line feed, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line() + "\n" for signature in self.signatures)

    def signed_by(self, signer: Signer) -> Note:
        """The note with one more signature."""
        added = Signature(signer.name, signer.verifier.id, signer.sign(self.text))
        return Note(self.text, (*self.signatures, added))


def sign_note(text: str, signer: Signer) -> str:
    """The text with one signature below it.

    Args:
        text: lines of readable text, each ended by a line feed.
        signer: the key of the ledger, or of the person who approves.

    Raises:
        CarrelError: LED-002 when the text cannot be signed (no final line feed, control characters).

    Guarantees: `open_note(sign_note(text, s), [s.verifier]) == text`.
    Source: C2SP signed-note.
    """
    _check_text(text)
    if not text.endswith("\n"):
        raise _no_note("a text that ends in a line feed", "no line feed at its end")
    return str(Note(text, ()).signed_by(signer))


def parse_note(note: str) -> Note:
    """Take a note apart, strictly, without believing it.

    Raises:
        CarrelError: LED-002 when the form is wrong in any point.

    Guarantees: `str(parse_note(n)) == n`.
    """
    _check_text(note)
    cut = note.rfind("\n\n")
    if cut < 0 or not note.endswith("\n"):
        raise _no_note("a text, an empty line, and lines with signatures", "no such division")
    text, tail = note[: cut + 1], note[cut + 2 : -1]
    lines = tail.split("\n") if tail else []
    if not 1 <= len(lines) <= MOST_SIGNATURES:
        raise _no_note(f"1 to {MOST_SIGNATURES} signatures", str(len(lines)))
    return Note(text, tuple(_signature(line) for line in lines))


def open_note(note: str, verifiers: Iterable[Verifier]) -> str:
    """The text of a note, if a key in `verifiers` signed it; unknown signatures are ignored.

    Raises:
        CarrelError: LED-002 when it is no note; LED-003 when no known key signed, or a known key's signature fails.

    Source: C2SP signed-note, "Signatures".
    """
    parsed = parse_note(note)
    signers_of(parsed, verifiers)
    return parsed.text


def signers_of(note: Note, verifiers: Iterable[Verifier]) -> tuple[str, ...]:
    """The names of the known keys whose signature under the note holds; at least one.

    Raises:
        CarrelError: LED-003.
    """
    known = {(verifier.name, verifier.id): verifier for verifier in verifiers}
    held: dict[tuple[str, bytes], None] = {}
    for signature in note.signatures:
        key = (signature.name, signature.id)
        verifier = known.get(key)
        if verifier is None:
            continue
        if not verifier.holds(note.text, signature.body):
            raise fault(
                faults.NOTE_SIGNATURE,
                at=f"signature of {signature.name}",
                wanted="a signature over exactly this text",
                found="one that does not hold",
                because="the text or the signature was changed after signing",
                fix="get the note again from where it was published",
            )
        held[key] = None
    if not held:
        raise fault(
            faults.NOTE_SIGNATURE,
            wanted="a signature of " + (", ".join(sorted(name for name, _ in known)) or "some known key"),
            found="signatures of " + ", ".join(signature.name for signature in note.signatures),
            fix="name the public key of the one who should have signed",
        )
    return tuple(name for name, _ in held)


def _signature(line: str) -> Signature:
    name, _, body = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not name or "+" in name or any(letter.isspace() for letter in name):
        raise _no_note("a signature line: dash, name, base64", "another line")
    raw = strict_base64(body)
    if raw is None or len(raw) <= KEY_ID_BYTES:
        raise _no_note("a signature in base64", "something else")
    return Signature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def _check_text(text: str) -> None:
    if len(text) > LONGEST_NOTE:
        raise _no_note(f"at most {LONGEST_NOTE} characters", str(len(text)))
    if any(letter < " " and letter != "\n" for letter in text):
        raise _no_note("no control character but the line feed", "a control character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _no_note("Unicode text", "half a surrogate pair") from None


def _no_note(wanted: str, found: str) -> CarrelError:
    return fault(faults.NOTE_FORM, wanted=wanted, found=found, fix="get the note again from where it was published")
