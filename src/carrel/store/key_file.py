"""Key files: the ledger's key and the keys of the persons who approve.

A private key is a PKCS8 PEM file that only its owner can read, with a passphrase or without; beside it, under the same
name with the ending ``.vkey``, lies the public text, which carries the key's name and is given to everybody.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from carrel.errors import CarrelError, fault
from carrel.ledger import faults
from carrel.ledger.cosignature import Witness
from carrel.ledger.note import Signer, Verifier

PRIVATE_MODE = 0o600
PUBLIC = ".vkey"


def write_key(place: Path, signer: Signer, passphrase: bytes | None = None) -> Path:
    """Write both halves of a new key; tell the public file.

    Args:
        place: the private file; neither it nor the public one may exist.
        signer: the key.
        passphrase: encrypts the private file, if given.

    Raises:
        CarrelError: LED-017; then neither file was written.
    """
    public = public_file(place)
    private = Ed25519PrivateKey.from_private_bytes(signer.seed)
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
    if place == public or place.exists() or public.exists():
        raise _no_file(place, "a name that no file has yet", "a file of that name, or of its public half")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(place, pem, PRIVATE_MODE)
        _write(public, f"{signer.vkey}\n".encode(), 0o644)
    except OSError as error:
        raise _no_file(place, "a folder that can be written", os.strerror(error.errno or 0)) from None
    return public


def finish_key(place: Path, name: str) -> None:
    """Finish what a kill cut short in `write_key`; a key that is whole, or has a passphrase, is left alone.

    Args:
        place: the private file.
        name: of the key. Nothing was signed with it yet: without its public half nobody can have used it.

    Raises:
        CarrelError: LED-017, LED-018.
    """
    public = public_file(place)
    try:
        # An empty file is all that can be there of a half that was being written; the private one comes first.
        if _is_empty(public):
            public.unlink()
        if _is_empty(place) and not public.exists():
            place.unlink()
        if place.exists() and not public.exists():
            with contextlib.suppress(TypeError, ValueError):
                key = load_pem_private_key(read_private(place), None)
                if isinstance(key, Ed25519PrivateKey):
                    _write(public, f"{Signer(name, key.private_bytes_raw()).vkey}\n".encode(), 0o644)
    except OSError as error:
        raise _no_file(place, "a folder that can be written", os.strerror(error.errno or 0)) from None


def read_signer(place: Path, passphrase: bytes | None = None) -> Signer:
    """The private key of a file.

    Raises:
        CarrelError: LED-018 when others can read the file; LED-019 when the passphrase is missing or wrong; LED-017
            when it is no Ed25519 key, or not the one whose public half lies beside it.
    """
    pem = read_private(place)
    if not public_file(place).is_file():
        raise _no_file(place, f"its public half beside it, {public_file(place).name}", "none")
    name = read_verifier(str(public_file(place))).name
    try:
        key = load_pem_private_key(pem, passphrase)
    except (TypeError, ValueError):
        encrypted = b"ENCRYPTED" in pem
        if not encrypted and passphrase is None:
            raise _no_file(place, "a private key as PKCS8 PEM", "something else") from None
        raise fault(
            faults.PASSPHRASE,
            at=str(place),
            wanted="the key's passphrase" if encrypted else "no passphrase: this key has none",
            found="another one" if passphrase else "none",
            fix="name the right file with --passphrase-file" if encrypted else "leave --passphrase-file out",
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_file(place, "an Ed25519 key", "a key of another type")
    signer = Signer(name, key.private_bytes_raw())
    if signer.verifier != read_verifier(str(public_file(place))):
        raise _no_file(place, f"the private half of {public_file(place)}", "another key")
    return signer


def read_private(place: Path) -> bytes:
    """The content of a file that only its owner may read: a private key or a passphrase.

    Raises:
        CarrelError: LED-018 when others can read it, LED-017 when it cannot be read at all.
    """
    try:
        with place.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if place.suffix == PUBLIC and mode & 0o077:
                raise _no_file(place, "the private half, which lies beside it", "the public half of a key")
            if mode & 0o077:
                raise fault(
                    faults.KEY_OPEN,
                    at=str(place),
                    wanted="a file that only its owner can read (mode 0600)",
                    found=f"mode {mode:04o}",
                    because="whoever has read the key can sign in its name",
                    fix=f"chmod 600 {place}; if others were on this machine, make a new key",
                )
            return file.read()
    except OSError as error:
        raise _no_file(place, "a file that can be read", os.strerror(error.errno or 0)) from None


def read_passphrase(place: Path | None) -> bytes | None:
    """The first line of a passphrase file, without its end; None when no file is named.

    Raises:
        CarrelError: LED-017 when it is empty or cannot be read, LED-018 when others can read it.
    """
    if place is None:
        return None
    line = read_private(place).split(b"\n", 1)[0].rstrip(b"\r")
    if not line:
        raise _no_file(place, "a passphrase in the first line", "an empty line")
    return line


def read_verifier(said: str) -> Verifier:
    """The public key that a person names: its text, its ``.vkey`` file, or the private file beside that.

    Raises:
        CarrelError: LED-004 when it is no public key, and names no file; LED-017, the file cannot be read.
    """
    place = _public_place(said)
    if place is None and "+" not in said:
        raise fault(
            faults.KEY_FORM,
            at=str(Path(said)),
            wanted="a public key as text, or the file that holds one",
            found="neither: no such file, and no key is written without a '+'",
            fix="name the .vkey file",
        )
    if place is None:
        return Verifier.parse(said)
    try:
        return Verifier.parse(place.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise fault(
            faults.KEY_FORM,
            at=str(place),
            wanted="a public key as text",
            found="other bytes",
            fix="name the .vkey file",
        ) from None
    except OSError as error:
        raise _no_file(place, "a file that can be read", os.strerror(error.errno or 0)) from None


def read_witness(said: str) -> Witness:
    """The public key of a witness: its text (key type 0x04), or a file with that text.

    Raises:
        CarrelError: LED-004 when it is none.
    """
    place = Path(said)
    try:
        text = place.read_text(encoding="utf-8") if _is_file(place) else said
    except (OSError, UnicodeDecodeError):
        raise _no_file(place, "a text file that can be read", "another file") from None
    return Witness.parse(text)


def _public_place(said: str) -> Path | None:
    """The file that a text names, or its public half; None where the text is no file's name."""
    place = Path(said)
    named = bool(place.name) and place.suffix != PUBLIC and _is_file(public_file(place))
    place = public_file(place) if named else place
    return place if _is_file(place) else None


def _is_file(place: Path) -> bool:
    try:
        return place.is_file()
    except OSError:  # a public key as text is longer than any name of a file may be
        return False


def public_file(place: Path) -> Path:
    """Where the public half of a private file lies."""
    return place.with_suffix(PUBLIC)


def _is_empty(place: Path) -> bool:
    return place.exists() and not place.stat().st_size


def _write(place: Path, content: bytes, mode: int) -> None:
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _no_file(place: Path, wanted: str, found: str) -> CarrelError:
    return fault(
        faults.KEY_FILE, at=str(place), wanted=wanted, found=found, fix="name another file, or see to its rights"
    )
