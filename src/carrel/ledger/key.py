"""Keys: Ed25519 key pairs with a name, in the text forms of C2SP signed-note.

A key is known by its name and by a four-byte id made from name and key; both stand in its public text form (`vkey`). A
private key never shows itself in a repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.ledger import faults
from carrel.ledger.text_form import strict_base64, to_base64

ED25519 = b"\x01"
KEY_BYTES = 32
KEY_ID_BYTES = 4
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


def body_of(vkey: str) -> str:
    """Of a verifier's text ``name+id+key`` the key: under another name it is the same one.

    Neither name nor id has a plus in it; a plus may be a letter of the key. A text of another form is not looked into.
    """
    return vkey.split("+", 2)[-1]


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a key: checks signatures that claim its name and id."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != KEY_BYTES:
            raise _no_key("an Ed25519 public key of 32 bytes", amount(len(self.public), "byte"))

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
        return f"{self.name}+{self.id.hex()}+{to_base64(ED25519 + self.public)}"

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
            raise _no_key("an Ed25519 seed of 32 bytes", amount(len(self.seed), "byte"))

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
        return f"{SKEY_PREFIX}{self.name}+{self.verifier.id.hex()}+{to_base64(ED25519 + self.seed)}"

    def sign(self, text: str) -> bytes:
        """The signature over `text`, 64 bytes. Source: RFC 8032."""
        return self._private().sign(text.encode())

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def _key_body(text: str) -> bytes:
    raw = strict_base64(text)
    if raw is None or raw[:1] != ED25519 or len(raw) != KEY_BYTES + 1:
        raise _no_key("an Ed25519 key (type 0x01, 32 bytes) in base64", "something else")
    return raw[1:]


def _no_key(wanted: str, found: str) -> CarrelError:
    return fault(faults.KEY_FORM, wanted=wanted, found=found, fix="copy the whole line that `carrel key show` prints")
