"""Signed notes: a text a person can read, with Ed25519 signatures below it (C2SP signed-note).

The ledger signs its checkpoints this way, and a named person signs an approval this way. A key is known by its name and
a four-byte id made from name and key; both stand in its public text form (`vkey`). A private key never shows itself in
a repr. Cosignatures of other types are carried along as unknown signatures and neither trusted nor refused.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from carrel.errors import CarrelError, fault
from carrel.ledger import faults

ED25519 = b"\x01"
KEY_BYTES = 32
KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64
DASH = "\u2014 "
MOST_SIGNATURES = 64
LONGEST_NOTE = 1 << 20
SKEY_PREFIX = "PRIVATE+KEY+"


def key_id(name: str, public: bytes, kind: bytes = ED25519) -> bytes:
    """The four bytes that a signature line names its key by. Source: C2SP signed-note, "Signatures"."""
    return sha256(name.encode() + b"\n" + kind + public).digest()[:KEY_ID_BYTES]


def check_name(name: str) -> str:
    """The name, if it may name a key: not empty, no space of any kind, no plus, no control character.

    Raises:
        CarrelError: LED-004.
    """
    if not name or "+" in name or any(letter.isspace() or not letter.isprintable() for letter in name):
        raise fault(
            faults.KEY_FORM,
            wanted="a key name such as library.example/ledger, without spaces and without a plus",
            found="an empty name" if not name else "a name with a space, a plus or a control character",
            fix="choose another name",
        )
    return name


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a key: checks signatures that claim its name and id."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != KEY_BYTES:
            raise _no_key("an Ed25519 public key of 32 bytes", f"{len(self.public)} bytes")

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """The verifier from its text form ``name+hex(id)+base64(type, key)``.

        Raises:
            CarrelError: LED-004 when the form, the type or the id is wrong.
        """
        parts = vkey.strip().split("+", 2)
        if len(parts) != 3:  # noqa: PLR2004  (name, id, key)
            raise _no_key("name+id+key", f"{len(parts)} part(s)")
        name, identity, body = parts
        public = _key_body(body)
        verifier = cls(name, public)
        if verifier.id.hex() != identity:
            raise _no_key("the key id that belongs to this name and key", "another key id")
        return verifier

    @property
    def id(self) -> bytes:
        """The key id, 4 bytes."""
        return key_id(self.name, self.public)

    @property
    def vkey(self) -> str:
        """The text form that an outsider is given."""
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.public)}"

    def holds(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (64 bytes) is this key's over `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """The private half of a key. Its repr shows the name only."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.seed) != KEY_BYTES:
            raise _no_key("an Ed25519 seed of 32 bytes", f"{len(self.seed)} bytes")

    @classmethod
    def generate(cls, name: str, random_bytes_32: bytes) -> Signer:
        """A new key from 32 random bytes that the caller drew from the operating system."""
        return cls(name, random_bytes_32)

    @classmethod
    def parse(cls, skey: str) -> Signer:
        """The signer from `skey_text`.

        Raises:
            CarrelError: LED-004; its text never quotes the key.
        """
        text = skey.strip()
        parts = text.removeprefix(SKEY_PREFIX).split("+", 2)
        if not text.startswith(SKEY_PREFIX) or len(parts) != 3:  # noqa: PLR2004  (name, id, key)
            raise _no_key("PRIVATE+KEY+name+id+key", "another form")
        signer = cls(parts[0], _key_body(parts[2]))
        if signer.verifier.id.hex() != parts[1]:
            raise _no_key("the key id that belongs to this name and key", "another key id")
        return signer

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self._private().public_key().public_bytes_raw())

    @property
    def vkey(self) -> str:
        """The public text form."""
        return self.verifier.vkey

    def skey_text(self) -> str:
        """The private text form; a secret."""
        return f"{SKEY_PREFIX}{self.name}+{self.verifier.id.hex()}+{_base64(ED25519 + self.seed)}"

    def sign(self, text: str) -> bytes:
        """The signature over `text`, 64 bytes. Source: RFC 8032."""
        return self._private().sign(text.encode())

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who claims to have signed, and the bytes."""

    name: str
    id: bytes
    body: bytes

    def line(self) -> str:
        """The line as it stands in the note, without its end."""
        return f"{DASH}{self.name} {_base64(self.id + self.body)}"


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


def strict_base64(text: str) -> bytes | None:
    """The bytes of a standard base64 text, or nothing when it is not the one canonical text of its bytes."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return raw if _base64(raw) == text else None


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _key_body(text: str) -> bytes:
    raw = strict_base64(text)
    if raw is None or raw[:1] != ED25519 or len(raw) != KEY_BYTES + 1:
        raise _no_key("an Ed25519 key (type 0x01, 32 bytes) in base64", "something else")
    return raw[1:]


def _no_key(wanted: str, found: str) -> CarrelError:
    return fault(faults.KEY_FORM, wanted=wanted, found=found, fix="copy the whole line that `carrel key show` prints")


def _no_note(wanted: str, found: str) -> CarrelError:
    return fault(faults.NOTE_FORM, wanted=wanted, found=found, fix="get the note again from where it was published")
