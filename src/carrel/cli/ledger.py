"""``carrel ledger``: check it, read it, prove one leaf of it, carry its checkpoint outside."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from carrel.ledger.checkpoint import Checkpoint
    from carrel.ledger.leaf import OpenLeaf

COLUMNS = 100

_folder = click.option(
    "--folder",
    "-f",
    default="ledger",
    envvar="CARREL_LEDGER",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the ledger.",
)
_key = click.option("--key", "key_said", metavar="KEY", help="The ledger's public key: its text or its .vkey file.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def ledger() -> None:
    """Check, show and prove what the ledger recorded."""


@ledger.command(epilog="Example: carrel ledger begin --folder ledger --key keys/ledger.key")
@_folder
@click.option(
    "--key", "key_file", required=True, type=click.Path(path_type=Path), help="The ledger's private key file."
)
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="File with the key's passphrase.")
@_json
def begin(folder: Path, key_file: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Begin a ledger in an empty folder; its name is the name of the key."""
    from datetime import UTC, datetime

    from carrel import __version__
    from carrel.store.key_file import read_passphrase, read_signer
    from carrel.store.ledger_folder import LedgerFolder

    signer = read_signer(key_file, read_passphrase(passphrase_file))
    checkpoint = LedgerFolder(folder).create(signer.name, signer, datetime.now(UTC), carrel_version=__version__)
    told = {"folder": str(folder), **_checkpoint(checkpoint), "vkey": signer.vkey}
    _tell(told, f"{checkpoint.origin}: begun with {checkpoint.size} leaves in {folder}\n{signer.vkey}", as_json)


@ledger.command(epilog="Example: carrel ledger verify ledger --key ledger.vkey --checkpoint outside/640.note")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--key",
    "key_said",
    metavar="KEY",
    required=True,
    help="The ledger's public key, from elsewhere than the folder: its text or its .vkey file.",
)
@click.option(
    "--checkpoint",
    "known",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A signed checkpoint that somebody kept, of any age. May be given several times.",
)
@click.option("--leaves", is_flag=True, help="Also check that each leaf is of an allowed form.")
@_json
def verify(folder: Path, key_said: str, known: tuple[Path, ...], leaves: bool, as_json: bool) -> None:
    """Check every byte of the ledger in FOLDER against its signed checkpoint.

    Needs the folder and the public key and nothing else. Ends with 5 if anything does not fit, and names the file and
    the range of leaves.
    """
    from carrel.store.key_file import read_verifier
    from carrel.store.ledger_folder import LedgerFolder

    verifier = read_verifier(key_said)
    older = [_text(path) for path in known]
    bar = click.progressbar(length=0, label="leaves", file=sys.stderr, hidden=not sys.stderr.isatty())

    def progress(done: int, size: int) -> None:
        bar.length = size
        bar.update(done - bar.pos)

    with bar:
        found = LedgerFolder(folder).verify(verifier, older, read_leaves=leaves, progress=progress)
    told = {
        "verified": True,
        "folder": str(folder),
        **_checkpoint(found.checkpoint),
        "files": found.files,
        "continues": list(found.known),
        "interrupted": found.interrupted,
        "kinds": found.kinds,
    }
    lines = [f"{found.checkpoint.origin}: {found.checkpoint.size} leaves in {found.files} files hold"]
    lines.extend(f"continues the checkpoint of {size} leaves" for size in found.known)
    lines.extend(f"{number:>9} {kind}" for kind, number in sorted(found.kinds.items()))
    if not found.known:
        lines.append("no older checkpoint was given: this shows one whole ledger, not that it was never replaced")
    if found.interrupted:
        lines.append("an append was cut short; the next one finishes it")
    _tell(told, "\n".join(lines), as_json)


@ledger.command(epilog="Example: carrel ledger show --last 5 --kind run")
@_folder
@click.option("--last", default=20, show_default=True, type=click.IntRange(min=1), help="How many leaves, newest last.")
@click.option("--kind", help="Only leaves of this kind. Without it, all but padding.")
@_json
def show(folder: Path, last: int, kind: str | None, as_json: bool) -> None:
    """Print leaves of the ledger. This reads; `carrel ledger verify` checks."""
    from carrel.ledger.leaf_fields import FIELDS
    from carrel.store.ledger_folder import LedgerFolder

    if kind is not None and kind not in FIELDS:
        raise click.BadParameter(f"one of {', '.join(sorted(FIELDS))}", param_hint="--kind")
    rows: list[tuple[int, OpenLeaf | None]] = []
    for index, entry in LedgerFolder(folder).backwards():
        leaf = _leaf(entry)
        shown = "other" if leaf is None else leaf.kind
        if shown == kind or (kind is None and shown != "padding"):
            rows.append((index, leaf))
        if len(rows) == last:
            break
    rows.reverse()
    told = {"leaves": [{"index": index, **_told(leaf)} for index, leaf in rows]}
    _tell(told, "\n".join(_row(index, leaf) for index, leaf in rows) or "no such leaf", as_json)


