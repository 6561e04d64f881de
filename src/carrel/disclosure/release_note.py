"""The manifest of a release package as text, and the signature over it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from carrel.disclosure import faults
from carrel.disclosure.release_manifest import FORMAT_VERSION
from carrel.errors import CarrelError, fault
from carrel.ledger.note import Signer, Verifier, open_note, parse_note, sign_note

MANIFEST, NOTE = "manifest.json", "manifest.sig"
HEAD = "carrel release package 1"


def manifest_text(told: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """The manifest with the SHA-256 of every other file; the same manifest has one text."""
    return json.dumps({**told, "files": dict(files)}, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def signed(manifest: bytes, signer: Signer) -> str:
    """The note that signs a manifest."""
    return sign_note(f"{HEAD}\n{hashlib.sha256(manifest).hexdigest()}\n", signer)


def commitment(salt: str, manifest: bytes) -> str:
    """What the ledger is told of a package: nobody without the package can tell what it stands for.

    Args:
        salt: hex, as it stands in the manifest itself.
        manifest: the text.
    """
    return hashlib.sha256(bytes.fromhex(salt) + hashlib.sha256(manifest).digest()).hexdigest()


def opened(manifest: bytes, note: str, key: Verifier) -> dict[str, Any]:
    """The manifest, if this key signed it.

    Raises:
        CarrelError: DSC-063, it is signed by no such key, or the signature does not hold; DSC-062, it is no manifest.
    """
    try:
        text = open_note(note, [key])
        alone = len(parse_note(note).signatures) == 1
    except CarrelError as wrong:
        raise _not_signed(wrong.faults[0].condition.title) from None
    if not alone or text != f"{HEAD}\n{hashlib.sha256(manifest).hexdigest()}\n":
        raise _not_signed("a signature of something else")
    told: dict[str, Any] = {}
    try:
        told = json.loads(manifest.decode("utf-8"))
        sound = told["format"] == "carrel-release" and told["format_version"] == FORMAT_VERSION
        files = told["files"]
        sound = sound and all(isinstance(one, str) for pair in files.items() for one in pair)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise no_package("a manifest of this version", "another one")
    return told


def no_package(wanted: str, found: str) -> CarrelError:
    """The error of a file that is no package."""
    return fault(
        faults.NO_PACKAGE, wanted=wanted, found=found,
        fix="name a package that `carrel disclose produce` wrote, and the file with its passphrase",
    )  # fmt: skip


def _not_signed(found: str) -> CarrelError:
    return fault(
        faults.NOT_SIGNED,
        at=NOTE,
        wanted="the signature of the library's key over this manifest",
        found=found,
        because="whoever changed the manifest, or made another one, can say whatever they like in it",
        fix="ask the library for its key by a way that you trust, and for the package again",
    )