@ledger.command(epilog="Example: carrel ledger prove 70 --out run.tlog-proof")
@click.argument("index", required=False, type=click.IntRange(min=0))
@_folder
@click.option("--out", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write the receipt to this file.")
@click.option(
    "--check",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check this receipt.",
)
@_key
@_json
def prove(
    *, index: int | None, folder: Path, out: Path | None, check: Path | None, key_said: str | None, as_json: bool
) -> None:
    """Make a receipt for the leaf at INDEX, or check one.

    A receipt is one text file that holds the leaf, the way to the root and the signed checkpoint. Checking it needs the
    receipt and the public key, and neither the ledger nor a network.
    """
    if check is not None:
        if index is not None or out is not None or key_said is None:
            raise click.UsageError("--check takes a receipt and --key, and neither INDEX nor --out")
        _check(check, key_said, as_json)
        return
    if index is None:
        raise click.UsageError("name the INDEX of a leaf, or --check RECEIPT")
    from carrel.store.ledger_folder import LedgerFolder

    receipt = LedgerFolder(folder).receipt(index)
    if out is not None:
        with click.open_file(str(out), "w", encoding="utf-8") as file:
            file.write(receipt)
    told = {"index": index, "file": None if out is None else str(out), "receipt": receipt}
    _tell(told, receipt.rstrip("\n") if out is None else f"receipt for leaf {index} in {out}", as_json)


@ledger.command(epilog="Example: carrel ledger copy /mnt/second-host")
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@_folder
@_json
def copy(target: Path, folder: Path, as_json: bool) -> None:
    """Lay the current checkpoint into TARGET/checkpoints, where it is never written over.

    Refused if the ledger does not continue the newest checkpoint that lies there.
    """
    from datetime import UTC, datetime

    from carrel.store.ledger_folder import LedgerFolder
    from carrel.store.outside_copy import copy_outward

    place = copy_outward(LedgerFolder(folder), target, datetime.now(UTC))
    _tell({"file": str(place)}, str(place), as_json)


def _check(receipt: Path, key_said: str, as_json: bool) -> None:
    from carrel.ledger.proof import verify_receipt
    from carrel.store.key_file import read_verifier

    proved = verify_receipt(_text(receipt), read_verifier(key_said))
    leaf = _leaf(proved.entry)
    told = {"proved": True, "index": proved.index, **_checkpoint(proved.checkpoint), "leaf": _told(leaf)}
    said = f"leaf {proved.index} stands in {proved.checkpoint.origin} at {proved.checkpoint.size} leaves"
    _tell(told, f"{said}\n{_row(proved.index, leaf)}", as_json)


def _leaf(entry: bytes) -> OpenLeaf | None:
    from carrel.errors import CarrelError
    from carrel.ledger.leaf import decode_leaf

    try:
        return decode_leaf(entry)
    except CarrelError:
        return None


def _told(leaf: OpenLeaf | None) -> dict[str, Any]:
    from carrel.ledger.leaf import utc_seconds

    if leaf is None:
        return {"kind": "other"}
    return {"at": utc_seconds(leaf.at), "kind": leaf.kind, "fields": dict(leaf.fields)}


def _row(index: int, leaf: OpenLeaf | None) -> str:
    told = _told(leaf)
    fields = "  ".join(f"{name}={_value(value)}" for name, value in sorted(told.get("fields", {}).items()))
    head = f"{index:>8}  {told.get('at', ''):<20}  {told['kind']:<8}  "
    return textwrap.fill(
        head + fields, COLUMNS, subsequent_indent=" " * len(head), break_on_hyphens=False, break_long_words=True
    ).rstrip()


def _value(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _checkpoint(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}


def _text(path: Path) -> str:
    """A text file; bytes that are no UTF-8 become signs that no signature covers."""
    return path.read_bytes().decode("utf-8", errors="replace")


def _tell(told: dict[str, Any], said: str, as_json: bool) -> None:
    click.echo(json.dumps({"format_version": 1, **told}, indent=2) if as_json else said)
